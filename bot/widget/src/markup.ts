import DOMPurify, { type DOMPurify as Purifier, type WindowLike } from "dompurify";

import type { Labels } from "./labels";

const TAGS = ["p", "br", "strong", "em", "ul", "ol", "li", "a"];
const ADDRESS = /^(?:https?:\/\/|tel:|mailto:)/i;

let purifier: Purifier | null = null;

/** The server's HTML with only what a message may have; everything else is gone, its text stays. */
export function clean(html: string, view: WindowLike = window): DocumentFragment {
  purifier ??= DOMPurify(view);
  return purifier.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["href"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: ADDRESS,
    RETURN_DOM_FRAGMENT: true,
  });
}

/** Links say where they lead: the site when the link does not name it, and that a new tab opens. */
export function sayWhereLinksLead(fragment: DocumentFragment, labels: Labels, here: Location, base: string): void {
  for (const link of fragment.querySelectorAll("a")) {
    const address = safeAddress(link.getAttribute("href") ?? "", here.href);
    if (!address || !ADDRESS.test(link.getAttribute("href") ?? "")) {
      link.removeAttribute("href");
      continue;
    }
    if (!address.protocol.startsWith("http")) continue;
    // A page of this site opens here: the conversation goes along. A file of the server would end it.
    if (address.origin === here.origin && !address.href.startsWith(`${base}api/`)) continue;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    const host = address.hostname.replace(/^www\./, "");
    const named = (link.textContent ?? "").toLowerCase().includes(host);
    const note = link.ownerDocument.createElement("span");
    note.className = "leads";
    note.textContent = ` (${named || address.origin === here.origin ? "" : `${host}, `}${labels.newTab})`;
    link.append(note);
  }
}

/** The address when it is http, https, tel or mailto; null for anything else. */
export function safeAddress(given: string, base: string): URL | null {
  try {
    const address = new URL(given, base);
    return /^(?:https?|tel|mailto):$/.test(address.protocol) ? address : null;
  } catch {
    return null;
  }
}

/** The text without markup, a line for each paragraph and item; of a link also its address if asked. */
export function plainText(node: Node, withAddresses = false): string {
  let text = "";
  for (const child of node.childNodes) {
    const tag = child.nodeName.toLowerCase();
    if (child.nodeType === 3) text += (child.nodeValue ?? "").replace(/\s+/g, " ");
    else if (tag === "br") text += "\n";
    else {
      const inner = plainText(child, withAddresses);
      const href = withAddresses && tag === "a" ? (child as Element).getAttribute("href") : null;
      const whole = href && !inner.includes(href) ? `${inner} (${href.replace(/^(tel|mailto):/, "")})` : inner;
      text += tag === "li" ? `\n- ${whole.trim()}\n` : tag === "p" || tag === "ul" || tag === "ol" ? `\n${whole.trim()}\n` : whole;
    }
  }
  return text.replace(/\n{2,}/g, "\n").replace(/^\n|\n$/g, "");
}
