export type Scheme = "light" | "dark";

/** Whether a site with this `color-scheme` is dark now. Sites that say nothing are light. */
export function schemeOf(declared: string, prefersDark: boolean): Scheme {
  const known = declared.split(/\s+/);
  if (!known.includes("dark")) return "light";
  return known.includes("light") && !prefersDark ? "light" : "dark";
}

/** Follows the site: its `color-scheme`, or that in its meta element. Gives the function that stops it. */
export function followScheme(host: HTMLElement, onChange: (scheme: Scheme) => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const look = () => {
    const around = getComputedStyle(host.parentElement ?? document.documentElement).colorScheme;
    const meta = document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]')?.content ?? "";
    onChange(schemeOf(around && around !== "normal" ? around : meta, dark.matches));
  };
  const watcher = new MutationObserver(look);
  for (const element of [document.documentElement, document.body]) {
    watcher.observe(element, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
  }
  dark.addEventListener("change", look);
  look();
  return () => {
    watcher.disconnect();
    dark.removeEventListener("change", look);
  };
}
