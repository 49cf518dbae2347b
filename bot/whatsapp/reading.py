"""What a message says: from one of WhatsApp's many kinds to text, a choice, or something else."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any, Literal

from msgspec import Struct

from bot.whatsapp import shapes
from bot.whatsapp.identity import Address

# WhatsApp's own longest text (https://developers.facebook.com/documentation/business-messaging/
# whatsapp/messages/text-messages).
LONGEST_TEXT = 4096
LONGEST_CHOICE = 256

Kind = Literal[
    "text",
    "choice",
    "welcome",
    "moved",
    "voice",
    "audio",
    "photo",
    "video",
    "document",
    "sticker",
    "location",
    "contact",
    "order",
    "form",
    "edited",
    "deleted",
    "unknown",
    "silent",
]
MEDIA: dict[str, Kind] = {"image": "photo", "video": "video", "document": "document"}
# Kinds with nothing in them that we read; `request_welcome` is somebody who opens the chat.
PLAIN: dict[str, Kind] = {
    "sticker": "sticker",
    "location": "location",
    "contacts": "contact",
    "order": "order",
    "edit": "edited",
    "revoke": "deleted",
    "reaction": "silent",
    "request_welcome": "welcome",
}
MOVES = ("user_changed_number", "customer_changed_number", "user_changed_user_id")


class Incoming(Struct, frozen=True):
    """A message as far as we keep it until it is handled: no name, no picture, no sound.

    Attributes:
        text: what was typed, the words under a picture, or the title of what was chosen.
        choice: the id that we gave the choice, or the payload of a template's button.
        shown: what came along with the text and is not looked at, such as a photo.
        moved_to: the new ids of a person who changed their number.
        at: when it was said, in seconds since 1970.
    """

    wamid: str
    kind: Kind
    wa_id: str | None = None
    user_id: str | None = None
    text: str = ""
    choice: str | None = None
    shown: Kind | None = None
    moved_wa_id: str | None = None
    moved_user_id: str | None = None
    at: float = 0.0

    @property
    def sender(self) -> Address:
        """Who said it."""
        return Address(self.wa_id, self.user_id)

    @property
    def moved_to(self) -> Address:
        """The person's new ids; empty where they did not move."""
        return Address(self.moved_wa_id, self.moved_user_id)

    @property
    def moment(self) -> datetime:
        """When it was said."""
        return datetime.fromtimestamp(self.at, timezone.utc)


def read(data: dict[str, Any], wamid: str, sender: Address, at: float) -> Incoming:
    """The message in our terms; what is not as expected becomes `unknown`.

    Args:
        data: the message as WhatsApp gave it.
        at: when it was said, in seconds since 1970.
    """
    kind, fields = _content(data)
    return Incoming(wamid, kind, sender.wa_id, sender.user_id, at=at, **fields)


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """What was typed, without control characters, and never a command for Rasa (`/intent`)."""
    printable = "".join(c for c in text[:longest] if c.isprintable() or c in "\n\t ")
    return re.sub(r"^[\s/]+", "", printable).rstrip()


def _content(data: dict[str, Any]) -> tuple[Kind, dict[str, Any]]:
    kind = data.get("type")
    if not isinstance(kind, str):
        return "unknown", {}
    if kind in PLAIN:
        return PLAIN[kind], {}
    match kind:
        case "text":
            typed = shapes.part(data, "text", shapes.Text)
            return _typed(typed.body if typed else "", "unknown")
        case "image" | "video" | "document":
            media = shapes.part(data, kind, shapes.Media)
            return _typed(media.caption if media else "", MEDIA[kind])
        case "audio" | "voice":
            audio = shapes.part(data, kind, shapes.Audio)
            return ("voice" if kind == "voice" or (audio and audio.voice) else "audio"), {}
        case "interactive":
            return _interactive(data)
        case "button":
            button = shapes.part(data, "button", shapes.Button)
            return _chosen(button.payload or "", button.text) if button else ("unknown", {})
        case "system":
            return _system(data)
    return "unknown", {}


def _typed(text: str, otherwise: Kind) -> tuple[Kind, dict[str, Any]]:
    """Words, alone or under something that we do not look at."""
    words = clean(text)
    if not words:
        return otherwise, {}
    return "text", {"text": words, "shown": None if otherwise == "unknown" else otherwise}


def _interactive(data: dict[str, Any]) -> tuple[Kind, dict[str, Any]]:
    answer = shapes.part(data, "interactive", shapes.Interactive)
    if answer is None:
        return "unknown", {}
    reply = answer.button_reply or answer.list_reply
    if reply is not None:
        return _chosen(reply.id, reply.title)
    return ("form" if answer.type == "nfm_reply" else "unknown"), {}


def _chosen(choice: str, title: str) -> tuple[Kind, dict[str, Any]]:
    words = clean(title, LONGEST_CHOICE)
    name = clean(choice, LONGEST_CHOICE)
    if not words and not name:
        return "unknown", {}
    return "choice", {"text": words, "choice": name or None}


def _system(data: dict[str, Any]) -> tuple[Kind, dict[str, Any]]:
    news = shapes.part(data, "system", shapes.System)
    if news is None or news.type not in MOVES:
        return "silent", {}
    wa_id = news.wa_id or news.new_wa_id
    if not wa_id and not news.user_id:
        return "silent", {}
    return "moved", {"moved_wa_id": wa_id, "moved_user_id": news.user_id}
