"""Sending e-mail: SMTP (RFC 5321) with TLS, by the server of SMTP_URL."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from bot.settings import Settings, SettingsError

TIMEOUT_SECONDS = 30.0


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


class Mailer:
    """The server to send by, and who the e-mail comes from.

    Raises:
        SettingsError: the server or the sender cannot be meant like this.
    """

    def __init__(self, settings: Settings) -> None:
        self.sender = sender(settings.smtp_from)
        self._server: Server | None = None
        self._tls: ssl.SSLContext | None = None
        if settings.smtp_url:
            self._server = Server.from_url(settings.smtp_url, settings.smtp_ca_file)
            self._tls = self._server.tls()

    @property
    def is_set(self) -> bool:
        """Whether there is a server."""
        return self._server is not None

    async def deliver(self, recipient: str, mail: bytes) -> None:
        """Hands one message to the server.

        Args:
            mail: the whole message (RFC 5322).

        Raises:
            aiosmtplib.SMTPException, OSError, ValueError: the server did not take it.
            RuntimeError: there is no server, see `is_set`.
        """
        server = self._server
        if server is None:
            raise RuntimeError("SMTP_URL is not set")
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.implicit_tls,
            start_tls=server.starttls,
            username=server.user,
            password=server.password,
            tls_context=self._tls,
            # Its own way asks the name server, which blocks.
            local_hostname=self.sender.domain,
            timeout=TIMEOUT_SECONDS,
        )
        try:
            await client.connect()
            await client.sendmail(self.sender.addr_spec, [recipient], mail)
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


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
