/** The settings: data attributes of the script element. */

export interface Settings {
  /** Address of the server, with a slash at the end: where the script itself came from. */
  base: string;
  gemeente: string | null;
  title: string | null;
  language: "nl" | "en";
  mode: "launcher" | "inline";
  /** CSS selector of the element that an inline chat goes into. */
  target: string | null;
  page: string | null;
  hours: string | null;
  phone: string | null;
  /** Colours where the site gives no tokens; `auto` follows the site. */
  theme: "auto" | "light" | "dark";
}

/** Reads the settings; what is not known gets its default. */
export function settings(data: Record<string, string | undefined>, src: string): Settings {
  const text = (name: string) => data[name]?.trim() || null;
  const one = <T extends string>(name: string, known: readonly T[]): T =>
    known.find((value) => value === data[name]) ?? known[0]!;
  return {
    base: new URL("../", src).href,
    gemeente: text("gemeente"),
    title: text("title"),
    language: one("language", ["nl", "en"]),
    mode: one("mode", ["launcher", "inline"]),
    target: text("target"),
    page: text("page"),
    hours: text("hours"),
    phone: text("phone"),
    theme: one("theme", ["auto", "light", "dark"]),
  };
}
