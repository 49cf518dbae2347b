"""The commands `startwijzer backup` and `startwijzer restore`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bot.database import Database
from bot.operations.copies import BackupError
from bot.settings import Settings

FILE = click.Path(path_type=Path, dir_okay=False)
# What `bot.privacy.erasure.again` needs of a certificate.
CERTIFICATE = {"code", "kind", "subject", "removed", "told_desk", "gemeente", "by", "at"}


def commands(
    settings: Callable[[], Settings], database: Callable[[], Database]
) -> list[click.Command]:
    """The commands, for an installation that is only looked up when one runs."""

    @click.command()
    @click.argument("file", type=FILE)
    def backup(file: Path) -> None:
        """Maakt een back-up van de database in een nieuw bestand. Alles kan blijven draaien."""
        from bot.operations.backup import back_up

        back_up(settings(), file)
        click.echo(f"De back-up staat in {file}. Bewaar hem versleuteld en niet langer dan nodig.")

    @click.command()
    @click.argument("file", type=FILE)
    @click.option("--force", is_flag=True, help="Overschrijf ook een database waar iets in staat.")
    @click.option(
        "--erased",
        type=FILE,
        help="Uitvoer van `conversations erasures`, als de database zelf weg is.",
    )
    def restore(file: Path, force: bool, erased: Path | None) -> None:
        """Zet een back-up terug, en wist meteen wat er niet meer mag zijn."""
        from bot.operations.backup import restore as put_back

        certificates = _read_certificates(erased) if erased else []
        removed = put_back(settings(), file, force=force, erased=certificates)
        click.echo("De back-up is teruggezet. Start Startwijzer nu opnieuw.")
        click.echo("Gewist: " + ", ".join(f"{name}: {n}" for name, n in removed.items()))

    return [backup, restore]


def _read_certificates(path: Path) -> list[dict[str, Any]]:
    """Certificates of erasure, as `conversations erasures` gives them."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not all(item.keys() >= CERTIFICATE for item in found):
            raise ValueError("a field is missing")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BackupError(f"{path} is geen lijst van wissingen ({error}).") from error
    return list(found)
