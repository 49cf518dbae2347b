from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from bot.conversations import log
from bot.database import now
from bot.privacy.model import VaultEntry
from bot.privacy.vault import TERM, Vault

SECRET = "een-geheim"


@pytest.fixture
def vault():
    return Vault(SECRET)


@pytest.fixture
def conversation(database):
    return new_conversation(database)


def new_conversation(database):
    with database.session() as session:
        return log.start(session, channel="web", gemeente=None, page=None).id


def age(database, minutes):
    """Makes every entry this much older."""
    with database.session() as session:
        for entry in session.execute(sa.select(VaultEntry)).scalars():
            entry.expires_at -= timedelta(minutes=minutes)


def count(session):
    return session.execute(sa.select(sa.func.count(VaultEntry.id))).scalar()


@pytest.mark.parametrize(
    ("typed", "masked", "restored"),
    [
        ("mijn nummer is 0612345678", "mijn nummer is [telefoon:1]", "mijn nummer is 06 12345678"),
        ("mail jan@example.nl.", "mail [email:1].", "mail jan@example.nl."),
        ("bsn 111.222.333", "bsn [bsn:1]", "bsn 111222333"),
        ("NL91 ABNA 0417 1643 00", "[iban:1]", "NL91ABNA0417164300"),
        ("+32 470 12 34 56", "[telefoon:1]", "+32 470 12 34 56"),
        ("ik wil starten", "ik wil starten", "ik wil starten"),
    ],
)
def test_a_detail_makes_the_round_trip(database, vault, conversation, typed, masked, restored):
    with database.session() as session:
        assert vault.mask(session, conversation, typed) == masked
    with database.session() as session:
        assert vault.restore(session, conversation, masked) == restored


def test_the_same_detail_gets_the_same_token_whatever_its_spelling(database, vault, conversation):
    with database.session() as session:
        first = vault.mask(session, conversation, "0612345678")
        second = vault.mask(session, conversation, "+31 6 12 34 56 78")
        both = vault.mask(session, conversation, "06-12345678 of 06 12345678")

        assert first == second == "[telefoon:1]"
        assert both == "[telefoon:1] of [telefoon:1]"
        assert count(session) == 1


def test_details_are_numbered_per_kind(database, vault, conversation):
    with database.session() as session:
        masked = vault.mask(session, conversation, "0612345678, 0687654321, a@b.nl en c@d.nl")

    assert masked == "[telefoon:1], [telefoon:2], [email:1] en [email:2]"


def test_another_conversation_cannot_read_a_detail(database, vault, conversation):
    other = new_conversation(database)
    with database.session() as session:
        vault.mask(session, conversation, "0612345678")

        assert vault.read(session, other, "telefoon", 1) is None
        assert vault.restore(session, other, "[telefoon:1]") == "(je telefoonnummer)"


def test_two_conversations_with_the_same_detail_each_have_their_own(database, vault, conversation):
    other = new_conversation(database)
    with database.session() as session:
        vault.mask(session, conversation, "0612345678")
        vault.mask(session, other, "0612345678")
        Vault.erase(session, conversation)

        assert vault.read(session, conversation, "telefoon", 1) is None
        assert vault.read(session, other, "telefoon", 1) == "06 12345678"


def test_a_token_that_a_citizen_types_reads_nothing(database, vault, conversation):
    with database.session() as session:
        vault.mask(session, conversation, "0612345678")
        typed = vault.mask(session, conversation, "wat is [telefoon:1]?")

        assert vault.restore(session, conversation, typed) == "wat is (telefoon 1)?"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("telefoon", "(je telefoonnummer)"),
        ("email", "(je e-mailadres)"),
        ("bsn", "(je BSN)"),
        ("iban", "(je rekeningnummer)"),
    ],
)
def test_a_detail_that_is_gone_is_named_by_its_kind(database, vault, conversation, kind, words):
    with database.session() as session:
        assert vault.restore(session, conversation, f"bel [{kind}:1]") == f"bel {words}"


@pytest.mark.parametrize("text", ["[onzin:1]", "[niets]", f"[telefoon:{'9' * 40}]"])
def test_restoring_odd_tokens_never_fails(database, vault, conversation, text):
    with database.session() as session:
        assert vault.restore(session, conversation, text) in (text, "(je telefoonnummer)")


def test_a_detail_is_gone_within_the_hour(database, vault, conversation):
    assert timedelta(hours=1) == TERM
    with database.session() as session:
        vault.mask(session, conversation, "0612345678")

    age(database, 59)
    with database.session() as session:
        assert vault.read(session, conversation, "telefoon", 1) == "06 12345678"
    age(database, 1)
    with database.session() as session:
        assert vault.read(session, conversation, "telefoon", 1) is None


def test_giving_a_detail_again_starts_its_hour_again(database, vault, conversation):
    with database.session() as session:
        vault.mask(session, conversation, "0612345678")
    age(database, 59)
    with database.session() as session:
        vault.mask(session, conversation, "0612345678")
    age(database, 30)

    with database.session() as session:
        assert vault.read(session, conversation, "telefoon", 1) == "06 12345678"


def test_purging_removes_what_is_past_its_term_and_nothing_else(database, vault, conversation):
    with database.session() as session:
        vault.mask(session, conversation, "0612345678 en a@b.nl")
    age(database, 61)
    with database.session() as session:
        vault.mask(session, conversation, "0687654321")

    with database.session() as session:
        assert Vault.purge(session) == 2
        assert Vault.purge(session) == 0
        assert vault.read(session, conversation, "telefoon", 2) == "06 87654321"
        assert count(session) == 1


def test_erasing_forgets_every_detail_of_a_conversation(database, vault, conversation):
    with database.session() as session:
        vault.mask(session, conversation, "0612345678 en a@b.nl")
        Vault.erase(session, conversation)

        assert count(session) == 0


def test_a_detail_goes_with_its_conversation(database, vault, conversation):
    with database.session() as session:
        vault.mask(session, conversation, "0612345678")
    with database.session() as session:
        log.erase(session, conversation)

    with database.session() as session:
        assert count(session) == 0


def test_another_secret_cannot_read_a_detail(database, vault, conversation):
    with database.session() as session:
        vault.mask(session, conversation, "0612345678")

        with pytest.raises(InvalidToken):
            Vault("een-ander-geheim").read(session, conversation, "telefoon", 1)


def test_no_detail_is_ever_readable_in_the_database_files(database, vault, conversation, tmp_path):
    typed = "0612345678, jan@example.nl, 111222333 en NL91ABNA0417164300"
    with database.session() as session:
        log.take_in(session, conversation, vault.mask(session, conversation, typed))

    stored = b"".join(path.read_bytes() for path in tmp_path.glob("startwijzer.sqlite3*"))
    assert b"[telefoon:1]" in stored
    for secret in (b"12345678", b"jan@", b"example", b"111222333", b"0417164300"):
        assert secret not in stored


def test_now_is_not_after_the_term_of_a_new_detail(database, vault, conversation):
    with database.session() as session:
        vault.mask(session, conversation, "0612345678")
        (entry,) = session.execute(sa.select(VaultEntry)).scalars()

        assert now() < entry.expires_at <= now() + TERM
