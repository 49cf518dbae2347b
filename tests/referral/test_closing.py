import pytest
import sqlalchemy as sa

from bot.catalogue.model import Provider, Service
from bot.database import now
from bot.privacy.model import VaultEntry
from bot.referral.closing import close, desk
from bot.referral.file import every
from bot.referral.intake import facts, read_intake
from bot.referral.status import describe


@pytest.fixture
def end(office, referrals):
    """Ends an intake; gives the only message."""

    def ended(conversation, progress):
        with office.session() as session:
            flow = read_intake(lambda answers: facts(session, answers, 180))
            (message,) = close(session, referrals, conversation, flow, progress)
            return message

    return ended


def stored(office):
    with office.session() as session:
        return every(session)


def details(office):
    with office.session() as session:
        return session.execute(sa.select(sa.func.count(VaultEntry.id))).scalar()


def test_with_consent_the_request_is_stored_and_its_reference_given(office, ask, end):
    conversation, progress = ask()
    message = end(conversation, progress)
    (referral,) = stored(office)

    assert f"**{referral.reference}**" in message.text
    assert "Ondernemersloket Voorbeeldstad" in message.text
    assert progress.answers["contact"] in message.text
    assert "12345678" not in message.text
    assert message.about.services == ["voorbeeldstad-ondernemersloket"]
    assert [choice.intent for choice in message.choices] == ["hulp", "afscheid"]


def test_the_consent_is_stored_as_it_was_asked(office, ask, end):
    end(*ask())
    (referral,) = stored(office)

    assert "Ondernemersloket Voorbeeldstad" in referral.consent_text
    assert "gemeente (Voorbeeldstad)" in referral.consent_text
    assert "180 dagen" in referral.consent_text
    assert "{" not in referral.consent_text


@pytest.mark.parametrize(
    "answers",
    [
        {"toestemming": "nee"},
        {"voorstel": "nee", "toestemming": False},
        {"voorstel": "nee"},
        {"voorstel": False},
    ],
    ids=["no consent", "no proposal", "changed mind on proposal", "never asked"],
)
def test_who_refuses_leaves_nothing_behind_and_hears_where_to_go(office, ask, end, answers):
    conversation, progress = ask(**answers)
    assert details(office) == 1

    message = end(conversation, progress)

    assert details(office) == 0
    assert stored(office) == []
    assert "Ik bewaar geen telefoonnummer of e-mailadres" in message.text
    assert "[0900 0123](tel:09000123)" in message.text
    assert message.choices


def test_a_refusal_leaves_the_details_of_others_alone(office, vault, ask, end):
    other, _ = ask()
    end(*ask(toestemming="nee"))

    with office.session() as session:
        assert vault.read(session, other, "telefoon", 1) == "06 12345678"


def test_who_waited_too_long_can_ask_again(office, ask, end):
    conversation, progress = ask()
    with office.session() as session:
        session.execute(sa.update(VaultEntry).values(expires_at=now()))

    message = end(conversation, progress)

    assert stored(office) == []
    assert "te lang geleden" in message.text
    assert [choice.intent for choice in message.choices] == ["medewerker_spreken"]


def test_ending_the_same_intake_twice_gives_the_same_reference(office, ask, end):
    conversation, progress = ask()

    assert end(conversation, progress).text == end(conversation, progress).text
    assert len(stored(office)) == 1


def service(**provider):
    return Service(id="loket", name="Loket", provider=Provider(name="Het Loket", **provider))


def test_a_desk_is_told_as_far_as_it_is_known():
    full = service(
        phone="074 241 5100", hours="Maandag tot en met vrijdag.", url="https://loket.nl"
    )

    assert desk(full) == (
        "- **Het Loket**, telefoon [074 241 5100](tel:0742415100), Maandag tot en met vrijdag, "
        "[website van Het Loket](https://loket.nl)"
    )


def test_a_desk_without_details_is_reached_through_the_gemeente():
    assert "bel je gemeente via 14 met daarachter het netnummer" in desk(service())


def test_the_status_of_a_request_is_told_with_its_reference_and_desk(office, ask, end):
    conversation, progress = ask()
    end(conversation, progress)
    (referral,) = stored(office)

    with office.session() as session:
        message = describe(session, conversation)

    assert f"**{referral.reference}** is ontvangen" in message.text
    assert "[0900 0123](tel:09000123)" in message.text
    assert message.about.topic == "doorverwijzing_status"
    assert list(message.about.services) == ["voorbeeldstad-ondernemersloket"]


def test_without_a_request_in_this_conversation_there_is_no_status(office, ask, end):
    end(*ask())
    other, _ = ask(contact=None)

    with office.session() as session:
        message = describe(session, other)

    assert "nog geen aanvraag" in message.text
    assert "SW-" not in message.text
    assert [choice.intent for choice in message.choices] == ["medewerker_spreken"]
