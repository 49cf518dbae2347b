"""Learning: what a message meant, the basket, the patch, test stories, and models side by side."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from bot.console import context
from bot.console.files import today
from bot.console.html import flash, render, see_other
from bot.console.page import Page
from bot.console.review import in_session, texts, whole
from bot.review import checks, compare, corrections, examples, patch, story, suggestions, work
from bot.review.corrections import CorrectionChanged, InvalidCorrection, Verdict
from bot.review.verdicts import NEW_TOPIC, VERDICTS, in_words, label
from bot.review.work_model import Correction, ModelComparison
from bot.staff import audit
from bot.staff.roles import Right
from bot.taxonomy import taxonomy

BASKET = "/leren"
MESSAGE = f"{BASKET}/berichten/{{id}}/{{seq}}"
COMPARISONS = f"{BASKET}/vergelijkingen"
OPENED, EXPORTED = "conversation_opened", "exported"


def pages() -> list[Page]:
    """The routes."""
    return [
        Page("GET", BASKET, show_basket, Right.LEARN, menu="Leren"),
        Page("GET", MESSAGE, show_message, Right.LEARN),
        Page("POST", MESSAGE, decide, Right.LEARN),
        Page("POST", f"{BASKET}/mand/{{correction}}", take_out, Right.LEARN),
        Page("GET", f"{BASKET}/verbeteringen.patch", download_patch, Right.EXPORT),
        Page("GET", "/gesprekken/{id}/verhaal.yml", download_story, Right.EXPORT),
        Page("GET", COMPARISONS, show_comparisons, Right.LEARN),
        Page("GET", f"{COMPARISONS}/{{number}}", show_comparison, Right.LEARN),
    ]


async def show_basket(request: web.Request) -> web.Response:
    """Everything in the basket, with what its checks found."""
    checked = await _checked(request)
    values = {
        "ready": [one for one in checked if one.goes_in],
        "held": [
            one for one in checked if not one.goes_in and one.item.correction.verdict != NEW_TOPIC
        ],
        "topics": _topics(checked),
        "label": label,
    }
    return render(request, "learn/basket.html", values)


async def show_message(request: web.Request) -> web.Response:
    """One message: what the bot made of it, what looks like it, and the form."""
    values = await _message(request)
    found = values["decided"]
    chosen = (
        Verdict(found.verdict, found.intent, found.text, found.in_basket)
        if found
        else Verdict("", None, values["turn"].text)
    )
    version = found.version if found else 0
    return render(request, "learn/message.html", {**values, "wanted": chosen, "version": version})


async def decide(request: web.Request) -> web.Response:
    """Keeps what the reviewer decides, for this message and for those that were ticked."""
    person, identity = context.person(request), request.match_info["id"]
    form, seq = await texts(request), whole(request.match_info["seq"])
    ticked = [v for v in (await request.post()).getall("also", []) if isinstance(v, str)]
    kind = form.get("verdict", "")
    intent = form.get("topic" if kind == NEW_TOPIC else "intent") or None
    wanted = Verdict(kind, intent, form.get("text", ""), form.get("learn") == "ja")
    version = whole(form.get("version"))

    def keep(session: Session) -> None:
        corrections.decide(session, person, identity, seq, version, wanted)

    try:
        await in_session(request, keep)
    except (CorrectionChanged, InvalidCorrection) as error:
        return await _again(request, wanted, version, error)
    done = [await _also(request, place, wanted) for place in ticked[: suggestions.MOST_MESSAGES]]
    more = f" Ook voor {sum(done)} bericht(en) die erop lijken." if any(done) else ""
    flash(request, f"Het oordeel is bewaard.{more}")
    return see_other(f"/gesprekken/{identity}#bericht-{seq}")


async def take_out(request: web.Request) -> web.Response:
    """Takes a correction out of the basket; the decision stays."""
    person, number = context.person(request), whole(request.match_info["correction"])
    await in_session(request, lambda session: corrections.put(session, person, number, False))
    flash(request, "Het bericht is uit de mand. Het oordeel blijft bewaard.")
    return see_other(BASKET)


async def download_patch(request: web.Request) -> web.Response:
    """What passed its checks, as a patch for `git apply`."""
    checked = await _checked(request)
    made = await asyncio.to_thread(patch.make, checked, today())
    if made.is_empty:
        flash(request, "Er is nog niets dat in een patch kan.", "info")
        return see_other(BASKET)
    return await _file(request, made.text, "verbeteringen.patch", "text/x-diff", "patch", None)


async def download_story(request: web.Request) -> web.Response:
    """A conversation as a test story."""
    person, identity = context.person(request), request.match_info["id"]
    if not person.may(Right.READ):
        raise web.HTTPForbidden
    try:
        text = await in_session(request, lambda s: story.story(s, identity, person.gemeenten))
    except story.NoStory as error:
        flash(request, str(error), "info")
        return see_other(f"/gesprekken/{identity}")
    return await _file(request, text, "verhaal.yml", "text/yaml", identity, identity)


async def show_comparisons(request: web.Request) -> web.Response:
    """All comparisons, the newest first."""
    person = context.person(request)

    def look(session: Session) -> list[compare.Report]:
        return [compare.report(session, one, person.gemeenten) for one in compare.every(session)]

    return render(request, "learn/comparisons.html", {"reports": await in_session(request, look)})


async def show_comparison(request: web.Request) -> web.Response:
    """What a candidate changes, message by message."""
    person, number = context.person(request), whole(request.match_info["number"])

    def look(session: Session) -> compare.Report | None:
        found = session.get(ModelComparison, number)
        return found and compare.report(session, found, person.gemeenten)

    report = await in_session(request, look)
    if report is None:
        raise web.HTTPNotFound
    values = {"report": report, "outcomes": compare.OUTCOMES, "label": label}
    return render(request, "learn/comparison.html", values)


async def _checked(request: web.Request) -> list[checks.Checked]:
    person = context.person(request)

    def look(session: Session) -> list[checks.Checked]:
        return checks.check(corrections.basket(session, person.gemeenten), examples.read())

    return await in_session(request, look)


def _topics(checked: list[checks.Checked]) -> dict[str, list[checks.Checked]]:
    """The proposed subjects that do not exist yet, each with its messages."""
    found: dict[str, list[checks.Checked]] = {}
    for one in checked:
        if one.item.correction.verdict == NEW_TOPIC and not one.goes_in:
            found.setdefault(one.item.correction.intent or "", []).append(one)
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])))


async def _message(request: web.Request) -> dict[str, Any]:
    person, identity = context.person(request), request.match_info["id"]
    seq = whole(request.match_info["seq"])

    def look(session: Session) -> dict[str, Any]:
        turn = corrections.turn(session, identity, seq, person.gemeenten)
        conversation = work.visible(session, identity, person.gemeenten)
        audit.record(session, person, OPENED, identity, gemeente=conversation.gemeente)
        return {
            "turn": turn,
            "decided": corrections.of_turn(session, identity, seq),
            "alike": suggestions.like_messages(session, turn, person.gemeenten),
            "examples": suggestions.like_examples(turn.text),
        }

    guesses = {"verdicts": VERDICTS, "label": label, "in_words": in_words, "intents": _intents()}
    return {**guesses, "errors": {}, **await in_session(request, look)}


def _intents() -> dict[str, list[tuple[str, str]]]:
    """The subjects by group, for the list to choose from."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, intent in taxonomy().intents.items():
        found.setdefault(intent.group, []).append((name, intent.label))
    return {group: sorted(names, key=lambda n: n[1].casefold()) for group, names in found.items()}


