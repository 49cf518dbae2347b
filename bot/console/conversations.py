"""Finding and reading conversations: the list with its filters, saved views, and a transcript."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.orm import Session

from bot.console import context
from bot.console import conversation_words as wording
from bot.console.html import flash, render, see_other
from bot.console.page import Page
from bot.review import filters, transcript, views, work
from bot.review.filters import SORT, SORTS, Filter, Place
from bot.review.projection import lag
from bot.review.volume import volume
from bot.review.work_model import ReviewTag, ReviewWork
from bot.staff import audit
from bot.staff.accounts import Person
from bot.staff.roles import Right

LIST = "/gesprekken"
OPENED = "conversation_opened"
# Below this nobody notices; above it the list says so.
NOTICEABLE_LAG_SECONDS = 120


def pages() -> list[Page]:
    """The routes."""
    return [
        Page("GET", LIST, conversation_list, Right.READ, menu="Gesprekken"),
        Page("GET", f"{LIST}/verloop", volume_table, Right.READ),
        Page("GET", f"{LIST}/verloop.svg", volume_picture, Right.READ),
        Page("POST", f"{LIST}/weergaven", save_view, Right.READ),
        Page("POST", f"{LIST}/weergaven/{{view}}/verwijderen", remove_view, Right.READ),
        Page("GET", f"{LIST}/{{id}}", read_conversation, Right.READ),
    ]


async def conversation_list(request: web.Request) -> web.Response:
    """The conversations that the filters choose, a page at a time."""
    chosen, place = Filter.from_query(request.query), Place.from_query(request.query)
    values = await context.in_session(
        request, lambda session: _list(session, request, chosen, place)
    )
    return render(request, "conversations/list.html", values)


async def volume_table(request: web.Request) -> web.Response:
    """How many conversations there were a day, in words."""
    chosen, person = Filter.from_query(request.query), context.person(request)

    def count(session: Session) -> dict[str, Any]:
        bars = volume(session, chosen, person.gemeenten)
        return {
            "rows": [(bar, address(chosen, van=bar.first, tot=bar.last)) for bar in bars[::-1]],
            "total": sum(bar.number for bar in bars),
            "chips": _chips(session, person, chosen),
        }

    values = {"back": address(chosen), "wording": wording}
    return render(
        request, "conversations/volume.html", {**values, **await context.in_session(request, count)}
    )


async def volume_picture(request: web.Request) -> web.Response:
    """The same as a picture."""
    chosen, person = Filter.from_query(request.query), context.person(request)
    bars = await context.in_session(
        request, lambda session: volume(session, chosen, person.gemeenten)
    )
    response = render(request, "conversations/volume.svg", {"strip": wording.strip(bars)})
    response.content_type = "image/svg+xml"
    return response


async def save_view(request: web.Request) -> web.Response:
    """Keeps the filters that are chosen now under a name."""
    form = await request.post()
    query = {name: value for name, value in form.items() if isinstance(value, str)}
    chosen, place = Filter.from_query(query), Place.from_query(query)
    person = context.person(request)

    def save(session: Session) -> None:
        shared = query.get("gedeeld") == "ja"
        views.save(session, person, query.get("naam", ""), chosen, place.sort, shared)

    try:
        await context.in_session(request, save)
    except views.ViewRefused as error:
        flash(request, str(error), "error")
    else:
        flash(request, "De weergave is bewaard.")
    return see_other(address(chosen, place.sort))


async def remove_view(request: web.Request) -> web.Response:
    """Removes a saved view."""
    number = request.match_info["view"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise web.HTTPNotFound
    person = context.person(request)
    if not await context.in_session(request, lambda s: views.remove(s, person, int(number))):
        raise web.HTTPNotFound
    flash(request, "De weergave is verwijderd.")
    return see_other(LIST)


async def read_conversation(request: web.Request) -> web.Response:
    """One conversation in full; that it was opened is on record."""
    chosen, place = Filter.from_query(request.query), Place.from_query(request.query)
    try:
        values = await context.in_session(
            request, lambda session: _read(session, request, chosen, place)
        )
    except (transcript.UnknownConversation, work.UnknownReview):
        raise web.HTTPNotFound from None
    return render(request, "conversations/transcript.html", values)


def address(filter: Filter, sort: str = SORTS[0], path: str = LIST, **changes: Any) -> str:
    """The address of a list or a conversation with these filters; below the root.

    Args:
        changes: parameters of the address by their own names, such as `na` and `van`.
    """
    query = {**filter.as_query(), **{name: str(value) for name, value in changes.items()}}
    if sort != SORTS[0]:
        query[SORT] = sort
    return f"{path}?{urlencode(query)}" if query else path


def _list(session: Session, request: web.Request, chosen: Filter, place: Place) -> dict[str, Any]:
    person = context.person(request)
    found = filters.conversations(session, chosen, person.gemeenten, place)
    whole = place.after is None and place.before is None and found.after is None
    number = len(found.rows) if whole else filters.count(session, chosen, person.gemeenten)
    identities = [row.conversation_id for row in found.rows]
    state = sa.select(ReviewWork.conversation_id, ReviewWork.state).where(
        ReviewWork.conversation_id.in_(identities)
    )
    tags: dict[str, list[str]] = {}
    tagged = sa.select(ReviewTag).where(ReviewTag.conversation_id.in_(identities))
    for tag in session.execute(tagged.order_by(ReviewTag.tag)).scalars():
        tags.setdefault(tag.conversation_id, []).append(tag.tag)
    behind = lag(session)
    return {
        "rows": found.rows,
        "states": {row.conversation_id: row.state for row in session.execute(state)},
        "tags": tags,
        "wording": wording,
        "number": wording.counted(number),
        "filter": chosen,
        "query": chosen.as_query(),
        "sort": place.sort,
        "more_chosen": not set(chosen.chosen) <= set(wording.FIRST) or place.sort != SORTS[0],
        "chips": _chips(session, person, chosen),
        "fields": wording.fields(session, person, chosen, place.sort),
        "views": _views(session, person),
        "newer": found.before and address(chosen, place.sort, voor=found.before),
        "older": found.after and address(chosen, place.sort, na=found.after),
        "read_address": lambda row: address(chosen, place.sort, f"{LIST}/{row.conversation_id}"),
        "picture": address(chosen, path=f"{LIST}/verloop.svg"),
        "table": address(chosen, path=f"{LIST}/verloop"),
        "behind": behind if behind.seconds > NOTICEABLE_LAG_SECONDS else None,
    }


def _read(session: Session, request: web.Request, chosen: Filter, place: Place) -> dict[str, Any]:
    person = context.person(request)
    conversation = transcript.find(session, request.match_info["id"], person.gemeenten)
    identity = conversation.conversation_id
    audit.record(session, person, OPENED, identity, gemeente=conversation.gemeente)
    found = transcript.transcript(session, conversation, person.gemeenten)
    before, after = filters.neighbours(session, chosen, person.gemeenten, conversation, place.sort)

    def link(other: str | None) -> str | None:
        return other and address(chosen, place.sort, f"{LIST}/{other}")

    return {
        "conversation": conversation,
        "conversation_id": identity,
        "found": found,
        "wording": wording,
        "newer": link(before),
        "older": link(after),
        "back": address(chosen, place.sort),
        "chips": _chips(session, person, chosen),
        "review": work.panel(session, person, identity),
    }


def _chips(session: Session, person: Person, chosen: Filter) -> list[tuple[str, str]]:
    """What is chosen, in words, each with the address without it."""
    names = wording.reviewers(session, person) if chosen.reviewer is not None else {}
    return [
        (wording.chip(name, getattr(chosen, name), names), address(chosen.without(name)))
        for name in chosen.chosen
    ]


def _views(session: Session, person: Person) -> list[dict[str, Any]]:
    """The saved views with their addresses."""
    found = []
    for view in views.visible(session, person):
        chosen, place = views.opened(view)
        found.append(
            {
                "id": view.id,
                "name": view.name,
                "shared": view.owner_id == views.SHARED,
                "address": address(chosen, place.sort),
                "removable": view.made_by == person.id or person.may(Right.STAFF),
            }
        )
    return found
