"""Full text: which conversations hold these words. SQLite FTS5, PostgreSQL tsvector.

Both index the same plain letters, made by `plain`, and a question is made of the same. So nothing
that someone types reaches the syntax of either: only letters, digits and the signs put here.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.review.model import ReviewConversation, ReviewCursor, ReviewText

# Longer questions are cut off: each word costs time, and nobody types more.
MOST_TERMS = 10
LONGEST_TERM = 60
# Below this many hits it is faster to look each one up than to walk through the list.
FEW = 2000
# From this version on SQLite wipes what is erased from the index by itself.
WIPES_ITSELF = (3, 42)
WORDS = "words"
PIECE = re.compile(r'"([^"]*)"?|([^\s"]+)')
LETTERS = re.compile(r"[^\W_]+")


def plain(text: str) -> str:
    """A text in lower case, without accents, with one space between its words."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return " ".join(LETTERS.findall("".join(c for c in letters if not unicodedata.combining(c))))


def terms(text: str) -> list[tuple[str, bool]]:
    """What is asked for: each a word or phrase in plain letters, and whether it may go on.

    `"eigen bedrijf"` in quotes is found as it stands; a loose word also as the start of a longer
    one, from two letters on.
    """
    found = []
    for quoted, loose in PIECE.findall(text):
        term = plain(quoted or loose)[:LONGEST_TERM].strip()
        if term:
            found.append((term, bool(loose) and " " not in term and len(term) > 1))
    return found[:MOST_TERMS]


def search(session: Session, text: str) -> Any:
    """The condition on `ReviewConversation` that the citizen used all of these words in it.

    A question without any letter finds nothing.
    """
    asked = terms(text)
    if not asked:
        return sa.false()
    if session.get_bind().dialect.name == "sqlite":
        return _sqlite(session, asked)
    return _postgresql(session, asked)


def _sqlite(session: Session, asked: list[tuple[str, bool]]) -> Any:
    question = " AND ".join(f'"{term}"{"*" if goes_on else ""}' for term, goes_on in asked)
    index = sa.table("review_words")
    row: Any = sa.literal_column("rowid", sa.Integer)
    found = (
        sa.select(row)
        .select_from(index)
        .where(sa.literal_column("review_words").op("MATCH")(sa.literal(question)))
    )
    few = sa.select(sa.func.count()).select_from(found.limit(FEW + 1).subquery())
    if session.execute(few).scalar_one() <= FEW:
        return ReviewConversation.number.in_(found)
    # The plus keeps SQLite from looking each hit up: the list is walked, and stops at a page full.
    number: Any = sa.literal_column("+review_conversation.number", sa.Integer)
    return number.in_(found)


def _postgresql(session: Session, asked: list[tuple[str, bool]]) -> Any:
    parts = [_tsquery(term, goes_on) for term, goes_on in asked]
    query = reduce(lambda left, right: left.op("&&")(right), parts)
    words: Any = sa.literal_column("review_text.words")
    found = sa.select(ReviewText.number).where(words.op("@@")(query))
    # Apart from the limit, or the planner reads the table until it has so many, instead of the
    # index; and as numbers, or it walks through the list for a word that hardly occurs.
    whole = found.cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
    few = list(session.execute(sa.select(whole.c.number).limit(FEW + 1)).scalars())
    return ReviewConversation.number.in_(few if len(few) <= FEW else found)


def _tsquery(term: str, goes_on: bool) -> Any:
    """One term for PostgreSQL: as it stands, or by its Dutch stem."""
    if not goes_on:
        return sa.func.phraseto_tsquery("simple", term)
    start = f"'{term}':*"
    return sa.func.to_tsquery("simple", start).op("||")(sa.func.to_tsquery("dutch", start))


def note_erased(session: Session) -> None:
    """Remembers that something was erased, for `tidy`."""
    cursor: Any = ReviewCursor.__table__
    change = cursor.update().where(cursor.c.name == WORDS)
    if not session.execute(change.values(position=1, at=now())).rowcount:
        session.execute(cursor.insert().values(name=WORDS, position=1, at=now()))


def is_untidy(session: Session) -> bool:
    """Whether something was erased since the last `tidy`."""
    query = sa.select(ReviewCursor.position).where(ReviewCursor.name == WORDS)
    return bool(session.execute(query).scalar())


def tidy(session: Session) -> bool:
    """Wipes what was erased from the files of the index as well; whether there was any.

    A question no longer finds it from the moment it was erased. But FTS5 before 3.42 only marks it,
    until the pieces of the index are merged.
    """
    cursor: Any = ReviewCursor.__table__
    noted = sa.and_(cursor.c.name == WORDS, cursor.c.position > 0)
    if not session.execute(cursor.update().where(noted).values(position=0, at=now())).rowcount:
        return False
    if session.get_bind().dialect.name == "sqlite" and sqlite3.sqlite_version_info < WIPES_ITSELF:
        session.execute(sa.text("INSERT INTO review_words (review_words) VALUES ('optimize')"))
    return True
