import { createParser } from "eventsource-parser";

import { Problem } from "./api";
import { asMessage, type Message } from "./model";

/** A heartbeat comes every 15 seconds; after three missed ones (ms) the line is dead. */
const LONGEST_SILENCE = 45_000;
const LONGEST_PAUSE = 30_000;
/** Where nothing was said yet: the server's own `retry` (ms). */
const FIRST_PAUSE = 2_000;

export interface Follow {
  /** Opens the stream after a message. */
  open: (after: number, signal: AbortSignal) => Promise<Response>;
  /** Id of the newest message that is known. */
  newest: () => number;
  onMessage: (message: Message) => void;
  onTyping: (active: boolean) => void;
  /** The line is there, or lost. */
  onLine: (connected: boolean) => void;
  /** The conversation was erased or its token ended, as the server says; nothing follows. */
  onEnded: (reason: string | null) => void;
  signal: AbortSignal;
  /** Waits so long (ms), or until the line may be back; given by tests. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  random?: () => number;
  silence?: number;
}

/** How long (ms) to wait before attempt `failures` + 1: doubled up to half a minute, with jitter of a quarter. */
export function pause(failures: number, first: number, random: () => number): number {
  const whole = Math.min(first * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE);
  return Math.round(whole * (0.75 + random() / 4));
}

/** Follows a conversation until it ends: resumes after a lost line where it was, without loss or doubles. */
export async function follow(options: Follow): Promise<void> {
  const { signal, sleep = untilBack, random = Math.random } = options;
  let failures = 0;
  let first = FIRST_PAUSE;
  while (!signal.aborted) {
    try {
      const response = await options.open(options.newest(), signal);
      failures = 0;
      options.onLine(true);
      const ended = await read(response, options, (ms) => (first = ms));
      if (ended) return options.onEnded(ended);
    } catch (problem) {
      if (signal.aborted) return;
      if (problem instanceof Problem && problem.isGone) return options.onEnded(null);
    }
    if (signal.aborted) return;
    failures += 1;
    options.onTyping(false);
    if (failures > 1) options.onLine(false);
    await sleep(pause(failures, first, random), signal);
  }
}

/** Reads one stream to its end; gives the reason when the server said that the conversation has ended. */
async function read(response: Response, options: Follow, onRetry: (ms: number) => void): Promise<string> {
  let ended = "";
  const parser = createParser({
    onEvent: ({ event, data }) => {
      const given = parse(data) as { active?: unknown; reason?: unknown } | null;
      if (event === "ended") ended = given?.reason === "expired" ? "expired" : "erased";
      if (event === "typing") options.onTyping(given?.active === true);
      const message = event === "message" || event === undefined ? asMessage(given) : null;
      if (message && message.id > options.newest()) options.onMessage(message);
    },
    onRetry,
  });
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  const stop = () => void reader.cancel().catch(() => undefined);
  options.signal.addEventListener("abort", stop);
  if (options.signal.aborted) stop();
  try {
    for (;;) {
      const timer = setTimeout(stop, options.silence ?? LONGEST_SILENCE);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (value && !options.signal.aborted) parser.feed(decoder.decode(value, { stream: true }));
      if (done || ended || options.signal.aborted) return ended;
    }
  } finally {
    stop();
    options.signal.removeEventListener("abort", stop);
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

function untilBack(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
