const CONVERSATIONS = "/api/v1/conversations";
const STORAGE_KEY = "startwijzer";
const LONGEST_REQUEST = 30_000;
const LONGEST_SILENCE = 45_000; // the server sends a heartbeat every 15 seconds
const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const LINK_PROTOCOLS = ["https:", "http:", "tel:", "mailto:"];
const INLINE = /\*\*((?:[^*]|\*(?!\*))+)\*\*|\[([^[\]]+)\]\(((?:[^()\s]|\([^()\s]*\))+)\)/g;
const UNREACHABLE = "Er is geen verbinding. Controleer je internet en probeer het opnieuw.";
const FAILED = "Er ging iets mis aan onze kant. Probeer het zo nog eens.";
const EMPTY = "Je bericht is leeg. Typ een vraag of kies een knop.";
const EXPIRED = "Je vorige gesprek is afgelopen. Er is nu een nieuw gesprek. Stel je vraag nog een keer.";

const [log, typing, status, form, errorText, input, eraseButton, confirmation, notice] = [
  "log", "typing", "status", "form", "error", "input", "erase", "confirm", "notice",
].map((name) => document.getElementById(`chat-${name}`));

let session = null; // {id, token} of the conversation
let newestId = 0; // everything up to here was received; answers to a POST do not count, they skip the question
let work = new AbortController(); // aborted when the citizen erases the conversation
let queue = Promise.resolve(); // one thing at a time, so that messages arrive in the order of typing
let waiting = 0;
const choicesOnTheirWay = new Set();

class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }

  get conversationIsGone() {
    return [401, 403, 404].includes(this.status);
  }
}

// Talking to the API

async function request(method, path, { signal, body, token = session?.token, headers = {} }) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  const timer = setTimeout(abort, LONGEST_REQUEST);
  const authorization = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(CONVERSATIONS + path, {
    method,
    headers: { ...(body && { "Content-Type": "application/json" }), ...authorization, ...headers },
    body: body && JSON.stringify(body),
    signal: controller.signal,
  })
    .catch(() => { throw new Problem(0, UNREACHABLE); })
    .finally(() => clearTimeout(timer));
  if (response.ok) return response;
  const { detail } = await response.json().catch(() => ({}));
  throw new Problem(response.status, detail ?? FAILED);
}

async function start(live) {
  const signal = work.signal;
  forget();
  const body = { page: location.pathname.slice(0, 300) };
  const { id, token, messages } = await (await request("POST", "", { body, signal })).json();
  session = { id, token };
  store(session);
  receive(messages, live);
  newestId = Math.max(newestId, ...messages.map((message) => message.id));
  listen(signal);
}

async function resumeOrStart() {
  session = stored();
  if (!session) return start(false);
  try {
    await catchUp(work.signal, false);
  } catch (error) {
    if (error.conversationIsGone) return start(false);
    showError(error);
  }
  return listen(work.signal);
}

async function catchUp(signal, live) {
  const response = await request("GET", `/${session.id}/messages?after=${newestId}`, { signal });
  const { messages } = await response.json();
  receive(messages, live);
  newestId = Math.max(newestId, ...messages.map((message) => message.id));
}

