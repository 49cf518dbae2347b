import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from bot.conversations import log
from bot.database import now
from bot.privacy.model import VaultEntry
from bot.referral.destination import choose
from bot.referral.file import (
    ALPHABET,
    REFERENCE,
    NoConsent,
    Referrals,
    as_dict,
    every,
    of_conversation,
    purge,
)
from bot.referral.intake import context
from bot.referral.model import Referral

CONSENT = "Vind je het goed dat dit naar het loket gaat?"


@pytest.fixture
def create(office, referrals):
    def stored(conversation, progress):
        with office.session() as session:
            service = choose(session, progress.answers).first
            approved = context(progress.answers, [])
            return referrals.create(session, conversation, progress, service, CONSENT, approved)

    return stored


def count(database):
    with database.session() as session:
        return len(every(session))


def test_a_request_is_stored_with_what_the_citizen_approved(office, referrals, ask, create):
    conversation, progress = ask()
    before = now()
    reference = create(conversation, progress)

    with office.session() as session:
        (stored,) = every(session)
        assert stored.reference == reference
        assert stored.status == "ontvangen"
        assert (stored.gemeente, stored.situation, stored.phase) == (
            "Voorbeeldstad",
            "loondienst",
            "orientatie",
        )
        assert stored.question == "Past ondernemen bij mij?"
        assert stored.service_id == "voorbeeldstad-ondernemersloket"
        assert stored.context == context(progress.answers, [])
        assert (stored.urgency, stored.wish) == ("gewoon", None)
        assert stored.consent_text == CONSENT
        assert before <= stored.consent_at <= now()
        assert stored.contact_kind == "telefoon"
        assert referrals.contact(stored) == "06 12345678"


def test_what_was_skipped_is_stored_as_unknown(office, ask, create):
    create(*ask(situatie=None, onderwerp=None, fase=None, wens=None))

    with office.session() as session:
        (stored,) = every(session)
        assert (stored.situation, stored.phase, stored.wish) == (None, None, None)
        assert [item["label"] for item in stored.context] == ["Je gemeente", "Je vraag"]


@pytest.mark.parametrize(("wish", "stored"), [("na 17 uur", "na 17 uur"), ("x" * 300, "x" * 120)])
def test_haste_and_wish_are_stored(office, ask, create, wish, stored):
    create(*ask(urgentie="spoed", wens=wish))

    with office.session() as session:
        (referral,) = every(session)
        assert (referral.urgency, referral.wish) == ("spoed", stored)


def test_what_nobody_approved_is_not_stored(office, referrals, ask):
    """The context is what the citizen read: no more comes from the answers."""
    conversation, progress = ask()
    with office.session() as session:
        service = choose(session, progress.answers).first
        referrals.create(session, conversation, progress, service, CONSENT)

    with office.session() as session:
        assert every(session)[0].context == []


def test_an_email_address_can_be_the_contact(office, referrals, ask, create):
    create(*ask(contact="jan@example.nl"))

    with office.session() as session:
        (stored,) = every(session)
        assert stored.contact_kind == "email"
        assert referrals.contact(stored) == "jan@example.nl"


@pytest.mark.parametrize("consent", ["nee", None, False, "", "misschien"])
def test_without_consent_nothing_is_stored(office, ask, create, consent):
    """False leaves the question out altogether."""
    conversation, progress = ask(toestemming=consent)

    with pytest.raises(NoConsent):
        create(conversation, progress)
    assert count(office) == 0


@pytest.mark.parametrize("contact", [None, "", "0612345678", "[telefoon:2]", "x [telefoon:1]"])
def test_without_a_detail_in_the_vault_nothing_is_stored(office, ask, create, contact):
    conversation, progress = ask()
    progress = progress.with_answer("contact", contact)

    with pytest.raises(NoConsent):
        create(conversation, progress)
    assert count(office) == 0


def test_a_detail_of_another_conversation_is_not_used(office, ask, create):
    _, progress = ask()
    other, _ = ask(contact=None)

    with pytest.raises(NoConsent):
        create(other, progress)
    assert count(office) == 0


def test_a_detail_that_is_past_its_term_is_not_used(office, ask, create):
    conversation, progress = ask()
    with office.session() as session:
        session.execute(sa.update(VaultEntry).values(expires_at=now() - timedelta(seconds=1)))

    with pytest.raises(NoConsent):
        create(conversation, progress)
    assert count(office) == 0


