"""Hand-over to Open Klant: a klantcontact with the person's digital address, and an internetaak.

The API is Klantinteracties 0.9.0 of VNG, as Maykin Media's Open Klant publishes it (EUPL-1.2,
https://github.com/maykinmedia/open-klant, src/openklant/components/klantinteracties/openapi.yaml).
What that description leaves out was read in the same source: `referentienummer` must be a whole
number (models/klantcontacten.py), so our reference is the `onderwerpobject`, by which it can be
found again; an internetaak needs `toegewezenAanActoren` (serializers/internetaken.py).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
import phonenumbers

from bot.handover.desk import Progress, Refused, Unavailable
from bot.referral.message import WITHDRAWN, DeskMessage, Section, moment_in_words
from bot.settings import Settings

PATH = "/klantinteracties/api/v1"
TIMEOUT = aiohttp.ClientTimeout(total=20, connect=10)
# What the message itself does wrong; anything else can be mended on one of both sides.
NEVER = (400, 413, 422)
REGISTER = "startwijzer"
LONGEST_TEXT, LONGEST_TITLE = 1000, 200
MORE = "… (meer in Startwijzer)"
ACTIONS = {
    "nieuw": "Neem contact op met de inwoner",
    WITHDRAWN: "Neem geen contact meer op: de aanvraag is ingetrokken",
    "gewijzigd": "De aanvraag is veranderd: neem contact op met de nieuwe gegevens",
    "herinnering": "De aanvraag wacht nog: neem contact op met de inwoner",
}


class OpenKlant:
    """Gives a task to `{kind: open_klant, actor: uuid}`.

    Each step looks whether it was done before, in `progress` or over there: a crash between two
    calls, or an answer that got lost, makes nothing twice. The contact detail is only in the
    digital address; that is removed when the request is withdrawn.
    """

    def __init__(self, settings: Settings) -> None:
        self._base = settings.openklant_url.removesuffix(PATH)
        self._token = settings.openklant_token

    async def send(
        self, address: Mapping[str, Any], message: DeskMessage, progress: Progress
    ) -> None:
        """See `Adapter.send`."""
        if not (self._base and self._token):
            raise Unavailable("OPENKLANT_URL or OPENKLANT_TOKEN is not set")
        headers = {"Authorization": f"Token {self._token}", "Accept": "application/json"}
        async with aiohttp.ClientSession(headers=headers, timeout=TIMEOUT) as http:
            await _Delivery(Api(http, self._base + PATH), address["actor"], message, progress).run()


class Api:
    """Calls with JSON."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self._http = http
        self._base = base

    async def find(self, path: str, **query: str) -> list[dict[str, Any]]:
        """The first page (at most 100) of what fits the query."""
        found = await self.call("GET", path, params=query)
        return list(found["results"])

    async def call(self, method: str, path: str, **options: Any) -> Any:
        """The answer; None when it is empty.

        Raises:
            Refused: what we sent is not right.
            Unavailable: no answer, or not now.
        """
        try:
            async with self._http.request(
                method, f"{self._base}{path}", allow_redirects=False, **options
            ) as response:
                if response.status == 204 or (response.status == 404 and method == "DELETE"):
                    return None
                text = await response.text()
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            raise Unavailable(type(error).__name__) from error
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        if response.status in (200, 201) and body is not None:
            return body
        words = f"{method} {path.split('/')[1]}: status {response.status}{_fields(body)}"
        raise Refused(words) if response.status in NEVER else Unavailable(words)


class _Delivery:
    """One message on its way."""

    def __init__(self, api: Api, actor: str, message: DeskMessage, progress: Progress) -> None:
        self._api = api
        self._actor = actor
        self._message = message
        self._progress = progress

    async def run(self) -> None:
        """Everything that was not done yet, the task last: who sees it finds all of the rest."""
        done = self._progress.done
        if "klantcontact" not in done:
            known = await self._klantcontact()
            if known is None:
                return
            await self._progress.save(klantcontact=known[0], betrokkene=known[1])
        if "adres" not in done:
            await self._address(done["betrokkene"])
            await self._progress.save(adres=True)
        if self._message.about == WITHDRAWN and "gesloten" not in done:
            await self._close_tasks(done["klantcontact"])
            await self._progress.save(gesloten=True)
        if "internetaak" not in done:
            await self._progress.save(internetaak=await self._task(done["klantcontact"]))

    async def _klantcontact(self) -> tuple[str, str] | None:
        """The klantcontact of this request and its person: found by the reference, or made.

        None when there is none to withdraw.
        """
        found = await self._api.find(
            "/klantcontacten",
            onderwerpobject__onderwerpobjectidentificatorObjectId=self._message.reference,
            onderwerpobject__onderwerpobjectidentificatorCodeRegister=REGISTER,
        )
        if not found and self._message.about == WITHDRAWN:
            return None
        if not found:
            body = new_contact(self._message)
            made = await self._api.call("POST", "/maak-klantcontact", json=body)
            return made["klantcontact"]["uuid"], made["betrokkene"]["uuid"]
        uuid = found[0]["uuid"]
        if self._message.about in (WITHDRAWN, "gewijzigd"):
            changed = {"inhoud": contents(self._message)[0]}
            await self._api.call("PATCH", f"/klantcontacten/{uuid}", json=changed)
        return uuid, found[0]["hadBetrokkenen"][0]["uuid"]

    async def _address(self, person: str) -> None:
        """Leaves the person with the address of this message and with no older one of ours."""
        ours = await self._api.find(
            "/digitaleadressen",
            verstrektDoorBetrokkene__uuid=person,
            referentie=self._message.reference,
        )
        wanted = digital_address(self._message, person)
        same = [a for a in ours if wanted and a["adres"] == wanted["adres"]]
        if wanted and not same:
            await self._api.call("POST", "/digitaleadressen", json=wanted)
        for old in ours:
            if old not in same[:1]:
                await self._api.call("DELETE", f"/digitaleadressen/{old['uuid']}")

    async def _close_tasks(self, contact: str) -> None:
        for task in await self._tasks(contact):
            text = task.get("toelichting", "")
            if _mark(self._message.reference) in text and not self._is_this(task):
                # Of what the citizen told, only by which we know the task again stays.
                changed = {"status": "verwerkt", "toelichting": text.splitlines()[-1]}
                await self._api.call("PATCH", f"/internetaken/{task['uuid']}", json=changed)

    async def _task(self, contact: str) -> str:
        for task in await self._tasks(contact):
            if self._is_this(task):
                return str(task["uuid"])
        made = await self._api.call(
            "POST", "/internetaken", json=new_task(self._message, contact, self._actor)
        )
        return str(made["uuid"])

    async def _tasks(self, contact: str) -> list[dict[str, Any]]:
        return await self._api.find("/internetaken", aanleidinggevendKlantcontact__uuid=contact)

    def _is_this(self, task: Mapping[str, Any]) -> bool:
        return _mark(self._message.key) + "." in task.get("toelichting", "")


