"""The end of the terms: what is past its term goes, wherever it is kept.

The running system does this every minute, `startwijzer conversations purge` whenever it is asked;
both by `purge`. Each kind is a transaction of its own, and conversations go a few at a time:
SQLite has one writer, and citizens go first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.assessment.model import Result
from bot.conversations import log
from bot.conversations.model import Conversation, TrackerEvent
from bot.database import Database, now
from bot.privacy import erasure, kept, preserve, wipe
from bot.privacy.vault import Vault
from bot.referral.model import Referral
from bot.review import candidate
from bot.review.model import ReviewDue
from bot.settings import Settings
from bot.staff import audit, sessions, throttle
from bot.whatsapp import intake
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson

logger = logging.getLogger(__name__)
AT_ONCE = 50
# Long after the last turn in a conversation that was erased in the middle of one, and long after
# the read model has heard of it.
REMAINS_TERM = timedelta(days=1)
# What stays behind although its term is over: it is counted, not removed.
PRESERVED = "preserved"


def purge(settings: Settings, database: Database) -> dict[str, int]:
    """Removes everything that is past its term; the number of each kind.

    `preserved` counts the conversations, requests and results that are past it and may not go.
    """
    removed = {name: _in_session(database, work) for name, work in _kinds(settings).items()}
    removed["conversations"] = _conversations(settings, database)
    removed["candidates"] = candidate.purge(
        settings.var, now() - timedelta(days=settings.retention_days_conversation)
    )
    removed[PRESERVED] = _in_session(database, lambda session: _preserved(session, settings))
    if not wipe.nightly(database, now()) and not wipe.tidy(database):
        logger.info("the write-ahead log is in use, it is emptied later")
    return removed


def _kinds(settings: Settings) -> dict[str, Callable[[Session], int]]:
    """All but conversations: its name, and what removes it and says how many."""
    terms = sessions.terms(settings)
    return {
        "preservations": lambda session: preserve.purge(session, now()),
        "vault": Vault.purge,
        "referrals": lambda session: _referrals(session, settings.retention_days_referral),
        "results": lambda session: _results(session, settings.retention_days_result),
        "whatsapp_identities": lambda session: _whatsapp(session, settings.retention_days_whatsapp),
        "whatsapp_messages": intake.purge,
        "remains": _remains,
        "staff_sessions": lambda session: sessions.purge(session, terms),
        "login_failures": throttle.purge,
        "audit": lambda session: audit.purge(session, settings.retention_days_audit),
        "erasures": lambda session: erasure.purge(session, settings.retention_days_erasure),
    }


def _conversations(settings: Settings, database: Database) -> int:
    """Those in which nobody said anything for the term, with all that hangs on them."""

    def some(session: Session) -> int:
        query = sa.select(Conversation.id).where(_old_conversation(settings), ~_kept_conversation())
        in_order = query.order_by(Conversation.last_message_at, Conversation.id)
        removed = 0
        for conversation_id in list(session.execute(in_order.limit(AT_ONCE)).scalars()):
            with suppress(log.UnknownConversation):  # another process was first
                log.lock(session, conversation_id)
                # Meanwhile somebody may have spoken in it, or have said that it has to stay.
                if session.execute(query.where(Conversation.id == conversation_id)).first():
                    erasure.remove(session, conversation_id)
                    removed += 1
        return removed

    total = 0
    while number := _in_session(database, some):
        total += number
    return total


def _old_conversation(settings: Settings) -> sa.sql.ColumnElement[bool]:
    oldest = now() - timedelta(days=settings.retention_days_conversation)
    old: sa.sql.ColumnElement[bool] = Conversation.last_message_at < oldest
    return old


def _kept_conversation() -> sa.sql.ColumnElement[bool]:
    held: sa.sql.ColumnElement[bool] = preserve.is_kept(kept.CONVERSATION, Conversation.id, now())
    return held


def _referrals(session: Session, days: int) -> int:
    """Those past their term, and those that were erased and whose desk has heard so."""
    old = Referral.created_at < now() - timedelta(days=days)
    held = preserve.is_kept(kept.REFERRAL, Referral.reference, now())
    gone = sa.delete(Referral).where(old, ~held).execution_options(synchronize_session=False)
    return int(session.execute(gone).rowcount) + erasure.finish(session)


def _results(session: Session, days: int) -> int:
    """Those past their own term; of a conversation that is preserved they stay too."""
    old = Result.created_at < now() - timedelta(days=days)
    held = preserve.is_kept(kept.CONVERSATION, Result.conversation_id, now())
    gone = sa.delete(Result).where(old, ~held).execution_options(synchronize_session=False)
    return int(session.execute(gone).rowcount)


def _whatsapp(session: Session, days: int) -> int:
    """Who people are that said nothing for the term; their conversation stays for its own.

    Without an identity nothing can be sent, so what waits to be sent goes too. Who writes again
    begins a new conversation.
    """
    heard = sa.func.coalesce(WhatsAppPerson.last_in_at, WhatsAppPerson.created_at)
    limit = sa.literal(now() - timedelta(days=days), WhatsAppPerson.created_at.type)
    held = preserve.is_kept(kept.CONVERSATION, WhatsAppPerson.conversation_id, now())
    query = sa.select(WhatsAppPerson.conversation_id).where(heard < limit, ~held)
    found = list(session.execute(query.limit(1000)).scalars())
    for table in (WhatsAppDelivery, WhatsAppPerson):
        theirs = sa.delete(table).where(table.conversation_id.in_(found))
        session.execute(theirs.execution_options(synchronize_session=False))
    return len(found)


def _remains(session: Session) -> int:
    """What was written about a conversation after it had gone: by Rasa, and for the read model."""
    before = now() - REMAINS_TERM
    there = sa.select(Conversation.id).where(Conversation.id == ReviewDue.conversation_id)
    due = sa.delete(ReviewDue).where(ReviewDue.at < before, ~there.exists())
    noted = session.execute(due.execution_options(synchronize_session=False)).rowcount
    gone = list(session.execute(_senders_without_conversation()).scalars())
    left = TrackerEvent.sender_id.in_(gone), TrackerEvent.timestamp < before.timestamp()
    events = 0
    if gone:
        remains = sa.delete(TrackerEvent).where(*left)
        events = session.execute(remains.execution_options(synchronize_session=False)).rowcount
    return int(events) + int(noted)


def _senders_without_conversation() -> sa.sql.Select:
    """From one sender to the next by the index: a scan of all events would take a second a minute
    (measured with 150,000 events), and SQLite's one writer would wait for it.
    """
    lowest = sa.func.min(TrackerEvent.sender_id)
    first = sa.select(lowest.label("name")).cte("senders", recursive=True)
    following = sa.select(lowest).where(TrackerEvent.sender_id > first.c.name).correlate(first)
    senders = first.union_all(
        sa.select(following.scalar_subquery()).where(first.c.name.is_not(None))
    )
    known = sa.select(Conversation.id).where(Conversation.id == senders.c.name)
    return sa.select(senders.c.name).where(senders.c.name.is_not(None), ~known.exists())


def _preserved(session: Session, settings: Settings) -> int:
    moment = now()
    old_referral = Referral.created_at < moment - timedelta(days=settings.retention_days_referral)
    old_result = Result.created_at < moment - timedelta(days=settings.retention_days_result)
    held = (
        (_old_conversation(settings), _kept_conversation()),
        (old_referral, preserve.is_kept(kept.REFERRAL, Referral.reference, moment)),
        (old_result, preserve.is_kept(kept.CONVERSATION, Result.conversation_id, moment)),
    )
    queries = (sa.select(sa.func.count()).where(*conditions) for conditions in held)
    return sum(int(session.execute(query).scalar_one()) for query in queries)


def _in_session(database: Database, work: Callable[[Session], int]) -> int:
    with database.session() as session:
        return work(session)
