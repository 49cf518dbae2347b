"""Reviewing: the queue, and what a reviewer sets and says of a conversation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from sqlalchemy.orm import Session

from bot.console import context
from bot.console.html import flash, render, see_other
from bot.console.page import Page
from bot.database import now
from bot.review import comments, queue, tags, work
from bot.review.verdicts import label
from bot.review.work import Kept, Review
from bot.staff.roles import Right

Found = TypeVar("Found")
# As many as someone looks at in one sitting; tomorrow there is another draw.
IN_QUEUE = 25
PROGRESS = timedelta(days=7)


def pages() -> list[Page]:
    """The routes."""
    return [
        Page("GET", "/beoordelen", show_queue, Right.REVIEW, menu="Beoordelen"),
        Page("POST", "/gesprekken/{id}/beoordeling", save_review, Right.REVIEW),
        Page(
            "POST",
            "/gesprekken/{id}/opmerkingen/{comment}/verwijderen",
            remove_comment,
            Right.REVIEW,
        ),
    ]


async def show_queue(request: web.Request) -> web.Response:
    """Where the bot doubted, and what every reviewer did this week."""
    person = context.person(request)

    def look(session: Session) -> dict[str, Any]:
        found = queue.queue(session, person.gemeenten, person.id, IN_QUEUE)
        return {
            "queue": found,
            "progress": queue.progress(session, person.gemeenten, now() - PROGRESS),
        }

    values = {"reasons": queue.REASONS, "label": label, "days": PROGRESS.days}
    return render(request, "review/queue.html", {**values, **await in_session(request, look)})


async def save_review(request: web.Request) -> web.Response:
    """Keeps the form beside a transcript, or shows what a colleague did in the meantime."""
    person, form = context.person(request), await texts(request)
    identity, wanted = request.match_info["id"], _review(form)
    comment = form.get("comment", "")

    def save(session: Session) -> None:
        work.save(session, person, identity, whole(form.get("version")), wanted, comment)

    try:
        await in_session(request, save)
    except work.Changed as error:
        return await _again(request, form, wanted, comment, kept=error.kept)
    except (work.InvalidReview, comments.InvalidComment) as error:
        field = "comment" if isinstance(error, comments.InvalidComment) else "state"
        return await _again(request, form, wanted, comment, errors={field: str(error)})
    flash(request, "De beoordeling is bewaard.")
    return see_other(conversation_path(identity, form.get("back", "")))


async def remove_comment(request: web.Request) -> web.Response:
    """Removes a comment of one's own."""
    person, form = context.person(request), await texts(request)
    identity, number = request.match_info["id"], whole(request.match_info["comment"])

    def remove(session: Session) -> bool:
        work.visible(session, identity, person.gemeenten)
        return comments.remove(session, identity, number, person.id)

    if not await in_session(request, remove):
        raise web.HTTPNotFound
    flash(request, "Je opmerking is verwijderd.")
    return see_other(conversation_path(identity, form.get("back", "")))


async def in_session(request: web.Request, work_in: Callable[[Session], Found]) -> Found:
    """Runs work in one transaction, in a thread.

    Raises:
        web.HTTPNotFound: it is about a conversation that is not there, or not theirs to see.
    """
    try:
        return await context.in_session(request, work_in)
    except work.UnknownReview:
        raise web.HTTPNotFound from None


async def texts(request: web.Request) -> dict[str, str]:
    """The fields of a form that hold text, each once."""
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def whole(text: str | None) -> int:
    """A whole number from an address or a form.

    Raises:
        web.HTTPNotFound: it is none that we ever gave out.
    """
    if not (text and text.isascii() and text.isdigit() and len(text) < 10):
        raise web.HTTPNotFound
    return int(text)


def conversation_path(identity: str, back: str) -> str:
    """The address of a conversation within the list that someone came from (`back`)."""
    query = urlencode(parse_qsl(back.partition("?")[2]))
    return f"/gesprekken/{identity}?{query}" if query else f"/gesprekken/{identity}"


def _review(form: dict[str, str]) -> Review:
    assignee = form.get("assignee") or None
    return Review(
        state=form.get("state", ""),
        assignee_id=whole(assignee) if assignee else None,
        flag=form.get("flag") or None,
        tags=tags.parse(form.get("tags", "")),
    )


async def _again(
    request: web.Request,
    form: dict[str, str],
    wanted: Review,
    comment: str,
    kept: Kept | None = None,
    errors: dict[str, str] | None = None,
) -> web.Response:
    """The form once more, with what was filled in; nothing that someone typed is lost."""
    person, identity = context.person(request), request.match_info["id"]
    panel = await in_session(request, lambda session: work.panel(session, person, identity))
    values = {
        "review": panel,
        "wanted": wanted,
        "kept": kept,
        "version": kept.version if kept else whole(form.get("version")),
        "comment": comment,
        "errors": errors or {},
        "back": form.get("back", ""),
        "path": conversation_path(identity, form.get("back", "")),
    }
    return render(request, "review/again.html", values, status=409 if kept else 422)
