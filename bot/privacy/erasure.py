"""Erasing on request: everything that hangs on a conversation or a request, with a certificate.

The certificate stays, without anything of what was erased, so that it can be proven, and done again
when a backup brings back what was gone (`again`). The bytes go with `bot.privacy.wipe`.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations import log
from bot.conversations.model import Conversation
from bot.database import now
from bot.privacy import kept, preserve
from bot.privacy.erasure_model import Erasure, Preservation
from bot.privacy.vault import Vault
from bot.referral import life
from bot.referral.file import ALPHABET
from bot.referral.model import Handover, Referral
from bot.referral.outbox import QUEUE, WAITING
from bot.review import candidate, search
from bot.review.work_model import Correction
from bot.whatsapp.model import WhatsAppUpdate

CITIZEN, STAFF, COMMAND = "inwoner", "medewerker", "opdrachtregel"
CANDIDATES = "kandidaat-modellen"


@dataclass(frozen=True)
class Certificate:
    """What was erased: of each kind how many, when, by whom, and the code to ask for it.

    `kind` is `gesprek` or `aanvraag`. `told_desk`: the desk that had a copy is asked to erase it.
    """

    code: str
    kind: str
    counts: Mapping[str, int]
    told_desk: bool
    by: str
    at: datetime
    gemeente: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON; the moment in UTC."""
        return {
            "code": self.code,
            "kind": self.kind,
            "removed": dict(self.counts),
            "told_desk": self.told_desk,
            "by": self.by,
            "at": self.at.isoformat(),
        }


