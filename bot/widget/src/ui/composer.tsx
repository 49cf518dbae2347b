import { h } from "preact";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { useChat } from "./context";
import { Icon } from "./icons";

/** The limit of the server, which counts characters and not UTF-16 units; from 80 % on people see what is left. */
export const LONGEST = 2000;
const COUNT_FROM = LONGEST * 0.8;
/** What is left is said aloud only when it passes one of these. */
const SPOKEN = [400, 200, 100, 50, 0];

interface Props {
  input: RefObject<HTMLTextAreaElement>;
  text: string;
  onText: (text: string) => void;
  onSend: (text: string) => void;
}

/** The text field: Enter sends, Shift+Enter makes a new line. */
export function Composer({ input, text, onText, onSend }: Props) {
  const { labels, announce } = useChat();
  const [problem, setProblem] = useState("");
  const left = LONGEST - [...text].length;
  const spoken = useRef(left);

  useEffect(() => {
    const passed = SPOKEN.some((mark) => left <= mark && mark < spoken.current);
    spoken.current = left;
    if (passed) announce(left < 0 ? labels.tooLong(-left) : labels.left(left));
  }, [left]);

  const send = () => {
    const found = !text.trim() ? labels.empty : left < 0 ? labels.tooLong(-left) : "";
    setProblem(found);
    input.current!.focus();
    if (found) return;
    onSend(text.trim());
  };

  return (
    <form
      class="composer"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label for="input">{labels.message}</label>
      <div class="field">
        <textarea
          id="input"
          ref={input}
          rows={2}
          value={text}
          autocomplete="off"
          enterkeyhint="send"
          aria-invalid={problem ? "true" : undefined}
          aria-describedby="error count"
          onInput={(event) => {
            onText(event.currentTarget.value);
            setProblem("");
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" class="primary send">
          <span>{labels.send}</span>
          <Icon name="send" />
        </button>
      </div>
      <p id="error" class="problem" role="alert">
        {problem}
      </p>
      <p id="count" class={left < 0 ? "problem" : "note"}>
        {LONGEST - left >= COUNT_FROM && (left < 0 ? labels.tooLong(-left) : labels.left(left))}
      </p>
    </form>
  );
}
