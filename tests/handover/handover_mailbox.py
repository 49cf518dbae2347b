"""A real SMTP server on loopback (aiosmtpd) that keeps what it gets."""

import asyncio
import email
import email.policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

USER, PASSWORD = "startwijzer", "wacht/woord@met:tekens"


class Mailbox:
    """Asks for TLS (STARTTLS, or at once with `smtps`) and a password before it takes mail.

    `answers` are given to the next messages instead of taking them; `after_data` is called when a
    message was taken, before the answer.
    """

    def __init__(self, port, tls, smtps=False):
        self.port = port
        self.mails = []
        self.peers = []
        self.answers = []
        self.rcpt_answers = []
        self.after_data = None
        self.rude = False
        secure = {"ssl_context": tls} if smtps else {"tls_context": tls, "require_starttls": True}
        self._make = lambda: Controller(
            self,
            hostname="127.0.0.1",
            port=port,
            auth_required=True,
            auth_require_tls=not smtps,
            authenticator=self._authenticate,
            **secure,
        )
        self._controller = None

    def start(self):
        self._controller = self._make()
        self._controller.start()

    def stop(self):
        if self._controller:
            self._controller.stop()
            self._controller = None

    def _authenticate(self, server, session, envelope, mechanism, data):
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt_answers:
            return self.rcpt_answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        if self.rude:
            server.transport.abort()
        return "221 Bye"

    async def handle_DATA(self, server, session, envelope):
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "tls": session.ssl is not None or None,
                "raw": envelope.content,
                "mail": email.message_from_bytes(envelope.content, policy=email.policy.default),
            }
        )
        if self.after_data:
            await asyncio.to_thread(self.after_data)
        return "250 OK"
