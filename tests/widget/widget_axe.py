"""axe-core on a page, and the table of what it found."""

from collections import defaultdict
from pathlib import Path

AXE = Path(__file__).parents[2] / "bot" / "widget" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async ([tags, without]) => {
  const { violations, passes } = await axe.run(document, {
    runOnly: { type: 'tag', values: tags },
    rules: Object.fromEntries(without.map((id) => [id, { enabled: false }])),
    resultTypes: ['violations'],
  });
  const place = ({ target, failureSummary }) =>
    `${target.flat().join(' ')} ${(failureSummary ?? '').replace(/\\s+/g, ' ')}`;
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(place).join(' | ')}`);
  return { violations: found, passes: passes.length };
}"""


def violations(page, without=()):
    """The violations in the whole page, with the elements, and how many rules passed."""
    # By the protocol: a policy that forbids inline scripts does not forbid this.
    cdp = page.context.new_cdp_session(page)
    try:
        if not page.evaluate("'axe' in window"):
            cdp.send("Runtime.evaluate", {"expression": AXE.read_text()})
        found = page.evaluate(RUN, [TAGS, list(without)])
    finally:
        cdp.detach()
    return found["violations"], found["passes"]


class Table:
    """Violations by state and theme."""

    def __init__(self):
        self._found = defaultdict(dict)
        self._themes = {}

    def add(self, state, theme, found, passes):
        self._themes[theme] = None
        self._found[state][theme] = f"{len(found)} (of {passes + len(found)} rules)"

    def write(self, path):
        """Writes it as Markdown; nothing when nothing was looked at."""
        if not self._found:
            return
        themes = list(self._themes)
        rows = [["violations", *themes], ["---"] * (len(themes) + 1)]
        for state, by_theme in self._found.items():
            rows.append([state, *(by_theme.get(theme, "") for theme in themes)])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"| {' | '.join(row)} |\n" for row in rows))
