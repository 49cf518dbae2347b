import { type ComponentChildren, Fragment, h } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import type { Message, Thumb, Unsent } from "../model";
import { clean, safeAddress, sayWhereLinksLead } from "../markup";
import { sender } from "../narrate";
import type { Answered } from "../transcript";
import { useChat } from "./context";
import { Icon } from "./icons";

/** The language of what the bot says, where the server does not say otherwise. */
const BOT_LANGUAGE = "nl";
const CLOCK = { hour: "2-digit", minute: "2-digit" } as const;

/** The words of a message: cleaned HTML of the bot, or plain text. */
function Words({ message }: { message: Message }) {
  const { labels, settings } = useChat();
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (message.html === null) return;
    const fragment = clean(message.html);
    sayWhereLinksLead(fragment, labels, location, settings.base);
    place.current!.replaceChildren(fragment);
    for (const note of place.current!.querySelectorAll<HTMLElement>(".leads")) note.lang = settings.language;
  }, [message.html, labels]);
  const lang = message.lang ?? (message.from === "bot" ? BOT_LANGUAGE : undefined);
  return message.html === null ? (
    <div class="words plain" lang={lang}>
      {message.text}
    </div>
  ) : (
    <div class="words" lang={lang} ref={place} />
  );
}

function Picture({ url, alt }: { url: string; alt: string }) {
  const { settings } = useChat();
  const address = safeAddress(url, settings.base);
  return address?.protocol.startsWith("http") ? <img src={address.href} alt={alt} lang={BOT_LANGUAGE} /> : null;
}

interface ChoicesProps {
  message: Message;
  state: Answered;
  onChoose: (id: string, title: string) => void;
}

function Choices({ message, state, onChoose }: ChoicesProps) {
  const { labels } = useChat();
  return (
    <ul class="choices" role="list" aria-label={labels.choices}>
      {message.choices.map(({ id, title }) => {
        const chosen = id === state.chosen;
        return (
          <li key={id}>
            <button
              type="button"
              class={chosen ? "choice chosen" : "choice"}
              lang={message.lang ?? BOT_LANGUAGE}
              aria-pressed={chosen ? "true" : undefined}
              aria-disabled={state.closed ? "true" : undefined}
              onClick={() => state.closed || onChoose(id, title)}
            >
              {title}
              {chosen && (
                <>
                  <Icon name="check" />
                  <span class="hidden"> ({labels.chosen})</span>
                </>
              )}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Thumbs({ message }: { message: Message }) {
  const { labels, conversation } = useChat();
  const thumb = (value: NonNullable<Thumb>, label: string) => (
    <button
      type="button"
      class="thumb"
      aria-label={label}
      title={label}
      aria-pressed={message.rating === value ? "true" : "false"}
      onClick={() => void conversation.rate(message.id, message.rating === value ? null : value)}
    >
      <Icon name="up" turned={value === "down"} />
    </button>
  );
  return (
    <div class="thumbs" role="group" aria-label={labels.rating}>
      {thumb("up", labels.good)}
      {thumb("down", labels.bad)}
    </div>
  );
}

export interface Place {
  position: number;
  size: number;
}

interface ArticleProps {
  id: string;
  from: Message["from"];
  name: string;
  icon?: ComponentChildren;
  at?: string;
  place: Place;
  failed?: boolean;
  words: ComponentChildren;
  children?: ComponentChildren;
}

/** One message in the feed: who, when, the words, and what can be done with it. */
function Article({ id, from, name, icon, at, place, failed, words, children }: ArticleProps) {
  const { settings } = useChat();
  const moment = Date.parse(at ?? "");
  return (
    <article
      class={from}
      data-id={id}
      aria-labelledby={`by-${id} words-${id}${failed === undefined ? "" : ` note-${id}`}`}
      aria-posinset={place.position}
      aria-setsize={place.size}
    >
      <p class="by">
        <span id={`by-${id}`}>
          {icon}
          {name}
        </span>
        {moment > 0 && <time dateTime={at}>{new Date(moment).toLocaleTimeString(settings.language, CLOCK)}</time>}
      </p>
      <div class={failed ? "bubble failed" : "bubble"} id={`words-${id}`}>
        {words}
      </div>
      {children}
    </article>
  );
}

interface MessageProps extends ChoicesProps {
  place: Place;
  rateable: boolean;
}

/** A message that the server has. */
export function MessageArticle({ message, state, place, rateable, onChoose }: MessageProps) {
  const { labels } = useChat();
  const { from, byPerson, image } = message;
  return (
    <Article
      id={`m${message.id}`}
      from={from}
      name={sender(message, labels)}
      icon={from === "bot" && <Icon name={byPerson ? "person" : "computer"} />}
      at={message.at}
      place={place}
      words={
        <>
          <Words message={message} />
          {image && <Picture {...image} />}
        </>
      }
    >
      {message.choices.length > 0 && <Choices message={message} state={state} onChoose={onChoose} />}
      {rateable && <Thumbs message={message} />}
    </Article>
  );
}

/** A message of the citizen that the server does not have yet. */
export function UnsentArticle({ one, place }: { one: Unsent; place: Place }) {
  const { labels, conversation } = useChat();
  const failed = one.state === "failed";
  const id = `u${one.key}`;
  return (
    <Article
      id={id}
      from="citizen"
      name={labels.you}
      place={place}
      failed={failed}
      words={<div class="words plain">{one.text}</div>}
    >
      <p class={failed ? "problem" : "note"} id={`note-${id}`}>
        {failed && <Icon name="warning" />}
        {failed ? `${labels.notSent} ${one.problem}` : labels.sending}
      </p>
      {failed && (
        <div class="actions">
          <button type="button" class="secondary" onClick={() => conversation.retry(one.key)}>
            {labels.resend}
          </button>
          <button type="button" class="subtle" onClick={() => conversation.discard(one.key)}>
            {labels.discard}
          </button>
        </div>
      )}
    </Article>
  );
}
