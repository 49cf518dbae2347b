import { h } from "preact";
const PATHS = {
  chat: "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
  close: "M5 5l14 14M19 5L5 19",
  send: "M3 12l18-9-7 18-3-7z",
  check: "M4 12.5l5.5 5.5L20 6.5",
  up: "M7 21V10l4-8a3 3 0 0 1 3 3v4h5a2 2 0 0 1 2 2.300l-1.200 7a2 2 0 0 1-2 1.700zM3 10h4v11H3z",
  computer: "M4 5h16v11H4zM2 20h20",
  person: "M12 12a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM4 21a8 8 0 0 1 16 0z",
  down: "M12 4v15M5 12.500l7 7 7-7",
  warning: "M12 3l10 18H2zM12 9.500v5.500M12 17.500v.500",
};

/** A picture that says nothing more than the words beside it. */
export function Icon({ name, turned }: { name: keyof typeof PATHS; turned?: boolean }) {
  return (
    <svg class={turned ? "icon turned" : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
