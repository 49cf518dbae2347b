import assert from "node:assert/strict";
import { test } from "node:test";

import type { Unsent } from "../src/model";
import { add, answered, EMPTY, merge, newest, question, settle, type Transcript } from "../src/transcript";
import { citizen, message } from "./stories";

const unsent = (key: string, text: string, choice: string | null = null): Unsent => ({
  key,
  text,
  choice,
  state: "sending",
  problem: "",
});
const ids = ({ messages }: Transcript) => messages.map(({ id }) => id);
const keys = (transcript: Transcript) => transcript.unsent.map(({ key }) => key);

test("messages stand in the order of their ids, each once", () => {
  const first = merge(EMPTY, [message(3), message(1)]);
  const second = merge(first, [message(2), message(3)]);
  assert.deepEqual(ids(second), [1, 2, 3]);
  assert.equal(newest(second), 3);
});

test("an own message takes the place of the one that waited, and only of that one", () => {
  const waiting = add(add(EMPTY, unsent("a", "hallo")), unsent("b", "hallo"));
  const arrived = merge(waiting, [citizen(1, "hallo")]);
  assert.deepEqual(keys(arrived), ["b"]);
  assert.deepEqual(keys(merge(arrived, [citizen(1, "hallo")])), ["b"]);
  assert.deepEqual(keys(merge(arrived, [citizen(2, "hallo")])), []);
});

test("what another tab says leaves the own message waiting", () => {
  const waiting = add(EMPTY, unsent("a", "van mij"));
  assert.deepEqual(keys(merge(waiting, [citizen(1, "van een ander tabblad")])), ["a"]);
});

test("a text that the server cleaned is the same message", () => {
  const waiting = add(EMPTY, unsent("a", "/restart\u0007 nu "));
  assert.deepEqual(keys(merge(waiting, [citizen(1, "restart nu")])), []);
});

test("a choice is known by its id, not by its words", () => {
  const waiting = add(EMPTY, unsent("a", "Ja", "1-1"));
  assert.deepEqual(keys(merge(waiting, [citizen(2, "Ja")])), ["a"]);
  assert.deepEqual(keys(merge(waiting, [citizen(2, "Ja", "1-1")])), []);
});

test("what the server has under other words goes when the history reaches it", () => {
  const confirmed = settle(add(EMPTY, unsent("a", "mijn bsn")), "a", { upTo: 3 });
  assert.deepEqual(keys(merge(confirmed, [citizen(2, "[bsn:1]")])), ["a"]);
  assert.deepEqual(keys(merge(confirmed, [citizen(2, "[bsn:1]"), message(3)])), []);
});

const menu = message(1, { choices: [{ id: "1-1", title: "Ja" }, { id: "1-2", title: "Nee" }] });
const asked = message(1, { choices: menu.choices, about: { flow: "zelfscan" } });

test("a choice that was made stays made, at once and after the server confirmed it", () => {
  const made = { chosen: "1-2", closed: true };
  assert.deepEqual(answered(add(merge(EMPTY, [menu]), unsent("a", "Nee", "1-2")), menu), made);
  assert.deepEqual(answered(merge(EMPTY, [menu, citizen(2, "Nee", "1-2")]), menu), made);
});

test("a choice that could not be sent can be made again", () => {
  const failed = settle(add(merge(EMPTY, [menu]), unsent("a", "Nee", "1-2")), "a", { state: "failed" });
  assert.deepEqual(answered(failed, menu), { chosen: null, closed: false });
});

test("a menu stays open after a typed question, a question of a flow closes", () => {
  const later = [citizen(2, "iets anders"), message(3)];
  assert.equal(answered(merge(EMPTY, [menu, ...later]), menu).closed, false);
  assert.equal(answered(merge(EMPTY, [asked, ...later]), asked).closed, true);
});

test("the open question is the newest message of the bot, if it has choices", () => {
  assert.equal(question(merge(EMPTY, [menu]))?.id, 1);
  assert.equal(question(merge(EMPTY, [menu, message(2)])), null);
  assert.equal(question(merge(EMPTY, [menu, citizen(2, "Ja", "1-1")])), null);
});
