import assert from "node:assert/strict";
import { test } from "node:test";

import { Api } from "../src/api";
import { Conversation } from "../src/conversation";
import type { Message } from "../src/model";
import { SessionStore } from "../src/session";
import { citizen, event, message, until } from "./stories";

Object.assign(globalThis, { addEventListener: () => undefined, removeEventListener: () => undefined });

class Tab implements Storage {
  private readonly items = new Map<string, string>();
  get length() {
    return this.items.size;
  }
  clear = () => this.items.clear();
  key = (n: number) => [...this.items.keys()][n] ?? null;
  getItem = (name: string) => this.items.get(name) ?? null;
  setItem = (name: string, value: string) => void this.items.set(name, value);
  removeItem = (name: string) => void this.items.delete(name);
}

/** A server in memory behind `fetch`: stores a message once per key, as the real one does. */
class Server {
  messages: Message[] = [message(1, { text: "Hallo" })];
  requests: string[] = [];
  keys: string[] = [];
  /** What happens to the next messages instead of an answer. */
  trouble: ("lost" | "lost after" | number)[] = [];
  private readonly lines = new Set<ReadableStreamDefaultController<Uint8Array>>();

  readonly fetch = (async (address: string, { method, headers, body, signal }: RequestInit) => {
    const path = new URL(address).pathname.replace("/api/v1/conversations", "");
    const given = headers as Record<string, string>;
    this.requests.push(`${method} ${path}`);
    if (method === "POST" && path === "") return json({ id: "c", token: "t", messages: this.messages }, 201);
    if (given.Authorization !== "Bearer t") return json({ detail: "Dit gesprek is afgelopen." }, 401);
    if (path.endsWith("/events")) return this.line(Number(given["Last-Event-ID"]), signal!);
    if (method === "POST" && path.endsWith("/messages")) return this.take(given["Idempotency-Key"]!, String(body));
    if (method === "DELETE") return new Response(null, { status: 204 });
    return json({ messages: this.messages.filter(({ id }) => id > Number(new URL(address).searchParams.get("after"))) });
  }) as typeof fetch;

  private take(key: string, body: string): Response {
    const trouble = this.trouble.shift();
    if (trouble === "lost") throw new TypeError("lost");
    if (typeof trouble === "number") return json({ detail: "Dat gaat even te snel." }, trouble);
    if (!this.keys.includes(key)) {
      this.keys.push(key);
      const { text } = JSON.parse(body) as { text: string };
      const next = this.messages.length + 1;
      this.tell(citizen(next, text), message(next + 1, { text: `Antwoord op ${text}` }));
    }
    if (trouble === "lost after") throw new TypeError("lost");
    return json({ messages: this.messages.slice(-1) });
  }

  tell(...said: Message[]): void {
    this.messages.push(...said);
    for (const line of this.lines) for (const one of said) line.enqueue(new TextEncoder().encode(event(one)));
  }

  private line(after: number, signal: AbortSignal): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.lines.add(controller);
        signal.addEventListener("abort", () => this.lines.delete(controller));
        for (const one of this.messages.filter(({ id }) => id > after)) {
          controller.enqueue(new TextEncoder().encode(event(one)));
        }
      },
      cancel: () => undefined,
    });
    return new Response(body);
  }
}

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });

function talk(server: Server, tab = new Tab()) {
  const news: string[] = [];
  const trouble: string[] = [];
  const conversation = new Conversation(
    new Api("https://bot.example/", server.fetch),
    new SessionStore("https://bot.example/", () => tab),
    { page: "/" },
    (problem) => (problem as Error).message,
    {
      changed: () => undefined,
      news: (messages) => news.push(...messages.map(({ text }) => text)),
      trouble: (text) => trouble.push(text),
    },
  );
  const texts = () => conversation.state.transcript.messages.map(({ text }) => text);
  const waiting = () => conversation.state.transcript.unsent;
  return { conversation, news, trouble, texts, waiting, tab };
}

