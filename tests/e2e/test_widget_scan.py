"""One complete zelfscan with the keyboard only, from the page to the profile."""

from __future__ import annotations

import re

from chat_page import chat_on
from playwright.sync_api import expect
from product import Product
from widget_chat import Chat

STATEMENTS = 18
TO_MEE_EENS = "ArrowDown ArrowDown ArrowDown"

# Keys, then what has the focus as a screen reader says it (role, name), then what is new in the
# conversation. `type:` is typing; a key with a + at its end is pressed until the focus is there.
SCRIPT = [
    ("Shift+Tab", "button", "Open de chat", None),
    ("Enter", "textbox", "Je bericht", "Je praat met een computer"),
    ("type: ik wil de zelfscan doen", "textbox", "Je bericht", None),
    ("Enter", "textbox", "Je bericht", "Wil je de korte of de lange scan doen?"),
    ("Shift+Tab", "article", "Wil je de korte of de lange scan doen?", None),
    ("Enter", "button", "Kort, ongeveer 5 minuten", None),
    ("Enter", "button", "Kort, ongeveer 5 minuten (gekozen)", "Vraag 1 van 18"),
    *(
        row
        for number in range(1, STATEMENTS + 1)
        for row in (
            ("Tab", "button", "Helemaal niet mee eens", None),
            (TO_MEE_EENS, "button", "Mee eens", None),
            (
                "Enter",
                "button",
                "Mee eens (gekozen)",
                f"Vraag {number + 1} van 18" if number < STATEMENTS else "Wat past nu het best",
            ),
        )
    ),
    ("Tab", "button", "Ik ga ervoor", None),
    ("ArrowDown", "button", "Nog niet", None),
    ("Enter", "button", "Nog niet (gekozen)", "Je kiest voor: nog niet"),
    ("Escape", "textbox", "Je bericht", None),
    ("Shift+Tab", "article", "Wat past nu het best", None),
    ("ArrowUp+", "article", "Wat je drijft: ", None),
]


def follow(chat: Chat) -> None:
    """Presses the keys of the script and checks each row."""
    for keys, role, name, new in SCRIPT:
        if keys.startswith("type: "):
            chat.type(keys.removeprefix("type: "))
        elif keys == "ArrowUp+":
            while name not in chat.focus().name:
                before = chat.focus().name
                chat.press("ArrowUp")
                assert chat.focus().name != before, f"no message with {name!r}"
        else:
            chat.press(*keys.split())
        if new:
            expect(chat.article(new).last).to_be_visible()
        found = chat.on(role, name)
        assert not found.name.startswith("Helemaal") or name.startswith("Helemaal"), found


def test_a_zelfscan_by_keyboard_ends_with_a_profile_that_is_a_picture_and_words(
    product: Product,
) -> None:
    with chat_on(product.url) as chat:
        follow(chat)
        picture = chat.root.get_by_role("img", name=re.compile("Wat je drijft: "))
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
        heard = chat.said()
        assert sum("Afbeelding: " in one for one in heard) == 1
        for number in range(1, STATEMENTS + 1):
            said = [one for one in heard if f"Vraag {number} van {STATEMENTS}" in one]
            assert len(said) == 1, f"statement {number} is said once"
