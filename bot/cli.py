"""The command line: `startwijzer`."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import click
import sqlalchemy as sa

from bot import retention
from bot.assessment.bank import read_bank
from bot.catalogue import content as catalogue_content
from bot.catalogue.load import load
from bot.catalogue.query import as_dict, services
from bot.content import ContentError
from bot.conversations import log
from bot.database import Database
from bot.referral.intake import read_intake
from bot.settings import Settings, SettingsError
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
def web() -> None:
    """Start alleen het webproces."""
    from bot.web import main as serve

    serve(settings())


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
def check() -> None:
    """Controleert de inhoud en noemt elke fout met bestand, item en veld."""
    _check_flows()
    found = catalogue_content.read()
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
def export() -> None:
    """Schrijft alle diensten als JSON."""
    with database().session() as session:
        _show([as_dict(service) for service in services(session)], True, str)


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
        log.erase(session, conversation_id)
    click.echo("Het gesprek is gewist.")


@conversations.command("purge")
def purge() -> None:
    """Wist alles wat langer bewaard is dan mag."""
    removed = retention.purge(settings(), database())
    click.echo(", ".join(f"{name}: {number}" for name, number in removed.items()))


def main() -> None:
    """Runs the command line; every foreseen error becomes one clear message and exit code 1."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for noisy in ("alembic", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    from bot.run import RunError

    try:
        cli(prog_name="startwijzer")
    except ContentError as error:
        _fail(f"De inhoud heeft fouten. Herstel dit en probeer het opnieuw:\n{error}")
    except log.UnknownConversation:
        _fail("Dit gesprek bestaat niet (meer).")
    except (SettingsError, TrainingError, RunError) as error:
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
    read_intake()


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
