import { Fragment, h } from "preact";
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { State } from "../conversation";
import { asText, save } from "../download";
import { watch, WARN_BEFORE } from "../expiry";
import { Closing } from "./closing";
import { Composer } from "./composer";
import { Contact } from "./contact";
import { useChat } from "./context";
import { Icon } from "./icons";
import { Modal } from "./modal";
import { Transcript } from "./transcript";

interface Props {
  state: State;
  input: RefObject<HTMLTextAreaElement>;
  online: boolean;
  /** The closing question is put. */
  closing: boolean;
  onClosing: (shown: boolean) => void;
  /** Puts the question first where it was not put yet; absent for an inline chat, which is always there. */
  onClose?: () => void;
  /** After the closing question. */
  onDone: () => void;
}

function Trouble({ text }: { text: string }) {
  return (
    <p class="problem" role="alert">
      <Icon name="warning" />
      {text}
    </p>
  );
}

/** What is in the window: who you talk to, what was said, and the text field. */
export function Window({ state, input, online, closing, onClosing, onClose, onDone }: Props) {
  const { settings, labels, conversation, announce } = useChat();
  const [text, setText] = useState("");
  const [erasing, setErasing] = useState(false);
  const [warned, setWarned] = useState(false);
  const { phase, transcript } = state;
  const { messages, unsent } = transcript;
  const last = [...messages].reverse().find(({ from }) => from === "bot");
  const byPerson = last?.byPerson ?? false;
  const progress = phase === "live" ? last?.progress : null;
  const sending = unsent.some((one) => one.state === "sending");

  useEffect(() => {
    setWarned(false);
    if (phase !== "live") return;
    return watch(state.expiresAt, (now) => (now === "over" ? conversation.expire() : setWarned(now === "warn")));
  }, [state.expiresAt, phase]);

  const toInput = () => input.current?.focus();
  const goOn = async () => {
    if (await conversation.renew()) announce(labels.wentOn);
    setWarned(false);
  };
  const download = () => {
    save(`${labels.downloadName}.txt`, asText(messages, labels, settings.language, new Date()));
    announce(labels.downloaded);
  };
  const restart = async () => {
    const unsentText = await conversation.restart();
    if (unsentText) setText(unsentText);
    toInput();
  };

  return (
    <>
      <div class="header">
        <div>
          <h2 id="title">{settings.title ?? labels.title}</h2>
          <p class="who">
            <Icon name={byPerson ? "person" : "computer"} />
            {byPerson ? labels.withPerson : labels.withComputer}
          </p>
        </div>
        {onClose && (
          <button type="button" class="close" aria-label={labels.close} title={labels.close} onClick={onClose}>
            <Icon name="close" />
          </button>
        )}
      </div>
      {progress && (
        <p class="progress">
          <label for="progress">{labels.question(progress.step, progress.of)}</label>
          <progress id="progress" max={progress.of} value={progress.step} />
        </p>
      )}
      {phase === "starting" && <p class="panel grow">{labels.loading}</p>}
      {(phase === "idle" || phase === "failed") && (
        <div class="panel grow">
          {phase === "idle" ? <p>{labels.beginText}</p> : <Trouble text={state.problem} />}
          <Contact />
          <div class="actions">
            <button type="button" class="primary" onClick={() => void conversation.open().then(toInput)}>
              {phase === "idle" ? labels.begin : labels.tryAgain}
            </button>
          </div>
        </div>
      )}
      {(phase === "live" || (phase === "ended" && messages.length + unsent.length > 0)) && (
        <Transcript said={transcript} typing={phase === "live" && online && (state.typing || sending)} onLeave={toInput} />
      )}
      {phase === "ended" && (
        <div class={messages.length ? "panel" : "panel grow"}>
          <p role="status">{labels[state.ending ?? "gone"]}</p>
          {!messages.length && <Contact />}
          <div class="actions">
            <button type="button" class="primary" onClick={() => void restart()}>
              {labels.restart}
            </button>
            {messages.length > 0 && (
              <button type="button" class="secondary" onClick={download}>
                {labels.download}
              </button>
            )}
          </div>
        </div>
      )}
      {phase === "live" && !online && (
        <p class="banner">
          <Icon name="warning" />
          {labels.offline}
        </p>
      )}
      {phase === "live" && closing && (
        <Closing
          onDone={onDone}
          onBack={() => {
            onClosing(false);
            requestAnimationFrame(toInput);
          }}
        />
      )}
      {phase === "live" && !closing && (
        <Composer input={input} text={text} onText={setText} onSend={(said) => (conversation.say(said), setText(""))} />
      )}
      {phase === "live" && !closing && (
        <div class="footer">
          <button type="button" class="subtle" onClick={download}>
            {labels.download}
          </button>
          <button type="button" class="subtle" onClick={() => setErasing(true)}>
            {labels.erase}
          </button>
          {!onClose && !state.helped && messages.some(({ from }) => from === "citizen") && (
            <button type="button" class="subtle" onClick={() => onClosing(true)}>
              {labels.done}
            </button>
          )}
        </div>
      )}
      {erasing && (
        <Modal title={labels.eraseTitle} text={labels.eraseText} onCancel={() => setErasing(false)}>
          <button type="button" class="secondary" onClick={() => setErasing(false)}>
            {labels.eraseNo}
          </button>
          <button
            type="button"
            class="primary"
            onClick={() => {
              setErasing(false);
              void conversation.erase();
            }}
          >
            {labels.eraseYes}
          </button>
        </Modal>
      )}
      {warned && !erasing && phase === "live" && (
        <Modal
          alert
          title={labels.endsTitle}
          text={labels.endsText(Math.max(1, Math.min(WARN_BEFORE / 60_000, Math.round(((state.expiresAt ?? 0) - Date.now()) / 60_000))))}
          onCancel={() => setWarned(false)}
        >
          <button type="button" class="primary" onClick={() => void goOn()}>
            {labels.goOn}
          </button>
          <button type="button" class="secondary" onClick={() => setWarned(false)}>
            {labels.letEnd}
          </button>
        </Modal>
      )}
    </>
  );
}
