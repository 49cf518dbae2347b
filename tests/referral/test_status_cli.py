"""`startwijzer referrals list` and `set`."""

import json
import sys
from datetime import datetime

import pytest
from click.testing import CliRunner

from bot import cli
from bot.referral import life
from bot.referral.file import find


@pytest.fixture
def run(office, monkeypatch):
    """Runs `startwijzer referrals`; gives its result."""
    monkeypatch.setattr(cli, "database", lambda: office)

    def ran(*arguments):
        return CliRunner().invoke(cli.cli, ["referrals", *arguments])

    return ran


def test_the_list_tells_state_term_and_events_and_no_contact(apply, run):
    _, reference = apply()
    output = run("list", "--json").output
    (data,) = json.loads(output)

    assert data["reference"] == reference
    assert (data["status"], data["urgency"], data["events"]) == ("ontvangen", "gewoon", 1)
    assert datetime.fromisoformat(data["due_at"]) > datetime.fromisoformat(data["created_at"])
    assert "12345678" not in output


@pytest.mark.parametrize("spelled", ["{0}", "{1}"])
def test_a_state_is_set_by_someone_with_a_name(office, apply, run, spelled):
    _, reference = apply()
    found = run(
        *["set", spelled.format(reference, reference.lower().replace("-", ""))],
        *["in_behandeling", "--by", "Anna", "--note", "belt morgen"],
    )

    assert found.exit_code == 0
    assert found.output == f"{reference}: van ontvangen naar in_behandeling.\n"
    with office.session() as session:
        event = find(session, reference).events[-1]
        assert (event.status, event.by, event.note) == ("in_behandeling", "Anna", "belt morgen")


def test_withdrawn_by_hand_the_detail_goes_and_the_desk_hears_of_it(office, apply, run):
    _, reference = apply()
    assert run("set", reference, "ingetrokken", "--by", "Anna").exit_code == 0

    with office.session() as session:
        referral = find(session, reference)
        assert referral.contact == b""
        assert [row.about for row in referral.handovers][-1:] == ["ingetrokken"]


def test_without_a_name_nothing_is_set(office, apply, run):
    _, reference = apply()

    assert run("set", reference, "afgerond").exit_code == 2
    with office.session() as session:
        assert find(session, reference).status == "ontvangen"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["SW-AAAA-AAAA", "afgerond"], "Er is geen aanvraag met nummer SW-AAAA-AAAA."),
        (["{}", "weg"], "'weg' is geen status. Kies uit: ontvangen, in_behandeling"),
        (["{}", "ontvangen"], "is 'ontvangen' en kan niet 'ontvangen' worden. Wat wel kan: in_"),
    ],
)
def test_a_mistake_is_one_clear_message(apply, run, monkeypatch, capsys, arguments, message):
    _, reference = apply()
    given = [argument.format(reference) for argument in arguments]
    assert isinstance(run("set", *given, "--by", "Anna").exception, life.ReferralError)

    monkeypatch.setattr(sys, "argv", ["startwijzer", "referrals", "set", *given, "--by", "Anna"])
    with pytest.raises(SystemExit) as end:
        cli.main()

    assert end.value.code == 1
    assert message in capsys.readouterr().err
