import type { Labels } from "./labels";
import { clean, plainText } from "./markup";
import type { Message } from "./model";

/** Who said it, as people read it. */
export const sender = (message: Message, labels: Labels): string =>
  message.from === "citizen" ? labels.you : message.byPerson ? labels.person : labels.bot;

/** The words of a message, without markup. */
export const words = (message: Message, withAddresses = false): string =>
  message.html === null ? message.text : plainText(clean(message.html), withAddresses);

/** What a screen reader says of a new message: sender, text, picture, and the choices with their number. */
export function narrate(message: Message, labels: Labels): string {
  const parts = [labels.said(sender(message, labels), words(message).replace(/\s*\n\s*(?:- )?/g, " "))];
  if (message.image?.alt) parts.push(labels.picture(message.image.alt));
  if (message.choices.length) parts.push(labels.canChoose(message.choices.map(({ title }) => title)));
  return parts.join(" ");
}
