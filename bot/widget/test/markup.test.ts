import assert from "node:assert/strict";
import { test } from "node:test";

import { JSDOM } from "jsdom";

import { asText } from "../src/download";
import { LABELS } from "../src/labels";
import { clean, plainText, safeAddress, sayWhereLinksLead } from "../src/markup";
import { narrate } from "../src/narrate";
import { message } from "./stories";

const { window } = new JSDOM("", { url: "https://www.voorbeeldstad.nl/ondernemen" });
Object.assign(globalThis, { window });
const view = window as unknown as Parameters<typeof clean>[1];
const BASE = "https://bot.example/";

function html(fragment: DocumentFragment): string {
  const place = window.document.createElement("div");
  place.append(fragment as never);
  return place.innerHTML;
}

test("nothing that could run comes through", () => {
  const attacks = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg><script>alert(1)</script></svg>",
    "<svg onload=alert(1)>",
    "<math><mi//xlink:href='data:x,<script>alert(4)</script>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' jAvAsCrIpT:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='//evil.example'>x</a>",
    "<a href='/relative'>x</a>",
    "<a href='https://goed.example' onclick='alert(1)' style='x' class='y' id='z' target='_top'>x</a>",
    "<p style='position:fixed'>x</p>",
    "<form action='https://evil.example'><input name=a></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>*{display:none}</style>",
    "<template><img src=x onerror=alert(1)></template>",
    "<p><noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
  ];
  for (const attack of attacks) {
    const left = html(clean(attack, view));
    assert.doesNotMatch(left, /<(?!\/?(?:p|br|strong|em|ul|ol|li|a)\b)|\son|style|class=|id=|target/i, attack);
    assert.doesNotMatch(left, /href="(?!https:\/\/goed)/i, attack);
  }
});

test("what a message may have stays", () => {
  const good =
    '<p>Een <strong>twee</strong> <em>drie</em><br>vier</p><ul><li>a</li></ul><ol><li><a href="tel:140123">b</a></li></ol>';
  assert.equal(html(clean(good, view)), good);
});

function links(given: string): string {
  const fragment = clean(given, view);
  sayWhereLinksLead(fragment, LABELS.nl, window.location as unknown as Location, BASE);
  return html(fragment);
}

test("links say where they lead", () => {
  const other = links('<a href="https://www.kvk.nl/starten">Inschrijven</a>');
  assert.match(other, /target="_blank"/);
  assert.match(other, /rel="noopener noreferrer"/);
  assert.match(other, />Inschrijven<span class="leads"> \(kvk\.nl, opent in een nieuw tabblad\)<\/span>/);
  assert.match(links('<a href="https://kvk.nl/">Naar kvk.nl</a>'), /Naar kvk\.nl<span class="leads"> \(opent in/);
  assert.doesNotMatch(links('<a href="https://www.voorbeeldstad.nl/loket">Loket</a>'), /_blank/);
  assert.doesNotMatch(links('<a href="tel:140123">Bel</a><a href="mailto:a@b.nl">Mail</a>'), /_blank|leads/);
});

test("pictures come from http, https or the server itself", () => {
  assert.equal(safeAddress("/api/v1/results/x/png", BASE)?.href, "https://bot.example/api/v1/results/x/png");
  assert.equal(safeAddress("javascript:alert(1)", BASE), null);
  assert.equal(safeAddress("data:image/svg+xml,<svg/>", BASE), null);
  assert.equal(safeAddress("https://", BASE), null);
});

test("a screen reader hears who, the words without markup, the picture and the choices, once", () => {
  const said = message(2, {
    html: '<p>Kies <strong>één</strong>:</p><ul><li>a</li><li><a href="https://x.nl">b</a></li></ul>',
    image: { url: "/x.png", alt: "Een wiel" },
    choices: [{ id: "2-1", title: "Ja" }, { id: "2-2", title: "Nee" }],
  });
  assert.equal(narrate(said, LABELS.nl), "Startwijzer: Kies één: a b Afbeelding: Een wiel Er zijn 2 knoppen: Ja, Nee.");
});

test("the saved conversation has everything, with addresses written out", () => {
  const saved = asText(
    [message(1, { html: '<p>Ga naar <a href="https://kvk.nl/">de KVK</a>.</p>', choices: [{ id: "1-1", title: "Ja" }] })],
    LABELS.nl,
    "nl",
    new Date("2026-11-22T10:00:00Z"),
  );
  assert.match(saved, /Startwijzer \(computer\), 22 november 2026/);
  assert.match(saved, /Ga naar de KVK \(https:\/\/kvk\.nl\/\)\./);
  assert.match(saved, /\[ \] Ja/);
});

test("lines of a text stay lines", () => {
  assert.equal(plainText(clean("<p>a</p><ul><li>b</li><li>c</li></ul><p>d<br>e</p>", view)), "a\n- b\n- c\nd\ne");
});