async function listen(signal) {
  const { id, token } = session;
  let pause = SHORTEST_PAUSE;
  while (!signal.aborted) {
    try {
      const headers = { "Last-Event-ID": String(newestId) };
      const response = await request("GET", `/${id}/events`, { signal, token, headers });
      await readEvents(response.body.getReader(), id, () => { pause = SHORTEST_PAUSE; });
    } catch (error) {
      if (error.conversationIsGone) return;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

async function readEvents(reader, conversationId, onSign) {
  const decoder = new TextDecoder();
  let buffer = "";
  for (;;) {
    const timer = setTimeout(() => reader.cancel().catch(() => {}), LONGEST_SILENCE);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done || session?.id !== conversationId) return;
    onSign();
    const blocks = (buffer + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
    buffer = blocks.pop();
    for (const block of blocks) {
      const lines = block.split(/\r?\n/).filter((line) => line.startsWith("data:"));
      if (!lines.length) continue;
      const message = JSON.parse(lines.map((line) => line.slice(5)).join("\n"));
      receive([message], true);
      newestId = Math.max(newestId, message.id);
    }
  }
}

// What the citizen does

function enqueue(task) {
  waiting += 1;
  typing.hidden = false;
  queue = queue.then(task).catch(showError).finally(() => {
    waiting -= 1;
    typing.hidden = waiting === 0;
  });
}

function say(body, text) {
  const bubble = log.appendChild(messageItem({ from: "citizen", text, choices: [] }));
  bubble.classList.add("pending"); // gives way to the message with its number, when the server sends it back
  status.replaceChildren();
  showError(null);
  const signal = work.signal;
  enqueue(() => deliver(body, bubble, signal));
  input.focus({ preventScroll: true });
  reveal();
}

async function deliver(body, bubble, signal) {
  try {
    if (!session && !signal.aborted) await start(true);
    const response = await request("POST", `/${session.id}/messages`, { body, signal });
    receive((await response.json()).messages, true);
    if (bubble.isConnected) await catchUp(signal, true).catch(() => {}); // else the events bring it
  } catch (error) {
    const arrived = !bubble.isConnected; // then its answer comes as an event
    if (signal.aborted || arrived) return;
    if (body.text) input.value = [body.text, input.value].filter(Boolean).join("\n");
    if (!error.conversationIsGone) throw error;
    await start(true);
    showError(new Problem(0, EXPIRED));
  } finally {
    bubble.remove();
    choicesOnTheirWay.delete(body.choice);
  }
}

function sendTyped() {
  const text = input.value.trim();
  if (!text) return showError(new Problem(0, EMPTY));
  input.value = "";
  return say({ text }, text);
}

function choose({ id, title }) {
  if (choicesOnTheirWay.has(id)) return;
  choicesOnTheirWay.add(id);
  say({ choice: id }, title);
}

async function erase() {
  try {
    if (session) await request("DELETE", `/${session.id}`, { signal: work.signal });
  } catch (error) {
    if (!error.conversationIsGone) {
      listen(work.signal);
      throw error;
    }
  }
  input.value = "";
  await start(true);
}

// What the citizen sees

function receive(messages, live) {
  for (const message of messages) {
    const items = [...log.querySelectorAll("[data-id]")];
    if (items.some((item) => Number(item.dataset.id) === message.id)) continue;
    const item = messageItem(message);
    item.dataset.id = message.id;
    if (message.from === "citizen") log.querySelector(".pending")?.remove();
    log.insertBefore(item, items.find((other) => Number(other.dataset.id) > message.id) ?? null);
    if (!live) continue;
    if (message.from === "bot") announce(item);
    reveal();
  }
}

function messageItem({ from, text, choices, image, about }) {
  const item = element("li", `message ${from}`);
  const bot = about?.by === "person" ? "Medewerker" : "Startwijzer";
  const body = element("div", "body");
  if (from === "citizen") body.append(element("p", "", text));
  else appendMarkdown(body, text);
  item.append(element("p", "sender", from === "citizen" ? "Jij" : bot), body);
  if (image) item.append(Object.assign(element("img"), { src: image.url, alt: image.alt ?? "" }));
  if (choices.length) item.append(choiceList(choices));
  return item;
}

function choiceList(choices) {
  const list = element("ul", "choices");
  list.setAttribute("aria-label", "Keuzes");
  for (const choice of choices) {
    const button = element("button", "", choice.title);
    button.type = "button";
    button.addEventListener("click", () => choose(choice));
    list.appendChild(element("li")).append(button);
  }
  return list;
}

// Markdown, as far as the bot uses it: paragraphs, lists with "- ", bold, links. Never as HTML.
function appendMarkdown(parent, text) {
  for (const block of text.split(/\n\s*\n/)) {
    for (const run of block.trim().split(/\n(?=- )|(?<=^- .*)\n(?!- )/m)) {
      appendRun(parent, run);
    }
  }
}
