import type { Message, Unsent } from "./model";

/** What was said, in order, without doubles, and what waits to be sent. */
export interface Transcript {
  messages: readonly Message[];
  unsent: readonly Unsent[];
}

export const EMPTY: Transcript = { messages: [], unsent: [] };

/** Id of the newest message; 0 when there is none. */
export const newest = ({ messages }: Transcript): number => messages[messages.length - 1]?.id ?? 0;

/** Adds messages from the history or the stream. An own message takes the place of the one that waited. */
export function merge(transcript: Transcript, given: readonly Message[]): Transcript {
  const known = new Map(transcript.messages.map((message) => [message.id, message]));
  let unsent = transcript.unsent;
  for (const message of given) {
    if (!known.has(message.id) && message.from === "citizen") unsent = without(unsent, message);
    known.set(message.id, message);
  }
  const messages = [...known.values()].sort((a, b) => a.id - b.id);
  const last = newest({ messages, unsent });
  return { messages, unsent: unsent.filter(({ upTo }) => !upTo || upTo > last) };
}

function without(unsent: readonly Unsent[], arrived: Message): readonly Unsent[] {
  const same = unsent.find((one) =>
    one.choice ? one.choice === arrived.choice : plain(one.text) === plain(arrived.text),
  );
  return same ? unsent.filter((one) => one !== same) : unsent;
}

// The server takes control characters, and slashes and spaces at the beginning, out of a text.
const plain = (text: string): string => text.replace(/^[\s/]+|\p{Cc}|\s+$/gu, "");

/** Adds what the citizen just said. */
export const add = (transcript: Transcript, one: Unsent): Transcript => ({
  ...transcript,
  unsent: [...transcript.unsent, one],
});

/** Changes what waits under `key`; a change of null takes it away. */
export const settle = (transcript: Transcript, key: string, change: Partial<Unsent> | null): Transcript => ({
  ...transcript,
  unsent: transcript.unsent.flatMap((one) => (one.key !== key ? [one] : change ? [{ ...one, ...change }] : [])),
});

/** Of a message: the choice that was made, and whether there is nothing to choose any more. */
export interface Answered {
  chosen: string | null;
  closed: boolean;
}

/**
 * The state of the choices of `message`. What was chosen stays chosen. A question of a flow that was answered
 * otherwise, or passed by, is closed; a menu stays open until one of its choices was made.
 */
export function answered(transcript: Transcript, message: Message): Answered {
  const ids = new Set(message.choices.map(({ id }) => id));
  const made = (one: { choice: string | null }) => one.choice !== null && ids.has(one.choice);
  const chosen =
    transcript.messages.find(made)?.choice ??
    transcript.unsent.find((one) => made(one) && one.state === "sending")?.choice ??
    null;
  const later = transcript.messages.some((one) => one.id > message.id && one.from === "citizen");
  return { chosen, closed: chosen !== null || (message.flow !== null && later) };
}

/** The newest message of the bot, when it has choices that are open. */
export function question(transcript: Transcript): Message | null {
  const last = [...transcript.messages].reverse().find(({ from }) => from === "bot");
  return last?.choices.length && !answered(transcript, last).closed ? last : null;
}
