// In the list: j and k go to the next and the previous conversation, Enter opens it (it is a link).
// Only while the focus is in the list, so that no letter does anything elsewhere (WCAG 2.1.4).
document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  const list = event.target.closest("[role=region]")?.querySelector("[data-keys]");
  if (!step || !list || event.ctrlKey || event.altKey || event.metaKey) return;
  const links = [...list.querySelectorAll(".row-link")];
  const here = links.indexOf(document.activeElement);
  const next = links[here < 0 ? 0 : here + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