def test_the_same_intake_makes_one_referral(office, ask, create):
    conversation, progress = ask()
    first = create(conversation, progress)
    with office.session() as session:
        session.execute(sa.delete(VaultEntry))

    assert create(conversation, progress) == first
    assert count(office) == 1


def test_another_intake_in_the_same_conversation_makes_another_referral(office, vault, ask, create):
    conversation, progress = ask()
    first = create(conversation, progress)
    _, again = ask()
    second = create(conversation, again)

    assert first != second
    with office.session() as session:
        found = [referral.reference for referral in of_conversation(session, conversation)]
        assert found == [first, second]


def test_a_contact_detail_is_unreadable_in_the_database_files(office, ask, create, tmp_path):
    create(*ask(contact="06-12345678"))
    create(*ask(contact="jan@example.nl"))

    stored = b"".join(path.read_bytes() for path in tmp_path.glob("office.sqlite3*"))
    assert b"Past ondernemen bij mij?" in stored
    for secret in (b"12345678", b"jan@", b"example.nl"):
        assert secret not in stored


def test_another_secret_cannot_read_the_contact(office, ask, create):
    create(*ask())

    with office.session() as session, pytest.raises(InvalidToken):
        Referrals("een-ander-geheim").contact(every(session)[0])


def test_the_vault_cannot_read_the_file_of_a_referral(office, vault, ask, create):
    """One key never serves two purposes."""
    create(*ask())

    with office.session() as session, pytest.raises(InvalidToken):
        vault._cipher.decrypt(every(session)[0].contact)


def test_a_referral_as_data_holds_no_contact_detail(office, ask, create):
    create(*ask())

    with office.session() as session:
        data = as_dict(every(session)[0])

    assert "contact" not in data
    assert "12345678" not in str(data)
    assert data["service"] == "voorbeeldstad-ondernemersloket"
    assert data["contact_kind"] == "telefoon"


def test_a_reference_can_be_read_out_over_the_phone(ask, create):
    """No characters that sound or look alike: 0/O, 1/I/L, B/D/P/T, M/N, 5/S."""
    assert not set("0O1ILBDPTMN5S") & set(ALPHABET)
    assert len(ALPHABET) == len(set(ALPHABET))
    references = [create(*ask()) for _ in range(20)]

    assert len(set(references)) == 20
    for reference in references:
        assert re.fullmatch(rf"SW-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", reference)


@pytest.mark.parametrize(
    "spelling",
    ["SW-ACEF-2346", "sw-acef-2346", "SWACEF2346", "mijn nummer is SW-ACEF2346.", "(SW-ACEF-2346)"],
)
def test_a_reference_is_recognised_in_what_people_type(spelling):
    assert "".join(REFERENCE.search(spelling).groups()).upper() == "ACEF2346"


@pytest.mark.parametrize("text", ["SW-ACEF", "SW-0000-1111", "XSW-ACEF-2346", "SW-ACEF-23467"])
def test_what_looks_like_a_reference_is_none(text):
    assert REFERENCE.search(text) is None


def test_referrals_come_oldest_first_and_only_those_of_the_conversation(office, ask, create):
    first, one = ask()
    second, two = ask()
    references = [create(second, two), create(first, one)]

    with office.session() as session:
        assert [referral.reference for referral in every(session)] == references
        assert [r.reference for r in of_conversation(session, first)] == references[1:]
        assert of_conversation(session, "weg") == []


def test_purging_removes_what_is_older_than_its_term(office, ask, create):
    old, kept = create(*ask()), create(*ask())
    with office.session() as session:
        session.get(Referral, old).created_at = now() - timedelta(days=180, minutes=1)
        session.get(Referral, kept).created_at = now() - timedelta(days=179, hours=23)

    with office.session() as session:
        assert purge(session, 180) == 1
        assert [referral.reference for referral in every(session)] == [kept]
        assert purge(session, 180) == 0


def test_a_referral_outlives_its_conversation(office, ask, create):
    conversation, progress = ask()
    reference = create(conversation, progress)
    with office.session() as session:
        log.erase(session, conversation)

    with office.session() as session:
        assert session.get(Referral, reference) is not None