async def _again(
    request: web.Request, wanted: Verdict, version: int, error: Exception
) -> web.Response:
    """The form once more with what was filled in; beside what a colleague decided, if any."""
    values = await _message(request)
    theirs: Correction | None = None
    if isinstance(error, CorrectionChanged):
        theirs = error.kept
        values |= {"by": error.by, "version": theirs.version if theirs else 0}
    else:
        values |= {"errors": {"verdict": str(error)}, "version": version}
    values |= {"wanted": wanted, "theirs": theirs}
    template = "learn/message.html" if theirs is None else "learn/changed.html"
    return render(request, template, values, status=409 if theirs else 422)


async def _also(request: web.Request, place: str, wanted: Verdict) -> bool:
    """The same decision for another message (`conversation:seq`); False when a colleague has one.

    Each keeps its own words: what was typed over belongs to the message on the page.
    """
    person = context.person(request)
    identity, _, seq = place.rpartition(":")
    own = Verdict(wanted.kind, wanted.intent, "", wanted.learn)

    def keep(session: Session) -> None:
        corrections.decide(session, person, identity, whole(seq), 0, own)

    try:
        await in_session(request, keep)
    except (CorrectionChanged, InvalidCorrection):
        return False
    return True


async def _file(
    request: web.Request, text: str, name: str, media: str, subject: str, identity: str | None
) -> web.Response:
    """A text as a file to keep; that it was taken along is on record."""
    person = context.person(request)

    def note(session: Session) -> None:
        gemeente = work.visible(session, identity, person.gemeenten).gemeente if identity else None
        audit.record(session, person, EXPORTED, subject, gemeente=gemeente)

    await in_session(request, note)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=text.encode(), content_type=media, charset="utf-8", headers=headers)
