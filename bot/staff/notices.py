"""What people are told by e-mail of their own account, so that they notice what others do with it.

ASVS 4.0.3, 2.2.3, 2.5.5 and 2.8.5. Never a link, a code or anything else to log in with: who reads
along learns nothing, and nobody gets used to links in such mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from zoneinfo import ZoneInfo

from bot.database import now
from bot.dutch import date_in_words
from bot.staff.accounts import Person

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
# The subject, and what happened, by the action of the audit log (but `new_browser`).
EVENTS: Mapping[str, tuple[str, str]] = {
    "password_changed": (
        "Je wachtwoord is veranderd",
        "Het wachtwoord van je account is veranderd.",
    ),
    "second_factor_changed": (
        "Je authenticator is ingesteld",
        "Voor je account is een authenticator ingesteld. Een eerdere werkt niet meer.",
    ),
    "recovery_codes_made": (
        "Je herstelcodes zijn vervangen",
        "Voor je account zijn nieuwe herstelcodes gemaakt. De oude werken niet meer.",
    ),
    "recovery_code_used": (
        "Er is een herstelcode gebruikt",
        "Er is aangemeld met een van je herstelcodes. Die code werkt niet nog een keer.",
    ),
    "code_reused": (
        "Een code is voor de tweede keer gebruikt",
        "Bij het aanmelden vulde iemand een code van je authenticator in die al gebruikt was. "
        "Het aanmelden is geweigerd. Klikte je zelf twee keer? Dan is er niets aan de hand.",
    ),
    "new_browser": (
        "Er is aangemeld op een nieuw apparaat",
        "Er is aangemeld met je account, in een browser die wij nog niet kenden.",
    ),
    "enrolled": (
        "Er is een wachtwoord gekozen",
        "Met een link van je beheerder is een wachtwoord voor je account gekozen.",
    ),
    "staff_link": (
        "Er is een link voor je gemaakt",
        "Een beheerder maakte een link waarmee je een nieuw wachtwoord en een nieuwe authenticator "
        "kiest. Die link krijg je van de beheerder zelf, niet met deze mail.",
    ),
}
TEXT = """\
Hallo {name},

{what}
Dat was op {day} om {time}.

Was jij dit, of had je het gevraagd? Dan hoef je niets te doen.

Was jij dit niet? Vraag je beheerder dan meteen om je account uit te zetten. Doe dat zelf, met een
telefoonnummer of adres dat je al kent. Daarom staat er in deze mail geen link en geen nummer.

Deze mail komt vanzelf. Antwoorden leest niemand.
"""


@dataclass(frozen=True)
class Notice:
    """One e-mail about an account."""

    account: int
    to: str
    subject: str
    text: str

    def as_mail(self, author: Address) -> EmailMessage:
        """The message as MIME.

        Raises:
            ValueError, email.errors.MessageError: nothing can be sent to this address.
        """
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = self.subject
        mail["From"] = author
        mail["To"] = Address(addr_spec=self.to)
        mail["Date"] = format_datetime(now())
        mail["Message-ID"] = make_msgid(domain=author.domain)
        mail["Auto-Submitted"] = "auto-generated"  # keeps out-of-office answers away (RFC 3834)
        mail["Content-Language"] = "nl"
        mail.set_content(self.text)
        return mail


def notice(event: str, person: Person, moment: datetime | None = None) -> Notice:
    """What this person is told.

    Args:
        event: one of `EVENTS`.
    """
    subject, what = EVENTS[event]
    there = (moment or now()).astimezone(AMSTERDAM)
    text = TEXT.format(
        name=person.name, what=what, day=date_in_words(there.date()), time=f"{there:%H:%M}"
    )
    return Notice(person.id, person.email, f"Startwijzer: {subject.lower()}", text)
