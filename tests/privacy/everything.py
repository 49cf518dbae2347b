"""Rows in every table about a person, with a mark in every field that can hold one.

Made from the models themselves, so that a table or column that is added tomorrow is in it too.
"""

import itertools
import random
import re
from pathlib import Path

import sqlalchemy as sa

from bot.database import UtcDateTime, now
from bot.models import METADATA
from bot.privacy import kept
from bot.referral.model import Handover, Referral
from bot.whatsapp.model import WhatsAppUpdate

_numbers = itertools.count(1)


def mark(number):
    """A word that is nowhere else; one word for the full-text index as well."""
    return f"zq{number:04d}merk"


def tables(kinds):
    """The tables of these kinds, those that others refer to first."""
    wanted = {column.class_.__table__ for columns in kinds.values() for column in columns}
    return [table for table in METADATA.sorted_tables if table in wanted]


def fill_conversation(session, conversation_id, word, moment=None):
    """A row in every table about a conversation; also what came by WhatsApp and waits."""
    owners = {
        column.class_.__table__: column.key
        for columns in kept.OF_CONVERSATION.values()
        for column in columns
    }
    for table in tables(kept.OF_CONVERSATION):
        _add(session, table, {owners[table]: conversation_id}, word, moment)
    key = session.execute(
        sa.text("SELECT key FROM whatsapp_key WHERE conversation_id = :id"), {"id": conversation_id}
    ).scalar()
    # What stays for a while to know a message again: a fingerprint, and our own number.
    known = {"person_key": key, "wamid": f"print-{next(_numbers)}", "phone_number_id": "0"}
    _add(session, WhatsAppUpdate.__table__, known, word, moment)


def fill_referral(session, reference, word, moment=None, **values):
    """A row in every table about a request."""
    for table in tables(kept.OF_REFERRAL):
        own = {"conversation_id": None, **values} if table is Referral.__table__ else {}
        own = {"attempts": 0} if table is Handover.__table__ else own
        _add(session, table, {"reference": reference, **own}, word, moment)


def _add(session, table, given, word, moment):
    values = {c.name: _value(c, word, moment or now()) for c in table.columns}
    session.execute(table.insert().values({**values, **given}))


def _value(column, word, moment):
    number = next(_numbers)
    if column.foreign_keys and column.nullable:
        return None
    if column.name == "gemeente":
        return "Assen"
    if isinstance(column.type, sa.JSON):
        return [f"{word} {number}"]
    if isinstance(column.type, UtcDateTime):
        return moment
    if isinstance(column.type, sa.LargeBinary):
        return f"{word}{number}".encode()
    if isinstance(column.type, sa.Text):
        return f"{word} {number} " + "woord " * random.Random(word + column.name).choice(
            [0, 3, 40, 300]
        )
    if isinstance(column.type, sa.String):
        return f"{word}{number}"[: column.type.length] if column.type.length > 9 else "x"
    if isinstance(column.type, sa.Boolean):
        return False
    return number


def in_files(database, words):
    """How often the words stand in the bytes of the files of a SQLite database, by file."""
    path = Path(database.url.removeprefix("sqlite:///"))
    files = [path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal")]
    return count({file.name: file.read_bytes() for file in files if file.exists()}, words)


def in_relations(database, words):
    """The same for PostgreSQL: every file of tables, indexes, TOAST and the planner's samples."""
    found = {}
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("CHECKPOINT"))
        rows = connection.execute(
            sa.text(
                "SELECT relname,"
                " pg_read_binary_file(pg_relation_filepath(oid), 0, 1000000000, true)"
                " FROM pg_class WHERE relkind IN ('r', 'i', 't', 'm') AND relfilenode <> 0"
                " OR relname = 'pg_statistic'"
            )
        )
        found = {name: bytes(content or b"") for name, content in rows}
    return count(found, words)


def count(contents, words):
    """How often one of the words stands in each of the contents; those without are left out."""
    pattern = re.compile("|".join(sorted(words)).encode(), re.IGNORECASE)
    found = {name: len(pattern.findall(content)) for name, content in contents.items()}
    return {name: number for name, number in found.items() if number}
