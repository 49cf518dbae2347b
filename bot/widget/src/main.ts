/** The entry: one script element puts the chat in the page, with its data attributes as settings. */

import { NAME, StartwijzerChat } from "./element";
import { settings } from "./settings";

const script = document.currentScript;

function mount(source: HTMLScriptElement): void {
  if (customElements.get(NAME)) return; // the same script twice: one chat
  customElements.define(NAME, StartwijzerChat);
  const chat = new StartwijzerChat();
  chat.settings = settings(source.dataset, source.src);
  chat.nonce_ = source.nonce ?? "";
  const target = find(chat.settings.target);
  if (target) target.append(chat);
  else if (chat.settings.mode === "inline" && document.body.contains(source)) source.after(chat);
  else document.body.append(chat);
}

function find(selector: string | null): Element | null {
  try {
    return selector ? document.querySelector(selector) : null;
  } catch {
    console.warn("startwijzer: data-target is no CSS selector");
    return null;
  }
}

if (script instanceof HTMLScriptElement && script.src) {
  if (document.body && document.readyState !== "loading") mount(script);
  else document.addEventListener("DOMContentLoaded", () => mount(script));
}
