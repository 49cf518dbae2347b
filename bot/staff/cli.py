"""`startwijzer staff`: the first account, and accounts when nobody can log in any more."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from bot.database import Database
from bot.settings import Settings
from bot.staff import accounts, audit
from bot.staff.model import Staff
from bot.staff.roles import ROLES

LINK_PATH = "/console/welkom/"


def commands(
    settings: Callable[[], Settings], database: Callable[[], Database]
) -> list[click.Command]:
    """The commands, for an installation that is only looked up when one runs."""

    def show_link(row: Staff, token: str) -> None:
        click.echo(
            f"Geef deze link aan {row.name}. Hij werkt één keer, {accounts.ENROL_TERM.days} dagen "
            f"lang:\n{settings().public_url}{LINK_PATH}{token}"
        )

    @click.command()
    @click.argument("email")
    @click.option("--name", required=True, help="Naam, zoals collega's die zien.")
    @click.option(
        "--role",
        "roles",
        multiple=True,
        required=True,
        help=f"Rol: {', '.join(ROLES)}. Herhaalbaar.",
    )
    @click.option(
        "--gemeente", "gemeenten", multiple=True, help="Alleen deze gemeente. Herhaalbaar."
    )
    def add(email: str, name: str, roles: tuple[str, ...], gemeenten: tuple[str, ...]) -> None:
        """Maakt een account en toont de link om een wachtwoord te kiezen."""
        with database().session() as session:
            row = accounts.add(
                session, email=email, name=name, roles=roles, gemeenten=gemeenten or None
            )
            token = accounts.enrolment_token(row)
            audit.record(
                session,
                None,
                "staff_added",
                f"medewerker {row.id}",
                ", ".join(row.roles),
                who=audit.COMMAND_LINE,
            )
        show_link(row, token)

    @click.command()
    @click.argument("email")
    def link(email: str) -> None:
        """Maakt een nieuwe link voor wie niet meer kan aanmelden."""
        with database().session() as session:
            row = accounts.named(session, email)[0]
            token = accounts.enrolment_token(row)
            subject = f"medewerker {row.id}"
            audit.record(session, None, "staff_link", subject, who=audit.COMMAND_LINE)
        show_link(row, token)

    @click.command()
    @click.argument("email")
    def disable(email: str) -> None:
        """Zet een account uit: de medewerker wordt overal afgemeld en komt er niet meer in."""
        with database().session() as session:
            rows = accounts.named(session, email)
            for row in rows:
                accounts.disable(session, row)
                subject = f"medewerker {row.id}"
                audit.record(session, None, "staff_disabled", subject, who=audit.COMMAND_LINE)
        click.echo(f"Uitgezet: {', '.join(row.name for row in rows)}.")

    @click.command("list")
    @click.option("--json", "as_json", is_flag=True, help="Als JSON.")
    def list_staff(as_json: bool) -> None:
        """Toont de accounts."""
        with database().session() as session:
            rows = [as_dict(row) for row in accounts.every(session)]
        if as_json:
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for row in rows:
            gemeenten = ", ".join(row["gemeenten"] or ["alle gemeenten"])
            state = "" if row["enabled"] else "  (uit)"
            click.echo(
                f"{row['email']:36} {row['name']:24} {', '.join(row['roles'])}; {gemeenten}{state}"
            )

    return [add, link, disable, list_staff]


def as_dict(row: Staff) -> dict[str, Any]:
    """An account without anything that one can log in with."""
    return {
        "id": row.id,
        "email": row.email,
        "name": row.name,
        "roles": row.roles,
        "gemeenten": row.gemeenten,
        "provider": row.issuer or None,
        "enabled": row.disabled_at is None,
        "second_factor": row.totp_secret is not None,
        "last_login_at": row.last_login_at and row.last_login_at.isoformat(),
    }
