"""Keeping results, and the links by which people take them along."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.assessment.model import Result
from bot.assessment.page import Page
from bot.conversations import log
from bot.database import now
from bot.flows.model import Answers, Progress
from bot.privacy.datamap import in_words
from bot.privacy.signed import InvalidToken, Tokens

# Long enough to print it or to show it to somebody, short enough for a forgotten tab.
TERM = timedelta(days=7)


def link_lives() -> str:
    """How long a link works, for beside one."""
    return f"De link werkt {in_words(TERM)}."


class UnknownResult(Exception):
    """The link is not ours, is too old, or its result is gone."""


class Links:
    """Signs and reads links: nobody can guess one, and each dies by itself.

    Args:
        secret: the installation's `SECRET_KEY`.
        base: public address of this installation, without a slash at the end.
        old: `SECRET_KEY_OLD`: a link of before the change of the key works until its own end.
    """

    def __init__(self, secret: str, base: str, old: Sequence[str] = ()) -> None:
        self._tokens = Tokens(secret, "result link", old)
        self._base = base

    def address(self, result_id: str, kind: str) -> str:
        """The address of a result as `pdf` or `png`."""
        token = self._tokens.issue(result_id, now() + TERM)
        return f"{self._base}/api/v1/results/{token}/{kind}"

    def read(self, session: Session, token: str) -> Page:
        """The page behind a link.

        Raises:
            UnknownResult: it does not hold, or there is nothing behind it any more.
        """
        try:
            claim = self._tokens.read(token)
        except InvalidToken as error:
            raise UnknownResult("no link of ours, or too old") from error
        found = session.get(Result, claim.subject)
        if found is None:
            raise UnknownResult("gone")
        return Page.from_dict(found.page)


def keep(session: Session, conversation_id: str, kind: str, progress: Progress, page: Page) -> str:
    """Stores the result of a passage, or brings it up to date; its id.

    Args:
        kind: which questions it is from: zelfscan, quickscan or plan.
    """
    found = session.execute(sa.select(Result).where(Result.run == progress.run)).scalar()
    if found is None:
        log.ensure(session, conversation_id)
        found = Result(
            id=secrets.token_urlsafe(24),
            run=progress.run,
            conversation_id=conversation_id,
            kind=kind,
            created_at=now(),
        )
        session.add(found)
    found.version = page.version
    found.page = page.as_dict()
    found.answers = dict(progress.answers)
    session.flush()
    return str(found.id)


def decide(session: Session, run: str, outcome: str | None) -> None:
    """Notes what someone decided after seeing a result; it is theirs, nobody acts on it."""
    session.execute(sa.update(Result).where(Result.run == run).values(outcome=outcome))


def latest(session: Session, conversation_id: str, kind: str) -> Result | None:
    """The newest result of a kind in a conversation."""
    query = sa.select(Result).where(Result.conversation_id == conversation_id, Result.kind == kind)
    return session.execute(query.order_by(Result.created_at.desc()).limit(1)).scalar()


def newest(session: Session, conversation_id: str) -> list[Result]:
    """The newest result of every kind in a conversation, the oldest kind first."""
    query = sa.select(Result).where(Result.conversation_id == conversation_id)
    found = session.execute(query.order_by(Result.created_at)).scalars()
    return list({str(result.kind): result for result in found}.values())


def answered(session: Session, kind: str, version: int) -> list[Answers]:
    """The answers of everyone to one version of the questions, without who gave them."""
    query = sa.select(Result.answers).where(Result.kind == kind, Result.version == version)
    return [dict(answers) for answers in session.execute(query).scalars()]


def purge(session: Session, days: int) -> int:
    """Removes results past their term; how many."""
    oldest: datetime = now() - timedelta(days=days)
    return int(session.execute(sa.delete(Result).where(Result.created_at < oldest)).rowcount)