def new_code() -> str:
    """A code that nobody guesses (19 letters and digits, 12 times), readable over the phone."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return f"WB-{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def erase_conversation(
    session: Session,
    conversation_id: str,
    *,
    by: str,
    var: Path | None = None,
    code: str | None = None,
) -> Certificate:
    """Removes a conversation with all that was made of it; requests for contact stay.

    Args:
        by: `CITIZEN`, `STAFF` or `COMMAND`.
        var: where candidate models are, that may have learned from it; they go too.
        code: of the certificate, where somebody was told it before.

    Raises:
        log.UnknownConversation: there is no such conversation (any more).
        preserve.Preserved: it may not go yet.
    """
    log.lock(session, conversation_id)
    preserve.refuse(session, kept.CONVERSATION, conversation_id)
    gemeente = kept.place(session, kept.CONVERSATION, conversation_id)
    counts = kept.counts(session, kept.CONVERSATION, conversation_id)
    models = _forget_candidates(session, conversation_id, var)
    if models:
        counts[CANDIDATES] = models
    remove(session, conversation_id)
    mark = kept.fingerprint(kept.CONVERSATION, conversation_id)
    return _certify(session, kept.CONVERSATION, mark, counts, by, code, gemeente)


def remove(session: Session, conversation_id: str) -> None:
    """Removes a conversation with all that was made of it, whether or not somebody asked.

    Raises:
        log.UnknownConversation: there is no such conversation (any more).
    """
    log.lock(session, conversation_id)
    # The fingerprint of a message stays for its term, so that Meta cannot bring it back.
    session.execute(
        sa.update(WhatsAppUpdate)
        .where(kept.updates(session, conversation_id))
        .values(body=None, status="handled", person_key="")
        .execution_options(synchronize_session=False)
    )
    Vault.erase(session, conversation_id)
    log.erase(session, conversation_id)
    _forget_decision(session, kept.CONVERSATION, conversation_id)
    search.note_erased(session)
    session.expire_all()


def erase_referral(
    session: Session,
    referral: Referral,
    ledger: kept.Ledger,
    *,
    by: str,
    code: str | None = None,
) -> Certificate:
    """Removes a request for contact; a desk that may have a copy is asked to erase it.

    While that message waits, an empty row stays behind it; `finish` removes it (AVG art. 19).

    Args:
        ledger: makes the mark by which the certificate knows the request again.
        by: `CITIZEN`, `STAFF` or `COMMAND`.

    Raises:
        preserve.Preserved: it may not go yet.
    """
    reference, gemeente = str(referral.reference), referral.gemeente
    preserve.refuse(session, kept.REFERRAL, reference)
    counts = kept.counts(session, kept.REFERRAL, reference)
    if referral.conversation_id:
        Vault.erase(session, referral.conversation_id)  # the contact detail came from there
    desk_knows = any(row.kind != QUEUE and row.attempts > 0 for row in referral.handovers)
    if desk_knows:
        _empty(session, referral)
        life.tell_desk(session, referral, life.WITHDRAWN)
    else:
        session.delete(referral)
    session.flush()
    _forget_decision(session, kept.REFERRAL, reference)
    mark = ledger.of(reference)
    return _certify(session, kept.REFERRAL, mark, counts, by, code, gemeente, desk_knows)


def finish(session: Session) -> int:
    """Removes the empty rows of erased requests whose desk has been told; how many."""
    waits = sa.select(Handover.id).where(
        Handover.reference == Referral.reference, Handover.status == WAITING
    )
    empty = (Referral.question == "", Referral.status == life.WITHDRAWN, ~waits.exists())
    done = sa.delete(Referral).where(*empty).execution_options(synchronize_session=False)
    return int(session.execute(done).rowcount)


def certificate(session: Session, code: str) -> Certificate | None:
    """The certificate with this code, in any spelling of capitals and spaces."""
    plain = "".join(code.split()).upper()[:20]
    row = session.get(Erasure, plain) if plain.isprintable() else None
    return row and _read(row)


def every(session: Session) -> list[dict[str, Any]]:
    """All certificates as JSON, to take along when a backup is put back."""
    rows = session.execute(sa.select(Erasure).order_by(Erasure.at)).scalars()
    return [
        {**_read(row).as_dict(), "subject": row.subject, "gemeente": row.gemeente} for row in rows
    ]


def again(session: Session, ledger: kept.Ledger, before: Iterable[Mapping[str, Any]] = ()) -> int:
    """Erases what a backup brought back; how many conversations and requests.

    Args:
        ledger: knows requests again, with the key of the time in which they were erased.
        before: certificates (`every`) of the database as it was before the backup was put back.

    Raises:
        KeyError, ValueError: `before` is no list of certificates.
    """
    for item in before:
        if session.get(Erasure, item["code"]) is None:
            session.add(
                Erasure(
                    code=item["code"],
                    kind=item["kind"],
                    subject=item["subject"],
                    counts=dict(item["removed"]),
                    told_desk=bool(item["told_desk"]),
                    gemeente=item["gemeente"],
                    by=item["by"],
                    at=datetime.fromisoformat(item["at"]),
                )
            )
    session.flush()
    known = set(session.execute(sa.select(Erasure.subject)).scalars())
    conversations = [
        name
        for name in session.execute(sa.select(Conversation.id)).scalars()
        if kept.fingerprint(kept.CONVERSATION, name) in known
    ]
    for name in conversations:
        remove(session, name)
    referrals = [
        referral
        for referral in session.execute(sa.select(Referral)).scalars()
        if not known.isdisjoint(ledger.possible(referral.reference))
    ]
    for referral in referrals:
        session.delete(referral)  # the desk was told then
    session.flush()
    return len(conversations) + len(referrals)


def purge(session: Session, days: int) -> int:
    """Removes certificates of more than this many days ago; how many."""
    old = sa.delete(Erasure).where(Erasure.at < now() - timedelta(days=days))
    return int(session.execute(old.execution_options(synchronize_session=False)).rowcount)


def _empty(session: Session, referral: Referral) -> None:
    """Leaves of a request only what the message to the desk needs."""
    referral.status, referral.closed_at = life.WITHDRAWN, referral.closed_at or now()
    referral.question, referral.context, referral.contact = "", [], b""
    referral.wish = referral.situation = referral.phase = referral.need = None
    referral.consent_text, referral.helped, referral.conversation_id = "", None, None
    referral.events.clear()
    for row in referral.handovers:
        row.last_error = None
        if row.status != WAITING:
            row.progress = {}
    session.flush()


def _forget_candidates(session: Session, conversation_id: str, var: Path | None) -> int:
    if var is None:
        return 0
    query = sa.select(Correction.id).where(Correction.conversation_id == conversation_id)
    mine = set(session.execute(query).scalars())
    learned = [one for one in candidate.every(var) if mine & set(one.corrections)]
    for one in learned:
        shutil.rmtree(one.folder)
    return len(learned)


def _forget_decision(session: Session, kind: str, subject: str) -> None:
    about = sa.and_(Preservation.kind == kind, Preservation.subject == subject)
    session.execute(
        sa.delete(Preservation).where(about).execution_options(synchronize_session=False)
    )


def _certify(
    session: Session,
    kind: str,
    mark: str,
    counts: Mapping[str, int],
    by: str,
    code: str | None,
    gemeente: str | None,
    told_desk: bool = False,
) -> Certificate:
    row = Erasure(
        code=code or new_code(),
        kind=kind,
        subject=mark,
        counts=dict(counts),
        told_desk=told_desk,
        gemeente=gemeente,
        by=by,
        at=now(),
    )
    session.add(row)
    session.flush()
    return _read(row)


def _read(row: Erasure) -> Certificate:
    return Certificate(
        row.code, row.kind, dict(row.counts), row.told_desk, row.by, row.at, row.gemeente
    )
