import { Api, Problem, type Session, type Start } from "./api";
import { follow } from "./events";
import type { Helped, Message, Thumb, Unsent } from "./model";
import type { SessionStore } from "./session";
import { add, EMPTY, merge, newest, settle, type Transcript } from "./transcript";

export type Phase = "idle" | "starting" | "live" | "failed" | "ended";
export type Ending = "expired" | "gone" | "erased";

export interface State {
  phase: Phase;
  transcript: Transcript;
  /** The bot works on a message. */
  typing: boolean;
  /** The line for events is there. */
  connected: boolean;
  /** Why the conversation could not be opened. */
  problem: string;
  ending: Ending | null;
  /** When the token ends, ms since 1970; null when unknown. */
  expiresAt: number | null;
  helped: Helped | null;
}

const FRESH: State = {
  phase: "idle",
  transcript: EMPTY,
  typing: false,
  connected: true,
  problem: "",
  ending: null,
  expiresAt: null,
  helped: null,
};

export interface Listener {
  changed: () => void;
  /** What came in after the conversation was on the screen. */
  news: (messages: readonly Message[]) => void;
  /** A message could not be sent, or something else that was asked failed. */
  trouble: (text: string) => void;
}

/** One conversation with the server: what was said, what waits, and how the line is. */
export class Conversation {
  state: State = FRESH;
  private session: Session | null = null;
  private work = new AbortController();
  // One message at a time, so that the server gets them in the order of typing.
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly api: Api,
    private readonly kept: SessionStore,
    private readonly start: Start,
    /** A problem in words for people. */
    private readonly explain: (problem: unknown) => string,
    private readonly listener: Listener,
  ) {}

  get hasSession(): boolean {
    return this.kept.read() !== null;
  }

  /** Goes on with the conversation of this tab, or starts one; `onlyResume`: never starts one. */
  async open(onlyResume = false): Promise<void> {
    if (this.state.phase !== "idle" && this.state.phase !== "failed") return;
    const { signal } = this.work;
    this.set({ phase: "starting", problem: "" });
    try {
      if (await this.resume(signal)) return;
      if (signal.aborted) return;
      if (onlyResume) return this.set({ phase: "idle" });
      const { session, messages } = await this.api.start(this.start);
      if (signal.aborted) return void this.api.erase(session).catch(() => undefined);
      this.kept.write({ ...session, open: true });
      this.receive(messages, true);
      this.begin(session);
    } catch (problem) {
      if (!signal.aborted) this.set({ phase: "failed", problem: this.explain(problem) });
    }
  }

  private async resume(signal: AbortSignal): Promise<boolean> {
    const session = this.kept.read();
    if (!session) return false;
    try {
      const messages = await this.api.history(session, 0);
      if (signal.aborted) return true;
      this.set({ transcript: merge(EMPTY, messages) });
      this.begin(session);
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem && problem.isGone)) throw problem;
      this.kept.write(null);
      return false;
    }
  }

  private begin(session: Session): void {
    this.session = session;
    this.set({ phase: "live", expiresAt: session.expiresAt ? Date.parse(session.expiresAt) || null : null });
    const { signal } = this.work;
    void follow({
      open: (after, ended) => this.api.events(this.session!, after, ended),
      newest: () => newest(this.state.transcript),
      onMessage: (message) => this.receive([message], true),
      onTyping: (typing) => this.set({ typing }),
      onLine: (connected) => this.set({ connected }),
      onEnded: (reason) => this.end(reason === "expired" || (!reason && this.isPastTerm()) ? "expired" : "gone"),
      signal,
    });
  }

  say(text: string): void {
    this.enqueue({ key: newKey(), text, choice: null, state: "sending", problem: "" });
  }

  choose(id: string, title: string): void {
    this.enqueue({ key: newKey(), text: title, choice: id, state: "sending", problem: "" });
  }

  /** Sends again what failed, under the same key: the server stores it once. */
  retry(key: string): void {
    const one = this.state.transcript.unsent.find((unsent) => unsent.key === key);
    if (!one || one.state === "sending") return;
    this.settle(key, { state: "sending", problem: "" });
    this.deliverNext(key);
  }

  discard(key: string): void {
    this.settle(key, null);
  }

  private enqueue(one: Unsent): void {
    this.set({ transcript: add(this.state.transcript, one) });
    this.deliverNext(one.key);
  }

  private deliverNext(key: string): void {
    const { signal } = this.work;
    this.queue = this.queue.then(() => this.deliver(key, signal));
  }

  private async deliver(key: string, signal: AbortSignal): Promise<void> {
    const waiting = () => this.state.transcript.unsent.find((unsent) => unsent.key === key);
    const one = waiting();
    if (!one || !this.session || signal.aborted) return;
    try {
      const body = one.choice ? { choice: one.choice } : { text: one.text };
      const answers = await this.api.say(this.session, key, body);
      if (signal.aborted) return;
      this.settle(key, { upTo: Math.max(0, ...answers.map(({ id }) => id)) });
      await this.catchUp(signal).catch(() => undefined); // the stream brings it later
    } catch (problem) {
      if (signal.aborted) return;
      const gone = problem instanceof Problem && problem.isGone;
      const text = this.explain(problem);
      if (waiting()) {
        this.settle(key, { state: "failed", problem: text });
        this.listener.trouble(text);
      }
      if (gone) this.end(this.isPastTerm() ? "expired" : "gone");
    }
  }

  /** The answer to a message lacks the message itself; the history after the newest has both, in order. */
  private async catchUp(signal: AbortSignal): Promise<void> {
    if (this.state.transcript.unsent.every(({ upTo }) => upTo === undefined)) return;
    const messages = await this.api.history(this.session!, newest(this.state.transcript));
    if (signal.aborted) return;
    this.receive(messages, true);
    for (const { key, upTo } of this.state.transcript.unsent) if (upTo !== undefined) this.settle(key, null);
  }

  private receive(messages: readonly Message[], live: boolean): void {
    const last = newest(this.state.transcript);
    const fresh = messages.filter(({ id }) => id > last);
    const own = new Set(this.state.transcript.unsent.map(({ key }) => key));
    this.set({ transcript: merge(this.state.transcript, messages) });
    const left = this.state.transcript.unsent.length;
    const mine = own.size - left;
    // What this tab sent itself is no news here; what another tab sent is.
    let skip = mine;
    const news = fresh.filter((message) => message.from === "bot" || skip-- <= 0);
    if (live && news.length) this.listener.news(news);
  }

  /** A thumb for an answer; null takes it back. */
  async rate(id: number, rating: Thumb): Promise<void> {
    const change = (value: Thumb) => {
      const messages = this.state.transcript.messages.map((one) => (one.id === id ? { ...one, rating: value } : one));
      this.set({ transcript: { ...this.state.transcript, messages } });
    };
    const before = this.state.transcript.messages.find((one) => one.id === id)?.rating ?? null;
    change(rating);
    try {
      await this.api.rate(this.session!, id, rating);
    } catch (problem) {
      change(before);
      this.listener.trouble(this.explain(problem));
    }
  }

  /** The answer to the closing question. */
  async answerHelped(helped: Helped): Promise<boolean> {
    try {
      await this.api.helped(this.session!, helped);
      this.set({ helped });
      return true;
    } catch (problem) {
      this.listener.trouble(this.explain(problem));
      return false;
    }
  }

  /** A longer term for this conversation. */
  async renew(): Promise<boolean> {
    try {
      this.session = await this.api.renew(this.session!);
      this.kept.change(this.session);
      this.set({ expiresAt: this.session.expiresAt ? Date.parse(this.session.expiresAt) || null : null });
      return true;
    } catch (problem) {
      if (problem instanceof Problem && problem.isGone) this.end("expired");
      else this.listener.trouble(this.explain(problem));
      return false;
    }
  }

  /** Erases the conversation at the server and here. */
  async erase(): Promise<boolean> {
    try {
      if (this.session) await this.api.erase(this.session);
    } catch (problem) {
      if (!(problem instanceof Problem && problem.isGone)) {
        this.listener.trouble(this.explain(problem));
        return false;
      }
    }
    this.end("erased");
    return true;
  }

  /** The term is over, by our own clock. */
  expire(): void {
    if (this.state.phase === "live") this.end("expired");
  }

  private isPastTerm(): boolean {
    return this.state.expiresAt !== null && Date.now() > this.state.expiresAt - 5_000;
  }

  private end(ending: Ending): void {
    // The stream may tell of our own erasing before the server has answered to it.
    if (this.state.phase === "ended" && ending !== "erased") return;
    this.stop();
    // What was erased, here or in another tab, is on no screen any more.
    const transcript = ending === "expired" ? this.state.transcript : { ...EMPTY, unsent: this.failed() };
    this.set({ ...FRESH, phase: "ended", ending, transcript: ending === "erased" ? EMPTY : transcript });
  }

  private failed(): readonly Unsent[] {
    return this.state.transcript.unsent.filter(({ state }) => state === "failed");
  }

  private stop(): void {
    this.work.abort();
    this.work = new AbortController();
    this.queue = Promise.resolve();
    this.session = null;
    this.kept.write(null);
  }

  /** Starts anew; gives what was typed and never sent, to put it back in the text field. */
  async restart(): Promise<string> {
    const typed = this.failed().filter(({ choice }) => !choice);
    this.stop();
    this.set({ ...FRESH });
    await this.open();
    return typed.map(({ text }) => text).join("\n");
  }

  /** Leaves the page; the conversation stays at the server. */
  leave(): void {
    this.work.abort();
  }

  private settle(key: string, change: Partial<Unsent> | null): void {
    this.set({ transcript: settle(this.state.transcript, key, change) });
  }

  private set(part: Partial<State>): void {
    this.state = { ...this.state, ...part };
    this.listener.changed();
  }
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
