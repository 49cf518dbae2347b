"""The commands of `startwijzer referrals` for the outbox and the key."""

import json

import pytest
from click.testing import CliRunner
from handover_office import SECRET

from bot.database import now
from bot.handover.cli import commands
from bot.referral import outbox
from bot.referral.file import Referrals
from bot.referral.model import Referral
from bot.settings import Settings

TO = {"kind": "email", "to": "loket@voorbeeld.example"}
NEW = "een-nieuw-geheim-van-minstens-32-tekens"


@pytest.fixture
def run(environment, database):
    def called(name, *arguments, **changed):
        settings = Settings.from_environment({**environment, **changed})
        found = {c.name: c for c in commands(lambda: settings, lambda: database)}
        return CliRunner().invoke(found[name], arguments)

    return called


@pytest.fixture
def dead(office):
    office.add_desk("assen", TO)
    reference = office.refer("assen")
    with office.database.session() as session:
        claim = outbox.claim(session, "assen", now())
        outbox.mark_failed(session, claim, now(), "SMTPRecipientRefused 550", permanent=True)
    return reference


def test_the_outbox_shows_what_did_not_arrive_without_content(run, dead):
    table, data = run("outbox").output, json.loads(run("outbox", "--json").output)

    assert f"{dead}.nieuw" in table
    assert "SMTPRecipientRefused 550" in table
    assert [(row["reference"], row["status"], row["attempts"]) for row in data] == [
        (dead, "dead", 1)
    ]
    for secret in ("12345678", "bakkerij", "17 uur", "loket@"):
        assert secret not in table + str(data)


def test_an_empty_outbox_is_empty(run):
    assert run("outbox").output == ""
    assert json.loads(run("outbox", "--json").output) == []


def test_what_was_given_up_can_go_again(run, office, dead):
    assert "1 bericht(en)" in run("again", dead.lower()).output
    assert "0 bericht(en)" in run("again", dead).output
    assert office.rows()[0].status == "waiting"


def test_rotation_says_what_it_did_and_when_the_old_key_can_go(run, office):
    office.add_desk("assen", TO)
    reference = office.refer("assen")

    result = run("rotate", SECRET_KEY=NEW, SECRET_KEY_OLD=SECRET)

    assert result.exit_code == 0
    assert "0 in de kluis, 1 aanvragen" in result.output
    assert "SECRET_KEY_OLD kan nu weg" in result.output
    with office.database.session() as session:
        assert Referrals(NEW).contact(session.get(Referral, reference)) == "06 12345678"


def test_rotation_without_the_old_key_says_so(run, office):
    office.add_desk("assen", TO)
    office.refer("assen")

    result = run("rotate", SECRET_KEY=NEW)

    assert result.exit_code == 1
    assert "1 gegevens kan ik met geen enkele sleutel lezen" in result.output
    assert "kan nu weg" not in result.output