test("a message and its answer stand there once, and only what others say is news", async () => {
  const server = new Server();
  const { conversation, news, texts, waiting } = talk(server);
  await conversation.open();
  conversation.say("een");
  conversation.say("twee");
  assert.equal(waiting().length, 2);
  await until(() => texts().length === 5 && waiting().length === 0);
  assert.deepEqual(texts(), ["Hallo", "een", "Antwoord op een", "twee", "Antwoord op twee"]);
  assert.deepEqual(news, ["Hallo", "Antwoord op een", "Antwoord op twee"]);
  conversation.leave();
});

test("a message that was not sent stays, and goes again under the same key", async () => {
  const server = new Server();
  const { conversation, texts, waiting, trouble } = talk(server);
  await conversation.open();
  server.trouble = [429, "lost after"];
  conversation.say("hallo");
  await until(() => waiting()[0]?.state === "failed");
  assert.deepEqual(trouble, ["Dat gaat even te snel."]);
  assert.equal(waiting()[0]!.problem, "Dat gaat even te snel.");
  const { key } = waiting()[0]!;
  conversation.retry(key);
  await until(() => texts().length === 3);
  assert.deepEqual(server.keys, [key]);
  assert.deepEqual(texts(), ["Hallo", "hallo", "Antwoord op hallo"]);
  await until(() => waiting().length === 0);
  conversation.leave();
});

test("the next page of the site has the history, and it is no news", async () => {
  const server = new Server();
  const first = talk(server);
  await first.conversation.open();
  first.conversation.leave();
  const second = talk(server, first.tab);
  await second.conversation.open(true);
  assert.deepEqual(second.texts(), ["Hallo"]);
  assert.deepEqual(second.news, []);
  assert.equal(server.requests.filter((one) => one === "POST ").length, 1);
  second.conversation.leave();
});

test("a new page without a conversation asks the server nothing", async () => {
  const server = new Server();
  const { conversation } = talk(server);
  await conversation.open(true);
  assert.deepEqual(server.requests, []);
  assert.equal(conversation.state.phase, "idle");
});

test("two tabs stay in step", async () => {
  const server = new Server();
  const one = talk(server);
  await one.conversation.open();
  const other = talk(server, one.tab);
  await other.conversation.open();
  one.conversation.say("hallo");
  await until(() => other.texts().length === 3 && one.texts().length === 3);
  assert.deepEqual(other.news, ["hallo", "Antwoord op hallo"]);
  one.conversation.leave();
  other.conversation.leave();
});

test("erasing leaves nothing in the tab or on the screen", async () => {
  const server = new Server();
  const { conversation, tab, texts } = talk(server);
  await conversation.open();
  assert.equal(tab.length, 1);
  assert.equal(await conversation.erase(), true);
  assert.equal(tab.length, 0);
  assert.deepEqual(texts(), []);
  assert.equal(conversation.state.ending, "erased");
  assert.ok(server.requests.includes("DELETE /c"));
});

test("what is kept in the tab is the key to the conversation and nothing that was said", async () => {
  const server = new Server();
  const { conversation, tab, texts } = talk(server);
  await conversation.open();
  conversation.say("geheim");
  await until(() => texts().length === 3);
  assert.deepEqual(Object.keys(JSON.parse(tab.getItem(tab.key(0)!)!) as object).sort(), ["expiresAt", "id", "open", "token"]);
  conversation.leave();
});

test("what was typed in a conversation that had ended is not lost", async () => {
  const server = new Server();
  const { conversation, texts, waiting } = talk(server);
  await conversation.open();
  server.trouble = [401];
  conversation.say("nog een vraag");
  await until(() => conversation.state.phase === "ended");
  assert.equal(waiting().length, 1);
  assert.equal(await conversation.restart(), "nog een vraag");
  assert.deepEqual(texts(), ["Hallo"]);
  conversation.leave();
});
