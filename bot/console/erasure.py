"""What is kept of one conversation or request, by kind: erasing it, or keeping it past its term.

Content is not shown here: who erases need not read.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from bot.console import context
from bot.console.html import flash, render, see_other
from bot.console.page import Page
from bot.conversations import log
from bot.privacy import erasure, kept, preserve
from bot.referral import queue
from bot.referral.file import find_reference
from bot.staff import audit
from bot.staff.accounts import Person
from bot.staff.roles import Right

ROOT = "/gegevens"
ONE = f"{ROOT}/{{kind:gesprek|aanvraag}}/{{subject}}"
GROUNDS = [("", "Kies een reden"), *preserve.GROUNDS.items()]
USUAL_DAYS = 90


def pages() -> list[Page]:
    """The routes."""
    return [
        Page("GET", ROOT, search, Right.ERASE, menu="Wissen"),
        Page("GET", f"{ROOT}/bewijs/{{code}}", certificate, Right.ERASE),
        Page("GET", ONE, detail, Right.ERASE),
        Page("POST", f"{ONE}/wissen", erase, Right.ERASE),
        Page("POST", f"{ONE}/bewaren", keep, Right.ERASE),
        Page("POST", f"{ONE}/vrijgeven", release, Right.ERASE),
    ]


async def search(request: web.Request) -> web.StreamResponse:
    """Finds a conversation by its id, a request by its reference, a certificate by its code."""
    wanted, person = request.query.get("zoek", "").strip()[:80], context.person(request)

    def look(session: Session) -> str | None:
        if not wanted:
            return None
        found = erasure.certificate(session, wanted)
        if found and _is_own(person, found.gemeente):
            return f"{ROOT}/bewijs/{found.code}"
        reference = find_reference(wanted)
        known = ((kept.REFERRAL, reference), (kept.CONVERSATION, wanted))
        for kind, subject in known:
            if subject and _may_see(session, person, kind, subject):
                return f"{ROOT}/{kind}/{subject}"
        return None

    address = await context.in_session(request, look)
    if address:
        return see_other(address)
    return render(request, "erasure/search.html", {"wanted": wanted})


async def detail(request: web.Request) -> web.StreamResponse:
    """What there is, in numbers; that somebody looked is in the audit log."""

    def read(session: Session) -> dict[str, Any]:
        kind, subject, gemeente = _subject(session, request)
        audit.record(
            session,
            context.person(request),
            "kept_viewed",
            f"{kind} {subject}",
            gemeente=gemeente,
        )
        return _values(session, kind, subject, gemeente)

    return render(request, "erasure/detail.html", await context.in_session(request, read))


async def erase(request: web.Request) -> web.StreamResponse:
    """Erases it and shows the certificate; without a reason and a tick nothing happens."""
    form, person = await request.post(), context.person(request)
    reason = _text(form, "reden")
    errors = _wrong_reason("reden", reason)
    if form.get("zeker") != "ja":
        errors["zeker"] = "Zet een vinkje: wissen kun je niet terugdraaien."

    def work(session: Session) -> str:
        kind, subject, gemeente = _subject(session, request)
        if kind == kept.CONVERSATION:
            var = context.settings(request).var
            made = erasure.erase_conversation(session, subject, by=erasure.STAFF, var=var)
        else:
            referral = queue.find(session, subject, person.gemeenten)
            secrets = context.settings(request)
            ledger = kept.Ledger(secrets.secret_key, secrets.secret_key_old)
            made = erasure.erase_referral(session, referral, ledger, by=erasure.STAFF)
        about = f"{kind} {subject}, bewijs {made.code}"
        audit.record(session, person, "erased", about, reason, gemeente=gemeente)
        return made.code

    if not errors:
        try:
            return see_other(f"{ROOT}/bewijs/{await context.in_session(request, work)}")
        except log.UnknownConversation as error:
            raise web.HTTPNotFound from error
        except preserve.Preserved:
            errors["reden"] = "Dit blijft nog bewaard. Geef het eerst vrij."
    return await _again(request, errors, {"reason": reason})


async def keep(request: web.Request) -> web.StreamResponse:
    """Keeps it past its term, for a reason and a number of days."""
    form, person = await request.post(), context.person(request)
    ground, reason, days = _text(form, "grond"), _text(form, "waarom"), _text(form, "dagen")

    def work(session: Session) -> None:
        kind, subject, gemeente = _subject(session, request)
        preserve.preserve(
            session,
            person,
            kind,
            subject,
            ground=ground,
            reason=reason,
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0,
            gemeente=gemeente,
        )

    try:
        await context.in_session(request, work)
    except preserve.WrongPreservation as error:
        given = {"ground": ground, "why": reason, "days": days}
        return await _again(request, {error.field: str(error)}, given)
    flash(request, "Dit blijft bewaard. In het logboek staat waarom.")
    return see_other(_address(request))


async def release(request: web.Request) -> web.StreamResponse:
    """Lets it go with its term again."""
    form, person = await request.post(), context.person(request)
    reason = _text(form, "vrij")
    errors = _wrong_reason("vrij", reason)

    def work(session: Session) -> None:
        kind, subject, gemeente = _subject(session, request)
        preserve.release(session, person, kind, subject, reason, gemeente)

    if errors:
        return await _again(request, errors, {"free": reason})
    await context.in_session(request, work)
    flash(request, "Dit gaat weer weg als de termijn om is.")
    return see_other(_address(request))


async def certificate(request: web.Request) -> web.StreamResponse:
    """What was erased: a page to print and to give to the person."""
    code, person = request.match_info["code"], context.person(request)
    made = await context.in_session(request, lambda session: erasure.certificate(session, code))
    if made is None or made.code != code or not _is_own(person, made.gemeente):
        raise web.HTTPNotFound
    return render(request, "erasure/certificate.html", {"made": made})


def _subject(session: Session, request: web.Request) -> tuple[str, str, str | None]:
    """Kind, id and gemeente of what the address names, if this person may see it (else 404)."""
    kind, subject = request.match_info["kind"], request.match_info["subject"]
    try:
        gemeente = kept.place(session, kind, subject)
    except kept.Unknown as error:
        raise web.HTTPNotFound from error
    if not _is_own(context.person(request), gemeente):
        raise web.HTTPNotFound
    return kind, subject, gemeente


def _may_see(session: Session, person: Person, kind: str, subject: str) -> bool:
    try:
        return _is_own(person, kept.place(session, kind, subject))
    except kept.Unknown:
        return False


def _is_own(person: Person, gemeente: str | None) -> bool:
    return person.gemeenten is None or gemeente in person.gemeenten


def _values(session: Session, kind: str, subject: str, gemeente: str | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "subject": subject,
        "gemeente": gemeente,
        "counts": kept.counts(session, kind, subject),
        "held": preserve.find(session, kind, subject),
        "ground_words": preserve.GROUNDS,
        "grounds": GROUNDS,
        "most_days": preserve.MOST_DAYS,
        "longest": preserve.LONGEST_REASON,
        "errors": {},
        "reason": "",
        "ground": "",
        "why": "",
        "days": str(USUAL_DAYS),
        "free": "",
    }


async def _again(
    request: web.Request, errors: dict[str, str], given: dict[str, str]
) -> web.StreamResponse:
    """The page with what was filled in, and what is wrong with it."""

    def read(session: Session) -> dict[str, Any]:
        return _values(session, *_subject(session, request))

    values = await context.in_session(request, read) | {"errors": errors} | given
    return render(request, "erasure/detail.html", values, status=400)


def _wrong_reason(field: str, reason: str) -> dict[str, str]:
    if preserve.SHORTEST_REASON <= len(reason) <= preserve.LONGEST_REASON:
        return {}
    least, most = preserve.SHORTEST_REASON, preserve.LONGEST_REASON
    return {field: f"Schrijf in {least} tot {most} tekens waarom."}


def _address(request: web.Request) -> str:
    return f"{ROOT}/{request.match_info['kind']}/{request.match_info['subject']}"


def _text(form: Any, name: str) -> str:
    value = form.get(name)
    return value.replace("\x00", "").strip() if isinstance(value, str) else ""
