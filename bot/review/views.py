"""Saved views: a choice of filters under a name, for oneself or for all colleagues."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.database import now
from bot.review.filters import SORT, SORTS, Filter, Place
from bot.review.model import SavedView
from bot.staff.accounts import Person
from bot.staff.roles import Right

SHARED = 0
LONGEST_NAME = 80
MOST_VIEWS = 50


class ViewRefused(Exception):
    """A view that cannot be kept; the message (Dutch) says why."""


def visible(session: Session, person: Person) -> Sequence[SavedView]:
    """The views of this person and the shared ones, by name."""
    query = sa.select(SavedView).where(SavedView.owner_id.in_((SHARED, person.id)))
    found = session.execute(query.order_by(sa.func.lower(SavedView.name), SavedView.id)).scalars()
    return [view for view in found if _is_visible(view, person)]


def save(
    session: Session, person: Person, name: str, filter: Filter, sort: str, shared: bool
) -> SavedView:
    """Keeps a view; one of the same name and owner is replaced, if it was one's own.

    Raises:
        ViewRefused: there is no name, a colleague has it, or there are too many.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name or not name.isprintable():
        raise ViewRefused("Geef de weergave een naam.")
    owner = SHARED if shared else person.id
    query = {**filter.as_query(), **({SORT: sort} if sort in SORTS[1:] else {})}
    mine = sa.select(SavedView).where(SavedView.owner_id == owner)
    found = session.execute(mine.where(SavedView.name == name)).scalar()
    if found is None:
        if len(session.execute(mine).scalars().all()) >= MOST_VIEWS:
            raise ViewRefused(f"Er zijn al {MOST_VIEWS} weergaven. Verwijder er eerst een.")
        found = SavedView(owner_id=owner, name=name, made_by=person.id)
        session.add(found)
    elif found.made_by != person.id:
        raise ViewRefused("Een collega heeft al een weergave met deze naam. Kies een andere naam.")
    found.query, found.made_at = urlencode(query), now()
    found.gemeenten = None if person.gemeenten is None else sorted(person.gemeenten)
    try:
        session.flush()
    except IntegrityError as error:
        raise ViewRefused("Deze naam bestaat al. Kies een andere naam.") from error
    return found


def remove(session: Session, person: Person, view_id: int) -> bool:
    """Removes a view of this person's making; whoever manages accounts may remove a shared one."""
    found = session.get(SavedView, view_id)
    if found is None or not _is_visible(found, person):
        return False
    if found.made_by != person.id and not person.may(Right.STAFF):
        return False
    session.delete(found)
    session.flush()
    return True


def opened(view: SavedView) -> tuple[Filter, Place]:
    """What a view chooses."""
    query = dict(parse_qsl(view.query))
    return Filter.from_query(query), Place.from_query(query)


def _is_visible(view: SavedView, person: Person) -> bool:
    """One's own, or shared by someone who has a gemeente in common."""
    if view.owner_id != SHARED:
        return bool(view.owner_id == person.id)
    if view.gemeenten is None or person.gemeenten is None:
        return True
    return bool(person.gemeenten & set(view.gemeenten)) or view.made_by == person.id
