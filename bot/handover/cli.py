"""What `startwijzer referrals` can do with the outbox and with the key."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable

import click

from bot.database import Database, now
from bot.referral import outbox
from bot.referral.model import Handover
from bot.settings import Settings


def commands(
    settings: Callable[[], Settings], database: Callable[[], Database]
) -> list[click.Command]:
    """The commands, for an installation that is only looked up when one runs."""

    @click.command()
    def work() -> None:
        """Verstuurt aanvragen naar de loketten, tot je het stopt (het webproces doet dit ook)."""
        asyncio.run(_work(settings(), database()))

    @click.command("outbox")
    @click.option("--json", "as_json", is_flag=True, help="Als JSON.")
    def show(as_json: bool) -> None:
        """Toont wat nog niet bij een loket is aangekomen."""
        with database().session() as session:
            rows = [as_dict(row) for row in outbox.unsent(session)]
        if as_json:
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for row in rows:
            click.echo(
                f"{row['key']:34} {row['kind']:10} {row['status']:8} poging {row['attempts']:2}  "
                f"{row['last_error'] or ''}"
            )

    @click.command("again")
    @click.argument("reference")
    def again(reference: str) -> None:
        """Probeert opnieuw te versturen wat was opgegeven. Herstel eerst de oorzaak."""
        with database().session() as session:
            number = outbox.revive(session, reference.upper(), now())
        click.echo(f"{number} bericht(en) gaan opnieuw op weg.")

    @click.command()
    def rotate() -> None:
        """Versleutelt alle contactgegevens opnieuw, met de sleutel van nu (SECRET_KEY)."""
        from bot.referral.rotation import rotate as rotate_all

        done = rotate_all(database(), settings().secret_key, settings().secret_key_old)
        click.echo(f"Opnieuw versleuteld: {done.vault} in de kluis, {done.referrals} aanvragen.")
        if done.unreadable:
            raise click.ClickException(
                f"{done.unreadable} gegevens kan ik met geen enkele sleutel lezen. Zet de sleutel "
                "van toen ook in SECRET_KEY_OLD en probeer het opnieuw."
            )
        click.echo("SECRET_KEY_OLD kan nu weg, als alle processen met de nieuwe sleutel draaien.")

    return [work, show, again, rotate]


def as_dict(row: Handover) -> dict[str, object]:
    """A row of the outbox; it holds nothing about a person."""
    return {
        "key": row.key,
        "reference": row.reference,
        "about": row.about,
        "kind": row.kind,
        "status": row.status,
        "attempts": row.attempts,
        "next_attempt_at": row.next_attempt_at.isoformat(),
        "last_error": row.last_error,
    }


async def _work(settings: Settings, database: Database) -> None:
    from bot.handover.worker import make_worker

    task = asyncio.create_task(make_worker(settings, database).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.gather(task, return_exceptions=True)
