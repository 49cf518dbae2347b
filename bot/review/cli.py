"""What `startwijzer review` can do: the patch, a candidate model, and what it would change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import click

from bot.database import Database, now
from bot.review import candidate as candidates
from bot.review import checks, compare, corrections, examples, patch, training
from bot.settings import Settings
from bot.training import MODEL


def group(settings: Callable[[], Settings], database: Callable[[], Database]) -> click.Group:
    """The commands, for an installation that is only looked up when one runs."""

    @click.group()
    def review() -> None:
        """Leren van gesprekken: verbeteringen, kandidaat-modellen en vergelijkingen."""

    @review.command("patch")
    def show_patch() -> None:
        """Schrijft de mand met verbeteringen als patch voor data/nlu (git apply)."""
        made, left_out = _patch(database())
        click.echo(made.text, nl=False)
        click.echo(f"{len(made.corrections)} in de patch, {left_out} niet.", err=True)

    @review.command()
    def candidate() -> None:
        """Traint een kandidaat-model met de mand erbij, naast het echte model."""
        made, left_out = _patch(database())
        term = timedelta(days=settings().retention_days_conversation)
        candidates.purge(settings().var, now() - term)
        try:
            found = training.prepare(made, settings().var, now())
            click.echo(f"{len(made.corrections)} verbeteringen gaan mee, {left_out} niet.")
            model = training.train(found, click.echo)
        except training.CandidateError as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"Klaar. Vergelijk nu: startwijzer review compare --candidate {model}")

    @review.command("compare")
    @click.option("--candidate", "new", type=click.Path(path_type=Path), required=True)
    @click.option("--current", type=click.Path(path_type=Path), default=MODEL)
    def compare_models(new: Path, current: Path) -> None:
        """Vraagt twee modellen wat ze van alle beoordeelde berichten maken."""
        with database().session() as session:
            items = corrections.decided(session, None)
        try:
            rows = compare.compare(items, current, new)
        except compare.ComparisonError as error:
            raise click.ClickException(str(error)) from error
        with database().session() as session:
            kept = compare.store(session, _name(current), _name(new), rows)
            report = compare.report(session, kept, None)
            _say(report)

    return review


def _patch(database: Database) -> tuple[patch.Patch, int]:
    with database.session() as session:
        checked = checks.check(corrections.basket(session, None), examples.read())
    try:
        made = patch.make(checked, now().date())
    except patch.PatchError as error:
        raise click.ClickException(str(error)) from error
    return made, len(checked) - len(made.corrections)


def _name(model: Path) -> str:
    """A model as people know it: a candidate by its folder, the live one by its file."""
    return model.parent.name if (model.parent / candidates.RECORD).exists() else model.name


def _say(report: compare.Report) -> None:
    for title, learned in (("geleerd", True), ("niet geleerd", False)):
        score = report.score(learned)
        click.echo(f"{title}: {score.n} berichten, goed {score.before} -> {score.after}")
    for outcome in ("fixed", "broken", "changed"):
        click.echo(f"{compare.OUTCOMES[outcome]}: {len(report.of(outcome))}")
    click.echo(f"Bekijk het in de console: /console/leren/vergelijkingen/{report.comparison.id}")
