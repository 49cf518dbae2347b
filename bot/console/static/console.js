// What makes the console nicer with JavaScript; everything works without.
"use strict";

// A form or link with data-region replaces only that part of the page, and the address with it.
// <form data-region="#resultaat" method="get"> ... <div id="resultaat" tabindex="-1">
let shown = location.pathname + location.search;

const replaceRegion = async (address, selector, remember) => {
  const region = document.querySelector(selector);
  region.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector(selector);
    if (!response.ok || !fresh) throw new Error("no such region");
    region.replaceWith(fresh);
    document.title = page.title;
    if (remember) history.pushState(null, "", address);
    shown = location.pathname + location.search;
    fresh.focus({ preventScroll: true });
  } catch {
    location.assign(address); // the ordinary way also shows what went wrong
  }
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.region || form.method !== "get" || !document.querySelector(form.dataset.region)) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  for (const [name, value] of [...fields]) if (!value) fields.delete(name, value);
  replaceRegion(`${form.action.split("?")[0]}?${fields}`, form.dataset.region, true);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-region]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !document.querySelector(link.dataset.region)) return;
  event.preventDefault();
  replaceRegion(link.href, link.dataset.region, true);
});

// Back and forward show what that address stands for; a skip link changes no more than the focus.
addEventListener("popstate", () => {
  if (shown !== location.pathname + location.search) location.reload();
});

// A question before something that cannot be undone: <form data-confirm="Weet je het zeker?">
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

// A select or checkbox with data-submit sends its form at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// Beside a password, a button to see what one types; it is hidden again before it is sent.
for (const field of document.querySelectorAll("input[type=password]")) {
  const button = document.createElement("button");
  const which = document.createElement("span");
  which.className = "visually-hidden";
  which.textContent = `: ${field.labels[0]?.textContent.trim() ?? ""}`;
  button.type = "button";
  button.className = "button button--secondary button--small field__show";
  button.append("Toon wat je typt", which);
  button.setAttribute("aria-controls", field.id);
  const show = (visible) => {
    field.type = visible ? "text" : "password";
    button.setAttribute("aria-pressed", String(visible));
  };
  show(false);
  field.spellcheck = false; // what is shown goes to no speller
  field.autocapitalize = "none";
  button.addEventListener("click", () => show(field.type === "password"));
  field.form?.addEventListener("submit", () => show(false));
  field.after(button);
}

// Two minutes before the session ends, people can say that they are still there (WCAG 2.2.1).
const WARN_BEFORE = 120;
const { idleSeconds, root } = document.body.dataset;
const warning = document.querySelector(".session-warning");
if (warning && Number(idleSeconds) > WARN_BEFORE) {
  let timer;
  let before = null;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      before = document.activeElement;
      warning.hidden = false;
      warning.querySelector("button").focus();
    }, (Number(idleSeconds) - WARN_BEFORE) * 1000);
  };
  warning.querySelector("button").addEventListener("click", async () => {
    const response = await fetch(`${root}/sessie`);
    warning.hidden = true;
    before?.focus();
    if (response.status === 204) wait();
    else location.reload();
  });
  wait();
}