def new_contact(message: DeskMessage) -> dict[str, Any]:
    """The body of `maak-klantcontact`: the contact, the person, and what it is about."""
    return {
        "klantcontact": {
            "kanaal": "chat",
            "onderwerp": _cut(f"Startwijzer: {message.service}", LONGEST_TITLE),
            "inhoud": contents(message)[0],
            "taal": "nld",
            "vertrouwelijk": True,
            "plaatsgevondenOp": message.created_at.isoformat(),
        },
        "betrokkene": {"wasPartij": None, "rol": "klant", "initiator": True},
        "onderwerpobject": {
            "wasKlantcontact": None,
            "onderwerpobjectidentificator": {
                "objectId": message.reference,
                "codeObjecttype": "aanvraag",
                "codeRegister": REGISTER,
                "codeSoortObjectId": "referentienummer",
            },
        },
    }


def digital_address(message: DeskMessage, person: str) -> dict[str, Any] | None:
    """The body of `digitaleadressen`; None when there is no contact detail (any more)."""
    if message.contact is None:
        return None
    phone = message.contact_kind == "telefoon"
    return {
        "verstrektDoorBetrokkene": {"uuid": person},
        "verstrektDoorPartij": None,
        "adres": _e164(message.contact) if phone else message.contact,
        "soortDigitaalAdres": "telefoonnummer" if phone else "email",
        "omschrijving": "Gegeven in Startwijzer",
        "referentie": message.reference,
    }


def new_task(message: DeskMessage, contact: str, actor: str) -> dict[str, Any]:
    """The body of `internetaken`, for one actor (department or person)."""
    action = ACTIONS[message.about]
    if message.due_at and message.about != WITHDRAWN:
        action += f", uiterlijk {moment_in_words(message.due_at)}"
    return {
        "gevraagdeHandeling": _cut(action, LONGEST_TITLE),
        "aanleidinggevendKlantcontact": {"uuid": contact},
        "toegewezenAanActoren": [{"uuid": actor}],
        "toelichting": contents(message)[1],
        "status": "te_verwerken",
    }


def contents(message: DeskMessage) -> tuple[str, str]:
    """The text of the klantcontact and of the task, at most 1000 characters each.

    The contact detail is in neither. What does not fit the first goes on in the second, and what
    fits neither can be read in Startwijzer.
    """
    facts = [s for s in message.sections() if s.title not in ("Contact", "Toestemming")]
    consent = [s for s in message.sections() if s.title == "Toestemming"]
    wish = [Section("Wens", (("", message.wish),))] if message.wish else []
    first, rest = _fit(map(_text, facts), LONGEST_TEXT)
    end = f"{_mark(message.key)}."
    paragraphs = [message.opening, *map(_text, wish), *rest, *map(_text, consent)]
    second, left = _fit(paragraphs, LONGEST_TEXT - len(end) - len(MORE) - 4)
    return first, "\n\n".join([second, *([MORE] if left else []), end])


def _fit(paragraphs: Iterable[str], most: int) -> tuple[str, list[str]]:
    """As many paragraphs as fit, and the rest; one that is too long by itself is cut in two."""
    text, rest = "", list(paragraphs)
    while rest:
        joined = f"{text}\n\n{rest[0]}" if text else rest[0]
        if len(joined) > most:
            room = most - len(text) - 4
            if len(rest[0]) > most and room > 0:
                text = f"{text}\n\n{rest[0][:room]}…" if text else f"{rest[0][:room]}…"
                rest[0] = f"…{rest[0][room:]}"
            break
        text = joined
        rest.pop(0)
    return text, rest


def _text(section: Section) -> str:
    lines = [f"{label}: {text}" if label else text for label, text in section.lines]
    return "\n".join([f"{section.title}:", *lines])


def _mark(key: str) -> str:
    """By which a task of ours is found again, at the end of its text."""
    return f"Kenmerk: {key}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _e164(number: str) -> str:
    """A phone number as Open Klant wants it: `+31612345678`."""
    parsed = phonenumbers.parse(number, "NL")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _fields(body: Any) -> str:
    """Which fields an error is about, without what was in them (`invalidParams` of VNG's APIs)."""
    params = body.get("invalidParams") if isinstance(body, dict) else None
    names = [f"{p.get('name')} ({p.get('code')})" for p in params or () if isinstance(p, dict)]
    return f" {', '.join(names)}" if names else ""
