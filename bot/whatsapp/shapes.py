"""The shapes of WhatsApp's webhooks, as far as we read them; what we do not know is passed over.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
Every piece is read by itself, so that a strange one takes nothing along.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

Shape = TypeVar("Shape", bound=Struct)

# Ids are printable ASCII: a phone number, `NL.` with up to 128 characters, or `wamid.` and base64.
Identifier = Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^[!-~]+\Z")]


class Metadata(Struct):
    """Which of our numbers it is about."""

    phone_number_id: str


class Contact(Struct):
    """Who wrote; the name in their profile is left alone."""

    wa_id: Identifier | None = None
    user_id: Identifier | None = None


class Sender(Struct):
    """What every message has, whatever its kind."""

    type: str = ""
    from_: Identifier | None = msgspec.field(default=None, name="from")
    from_user_id: Identifier | None = None
    group_id: str | None = None


class Identity(Struct):
    """A message's own id."""

    id: Identifier


class Moment(Struct):
    """When it was said, in seconds since 1970."""

    timestamp: str | int


class Text(Struct):
    """A typed text."""

    body: str


class Media(Struct):
    """A picture, film or document, of which we read the words under it and nothing else."""

    caption: str = ""


class Audio(Struct):
    """A sound: a recorded voice, or a file."""

    voice: bool = False


class Reply(Struct):
    """A button or row that was chosen: the id that we gave it, and its title."""

    id: str = ""
    title: str = ""


class Interactive(Struct):
    """An answer to a message with buttons, with a list, or with a form (nfm_reply)."""

    type: str
    button_reply: Reply | None = None
    list_reply: Reply | None = None


class Button(Struct):
    """A quick reply under a template; the payload is what we gave it, if anything."""

    text: str = ""
    payload: str | None = None


class System(Struct):
    """News about a person: another number, or another id."""

    type: str
    wa_id: Identifier | None = None
    new_wa_id: Identifier | None = None
    user_id: Identifier | None = None
    previous_user_id: Identifier | None = None


class Status(Struct):
    """What became of a message of ours, with what we sent along to know it again."""

    id: Identifier
    status: str
    timestamp: str | int = ""
    errors: list[dict[str, Any]] = []
    biz_opaque_callback_data: str | None = None


def part(data: Any, name: str, shape: type[Shape]) -> Shape | None:
    """The named piece of a message in its shape, or None when it is missing or something else."""
    return whole(data.get(name), shape) if isinstance(data, dict) else None


def whole(data: Any, shape: type[Shape]) -> Shape | None:
    """The data in this shape, or None when it is something else."""
    try:
        return msgspec.convert(data, shape)
    except (msgspec.ValidationError, UnicodeError):  # a name with half a character in it
        return None
