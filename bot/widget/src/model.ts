/** What the conversation API gives, made certain: everything from outside is checked before it is used. */

export interface Choice {
  id: string;
  title: string;
}

export interface Image {
  url: string;
  alt: string;
}

export interface Progress {
  step: number;
  of: number;
}

export type Thumb = "up" | "down" | null;
export type Helped = "yes" | "partly" | "no";

export interface Message {
  id: number;
  from: "citizen" | "bot";
  at: string;
  text: string;
  html: string | null;
  choices: Choice[];
  choice: string | null;
  image: Image | null;
  rating: Thumb;
  byPerson: boolean;
  flow: string | null;
  progress: Progress | null;
  lang: string | null;
}

/** A message that the server has not confirmed yet. */
export interface Unsent {
  key: string;
  text: string;
  choice: string | null;
  state: "sending" | "failed";
  problem: string;
  /** The server has it: it is in the history up to this message (0: nothing was answered). */
  upTo?: number;
}

type Json = Record<string, unknown>;

const record = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
const string = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** The message, or null for what is none. Fields that an older server lacks get an empty value. */
export function asMessage(value: unknown): Message | null {
  const given = record(value);
  const text = string(given.text);
  if (!Number.isSafeInteger(given.id) || text === null) return null;
  const about = record(given.about);
  return {
    id: given.id as number,
    from: given.from === "citizen" ? "citizen" : "bot",
    at: string(given.at) ?? "",
    text,
    html: string(given.html),
    choices: asChoices(given.choices),
    choice: string(given.choice),
    image: asImage(given.image),
    rating: given.rating === "up" || given.rating === "down" ? given.rating : null,
    byPerson: about.by === "person",
    flow: string(about.flow),
    progress: asProgress(about.progress),
    lang: string(given.lang) ?? string(about.lang),
  };
}

/** The messages in a list of the API. */
export function asMessages(value: unknown): Message[] {
  if (!Array.isArray(value)) return [];
  return value.map(asMessage).filter((message): message is Message => message !== null);
}

function asChoices(value: unknown): Choice[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item) => {
    const [id, title] = [string(record(item).id), string(record(item).title)];
    return id && title ? [{ id, title }] : [];
  });
}

function asImage(value: unknown): Image | null {
  const url = string(record(value).url);
  return url ? { url, alt: string(record(value).alt) ?? "" } : null;
}

function asProgress(value: unknown): Progress | null {
  const { step, of } = record(value);
  return typeof step === "number" && typeof of === "number" && of > 0 ? { step, of } : null;
}
