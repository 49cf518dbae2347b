"""Tables of erasing: what was erased, what may not go yet, and when the files were wiped."""

from __future__ import annotations

import sqlalchemy as sa

from bot.database import Base, UtcDateTime


class Erasure(Base):
    """A certificate: that something was erased, without anything of what it was.

    `subject` is a fingerprint of the id (of a request with a key, `bot.privacy.kept.Ledger`), so
    that it is known again when a backup brings it back, and leads to nothing while it is gone.
    `counts` says how many of each kind. `by` is `inwoner`, `medewerker` or `opdrachtregel`.
    `told_desk`: a desk that had a copy is asked to erase it as well.
    """

    __tablename__ = "erasure"

    code = sa.Column(sa.String(20), primary_key=True)
    kind = sa.Column(sa.String(10), nullable=False)
    subject = sa.Column(sa.String(64), nullable=False, index=True)
    counts = sa.Column(sa.JSON, nullable=False)
    told_desk = sa.Column(sa.Boolean, nullable=False)
    gemeente = sa.Column(sa.String(80))
    by = sa.Column(sa.String(20), nullable=False)
    at = sa.Column(UtcDateTime, nullable=False, index=True)


class Preservation(Base):
    """Something that may not go yet, why, until when, and who said so; gone when it is over.

    `kind` and `subject` are `gesprek` and its id, or `aanvraag` and its reference. `ground` is one
    of `bot.privacy.preserve.GROUNDS`, which the citizen hears; `reason` is for staff.
    """

    __tablename__ = "preservation"
    __table_args__ = (sa.UniqueConstraint("kind", "subject"),)

    id = sa.Column(sa.Integer, primary_key=True)
    kind = sa.Column(sa.String(10), nullable=False)
    subject = sa.Column(sa.String(64), nullable=False)
    ground = sa.Column(sa.String(12), nullable=False)
    reason = sa.Column(sa.Text, nullable=False)
    until = sa.Column(UtcDateTime, nullable=False)
    by_id = sa.Column(sa.Integer)
    by = sa.Column(sa.String(120), nullable=False)
    at = sa.Column(UtcDateTime, nullable=False)


class Upkeep(Base):
    """When a periodic task was last done, so that one of all processes does it."""

    __tablename__ = "upkeep"

    name = sa.Column(sa.String(20), primary_key=True)
    at = sa.Column(UtcDateTime, nullable=False)
