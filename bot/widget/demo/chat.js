const CONVERSATIONS = "/api/v1/conversations";
const STORAGE_KEY = "startwijzer";
const [LONGEST_REQUEST, LONGEST_SILENCE] = [30_000, 45_000]; // a heartbeat comes every 15 seconds
const [SHORTEST_PAUSE, LONGEST_PAUSE] = [1_000, 30_000];
const BLOCK = /(?:^- .*\n?)+|(?:^(?!- ).*\S.*\n?)+/gm; // lines of a list, or lines of a paragraph
// Bold, or a link with a safe address; any other link does not match and so stays plain text.
const INLINE = /\*\*((?:[^*]|\*(?!\*))+)\*\*|\[([^[\]]+)\]\(((?:https?|tel|mailto):(?:[^()\s]|\([^()\s]*\))+)\)/gi;
const UNREACHABLE = "Er is geen verbinding. Controleer je internet en probeer het opnieuw.";
const FAILED = "Er ging iets mis aan onze kant. Probeer het zo nog eens.";
const EMPTY = "Je bericht is leeg. Typ een vraag of kies een knop.";
const EXPIRED = "Je vorige gesprek is afgelopen. Er is nu een nieuw gesprek. Stel je vraag nog een keer.";

const [log, typing, status, form, error, input, eraseButton, confirmation, notice] = [
  "log", "typing", "status", "form", "error", "input", "erase", "confirm", "notice",
].map((name) => document.getElementById(`chat-${name}`));

let session = JSON.parse(sessionStorage.getItem(STORAGE_KEY)); // {id, token}
let newestId = 0;
let work = new AbortController(); // aborted when the citizen erases the conversation
let queue = Promise.resolve(); // one request at a time, so that messages keep the order of typing

class Problem extends Error {
  constructor(detail, status) {
    super(detail);
    this.conversationIsGone = [401, 403, 404].includes(status);
  }
}

async function request(method, path, { signal, body, token = session?.token, headers = {} }) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  const timer = setTimeout(abort, LONGEST_REQUEST);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const options = { method, headers, body: JSON.stringify(body), signal: controller.signal };
  const response = await fetch(CONVERSATIONS + path, options)
    .catch(() => { throw new Problem(UNREACHABLE); })
    .finally(() => clearTimeout(timer));
  if (response.ok) return response;
  throw new Problem((await response.json().catch(() => ({}))).detail ?? FAILED, response.status);
}

async function start(live) {
  session = null;
  newestId = 0;
  log.querySelectorAll(".message:not(.pending)").forEach((item) => item.remove());
  const body = { page: location.pathname.slice(0, 300) };
  const response = await request("POST", "", { signal: work.signal, body });
  const { messages, ...newSession } = await response.json();
  session = newSession;
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify(session));
  receive(messages, live);
  listen(work.signal);
}

async function resumeOrStart() {
  try {
    if (session) await catchUp(work.signal, false);
  } catch (problem) {
    if (problem.conversationIsGone) session = null;
    else showError(problem);
  }
  if (session) listen(work.signal);
  else await start(false);
}

async function catchUp(signal, live) {
  const response = await request("GET", `/${session.id}/messages?after=${newestId}`, { signal });
  receive((await response.json()).messages, live);
}

