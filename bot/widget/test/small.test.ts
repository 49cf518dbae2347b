import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { moment, WARN_BEFORE } from "../src/expiry";
import { hours } from "../src/hours";
import { LABELS } from "../src/labels";
import { asMessages } from "../src/model";
import { schemeOf } from "../src/scheme";
import { SessionStore } from "../src/session";
import { settings } from "../src/settings";
import styles from "../src/styles.css";

const ROOT = process.cwd();
const LARGEST = 35_000;

test("the built file is small enough with everything in it", () => {
  assert.ok(gzipSync(readFileSync(`${ROOT}/dist/startwijzer.js`), { level: 9 }).length <= LARGEST);
});

test("the built file fetches no code, styles or letters, and evaluates nothing", () => {
  const code = readFileSync(`${ROOT}/dist/startwijzer.js`, "utf8");
  assert.deepEqual(code.match(/\beval\(|new Function\(|@import|@font-face|url\(|importScripts|<script/g), null);
});

test("no HTML gets on the page but through the sanitiser, and no style stands in markup", () => {
  const sources = readdirSync(`${ROOT}/src`, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
  assert.ok(sources.length > 20);
  for (const name of sources) {
    const source = readFileSync(`${ROOT}/src/${name}`, "utf8");
    assert.deepEqual(source.match(/innerHTML|outerHTML|insertAdjacentHTML|\sstyle=|document\.write/gi), null, name);
  }
});

test("every label is there in both languages, and takes the same", () => {
  assert.deepEqual(Object.keys(LABELS.en), Object.keys(LABELS.nl));
  for (const [name, label] of Object.entries(LABELS.nl)) {
    const other = LABELS.en[name as keyof typeof LABELS.en];
    assert.equal(typeof other, typeof label, name);
    if (typeof label === "string") assert.ok(label.trim() && String(other).trim(), name);
    else assert.equal((other as (...all: never[]) => string).length, label.length, name);
  }
});

const open = (given: string, at: string) => hours(given, new Date(at), "nl").open;

test("opening hours are those of Amsterdam, in summer and winter", () => {
  assert.equal(open("ma-vr 09:00-17:00", "2026-11-23T08:00:00Z"), true); // Monday 9:00
  assert.equal(open("ma-vr 09:00-17:00", "2026-11-23T07:59:00Z"), false);
  assert.equal(open("ma-vr 09:00-17:00", "2026-11-23T16:00:00Z"), false); // 17:00
  assert.equal(open("ma-vr 09:00-17:00", "2026-07-20T07:00:00Z"), true); // Monday 9:00
  assert.equal(open("ma-vr 09:00-17:00", "2026-11-22T10:00:00Z"), false); // Sunday
  assert.equal(open("ma t/m vr 9.00-17.00, za 10:00-12:00", "2026-11-21T10:00:00Z"), true);
  assert.equal(open("za-ma 09:00-17:00", "2026-11-22T10:00:00Z"), true);
  assert.equal(open("zo 00:00-24:00", "2026-11-22T22:59:00Z"), true);
});

test("hours that cannot be read are shown as they are", () => {
  for (const given of ["op afspraak", "ma-vr", "ma-vr 17:00-09:00", "xx 09:00-17:00", "ma 09:00-25:00", "ma 09:70-10:00"]) {
    assert.deepEqual(hours(given, new Date(), "nl"), { text: given, open: null });
  }
  assert.equal(hours("ma-vr 09:00-17:00, za 10:00-12:00", new Date(), "en").text, "Mon-Fri 09:00-17:00, Sat 10:00-12:00");
});

test("settings come from the script element, and the server is where the script came from", () => {
  const src = "https://bot.example/sub/widget/startwijzer-0123456789abcdef.js";
  const given = settings({ gemeente: "Assen", mode: "inline", target: "#x", language: "fr", theme: "pink" }, src);
  assert.equal(given.base, "https://bot.example/sub/");
  assert.deepEqual([given.gemeente, given.mode, given.language, given.theme, given.title], ["Assen", "inline", "nl", "auto", null]);
});

test("people are warned ten minutes before the end", () => {
  assert.equal(WARN_BEFORE, 600_000);
  assert.equal(moment(1_000_000, 399_999), "calm");
  assert.equal(moment(1_000_000, 400_000), "warn");
  assert.equal(moment(1_000_000, 1_000_000), "over");
  assert.equal(moment(null, 1_000_000), "calm");
});

test("the chat is dark where the site is", () => {
  assert.equal(schemeOf("", true), "light");
  assert.equal(schemeOf("light dark", true), "dark");
  assert.equal(schemeOf("light dark", false), "light");
  assert.equal(schemeOf("dark", false), "dark");
  assert.equal(schemeOf("only light", true), "light");
});

test("a browser that refuses storage keeps the session for the page", () => {
  const store = new SessionStore("x", () => {
    throw new Error("refused");
  });
  store.write({ id: "a", token: "b", expiresAt: null });
  assert.equal(store.read()?.id, "a");
  store.write(null);
  assert.equal(store.read(), null);
});

test("what is no message of ours is left out", () => {
  assert.deepEqual(asMessages([null, 1, { id: "1", text: "x" }, { id: 1 }, [], { id: 2, text: "x", choices: [{}, null] }]).map(({ id, choices }) => [id, choices]), [[2, []]]);
  assert.deepEqual(asMessages("nee"), []);
});

// Contrast, by the formulas of WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
function luminance(colour: string): number {
  const full = colour.length === 4 ? colour.replace(/[^#]/g, "$&$&") : colour;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(full.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

const TOKENS = {
  bg: "utrecht-document-background-color",
  fg: "utrecht-document-color",
  tint: "startwijzer-tint-background-color",
  strong: "utrecht-button-primary-action-background-color",
  onStrong: "utrecht-button-primary-action-color",
  hover: "utrecht-button-primary-action-hover-background-color",
  link: "utrecht-link-color",
  line: "utrecht-textarea-border-color",
  focus: "utrecht-focus-outline-color",
  error: "utrecht-form-field-error-message-color",
};
type Colours = Record<keyof typeof TOKENS, string>;

/** The palettes: the fallbacks of the widget and each theme of the demo, light and dark. */
function palettes(): Record<string, Colours> {
  const found: Record<string, Colours> = {};
  const colours = (of: (token: string) => string | undefined, name: string) => {
    const entries = Object.entries(TOKENS).map(([key, token]) => [key, of(token)] as const);
    for (const [key, value] of entries) assert.match(value ?? "", /^#[0-9a-f]{3,6}$/, `${name} ${key}`);
    found[name] = Object.fromEntries(entries) as Colours;
  };
  const [light, dark] = [styles.indexOf(".root{"), styles.indexOf(".root[data-scheme=dark]{")];
  for (const [name, from] of [["fallback light", light], ["fallback dark", dark]] as const) {
    assert.ok(from >= 0);
    const block = styles.slice(from, styles.indexOf("}", from));
    colours((token) => new RegExp(`--${token}, ?(#[0-9a-f]+)\\)`).exec(block)?.[1], name);
  }
  for (const theme of ["voorbeeldstad", "rodenburg", "groenwoude"]) {
    const css = readFileSync(`${ROOT}/demo/themes/${theme}.css`, "utf8");
    for (const [at, scheme] of ["light", "dark"].entries()) {
      colours((token) => {
        const [, ...both] = new RegExp(`--${token}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(css) ?? [];
        return both[at];
      }, `${theme} ${scheme}`);
    }
  }
  return found;
}

for (const [name, c] of Object.entries(palettes())) {
  test(`the colours of ${name} can be read by everyone`, () => {
    const text = { fg: [c.fg, c.bg], bubble: [c.fg, c.tint], citizen: [c.onStrong, c.strong], hover: [c.onStrong, c.hover], link: [c.link, c.bg], "link in a bubble": [c.link, c.tint], error: [c.error, c.bg] };
    for (const [what, [one, other]] of Object.entries(text)) {
      assert.ok(contrast(one!, other!) >= 4.5, `${what}: ${contrast(one!, other!).toFixed(2)}`);
    }
    const parts = { line: [c.line, c.bg], focus: [c.focus, c.bg], "progress bar": [c.strong, c.bg] };
    for (const [what, [one, other]] of Object.entries(parts)) {
      assert.ok(contrast(one!, other!) >= 3, `${what}: ${contrast(one!, other!).toFixed(2)}`);
    }
  });
}
