/** When people of the gemeente can be reached: `ma-vr 09:00-17:00, za 10:00-12:00`. */

const DAYS = ["ma", "di", "wo", "do", "vr", "za", "zo"] as const;
const ENGLISH = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const PART = /^([a-z]{2})(?:\s*(?:-|t\/m)\s*([a-z]{2}))?\s+(\d{1,2})[:.](\d{2})\s*-\s*(\d{1,2})[:.](\d{2})$/;

export interface Hours {
  /** As people read it. */
  text: string;
  /** Whether somebody is there now; null when the text could not be read. */
  open: boolean | null;
}

interface Span {
  days: number[];
  from: number;
  until: number;
}

/** Reads the opening hours as they are in Europe/Amsterdam at `moment`. */
export function hours(given: string, moment: Date, language: "nl" | "en"): Hours {
  const text = language === "en" ? english(given) : given;
  const spans = given.toLowerCase().split(/[,;]/).map((part) => span(part.trim()));
  if (spans.some((one) => one === null)) return { text, open: null };
  const { day, minute } = amsterdam(moment);
  const open = (spans as Span[]).some(
    ({ days, from, until }) => days.includes(day) && from <= minute && minute < until,
  );
  return { text, open };
}

function span(part: string): Span | null {
  const [, first, last, fromHour, fromMinute, untilHour, untilMinute] = PART.exec(part) ?? [];
  if (!first) return null;
  const [from, until] = [Number(fromHour) * 60 + Number(fromMinute), Number(untilHour) * 60 + Number(untilMinute)];
  if (from >= until || until > 24 * 60 || Number(fromMinute) > 59 || Number(untilMinute) > 59) return null;
  const start = DAYS.indexOf(first as (typeof DAYS)[number]);
  const end = last ? DAYS.indexOf(last as (typeof DAYS)[number]) : start;
  if (start < 0 || end < 0) return null;
  const length = (end - start + 7) % 7;
  return { days: Array.from({ length: length + 1 }, (_, n) => (start + n) % 7), from, until };
}

/** Day of the week (0 is Monday) and minute of the day. */
function amsterdam(moment: Date): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Europe/Amsterdam",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(moment);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  return { day: ENGLISH.indexOf(part("weekday")), minute: Number(part("hour")) * 60 + Number(part("minute")) };
}

const english = (given: string): string =>
  given
    .toLowerCase()
    .replace(/[a-z]{2}/g, (day) => ENGLISH[DAYS.indexOf(day as "ma")] ?? day)
    .replace("t/m", "to");
