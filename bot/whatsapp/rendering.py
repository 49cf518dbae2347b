"""A message of the bot as what WhatsApp can show: bodies for the Graph API, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.whatsapp.markup import RESERVED, clean, finish, plain, to_whatsapp
from bot.whatsapp.splitting import length, shorten, split, tail
from bot.whatsapp.wording import Wording, wording

Body = dict[str, Any]
Choices = Sequence[Mapping[str, str]]
Form = Literal["text", "buttons", "list", "numbered"]

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/, the pages
# text-messages, interactive-reply-buttons-messages, interactive-list-messages and image-messages.
LONGEST_TEXT = 4096
LONGEST_BODY = 1024
LONGEST_CAPTION = 1024
MOST_BUTTONS, LONGEST_BUTTON = 3, 20
MOST_ROWS, LONGEST_ROW, LONGEST_DESCRIPTION = 10, 24, 72
# Of a button 256, of a row 200.
LONGEST_ID = 200
# Three lists below each other can still be looked over; a longer choice is a text with numbers.
MOST_PAGES = 3


@dataclass(frozen=True)
class Outgoing:
    """A message of the log. `choices` are `{"id", "title"}`, `image` is `{"url", "alt"}`."""

    text: str
    choices: Choices = ()
    image: Mapping[str, str] | None = None


def render(
    message: Outgoing,
    restore: Callable[[str], str] = lambda text: text,
    results: str = "",
    words: Wording | None = None,
) -> list[Body]:
    """The bodies to send, in order, without their recipient.

    Args:
        restore: puts a citizen's own details back in a text (`markup.plain` has been applied to
            them); see `Vault.restore`.
        results: how the address of a result page of ours begins. A picture below it is no link
            but `{"result": token}`, which the sender replaces by the id of the uploaded picture.

    Returns:
        At least one body, unless there is nothing to show at all.
    """
    words = words or wording()
    bodies = list(_picture(message.image, restore, results)) if message.image else []
    text = restore(to_whatsapp(message.text))
    match form(message.choices, words):
        case "text":
            return bodies + _texts(text)
        case "numbered":
            return bodies + _texts("\n\n".join(filter(None, (text, *_numbers(message, words)))))
        case "buttons":
            action = _buttons(message.choices, words)
            return bodies + _interactive(text or words.choose, "button", action)
    pages = [
        message.choices[start : start + MOST_ROWS]
        for start in range(0, len(message.choices), MOST_ROWS)
    ]
    rows = list(_rows(message.choices, words))
    for number, page in enumerate(pages):
        begin = words.more.format(page=number + 1, pages=len(pages)) if number else text
        mine = rows[number * MOST_ROWS : number * MOST_ROWS + len(page)]
        action = {
            "button": words.list_button,
            "sections": [{"title": words.section, "rows": mine}],
        }
        bodies += _interactive(begin or words.choose, "list", action)
    return bodies


def numbered(choices: Choices) -> bool:
    """Whether these choices are shown as a text with numbers, so that "2" and "twee" mean one."""
    return form(choices, wording()) == "numbered"


def form(choices: Choices, words: Wording) -> Form:
    """How choices are shown: as reply buttons, as a list (or a few), or as a text with numbers."""
    if not choices:
        return "text"
    titles = [clean(choice["title"]).strip() for choice in choices]
    ids = {choice["id"] for choice in choices}
    usual = all(0 < length(title) <= LONGEST_DESCRIPTION and "\n" not in title for title in titles)
    if not usual or len(ids) < len(titles) or any(not 0 < length(i) <= LONGEST_ID for i in ids):
        return "numbered"
    if len(choices) <= MOST_BUTTONS:
        names = [_name(title, words, LONGEST_BUTTON) for title in titles]
        fitting = all(length(name) <= LONGEST_BUTTON for name in names)
        if fitting and len({name.casefold() for name in names}) == len(names):
            return "buttons"
    return "list" if len(choices) <= MOST_ROWS * MOST_PAGES else "numbered"


def _texts(text: str) -> list[Body]:
    parts = finish(split(text, LONGEST_TEXT - RESERVED))
    return [{"type": "text", "text": {"body": part, "preview_url": False}} for part in parts]


def _interactive(text: str, kind: str, action: Body) -> list[Body]:
    """The text with its choices; what does not fit above them goes first, as a text."""
    before, end = tail(text, LONGEST_BODY - RESERVED)
    *texts, body = finish([*split(before, LONGEST_TEXT - RESERVED), end])
    interactive = {"type": kind, "body": {"text": body}, "action": action}
    return [
        *({"type": "text", "text": {"body": part, "preview_url": False}} for part in texts),
        {"type": "interactive", "interactive": interactive},
    ]


def _buttons(choices: Choices, words: Wording) -> Body:
    replies = [
        {"id": choice["id"], "title": _name(clean(choice["title"]).strip(), words, LONGEST_BUTTON)}
        for choice in choices
    ]
    return {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}


def _rows(choices: Choices, words: Wording) -> Iterator[Body]:
    """Rows with titles that all differ; who got a shorter title has the full one below it."""
    taken: set[str] = set()
    for choice in choices:
        full = clean(choice["title"]).strip()
        title = _unique(_name(full, words, LONGEST_ROW), taken)
        taken.add(title.casefold())
        row = {"id": choice["id"], "title": title}
        yield row if title == full else {**row, "description": full}


def _unique(name: str, taken: Iterable[str]) -> str:
    title, number = shorten(name, LONGEST_ROW), 1
    while title.casefold() in taken:
        number += 1
        title = f"{shorten(name, LONGEST_ROW - len(str(number)) - 1)} {number}"
    return title


def _name(title: str, words: Wording, limit: int) -> str:
    """The title, or its short name from the content where that is needed."""
    return title if length(title) <= limit else words.short.get(title, title)


def _numbers(message: Outgoing, words: Wording) -> Iterator[str]:
    yield "\n".join(
        f"{number}. {plain(choice['title']).strip()}"
        for number, choice in enumerate(message.choices, start=1)
    )
    yield words.numbers


def _picture(
    image: Mapping[str, str], restore: Callable[[str], str], results: str
) -> Iterator[Body]:
    """The picture with its words as a caption; what does not fit in that follows as a text."""
    alt = restore(plain(image.get("alt") or ""))
    url = image["url"]
    shown: Body
    if results and url.startswith(results):
        shown = {"result": url.removeprefix(results).partition("/")[0]}
    elif url.startswith(("https://", "http://")):
        shown = {"link": url}
    else:
        yield from _texts(alt)
        return
    first, *rest = split(alt, LONGEST_CAPTION) or [""]
    if first:
        shown["caption"] = first
    yield {"type": "image", "image": shown}
    yield from _texts(" ".join(rest))
