import { h } from "preact";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  title: string;
  text: string;
  /** Speaks up by itself, as a warning does. */
  alert?: boolean;
  onCancel: () => void;
  children: ComponentChildren;
}

/** A question that has to be answered first; the browser keeps the focus in it and gives it back. */
export function Modal({ title, text, alert, onCancel, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current!;
    const before = (shown.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    shown.showModal();
    return () => {
      shown.close();
      before?.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="modal"
      role={alert ? "alertdialog" : undefined}
      aria-labelledby="modal-title"
      aria-describedby="modal-text"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onCancel();
      }}
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
    >
      <h2 id="modal-title">{title}</h2>
      <p id="modal-text">{text}</p>
      <div class="actions">{children}</div>
    </dialog>
  );
}
