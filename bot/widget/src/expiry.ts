/** So long (ms) before the end people are warned: WCAG 2.2.1 asks for at least 20 seconds. */
export const WARN_BEFORE = 10 * 60_000;
const LOOK_EVERY = 5_000;

export type Moment = "calm" | "warn" | "over";

/** Where a conversation that ends at `expiresAt` (ms; null: unknown) is at `now`. */
export function moment(expiresAt: number | null, now: number): Moment {
  if (expiresAt === null || now < expiresAt - WARN_BEFORE) return "calm";
  return now < expiresAt ? "warn" : "over";
}

/** Calls `onChange` when that changes; also after a laptop or phone has slept. Gives the function that stops it. */
export function watch(expiresAt: number | null, onChange: (now: Moment) => void): () => void {
  let before: Moment = "calm";
  const look = () => {
    const found = moment(expiresAt, Date.now());
    if (found !== before) onChange((before = found));
  };
  const timer = setInterval(look, LOOK_EVERY);
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
