import { h } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Helped } from "../model";
import { useChat } from "./context";

const ANSWERS = ["yes", "partly", "no"] as const;

interface Props {
  /** What follows an answer, or the wish to give none. */
  onDone: () => void;
  onBack: () => void;
}

/** The one closing question. */
export function Closing({ onDone, onBack }: Props) {
  const { labels, conversation, announce } = useChat();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current!.focus(), []);
  const answer = async (helped: Helped) => {
    const stored = await conversation.answerHelped(helped);
    onDone();
    if (stored) announce(labels.thanks);
  };
  return (
    <div class="panel" role="group" aria-labelledby="helped">
      <h3 id="helped" ref={title} tabIndex={-1}>
        {labels.helpedTitle}
      </h3>
      <div class="actions">
        {ANSWERS.map((value) => (
          <button type="button" class="secondary" key={value} onClick={() => void answer(value)}>
            {labels[value]}
          </button>
        ))}
      </div>
      <div class="actions">
        <button type="button" class="subtle" onClick={onDone}>
          {labels.noAnswer}
        </button>
        <button type="button" class="subtle" onClick={onBack}>
          {labels.back}
        </button>
      </div>
    </div>
  );
}
