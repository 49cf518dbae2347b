import { Fragment, h } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { Api, Problem } from "../api";
import { Conversation } from "../conversation";
import { LABELS } from "../labels";
import type { Message } from "../model";
import { narrate } from "../narrate";
import { followScheme, type Scheme } from "../scheme";
import { SessionStore } from "../session";
import type { Settings } from "../settings";
import { trackViewport } from "../viewport";
import { ChatContext } from "./context";
import { Icon } from "./icons";
import { Live, useAnnouncements } from "./live";
import { Window } from "./window";

/** On a smaller screen than this the window fills it, and nothing behind it can be reached. */
const SMALL = "(max-width: 30em), (max-height: 26em)";

/** Whether the browser thinks that there is a line. */
function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const update = () => setOnline(navigator.onLine);
    addEventListener("online", update);
    addEventListener("offline", update);
    return () => {
      removeEventListener("online", update);
      removeEventListener("offline", update);
    };
  }, []);
  return online;
}

/** The whole widget: the launcher with its window, or the chat in the page. */
export function App({ settings, host }: { settings: Settings; host: HTMLElement }) {
  const labels = LABELS[settings.language];
  const [, draw] = useState(0);
  const [said, announce, hush] = useAnnouncements();
  const [open, setOpen] = useState(settings.mode === "inline");
  const [closing, setClosing] = useState(false);
  const [unread, setUnread] = useState(0);
  const [scheme, setScheme] = useState<Scheme>("light");
  const frame = useRef<HTMLDialogElement & HTMLDivElement>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const launcher = useRef<HTMLButtonElement>(null);
  const wantsFocus = useRef(false);
  const opened = useRef(open);
  opened.current = open;
  const browserOnline = useOnline();

  const [kept] = useState(() => new SessionStore(settings.base));
  const [conversation] = useState(() => {
    const explain = (problem: unknown) => {
      if (!(problem instanceof Problem)) return labels.failed;
      if (problem.isOffline) return labels.unreachable;
      return problem.detail ?? (problem.status === 403 ? labels.refused : labels.failed);
    };
    const news = (messages: readonly Message[]) => {
      for (const message of messages) announce(narrate(message, labels), message.lang ?? "nl");
      if (!opened.current) setUnread((n) => n + messages.length);
    };
    return new Conversation(
      new Api(settings.base),
      kept,
      {
        ...(settings.gemeente && { gemeente: settings.gemeente }),
        page: (settings.page ?? location.pathname).slice(0, 300),
      },
      explain,
      { changed: () => draw((n) => n + 1), news, trouble: announce },
    );
  });
  const { state } = conversation;
  const online = browserOnline && state.connected;

  useEffect(() => () => conversation.leave(), []);
  useEffect(() => (settings.theme === "auto" ? followScheme(host, setScheme) : setScheme(settings.theme)), []);

  // The page before this one, or this one before a reload, had a conversation: go on with it.
  useEffect(() => {
    if (settings.mode === "inline") {
      if (conversation.hasSession) void conversation.open(true);
    } else if (kept.read()?.open && !matchMedia(SMALL).matches) {
      setOpen(true);
      void conversation.open(true).then(() => conversation.state.phase === "idle" && setOpen(false));
    }
  }, []);

  const wasOnline = useRef(true);
  useEffect(() => {
    if (online !== wasOnline.current && state.phase === "live") announce(online ? labels.online : labels.offline);
    wasOnline.current = online;
  }, [online]);

  // A dialog over the page, beside which the page stays usable; on a small screen it takes everything.
  useLayoutEffect(() => {
    if (settings.mode === "inline" || !open) return;
    const small = matchMedia(SMALL);
    const dialog = frame.current!;
    const show = () => {
      const focused = (dialog.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
      if (dialog.open) dialog.close();
      if (small.matches) dialog.showModal();
      else dialog.show();
      if (focused && dialog.contains(focused)) focused.focus();
    };
    const before = document.activeElement as HTMLElement | null;
    show();
    if (!wantsFocus.current) {
      (dialog.getRootNode() as ShadowRoot).querySelector<HTMLElement>(":focus")?.blur();
      before?.focus({ preventScroll: true });
    }
    small.addEventListener("change", show);
    return () => {
      small.removeEventListener("change", show);
      dialog.close();
    };
  }, [open]);

  useEffect(() => {
    if (!open || !frame.current) return;
    return trackViewport(frame.current, () => {
      const active = (frame.current?.getRootNode() as ShadowRoot | undefined)?.activeElement;
      if (active === input.current && settings.mode === "inline") input.current?.scrollIntoView({ block: "nearest" });
    });
  }, [open]);

  // Focus goes to the text field as soon as it is there, or else to what the window asks first.
  useEffect(() => {
    // What had the focus is gone when a conversation ends.
    if (state.phase === "ended" && document.activeElement === document.body) wantsFocus.current = true;
    if (!open || !wantsFocus.current) return;
    const find = (what: string) => frame.current!.querySelector<HTMLElement>(what);
    const target = input.current ?? find(".panel button") ?? find(".close");
    target?.focus({ preventScroll: true });
    if (settings.mode === "inline") frame.current!.scrollIntoView({ block: "nearest" });
    if (input.current) wantsFocus.current = false;
  }, [open, state.phase]);

  const show = () => {
    hush();
    wantsFocus.current = true;
    setUnread(0);
    setOpen(true);
    kept.change({ open: true });
    void conversation.open();
  };
  const hide = () => {
    hush(); // what was said in the window is not said again outside it
    setOpen(false);
    setClosing(false);
    kept.change({ open: false });
    requestAnimationFrame(() => launcher.current?.focus());
  };
  const spoke = state.transcript.messages.some(({ from }) => from === "citizen");
  const close = () => {
    const first = state.phase === "live" && spoke && !kept.read()?.asked;
    if (!first) return hide();
    kept.change({ asked: true });
    setClosing(true);
  };
  const done = () => {
    if (settings.mode === "launcher") return hide();
    setClosing(false);
    requestAnimationFrame(() => input.current?.focus());
  };

  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation(); // what people type here is no shortcut of the site
    if (event.key !== "Escape" || event.isComposing || settings.mode === "inline") return;
    const inside = (frame.current!.getRootNode() as ShadowRoot).activeElement;
    event.preventDefault();
    if (input.current && inside !== input.current) input.current.focus();
    else hide();
  };
  const stop = (event: Event) => event.stopPropagation();

  const contents = (
    <>
      <Live said={said} />
      <Window
        state={state}
        input={input}
        online={online}
        closing={closing}
        onClosing={setClosing}
        onClose={settings.mode === "launcher" ? close : undefined}
        onDone={done}
      />
    </>
  );
  const name = settings.title ?? labels.title;
  return (
    <ChatContext.Provider value={{ settings, labels, conversation, announce }}>
      <section
        class={`root in-${settings.mode}`}
        lang={settings.language}
        data-scheme={scheme}
        aria-label={name}
        onKeyUp={stop}
        onKeyPress={stop}
        onKeyDown={onKeyDown}
      >
        {settings.mode === "inline" ? (
          <div class="window" ref={frame}>
            {contents}
          </div>
        ) : (
          <>
            {/* Always there: of a region that is new, a screen reader says nothing. */}
            <Live said={open ? [] : said} />
            <button
              type="button"
              class="launcher"
              ref={launcher}
              hidden={open}
              aria-haspopup="dialog"
              aria-expanded={open ? "true" : "false"}
              onClick={show}
            >
              <Icon name="chat" />
              <span>
                <span class="hidden">{labels.open}: </span>
                {name}
              </span>
              {unread > 0 && (
                <span class="unread">
                  <span aria-hidden="true">{unread}</span>
                  <span class="hidden">, {labels.unread(unread)}</span>
                </span>
              )}
            </button>
            <dialog
              class="window"
              ref={frame}
              aria-labelledby="title"
              onCancel={(event) => {
                event.preventDefault();
                if (event.target === event.currentTarget) hide();
              }}
            >
              {open && contents}
            </dialog>
          </>
        )}
      </section>
    </ChatContext.Provider>
  );
}
