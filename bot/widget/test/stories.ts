/** Messages as the server gives them, and a server with a script. */

import { asMessage, type Message } from "../src/model";

export function message(id: number, given: Record<string, unknown> = {}): Message {
  return asMessage({ id, from: "bot", at: "2026-11-22T10:00:00+00:00", text: `bericht ${id}`, ...given })!;
}

export const citizen = (id: number, text: string, choice: string | null = null): Message =>
  message(id, { from: "citizen", text, choice });

/** A response whose body comes in the given pieces, and then ends, or stays open. */
export function stream(pieces: string[], open = false): Response {
  const bytes = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(bytes.encode(piece));
      if (!open) controller.close();
    },
  });
  return new Response(body);
}

export const event = (given: Message): string =>
  `id: ${given.id}\nevent: message\ndata: ${JSON.stringify(given)}\n\n`;

/** Waits until something holds; fails after five seconds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error("it did not happen");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
