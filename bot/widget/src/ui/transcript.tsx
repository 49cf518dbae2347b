import { h } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { answered, question, type Transcript as Said } from "../transcript";
import { Contact } from "./contact";
import { useChat } from "./context";
import { Icon } from "./icons";
import { MessageArticle, UnsentArticle } from "./message";

/** Closer to the end than this (px) people follow what is said. */
const NEAR = 80;
const CONTROLS = "a[href], button";

interface Props {
  said: Said;
  typing: boolean;
  onLeave: () => void;
}

/** The conversation: one tab stop; arrows between messages, Enter into one, Escape to the text field. */
export function Transcript({ said, typing, onLeave }: Props) {
  const { labels, conversation, announce } = useChat();
  const scroller = useRef<HTMLDivElement>(null);
  const feed = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const [entered, setEntered] = useState(false);
  const [behind, setBehind] = useState(false);
  const follows = useRef(true);
  const atEnd = useRef(true);
  const top = useRef(0);
  const articles = () => [...feed.current!.querySelectorAll("article")];
  const shown = said.messages.map(({ id }) => `m${id}`).concat(said.unsent.map(({ key }) => `u${key}`));
  const last = shown[shown.length - 1];
  const seen = useRef<string | undefined>(undefined);
  const firstAnswer = said.messages.find(({ from }) => from === "citizen")?.id ?? Infinity;

  // The tab stop is the newest message, until somebody reads another one.
  const stop = active !== null && shown.includes(active) ? active : last;
  useLayoutEffect(() => {
    for (const article of articles()) {
      const here = article.dataset.id === stop;
      article.tabIndex = here ? 0 : -1;
      for (const control of article.querySelectorAll<HTMLElement>(CONTROLS)) {
        const closed = control.getAttribute("aria-disabled") === "true";
        control.tabIndex = here && entered && !closed ? 0 : -1;
      }
    }
  });

  // What is new comes into view from its beginning, but only when people were at the end.
  useLayoutEffect(() => {
    const before = seen.current;
    seen.current = last;
    if (last === before) return;
    const inside = feed.current!.contains((feed.current!.getRootNode() as ShadowRoot).activeElement);
    if (!inside) setActive(null);
    if (before !== undefined && !follows.current) return setBehind(true);
    reveal(before);
  }, [last]);

  const scrollTo = (place: number) => {
    const box = scroller.current!;
    box.scrollTop = Math.min(place, box.scrollHeight);
    top.current = box.scrollTop;
    atEnd.current = box.scrollHeight - box.clientHeight - box.scrollTop < 2;
  };

  const reveal = (after: string | undefined) => {
    const all = articles();
    const index = all.findIndex((article) => article.dataset.id === after);
    const asked = all.filter((article) => article.className === "citizen").pop();
    const first = after === undefined ? undefined : index < 0 ? asked : all[index + 1];
    // A conversation that only began is read from its beginning, an older one goes on at its end.
    scrollTo(first ? first.offsetTop - 8 : asked ? Infinity : 0);
    setBehind(false);
  };

  // A picture or the keyboard of a phone changes heights: who was at the end stays there.
  useEffect(() => {
    const watcher = new ResizeObserver(() => atEnd.current && scrollTo(Infinity));
    watcher.observe(scroller.current!);
    watcher.observe(feed.current!);
    return () => watcher.disconnect();
  }, []);

  // Who scrolls back reads something else, until they are near the end again.
  const onScroll = () => {
    // A scroll is told at the next frame: the chat may be closed by then.
    if (!scroller.current) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller.current;
    const left = scrollHeight - clientHeight - scrollTop;
    atEnd.current = left < 2;
    if (atEnd.current) setBehind(false);
    if (left < NEAR) follows.current = true;
    else if (scrollTop < top.current) follows.current = false;
    top.current = scrollTop;
  };

  const choose = (id: string, title: string) => {
    follows.current = true;
    announce(labels.didChoose(title));
    conversation.choose(id, title);
  };

  const onFocus = (event: FocusEvent) => {
    const target = event.target as HTMLElement;
    const article = target.closest("article");
    if (!article) return;
    setActive(article.dataset.id ?? null);
    setEntered(target !== article);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const target = event.target as HTMLElement;
    const article = target.closest("article");
    if (!article) return;
    const inside = target !== article;
    const group = inside ? [...article.querySelectorAll<HTMLElement>(CONTROLS)] : articles();
    const index = group.indexOf(inside ? target : article);
    const step: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: group.length - 1,
      ...(inside && { ArrowRight: index + 1, ArrowLeft: index - 1 }),
    };
    const to = step[event.key];
    if (to !== undefined) group[Math.min(Math.max(to, 0), group.length - 1)]?.focus();
    else if (event.key === "Escape") onLeave();
    else if (event.key === "Enter" && !inside) article.querySelector<HTMLElement>(CONTROLS)?.focus();
    else if (event.key === "Tab" && !event.shiftKey && target.getAttribute("aria-disabled") === "true") {
      // From an answered question straight to the next one.
      const next = question(said);
      const first = next && feed.current!.querySelector<HTMLElement>(`[data-id="m${next.id}"] .choice`);
      if (!first) return;
      first.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const toNews = () => {
    const box = scroller.current!;
    const first = articles().find((article) => article.offsetTop > box.scrollTop + box.clientHeight - NEAR);
    follows.current = true;
    setBehind(false);
    (first ?? articles().pop())?.focus();
  };

  const size = shown.length;
  return (
    <div class="conversation">
      <div class="scroller" ref={scroller} onScroll={onScroll}>
        <Contact />
        <p class="hidden" id="help">
          {labels.transcriptHelp}
        </p>
        <div
          class="feed"
          ref={feed}
          role={size ? "feed" : undefined}
          aria-label={size ? labels.transcript : undefined}
          aria-describedby={size ? "help" : undefined}
          onFocusIn={onFocus}
          onKeyDown={onKeyDown}
        >
          {said.messages.map((message, index) => (
            <MessageArticle
              key={`m${message.id}`}
              message={message}
              state={answered(said, message)}
              place={{ position: index + 1, size }}
              rateable={message.from === "bot" && !message.byPerson && message.flow === null && message.id > firstAnswer}
              onChoose={choose}
            />
          ))}
          {said.unsent.map((one, index) => (
            <UnsentArticle key={`u${one.key}`} one={one} place={{ position: said.messages.length + index + 1, size }} />
          ))}
        </div>
        <p class={typing ? "typing" : "typing idle"} aria-hidden={typing ? undefined : "true"}>
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {labels.typing}
        </p>
      </div>
      {behind && (
        <button type="button" class="news" onClick={toNews}>
          <Icon name="down" />
          {labels.newMessages}
        </button>
      )}
    </div>
  );
}
