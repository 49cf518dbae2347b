"""The command line: `startwijzer`."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

import click
import sqlalchemy as sa

from bot import retention
from bot.assessment.bank import read_bank
from bot.assessment.plan import read_plan
from bot.assessment.quickscan import read_quickscan
from bot.catalogue import content as catalogue_content
from bot.catalogue.load import load
from bot.catalogue.query import as_dict, services
from bot.content import ContentError
from bot.conversations import log
from bot.database import Database, now
from bot.handover.cli import commands as handover_commands
from bot.operations.cli import commands as operations_commands
from bot.operations.copies import BackupError
from bot.operations.logging import configure as configure_logging
from bot.privacy import erasure, kept
from bot.privacy.cli import group as privacy_group
from bot.privacy.preserve import Preserved
from bot.privacy.wipe import rewrite
from bot.referral.destination import read_destinations
from bot.referral.intake import read_intake
from bot.referral.life import ReferralError
from bot.referral.status_flow import read_status
from bot.referral.terms import read_terms
from bot.review.cli import group as review_group
from bot.schemes.content import read as read_schemes
from bot.schemes.situation import UnclearSituation
from bot.settings import Settings, SettingsError, log_format
from bot.staff.accounts import StaffError
from bot.staff.cli import commands as staff_commands
from bot.training import TrainingError, train


@lru_cache
def settings() -> Settings:
    """The settings of this installation."""
    return Settings.from_environment()


@lru_cache
def database() -> Database:
    """The database of this installation."""
    return Database(settings().database_url)


@click.group()
def cli() -> None:
    """Startwijzer, chatbot van gemeenten over ondernemen."""


@cli.command()
def setup() -> None:
    """Maakt alles klaar: database, catalogus, model. Doet alleen wat nodig is."""
    _check_flows()
    _upgrade()
    _load()
    _train()


@cli.command()
def run() -> None:
    """Start Rasa, de acties en het web, en stopt ze samen."""
    from bot.run import run as run_all

    click.echo("Startwijzer start (ongeveer tien seconden):")
    run_all(settings(), click.echo)


@cli.command()
@click.option("--number", default=0, help="Het hoeveelste van meer webprocessen dit is, vanaf 1.")
def web(number: int) -> None:
    """Start alleen het webproces."""
    from bot.web import main as serve

    serve(settings(), number)


@cli.command()
def worker() -> None:
    """Start alleen het werk achter de gesprekken: versturen, opruimen en bijwerken."""
    from bot.worker import main as work

    work(settings())


@cli.command("train")
def train_model() -> None:
    """Traint het model als de gegevens zijn veranderd."""
    _train()


@cli.group()
def db() -> None:
    """De database."""


@db.command()
def upgrade() -> None:
    """Brengt de tabellen naar de nieuwste versie."""
    click.echo("De database is bijgewerkt." if _upgrade() else "De database was al bij.")


@cli.group()
def catalogue() -> None:
    """De catalogus met diensten en antwoorden."""


@catalogue.command("load")
def load_catalogue() -> None:
    """Vult de database met de inhoud van data/catalogue."""
    click.echo("De catalogus is geladen." if _load() else "De catalogus was al bij.")


@catalogue.command()
@click.option("--gemeente", help="Toon de witte vlekken en overlap van deze gemeente helemaal.")
def check(gemeente: str | None) -> None:
    """Controleert de inhoud: fouten, wat verouderd is, witte vlekken en overlap per gemeente."""
    from bot.catalogue import overview

    _check_flows()
    found = catalogue_content.read()
    for item in overview.stale(found, now().date()):
        click.echo(f"Verouderd: {item.kind} {item.id} (nalopen voor {item.review_by})")
    for name in [gemeente] if gemeente else overview.gemeenten_with_services(found):
        result = overview.coverage(found, name)
        click.echo(
            f"{name}: {len(result.empty)} leeg, {len(result.national_only)} alleen landelijk, "
            f"{len(result.overlaps)} met overlap"
        )
        rows = {"leeg": result.empty, "overlap": result.overlaps}
        if gemeente:
            rows["alleen landelijk"] = result.national_only
        for label, cells in rows.items():
            for cell in cells:
                click.echo(f"  {label}: {cell.need} ({cell.phase}) {', '.join(cell.services)}")
    click.echo(
        f"In orde: {len(found.providers)} aanbieders, {len(found.services)} diensten, "
        f"{len(found.answers)} antwoorden."
    )


@catalogue.command("list")
@click.option("--phase", help="Fase van een onderneming.")
@click.option("--need", help="Behoefte.")
@click.option("--provider", help="Soort aanbieder, of id van een aanbieder.")
@click.option("--target-group", help="Situatie van de ondernemer.")
@click.option("--gemeente", help="Naam van de gemeente.")
@click.option("--json", "as_json", is_flag=True, help="Als JSON.")
def list_services(as_json: bool, **facets: str | None) -> None:
    """Toont diensten, met elke combinatie van filters."""
    with database().session() as session:
        found = [as_dict(service) for service in services(session, **facets)]
    _show(found, as_json, lambda s: f"{s['id']:40} {s['status']:9} {s['name']}")


@catalogue.command()
@click.option("--format", "form", type=click.Choice(["json", "sc"]), default="json")
@click.option("--gemeente", help="Alleen wat in deze gemeente kan.")
def export(form: str, gemeente: str | None) -> None:
    """Schrijft alle diensten als JSON, of als feed van Samenwerkende Catalogi 4.0 (sc)."""
    from bot.catalogue.exchange.feed import check_gemeente
    from bot.catalogue.exchange.sc_writer import to_xml

    if gemeente:
        check_gemeente(gemeente)
    with database().session() as session:
        found = [as_dict(service) for service in services(session, gemeente=gemeente)]
    if form == "sc":
        click.echo(to_xml(found, gemeente or settings().gemeente or "Startwijzer", gemeente))
    else:
        _show(found, True, str)


@catalogue.command("import-sc")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--gemeente", required=True, help="Van welke gemeente de feed is.")
def import_sc(file: Path, gemeente: str) -> None:
    """Maakt concepten van een feed van Samenwerkende Catalogi 4.0 (XML, hoogstens 20 MB)."""
    from bot.catalogue.exchange import importing

    drafts = settings().var / importing.FOLDER
    click.echo(str(importing.import_sc(file, gemeente, drafts, now().date())))


@catalogue.command("import-open-product")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--gemeente", required=True, help="Van welke gemeente de producttypen zijn.")
def import_open_product(file: Path, gemeente: str) -> None:
    """Maakt concepten van producttypen van Open Product (JSON, hoogstens 20 MB)."""
    from bot.catalogue.exchange import importing

    drafts = settings().var / importing.FOLDER
    click.echo(str(importing.import_open_product(file, gemeente, drafts, now().date())))


@cli.command()
@click.argument("facts", nargs=-1, metavar="[FEIT=WAARDE]...")
@click.option("--json", "as_json", is_flag=True, help="Als JSON, met de redenen.")
@click.option("--gemeente", help="Naam van de gemeente.")
@click.option("--target-group", help="Situatie van de ondernemer, uit de woordenlijst.")
@click.option("--phase", help="Fase van een onderneming, uit de woordenlijst.")
def schemes(facts: tuple[str, ...], as_json: bool, **options: str | None) -> None:
    """Welke regelingen misschien bij iemand passen, en waarom.

    Geef wat bekend is als FEIT=WAARDE, of als JSON op de standaardinvoer.
    """
    from bot.schemes import content, rules, situation
    from bot.schemes.conversation import as_dict as finding_as_dict

    known = content.read()
    given: dict[str, Any] = {name: value for name, value in options.items() if value}
    for fact in facts:
        name, _, value = fact.partition("=")
        given[name] = value
    if not given and sys.stdin is not None and not sys.stdin.isatty():
        given = _json_object(sys.stdin)
    found = situation.from_input(known, given)
    findings = rules.judge_all(known.schemes, found)
    if as_json:
        name = rules.next_fact(known.schemes, known.facts, found, set()) or ""
        asked = known.facts.get(name)
        following = asked and {"fact": asked.id, "ask": asked.ask, "values": dict(asked.values)}
        report = {
            "situation": found,
            "schemes": [finding_as_dict(finding) for finding in findings],
            "next_question": following,
        }
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    for finding in findings:
        click.echo(f"{finding.verdict:13} {finding.scheme.name}: {' '.join(finding.reasons)}")


@cli.group()
def referrals() -> None:
    """Doorverwijzingen."""


@referrals.command("list")
@click.option("--json", "as_json", is_flag=True, help="Als JSON.")
def list_referrals(as_json: bool) -> None:
    """Toont aanvragen, zonder contactgegevens."""
    from bot.referral.file import as_dict as referral_as_dict
    from bot.referral.file import every

    with database().session() as session:
        found = [referral_as_dict(referral) for referral in every(session)]
    _show(
        found,
        as_json,
        lambda r: f"{r['reference']}  {r['status']}  {r['gemeente']}  {r['service']}",
    )


@referrals.command("set")
@click.argument("reference")
@click.argument("status")
@click.option("--by", required=True, help="Naam van wie dit doet.")
@click.option("--note", help="Waarom; alleen medewerkers lezen dit.")
def set_referral(reference: str, status: str, by: str, note: str | None) -> None:
    """Geeft een aanvraag een andere status, zoals in_behandeling of afgerond."""
    from bot.referral.file import find, find_reference
    from bot.referral.status import set_status

    with database().session() as session:
        referral = find(session, find_reference(reference))
        if referral is None:
            raise ReferralError(f"Er is geen aanvraag met nummer {reference}.")
        before = referral.status
        set_status(session, referral, status, by, note)
        click.echo(f"{referral.reference}: van {before} naar {status}.")


for command in handover_commands(settings, database):
    referrals.add_command(command)


for command in operations_commands(settings, database):
    cli.add_command(command)


@cli.group()
def staff() -> None:
    """Accounts van medewerkers."""


for command in staff_commands(settings, database):
    staff.add_command(command)
cli.add_command(review_group(settings, database))
cli.add_command(privacy_group(settings))


@cli.group()
def conversations() -> None:
    """Gesprekken."""


@conversations.command("list")
@click.option("--json", "as_json", is_flag=True, help="Als JSON.")
def list_conversations(as_json: bool) -> None:
    """Toont de nieuwste gesprekken."""
    with database().session() as session:
        found = [
            {
                "id": conversation.id,
                "channel": conversation.channel,
                "gemeente": conversation.gemeente,
                "last_message_at": conversation.last_message_at.isoformat(),
                "messages": number,
            }
            for conversation, number in log.recent(session)
        ]
    _show(found, as_json, lambda c: f"{c['id']}  {c['last_message_at']}  {c['messages']} berichten")


@conversations.command("show")
@click.argument("conversation_id")
def show_conversation(conversation_id: str) -> None:
    """Toont een gesprek, zonder gegevens die iemand aanwijzen."""
    with database().session() as session:
        log.get(session, conversation_id)
        for message in log.history(session, conversation_id):
            who = "inwoner" if message.direction == "in" else "bot"
            click.echo(f"[{message.seq}] {who}: {message.text}")


@conversations.command("erase")
@click.argument("conversation_id")
def erase_conversation(conversation_id: str) -> None:
    """Wist een gesprek."""
    with database().session() as session:
        made = erasure.erase_conversation(
            session, conversation_id, by=erasure.COMMAND, var=settings().var
        )
    click.echo(f"Het gesprek is gewist. Bewijs van wissen: {made.code}.")


@conversations.command("rebuild-read-model")
def rebuild_read_model() -> None:
    """Maakt opnieuw wat medewerkers van gesprekken zien, uit het logboek van de gesprekken."""
    from bot.review import projection

    click.echo(f"Klaar: {projection.rebuild(database())} wijzigingen verwerkt.")


@conversations.command("purge")
@click.option("--json", "as_json", is_flag=True, help="Als JSON.")
@click.option(
    "--wipe/--no-wipe", default=True, help="Schrijft ook de bestanden opnieuw; inwoners wachten."
)
def purge(as_json: bool, wipe: bool) -> None:
    """Wist alles wat langer bewaard is dan mag, ook uit de bestanden van de database."""
    removed = retention.purge(settings(), database())
    wiped = wipe and rewrite(database())
    if as_json:
        click.echo(json.dumps({"removed": removed, "wiped": wiped}))
        return
    click.echo(", ".join(f"{name}: {number}" for name, number in removed.items()))
    if wipe and not wiped:
        click.echo("De bestanden zijn nog niet schoon: ze waren in gebruik. Probeer het zo weer.")


@conversations.command("erasures")
def list_erasures() -> None:
    """Schrijft alle bewijzen van wissen als JSON; bewaar dit voor je een backup terugzet."""
    with database().session() as session:
        _show(erasure.every(session), True, str)


@conversations.command("erase-again")
@click.argument("file", type=click.File(), default="-")
def erase_again(file: TextIO) -> None:
    """Wist opnieuw wat een teruggezette backup terugbracht; FILE is van conversations erasures."""
    try:
        with database().session() as session:
            ledger = kept.Ledger(settings().secret_key, settings().secret_key_old)
            number = erasure.again(session, ledger, json.loads(file.read() or "[]"))
    except (ValueError, KeyError, TypeError) as error:
        raise click.ClickException("Dit is geen lijst met bewijzen van wissen.") from error
    wiped = rewrite(database())
    click.echo(f"Opnieuw gewist: {number}." + ("" if wiped else " De bestanden zijn in gebruik."))


def main() -> None:
    """Runs the command line; every foreseen error becomes one clear message and exit code 1."""
    for noisy in ("alembic", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    from bot.run import RunError

    try:
        configure_logging(log_format())
        cli(prog_name="startwijzer")
    except ContentError as error:
        _fail(f"De inhoud heeft fouten. Herstel dit en probeer het opnieuw:\n{error}")
    except log.UnknownConversation:
        _fail("Dit gesprek bestaat niet (meer).")
    except Preserved as error:
        _fail(str(error))
    except (
        SettingsError,
        TrainingError,
        RunError,
        UnclearSituation,
        ReferralError,
        StaffError,
        BackupError,
    ) as error:
        _fail(str(error))
    except sa.exc.OperationalError as error:
        _fail(f"De database doet het niet: {error.orig}. Kijk naar DATABASE_URL en schrijfrechten.")
    except OSError as error:
        _fail(f"{error.strerror}: {error.filename}. Controleer of je hier mag schrijven.")


def _fail(message: str) -> None:
    click.echo(f"\nFOUT: {message}", err=True)
    sys.exit(1)


def _check_flows() -> None:
    """Reads the question banks, so that a mistake is found before anything starts."""
    read_bank()
    read_quickscan()
    read_plan()
    read_intake()
    read_destinations()
    read_status()
    read_terms()
    read_schemes()


def _json_object(stream: TextIO) -> dict[str, Any]:
    """JSON from the standard input; an empty input knows nothing."""
    try:
        found = json.loads(stream.read() or "{}")
    except (ValueError, RecursionError) as error:
        raise UnclearSituation(f"De invoer is geen geldige JSON ({error}).") from error
    if not isinstance(found, dict):
        raise UnclearSituation('De invoer moet een object zijn, zoals {"inkomen": "bijstand"}.')
    return found


def _upgrade() -> bool:
    return database().upgrade()


def _load() -> bool:
    with database().session() as session:
        return load(session)


def _train() -> bool:
    return train(click.echo)


def _show(items: Iterable[dict[str, Any]], as_json: bool, line: Any) -> None:
    if as_json:
        click.echo(json.dumps(list(items), ensure_ascii=False, indent=2))
        return
    for item in items:
        click.echo(line(item))


if __name__ == "__main__":
    main()
