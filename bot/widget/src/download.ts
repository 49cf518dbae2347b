import type { Labels } from "./labels";
import type { Message } from "./model";
import { sender, words } from "./narrate";

/** The conversation as a text that anybody can open. */
export function asText(messages: readonly Message[], labels: Labels, language: string, moment: Date): string {
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
  const blocks = messages.map((message) => {
    const by = message.from === "bot" && !message.byPerson ? ` (${labels.computer})` : "";
    const at = Date.parse(message.at);
    const lines = [`${sender(message, labels)}${by}${at ? `, ${date.format(at)}` : ""}`, words(message, true)];
    if (message.image?.alt) lines.push(labels.picture(message.image.alt));
    lines.push(...message.choices.map(({ title }) => `[ ] ${title}`));
    return lines.join("\n");
  });
  return [labels.downloadTitle(date.format(moment)), ...blocks].join("\n\n") + "\n";
}

/** Lets the browser save a text; nothing goes over the line. */
export function save(name: string, text: string): void {
  const link = document.createElement("a");
  // The mark at the beginning tells old text editors that this is UTF-8.
  link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
