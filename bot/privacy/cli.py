"""What `startwijzer privacy` can do: the papers of one gemeente, from the data map."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from bot.privacy import algorithm, papers, register
from bot.privacy.datamap import read_data_map
from bot.settings import SEVERAL, Settings


def group(settings: Callable[[], Settings]) -> click.Group:
    """The commands, for an installation that is only looked up when one runs."""

    @click.group()
    def privacy() -> None:
        """Stukken voor de privacyfunctionaris, uit het gegevensoverzicht."""

    @privacy.command("map")
    @click.option("--json", "as_json", is_flag=True, help="Als JSON.")
    def show_map(as_json: bool) -> None:
        """Elk bewaard veld: waarvoor, welke grond, wie het ziet en hoe lang (docs/privacy.md)."""
        if as_json:
            _echo(papers.as_dict(read_data_map(), settings()))
        else:
            click.echo(papers.privacy_page(read_data_map(), settings()), nl=False)

    @privacy.command("register")
    @click.option("--gemeente", help="Voor welke gemeente; anders die van de instelling GEMEENTE.")
    @click.option("--organisatie", help="Volledige naam; anders 'Gemeente' met de naam erachter.")
    @click.option("--contact", default=register.TO_FILL_IN, help="Contact over privacy.")
    @click.option("--fg", default=register.TO_FILL_IN, help="Functionaris gegevensbescherming.")
    @click.option("--format", "form", type=click.Choice(["md", "csv", "json"]), default="md")
    def show_register(
        gemeente: str | None, organisatie: str | None, contact: str, fg: str, form: str
    ) -> None:
        """De verwerkingen voor het register van verwerkingsactiviteiten (AVG art. 30)."""
        name = organisatie or _organisation(settings(), gemeente)
        controller = register.Controller(name, contact, fg)
        found = register.records(read_data_map(), settings(), controller)
        if form == "json":
            _echo(found)
        elif form == "csv":
            click.echo(register.as_csv(found), nl=False)
        else:
            click.echo(register.as_markdown(found, controller), nl=False)

    @privacy.command("algoritme")
    @click.option("--gemeente", help="Voor welke gemeente; anders die van de instelling GEMEENTE.")
    @click.option("--organisatie", help="Volledige naam; anders 'Gemeente' met de naam erachter.")
    @click.option("--contact", required=True, help="E-mailadres of https-pagina voor vragen.")
    @click.option("--status", help="In ontwikkeling, In gebruik of Buiten gebruik.")
    @click.option("--begin", "begin_date", help="Maand van ingebruikname, zoals 2026-12.")
    @click.option("--categorie", "publication_category", help="Publicatiecategorie.")
    @click.option("--website", help="Pagina van de gemeente over de bot.")
    @click.option("--register", "process_index_url", help="Link naar het verwerkingsregister.")
    @click.option("--leverancier", "provider", help="Wie de bot levert.")
    @click.option("--broncode", "publiccode", help="Link naar de broncode.")
    def show_algorithm(
        gemeente: str | None, organisatie: str | None, contact: str, **given: str
    ) -> None:
        """De beschrijving voor het Algoritmeregister, als JSON."""
        name = organisatie or _organisation(settings(), gemeente)
        _echo(algorithm.entry(settings(), name, contact, given))

    return privacy


def _organisation(settings: Settings, gemeente: str | None) -> str:
    name = gemeente or settings.gemeente
    if name is None or name == SEVERAL:
        raise click.UsageError(
            "Deze installatie is voor meer gemeenten. Noem er één met --gemeente; elke gemeente "
            "heeft haar eigen stukken."
        )
    return f"Gemeente {name}"


def _echo(data: Any) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))