async function listen(signal) {
  const { id, token } = session;
  let pause = SHORTEST_PAUSE;
  while (!signal.aborted && session?.id === id) {
    try {
      const headers = { "Last-Event-ID": newestId };
      const response = await request("GET", `/${id}/events`, { signal, token, headers });
      pause = SHORTEST_PAUSE;
      for await (const message of events(response.body.getReader())) {
        if (session?.id !== id) return;
        receive([message], true);
      }
    } catch (problem) {
      if (problem.conversationIsGone) return; // found out, and told, when the citizen says something
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

async function* events(reader) {
  const decoder = new TextDecoder();
  let buffer = "";
  for (;;) {
    const timer = setTimeout(() => reader.cancel(), LONGEST_SILENCE);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    const parts = (buffer + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
    buffer = parts.pop();
    for (const part of parts) {
      const [, data] = /^data:(.*)$/m.exec(part) ?? []; // JSON is always one line
      if (data) yield JSON.parse(data);
    }
  }
}

function enqueue(task) {
  typing.hidden = false;
  const last = queue.then(task).catch(showError).finally(() => { typing.hidden = queue === last; });
  queue = last;
}

function say(body, text) {
  const item = log.appendChild(messageItem({ from: "citizen", text, choices: [] }));
  item.classList.add("pending"); // until the server sends it back, with its number
  status.replaceChildren();
  error.textContent = "";
  enqueue(deliver.bind(null, body, item, work.signal));
  input.focus({ preventScroll: true });
  reveal();
}

async function deliver(body, item, signal) {
  try {
    if (!session && !signal.aborted) await start(true);
    await request("POST", `/${session?.id}/messages`, { signal, body });
    // The answer to the POST lacks the question; this has both, also when the line for events is down.
    await catchUp(signal, true).catch(() => {});
  } catch (problem) {
    const arrived = !item.isConnected; // then its answer comes as an event
    if (signal.aborted || arrived) return;
    if (body.text) input.value = [body.text, input.value].filter(Boolean).join("\n");
    if (!problem.conversationIsGone) throw problem;
    await start(true);
    throw new Problem(EXPIRED);
  } finally {
    item.remove();
  }
}

function sendTyped(event) {
  event.preventDefault();
  const text = input.value.trim();
  if (!text) return showError(new Problem(EMPTY));
  input.value = "";
  return say({ text }, text);
}

async function erase() {
  error.textContent = input.value = "";
  try {
    if (session) await request("DELETE", `/${session.id}`, { signal: work.signal });
  } catch (problem) {
    if (!problem.conversationIsGone) {
      listen(work.signal);
      throw problem;
    }
  }
  await start(true);
}

// Every source (start, history, events) gives all that follows `newestId`, in order.
function receive(messages, live) {
  for (const message of messages.filter(({ id }) => id > newestId)) {
    newestId = message.id;
    const item = messageItem(message);
    if (message.from === "citizen") log.querySelector(".pending")?.remove();
    log.insertBefore(item, log.querySelector(".pending"));
    if (!live) continue;
    const spoken = [...item.querySelectorAll(".body p, .body li")].map((part) => part.textContent);
    if (message.from === "bot") status.append(element("p", { textContent: spoken.join("\n") }));
    reveal();
  }
}

function messageItem({ from, text, choices, image, about }) {
  const item = element("li", { className: `message ${from}` });
  const bot = about?.by === "person" ? "Medewerker" : "Startwijzer";
  const body = element("div", { className: "body" });
  if (from === "citizen") body.append(element("p", { textContent: text }));
  else appendMarkdown(body, text);
  item.append(element("p", { className: "sender", textContent: from === "citizen" ? "Jij" : bot }), body);
  if (image) item.append(element("img", { src: image.url, alt: image.alt }));
  if (!choices.length) return item;
  const list = item.appendChild(element("ul", { className: "choices" }));
  list.setAttribute("aria-label", "Keuzes");
  for (const choice of choices) {
    const button = element("button", { type: "button", textContent: choice.title });
    button.addEventListener("click", ({ detail: clicks }) => {
      if (clicks < 2) say({ choice: choice.id }, choice.title); // a double click is one choice
    });
    list.appendChild(element("li")).append(button);
  }
  return item;
}

function appendMarkdown(parent, text) {
  for (const [block] of text.matchAll(BLOCK)) {
    const isList = block.startsWith("- ");
    const target = parent.appendChild(element(isList ? "ul" : "p"));
    if (!isList) appendInline(target, block.trim());
    else block.trim().split("\n").forEach((line) => appendInline(target.appendChild(element("li")), line.slice(2)));
  }
}

function appendInline(parent, text) {
  let end = 0;
  for (const { 0: source, 1: bold, 2: label, 3: address, index } of text.matchAll(INLINE)) {
    const child = element(bold ? "strong" : "a", address && { href: address });
    if (address && child.host && child.host !== location.host) child.rel = "noopener noreferrer";
    appendInline(child, bold ?? label);
    parent.append(text.slice(end, index), child);
    end = index + source.length;
  }
  parent.append(text.slice(end));
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function showError(problem) {
  error.textContent = problem instanceof Problem ? problem.message : FAILED;
}

// Shows as much of the answer as fits with the form, from the question on.
function reveal() {
  const asked = [...log.querySelectorAll(".citizen")].pop() ?? log;
  const below = form.getBoundingClientRect().bottom - window.visualViewport.height;
  const above = asked.getBoundingClientRect().top - notice.offsetHeight;
  window.scrollBy(0, Math.max(0, Math.min(below, above)));
}

form.addEventListener("submit", sendTyped);
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) sendTyped(event);
});
eraseButton.addEventListener("click", () => confirmation.showModal());
confirmation.addEventListener("close", () => {
  if (confirmation.returnValue !== "erase") return;
  confirmation.returnValue = ""; // Escape would leave it as it is
  work.abort();
  work = new AbortController();
  input.focus();
  enqueue(erase);
});
enqueue(resumeOrStart);
