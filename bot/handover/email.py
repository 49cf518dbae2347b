"""Hand-over by e-mail: a message in plain text and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import Any

import aiosmtplib

from bot.database import now
from bot.handover.desk import Progress, Refused, Unavailable
from bot.referral.message import DeskMessage, Section
from bot.settings import Settings
from bot.smtp import Mailer

STYLE = (
    "body{font-family:Arial,sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a;"
    "max-width:40em;margin:1em}h1{font-size:20px}h2{font-size:17px;margin:1.4em 0 .3em}"
    "dt{font-weight:bold}dd{margin:0 0 .5em;white-space:pre-wrap}p{white-space:pre-wrap}"
)


class Email:
    """Sends to `{kind: email, to: address}`.

    Raises:
        SettingsError: the server or the sender cannot be meant like this.
    """

    def __init__(self, settings: Settings) -> None:
        self._mailer = Mailer(settings)

    async def send(
        self, address: Mapping[str, Any], message: DeskMessage, progress: Progress
    ) -> None:
        """See `Adapter.send`. 4yz and anything about the connection is later, 5yz is never."""
        if not self._mailer.is_set:
            raise Unavailable("SMTP_URL is not set")
        mail = build(message, self._mailer.sender, address["to"])
        recipient = mail["To"].addresses[0].addr_spec
        try:
            await self._mailer.deliver(recipient, mail.as_bytes())
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _meaning(error.recipients[0]) from error
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            raise _meaning(error) from error
        except aiosmtplib.SMTPResponseException as error:
            # Before the message: the greeting, STARTTLS, logging in. That can be mended.
            raise Unavailable(f"{type(error).__name__} {error.code}") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Unavailable(type(error).__name__) from error


def build(message: DeskMessage, author: Address, to: str) -> EmailMessage:
    """The message as MIME. The standard library refuses line breaks in a header.

    `Message-ID` comes from the key: a second delivery can be recognised, by people and by servers
    (RFC 5322, 3.6.4). `Auto-Submitted` keeps out-of-office answers away (RFC 3834).

    Raises:
        Refused: the desk has no address that mail can be sent to.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = " ".join(message.subject.split())
    mail["From"] = author
    try:
        mail["To"] = Address(addr_spec=to)
    except (MessageError, ValueError, IndexError) as error:
        raise Refused("the e-mail address of the desk is not valid") from error
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = f"<{message.key}@{author.domain}>"
    if message.about != "nieuw":
        first = f"<{message.reference}.nieuw@{author.domain}>"
        mail["In-Reply-To"], mail["References"] = first, first
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain(message))
    mail.add_alternative(html(message), subtype="html")
    mail["Content-Language"] = "nl"
    return mail


def plain(message: DeskMessage) -> str:
    """The message as text."""
    parts = [message.opening, *map(_plain_section, message.sections()), message.closing]
    return "\n\n".join(parts) + "\n"


def html(message: DeskMessage) -> str:
    """The message as HTML; everything that people typed is escaped."""
    title = escape(message.subject)
    sections = "".join(map(_html_section, message.sections()))
    return (
        f'<!DOCTYPE html><html lang="nl"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1><p>{escape(message.opening)}</p>"
        f"{sections}<p>{escape(message.closing)}</p></body></html>\n"
    )


def _plain_section(section: Section) -> str:
    lines = [f"{label}: {text}" if label else text for label, text in section.lines]
    return "\n".join([section.title.upper(), *lines])


def _html_section(section: Section) -> str:
    lines = [
        f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" if label else f"<p>{escape(text)}</p>"
        for label, text in section.lines
    ]
    inner = "".join(lines)
    body = f"<dl>{inner}</dl>" if section.lines[0][0] else inner
    return f"<h2>{escape(section.title)}</h2>{body}"


def _meaning(error: aiosmtplib.SMTPResponseException) -> Exception:
    kind = Refused if 500 <= error.code < 600 else Unavailable
    return kind(f"{type(error).__name__} {error.code}")
