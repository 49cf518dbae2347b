"""A small flow with every kind of question."""

import pytest

from bot.flows.model import Flow, Option, Step

YES_NO = (
    Option("ja", "Ja, graag", ("ja", "goed"), ("bevestigen",)),
    Option("nee", "Nee, liever niet", ("nee",), ("ontkennen",)),
)
SITUATIONS = (
    Option("baan", "Ik heb een baan", ("baan", "loondienst")),
    Option("bijstand", "Ik heb bijstand", ("bijstand",)),
    Option("zzp", "Ik ben zzp'er", ("zzp", "zzper")),
)


@pytest.fixture
def flow():
    """Numbered: gemeente (may be known), situation (may be skipped), question, consent, contact."""
    return Flow(
        id="proef",
        intent="medewerker_spreken",
        title="je aanvraag",
        intro="Ik stel een paar vragen.",
        steps=(
            Step(
                "gemeente",
                "Waar woon je?",
                "gemeente",
                explain="Elke gemeente is anders.",
                known="gemeente",
            ),
            Step(
                "situatie",
                "Wat past bij jou?",
                "choice",
                SITUATIONS,
                "Regels verschillen.",
                skippable=True,
            ),
            Step("vraag", "Wat wil je vragen?", "text", explain="Dan leest de adviseur dat."),
            Step("akkoord", "Mag ik dat sturen naar {gemeente}?", "choice", YES_NO, "Nee mag ook."),
            Step(
                "contact",
                "Hoe bereik ik je?",
                "contact",
                explain="Alleen hiervoor.",
                only_if={"akkoord": ["ja"]},
            ),
        ),
        facts=lambda answers: {"gemeente": answers.get("gemeente") or "je gemeente"},
    )
