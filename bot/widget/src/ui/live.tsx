import { h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** How long (ms) an announcement stays: longer than a screen reader needs to notice it, and then it is in nobody's way. */
const STAYS = 5_000;

interface Said {
  id: number;
  text: string;
  lang: string | undefined;
}

/** What is to be said, the function that says it, and the one that takes back what is still there. */
export function useAnnouncements(): [readonly Said[], (text: string, lang?: string) => void, () => void] {
  const [said, setSaid] = useState<readonly Said[]>([]);
  const next = useRef(0);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useEffect(() => () => timers.current.forEach(clearTimeout), []);
  const [announce] = useState(() => (text: string, lang?: string) => {
    const id = next.current++;
    setSaid((all) => [...all, { id, text, lang }]);
    const timer = setTimeout(() => {
      timers.current.delete(timer);
      setSaid((all) => all.filter((one) => one.id !== id));
    }, STAYS);
    timers.current.add(timer);
  });
  return [said, announce, () => setSaid([])];
}

/** The live region, apart from the transcript: a screen reader says what is added here and nothing else. */
export function Live({ said }: { said: readonly Said[] }) {
  return (
    <div class="hidden live" role="status" aria-live="polite" aria-atomic="false" aria-relevant="additions">
      {said.map(({ id, text, lang }) => (
        <p key={id} lang={lang}>
          {text}
        </p>
      ))}
    </div>
  );
}
