/**
 * Keeps `element` informed of the part of the screen that the keyboard of a phone leaves free, in the custom
 * properties `--top` and `--height`. Gives the function that stops it.
 */
export function trackViewport(element: HTMLElement, onResize: () => void): () => void {
  const view = window.visualViewport;
  if (!view) return () => undefined;
  const update = () => {
    element.style.setProperty("--top", `${view.offsetTop}px`);
    element.style.setProperty("--height", `${view.height}px`);
  };
  const resized = () => {
    update();
    onResize();
  };
  update();
  view.addEventListener("resize", resized);
  view.addEventListener("scroll", update);
  return () => {
    view.removeEventListener("resize", resized);
    view.removeEventListener("scroll", update);
  };
}
