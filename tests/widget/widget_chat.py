"""The chat in a page, as somebody with a keyboard and a screen reader meets it."""

import time
from dataclasses import dataclass, field

from playwright.sync_api import expect

SECONDS = 30
GREETING = "Waar wil je beginnen?"
# The innermost element that has the focus.
FOCUSED = """(() => {
  let found = document.activeElement;
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
  return found;
})()"""
# Writes down what live regions say: what is added to a region that was there already.
LISTEN = """
window.heard = [];
const REGION = '[aria-live]:not([aria-live=off]), [role=status], [role=alert]';
const listen = (root) => new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes) {
    const at = target.nodeType === 1 ? target : target.parentElement;
    if (!at?.closest(REGION)) continue;
    const nodes = type === 'characterData' ? [target] : addedNodes;
    window.heard.push(...[...nodes].map((one) => one.textContent.trim()).filter(Boolean));
  }
}).observe(root, { childList: true, characterData: true, subtree: true });
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (...given) {
  const root = attach.apply(this, given);
  listen(root);
  return root;
};
"""


@dataclass(frozen=True)
class Focus:
    """What a screen reader says of the element with the focus, as Chromium computes it."""

    role: str
    name: str
    description: str = ""
    states: dict = field(default_factory=dict)


class Chat:
    """Drives the chat of one page."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator("startwijzer-chat")
        self.launcher = self.root.locator("button.launcher")
        self.window = self.root.locator(".window")
        self.input = self.root.get_by_role("textbox", name="Je bericht")
        self.articles = self.root.locator("article")
        self._cdp = page.context.new_cdp_session(page)

    # By keyboard

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text):
        self.page.keyboard.insert_text(text)

    def focus(self):
        """What has the focus."""
        found = self._cdp.send("Runtime.evaluate", {"expression": FOCUSED})["result"]
        if "objectId" not in found:
            return Focus("none", "")
        node = self._cdp.send(
            "Accessibility.getPartialAXTree",
            {"objectId": found["objectId"], "fetchRelatives": False},
        )["nodes"][0]

        def value(name):
            return str(node.get(name, {}).get("value", ""))

        states = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}
        return Focus(value("role"), value("name"), value("description"), states)

    def on(self, role, name=""):
        """Waits until the focus is on something with this role and this in its name."""
        deadline = time.monotonic() + SECONDS
        while True:
            found = self.focus()
            if found.role == role and name in found.name:
                return found
            assert time.monotonic() < deadline, f"focus on {found}, not on {role} {name!r}"
            self.page.wait_for_timeout(20)

    def tab_to(self, role, name="", back=False, most=30):
        """Presses Tab until the focus is there."""
        for _ in range(most):
            self.press("Shift+Tab" if back else "Tab")
            found = self.focus()
            if found.role == role and name in found.name:
                return found
        raise AssertionError(f"Tab does not lead to {role} {name!r}")

    # What comes of it

    def open(self):
        """Opens the chat with Enter and waits for the greeting."""
        self.launcher.focus()
        self.press("Enter")
        expect(self.article(GREETING)).to_be_visible()
        self.on("textbox", "Je bericht")
        return self

    def say(self, text, answer=None):
        """Types a message, sends it with Enter and waits for the answer."""
        self.input.focus()
        self.type(text)
        self.press("Enter")
        if answer != "":
            expect(self.article(answer or f"Antwoord op: {text}")).to_be_visible()

    def choose(self, title, answer):
        """Chooses by keyboard from the newest message that offers it, and waits for the answer."""
        self.root.get_by_role("button", name=title, exact=True).last.focus()
        self.press("Enter")
        expect(self.article(answer).last).to_be_visible()

    def article(self, text):
        return self.articles.filter(has_text=text)

    def button(self, name):
        return self.root.get_by_role("button", name=name)

    def texts(self):
        """The words of all messages, in order."""
        return self.root.locator("article .words").all_inner_texts()

    def said(self):
        """What live regions have said so far."""
        return self.page.evaluate("window.heard")

    def wait_until_said(self, text):
        self.page.wait_for_function(
            "text => window.heard.some((one) => one.includes(text))", arg=text
        )
        return self.said()

    def silence(self):
        """Forgets what was said."""
        self.page.evaluate("window.heard = []")

    def kept(self):
        """What the browser keeps for this tab, by name."""
        return self.page.evaluate("Object.fromEntries(Object.entries(sessionStorage))")
