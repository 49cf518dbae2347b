import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem } from "../src/api";
import { follow, pause, type Follow } from "../src/events";
import type { Message } from "../src/model";
import { event, message, stream } from "./stories";

/** Follows a server that gives these responses or errors in turn, until there are no more. */
async function followed(script: (Response | Error)[]) {
  const seen: Message[] = [];
  const asked: number[] = [];
  const pauses: number[] = [];
  const lines: boolean[] = [];
  const typing: boolean[] = [];
  const ended: (string | null)[] = [];
  const stop = new AbortController();
  const options: Follow = {
    open: async (after) => {
      asked.push(after);
      const next = script.shift();
      if (!next) {
        stop.abort();
        throw new Problem(0, null);
      }
      if (next instanceof Error) throw next;
      return next;
    },
    newest: () => seen[seen.length - 1]?.id ?? 0,
    onMessage: (one) => seen.push(one),
    onTyping: (active) => typing.push(active),
    onLine: (connected) => lines.push(connected),
    onEnded: (reason) => ended.push(reason),
    signal: stop.signal,
    sleep: async (ms) => void pauses.push(ms),
    random: () => 1,
    silence: 200,
  };
  await follow(options);
  return { ids: seen.map(({ id }) => id), asked, pauses, lines, typing, ended };
}

test("after a lost line it goes on from the newest message, without loss or doubles", async () => {
  const { ids, asked } = await followed([
    stream([event(message(1)), event(message(2))]),
    stream([event(message(2)), event(message(3))]),
  ]);
  assert.deepEqual(ids, [1, 2, 3]);
  assert.deepEqual(asked, [0, 2, 3]);
});

test("an event that is cut in the middle of a letter arrives whole, and a half one not at all", async () => {
  const whole = new TextEncoder().encode(event(message(1, { text: "café ☕" })));
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of whole) controller.enqueue(Uint8Array.of(byte));
      controller.enqueue(new TextEncoder().encode('id: 2\nevent: message\ndata: {"id": 2'));
      controller.close();
    },
  });
  assert.deepEqual((await followed([new Response(body)])).ids, [1]);
});

test("pauses double up to half a minute and begin anew when the line is back", async () => {
  const lost = new Problem(0, null);
  const { pauses, lines } = await followed([lost, lost, lost, lost, lost, lost, stream([]), lost]);
  assert.deepEqual(pauses, [2000, 4000, 8000, 16000, 30000, 30000, 2000, 4000]);
  assert.deepEqual(lines, [false, false, false, false, false, true, false]);
});

test("the server says how long to wait first, and jitter keeps browsers apart", async () => {
  const { pauses } = await followed([stream(["retry: 500\n\n"])]);
  assert.deepEqual(pauses, [500]);
  assert.equal(pause(1, 2000, () => 0), 1500);
});

test("a stream without even a heartbeat is given up", async () => {
  const { asked } = await followed([stream([event(message(1))], true), stream([event(message(2))])]);
  assert.deepEqual(asked, [0, 1, 2]);
});

test("an ended conversation is not asked for again", async () => {
  const said = (reason: string) => stream([`event: ended\ndata: {"reason": "${reason}"}\n\n`], true);
  const endings: [Response | Error, string | null][] = [
    [said("expired"), "expired"],
    [said("erased"), "erased"],
    [new Problem(404, "weg"), null],
    [new Problem(401, "weg"), null],
  ];
  for (const [last, reason] of endings) {
    const { ended, asked } = await followed([last, stream([event(message(9))])]);
    assert.deepEqual(ended, [reason]);
    assert.equal(asked.length, 1);
  }
});

test("typing is passed on, and stops when the line is lost", async () => {
  const { typing } = await followed([stream(['event: typing\ndata: {"active": true}\n\n', "event: typing\ndata: {\n\n"])]);
  assert.deepEqual(typing, [true, false, false]);
});
