import pytest
import sqlalchemy as sa

from bot.assessment.model import Result
from bot.assessment.page import Bar, Page
from bot.catalogue.model import Provider, Service
from bot.database import now
from bot.privacy.model import VaultEntry
from bot.referral.closing import close, desk
from bot.referral.file import every
from bot.referral.intake import facts, read_intake

ZELFSCAN = Result(
    kind="zelfscan",
    run="passage",
    page=Page("Uitslag", "", [], [Bar("Plannen", "carries", 0.9)]).as_dict(),
)


@pytest.fixture
def end(office, referrals):
    """Ends an intake; gives the only message."""

    def ended(conversation, progress, results=()):
        with office.session() as session:
            flow = read_intake(lambda answers: facts(session, answers, results, 180))
            (message,) = close(session, referrals, conversation, flow, progress, results)
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
    for item in referral.context:
        assert f"- {item['label']}: {item['text']}" in referral.consent_text
    assert "180 dagen" in referral.consent_text
    assert "{" not in referral.consent_text


def test_nothing_is_stored_that_the_consent_did_not_list(office, ask, end):
    end(*ask(fase=None, wens="na 17 uur"))
    (referral,) = stored(office)
    listed = [line for line in referral.consent_text.splitlines() if line.startswith("- ")]

    assert listed == [f"- {item['label']}: {item['text']}" for item in referral.context] + [
        "- Je telefoonnummer of e-mailadres, en wanneer je bereikbaar bent"
    ]
    filled = {c.name for c in referral.__table__.columns if getattr(referral, c.name) is not None}
    from_citizen = {"gemeente", "situation", "question", "wish", "contact_kind", "contact"}
    assert filled - from_citizen == {
        *{"reference", "run", "conversation_id", "status", "urgency", "context", "service_id"},
        *{"consent_text", "consent_at", "created_at", "due_at"},
    }


def test_who_prefers_the_second_choice_goes_there(office, ask, end):
    message = end(*ask(voorstel="tweede"))
    (referral,) = stored(office)

    assert referral.service_id == "voorbeeldstad-bedrijvenloket"
    assert "**Bedrijvenloket Voorbeeldstad (fictief)**" in referral.consent_text
    assert "opgeslagen voor Bedrijvenloket Voorbeeldstad" in message.text
    assert message.about.services == ["voorbeeldstad-bedrijvenloket"]


@pytest.mark.parametrize(("answer", "goes"), [("ja", True), ("nee", False), (None, False)])
def test_a_result_is_stored_only_after_a_yes(office, ask, end, answer, goes):
    conversation, progress = ask(heeft_uitslag="ja", uitslagen="passage", uitslag=answer)
    later = Result(kind="quickscan", run="later", page=ZELFSCAN.page)
    end(conversation, progress, [ZELFSCAN, later])
    (referral,) = stored(office)

    found = [item for item in referral.context if item["label"] == "Je zelfscan"]
    assert found == [{"label": "Je zelfscan", "text": "Plannen: dit draagt je."}] * goes
    assert "Je quickscan" not in str(referral.context)
    assert ("zelfscan" in referral.consent_text) is goes


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
    assert message.choices


def test_who_refuses_hears_how_to_reach_both_desks(ask, end):
    message = end(*ask(toestemming="nee"))
    lines = [line for line in message.text.splitlines() if line.startswith("- ")]

    assert len(lines) == 2
    desks = [
        ("Ondernemersloket Voorbeeldstad (fictief)", "[0900 0123](tel:09000123)"),
        ("Bedrijvenloket Voorbeeldstad (fictief)", "[0900 0124](tel:09000124)"),
    ]
    for line, (name, phone) in zip(lines, desks, strict=True):
        assert f"**{name}**" in line
        assert phone in line
        assert " uur" in line
        assert "(https://voorbeeldstad.example)" in line


@pytest.mark.parametrize(("who", "words"), [("ander", "iemand anders"), ("jong", "geen 16")])
def test_of_someone_else_or_a_child_nothing_is_stored(office, ask, end, who, words):
    conversation, progress = ask(zelf=who, toestemming=False, herhaal=False)
    assert details(office) == 1

    message = end(conversation, progress)

    assert details(office) == 0
    assert stored(office) == []
    assert words in message.text
    assert "[0900 0123](tel:09000123)" in message.text
    assert "[0900 0124](tel:09000124)" in message.text


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
        phone="074 241 5100", hours_note="Maandag tot en met vrijdag.", url="https://loket.nl"
    )

    assert desk(full) == (
        "- **Het Loket**, telefoon [074 241 5100](tel:0742415100), Maandag tot en met vrijdag, "
        "[website van Het Loket](https://loket.nl)"
    )


def test_a_desk_without_details_is_reached_through_the_gemeente():
    assert "bel je gemeente via 14 met daarachter het netnummer" in desk(service())
