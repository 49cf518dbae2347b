// The choice of a theme is in the address of the page, so that it stays after a reload and can be shared.
(() => {
  const NAMES = { voorbeeldstad: "Voorbeeldstad", rodenburg: "Rodenburg", groenwoude: "Groenwoude" };
  const root = document.documentElement;
  const query = new URLSearchParams(location.search);

  function apply() {
    const theme = query.get("theme") in NAMES ? query.get("theme") : "voorbeeldstad";
    root.className = `${theme}-theme`;
    if (["light", "dark"].includes(query.get("scheme"))) root.dataset.theme = query.get("scheme");
    else delete root.dataset.theme;
    for (const place of document.querySelectorAll("[data-gemeente]:not(script)")) place.textContent = NAMES[theme];
    for (const name of ["theme", "scheme"]) {
      const value = query.get(name);
      for (const radio of document.getElementsByName(name)) if (radio.value === value) radio.checked = true;
    }
  }

  apply();
  addEventListener("DOMContentLoaded", apply);
  addEventListener("change", ({ target }) => {
    if (!["theme", "scheme"].includes(target.name)) return;
    query.set(target.name, target.value);
    history.replaceState(null, "", `?${query}`);
    apply();
  });
})();
