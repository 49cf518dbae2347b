"""Hand-over by e-mail: SMTP (RFC 5321) with TLS, a message in plain text and HTML."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from bot.database import now
from bot.handover.desk import Progress, Refused, Unavailable
from bot.referral.message import DeskMessage, Section
from bot.settings import Settings, SettingsError

TIMEOUT_SECONDS = 30.0
STYLE = (
    "body{font-family:Arial,sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a;"
    "max-width:40em;margin:1em}h1{font-size:20px}h2{font-size:17px;margin:1.4em 0 .3em}"
    "dt{font-weight:bold}dd{margin:0 0 .5em;white-space:pre-wrap}p{white-space:pre-wrap}"
)


@dataclass(frozen=True)
class Server:
    """An SMTP server; with `implicit_tls` from the first byte, with `starttls` before logging in.

    Certificates are always verified, against `ca_file` when there is one.
    """

    host: str
    port: int
    implicit_tls: bool
    starttls: bool
    ca_file: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str, ca_file: str = "") -> Server:
        """Reads `smtp://user:password@host:587?starttls=required`, or `smtps://...`.

        STARTTLS is required by default, but not for a server on this machine. With
        `starttls=never` the network must be safe, and no password is sent over it.

        Raises:
            SettingsError: it cannot be meant like this.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        implicit = parts.scheme == "smtps"
        local = _is_loopback(host)
        options = parse_qs(parts.query)
        wanted = options.pop("starttls", ["never" if local or implicit else "required"])[0]
        if options or wanted not in ("required", "never"):
            raise SettingsError("SMTP_URL kent alleen ?starttls=required of ?starttls=never.")
        starttls = wanted == "required" and not implicit
        if parts.username and not (implicit or starttls or local):
            raise SettingsError(
                "SMTP_URL heeft een wachtwoord, maar starttls=never stuurt dat leesbaar over het "
                "netwerk. Gebruik starttls=required of smtps://."
            )
        return cls(
            host=host,
            port=parts.port or (465 if implicit else 587 if starttls else 25),
            implicit_tls=implicit,
            starttls=starttls,
            ca_file=ca_file,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    def tls(self) -> ssl.SSLContext | None:
        """What the certificate of the server must satisfy; None without TLS.

        Raises:
            SettingsError: there is no file with certificates there.
        """
        if not (self.implicit_tls or self.starttls):
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            raise SettingsError(f"SMTP_CA_FILE is niet te lezen: {self.ca_file}.") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class Email:
    """Sends to `{kind: email, to: address}`.

    Raises:
        SettingsError: the server or the sender cannot be meant like this.
    """

    def __init__(self, settings: Settings) -> None:
        self._server: Server | None = None
        self._tls: ssl.SSLContext | None = None
        self._sender = sender(settings.smtp_from)
        if settings.smtp_url:
            self._server = Server.from_url(settings.smtp_url, settings.smtp_ca_file)
            self._tls = self._server.tls()

    async def send(
        self, address: Mapping[str, Any], message: DeskMessage, progress: Progress
    ) -> None:
        """See `Adapter.send`. 4yz and anything about the connection is later, 5yz is never."""
        if self._server is None:
            raise Unavailable("SMTP_URL is not set")
        mail = build(message, self._sender, address["to"])
        recipient = mail["To"].addresses[0].addr_spec
        try:
            await self._deliver(self._server, recipient, mail.as_bytes())
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _meaning(error.recipients[0]) from error
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            raise _meaning(error) from error
        except aiosmtplib.SMTPResponseException as error:
            # Before the message: the greeting, STARTTLS, logging in. That can be mended.
            raise Unavailable(f"{type(error).__name__} {error.code}") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Unavailable(type(error).__name__) from error

    async def _deliver(self, server: Server, recipient: str, mail: bytes) -> None:
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.implicit_tls,
            start_tls=server.starttls,
            username=server.user,
            password=server.password,
            tls_context=self._tls,
            # Its own way asks the name server, which blocks.
            local_hostname=self._sender.domain,
            timeout=TIMEOUT_SECONDS,
        )
        try:
            await client.connect()
            await client.sendmail(self._sender.addr_spec, [recipient], mail)
            # It has arrived: whatever goes wrong now must not send it again.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
        finally:
            client.close()


def sender(text: str) -> Address:
    """Who the e-mail comes from: `Name <a@b.nl>` or an address.

    Raises:
        SettingsError: it is no address.
    """
    name, spec = parseaddr(text)
    try:
        found = Address(name or "Startwijzer", addr_spec=spec)
    except (MessageError, ValueError, IndexError) as error:
        raise SettingsError(f"SMTP_FROM is '{text}', maar dat is geen e-mailadres.") from error
    if not (found.username and found.domain and spec.isascii() and text.isprintable()):
        raise SettingsError(f"SMTP_FROM is '{text}', maar dat is geen e-mailadres.")
    return found


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


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
