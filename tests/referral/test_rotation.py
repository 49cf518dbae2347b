"""A new SECRET_KEY, with the old one still known, until everything was encrypted again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from bot.conversations import log
from bot.database import now
from bot.privacy.keys import Cipher
from bot.privacy.model import VaultEntry
from bot.privacy.vault import Vault
from bot.referral import rotation
from bot.referral.file import Referrals
from bot.referral.model import Referral
from bot.referral.rotation import Rotated, rotate

OLDEST, OLD, NEW = "de-oudste-sleutel", "de-oude-sleutel", "de-nieuwe-sleutel"
NUMBER = "06 12345678"


@pytest.fixture
def conversation(database):
    with database.session() as session:
        return log.start(session, channel="web", gemeente=None, page=None).id


def mask(database, conversation, text, *keys):
    with database.session() as session:
        return Vault(keys[0], keys[1:]).mask(session, conversation, text)


def restore(database, conversation, text, *keys):
    with database.session() as session:
        return Vault(keys[0], keys[1:]).restore(session, conversation, text)


def refer(database, key, number=1, contact=NUMBER):
    moment = now()
    with database.session() as session:
        session.add(
            Referral(
                reference=f"SW-ACEF-{number:04}",
                run=f"run-{number}",
                status="ontvangen",
                gemeente="Assen",
                question="?",
                context=[],
                service_id="dienst",
                contact_kind="telefoon",
                contact=Cipher(key, "referral").encrypt(contact) if contact else b"",
                consent_text="",
                consent_at=moment,
                created_at=moment,
            )
        )


def contact(database, *keys, number=1):
    with database.session() as session:
        referral = session.get(Referral, f"SW-ACEF-{number:04}")
        return Referrals(keys[0], keys[1:]).contact(referral)


def test_after_rotation_only_the_new_key_is_needed(database, conversation):
    mask(database, conversation, "0612345678 en jan@example.nl", OLD)
    refer(database, OLD)

    assert rotate(database, NEW, [OLD]) == Rotated(vault=2, referrals=1)

    assert contact(database, NEW) == NUMBER
    text = "[telefoon:1] en [email:1]"
    assert restore(database, conversation, text, NEW) == "06 12345678 en jan@example.nl"
    with pytest.raises(InvalidToken):
        contact(database, OLD)
    with pytest.raises(InvalidToken):
        restore(database, conversation, text, OLD)


def test_before_rotation_the_old_key_still_reads(database, conversation):
    mask(database, conversation, "0612345678", OLD)
    refer(database, OLD)

    assert contact(database, NEW, OLD) == NUMBER
    assert restore(database, conversation, "[telefoon:1]", NEW, OLD) == NUMBER
    with pytest.raises(InvalidToken):
        contact(database, NEW)


def test_rotating_again_has_nothing_to_do(database, conversation):
    mask(database, conversation, "0612345678", OLD)
    refer(database, OLD)
    rotate(database, NEW, [OLD])

    assert rotate(database, NEW, [OLD]) == rotate(database, NEW, []) == Rotated()


def test_several_old_keys_become_one(database):
    refer(database, OLDEST, 1)
    refer(database, OLD, 2)
    refer(database, NEW, 3)

    assert rotate(database, NEW, [OLD, OLDEST]) == Rotated(referrals=2)
    assert [contact(database, NEW, number=n) for n in (1, 2, 3)] == [NUMBER] * 3


def test_what_no_key_reads_is_counted_and_left_as_it_is(database, conversation):
    mask(database, conversation, "0612345678", OLDEST)
    refer(database, OLDEST)
    refer(database, OLD, 2)

    assert rotate(database, NEW, [OLD]) == Rotated(referrals=1, unreadable=2)
    assert contact(database, OLDEST) == NUMBER


def test_an_erased_contact_stays_erased(database):
    refer(database, OLD, contact=None)

    assert rotate(database, NEW, [OLD]) == Rotated()
    with database.session() as session:
        assert session.get(Referral, "SW-ACEF-0001").contact == b""


def test_more_than_one_batch(database, monkeypatch):
    monkeypatch.setattr(rotation, "ROWS_AT_ONCE", 3)
    for number in range(1, 8):
        refer(database, OLD, number)

    assert rotate(database, NEW, [OLD]) == Rotated(referrals=7)


def test_what_a_citizen_corrects_meanwhile_is_not_undone(database, monkeypatch):
    refer(database, OLD)
    decrypt = Cipher.decrypt

    def correct_while_decrypting(self, ciphertext):
        found = decrypt(self, ciphertext)
        with database.engine.connect() as connection:
            fresh = Cipher(NEW, "referral").encrypt("06 87654321")
            connection.execute(sa.update(Referral.__table__).values(contact=fresh))
            connection.commit()
        return found

    monkeypatch.setattr(Cipher, "decrypt", correct_while_decrypting)
    assert rotate(database, NEW, [OLD]) == Rotated()
    monkeypatch.undo()

    assert contact(database, NEW) == "06 87654321"


def test_the_same_detail_keeps_its_token_under_the_new_key(database, conversation):
    first = mask(database, conversation, "0612345678", OLD)

    assert mask(database, conversation, "0612345678", NEW, OLD) == first
    rotate(database, NEW, [OLD])
    assert mask(database, conversation, "0612345678", NEW) == first


def test_a_detail_that_a_process_with_only_the_new_key_stored_too_is_no_trouble(
    database, conversation
):
    mask(database, conversation, "0612345678", OLD)
    assert mask(database, conversation, "0612345678", NEW) == "[telefoon:2]"

    assert rotate(database, NEW, [OLD]) == Rotated(vault=1)
    text = restore(database, conversation, "[telefoon:1] [telefoon:2]", NEW)
    assert text == f"{NUMBER} {NUMBER}"


def test_rotating_does_not_make_a_detail_live_longer(database, conversation):
    mask(database, conversation, "0612345678", OLD)
    with database.session() as session:
        (entry,) = session.execute(sa.select(VaultEntry)).scalars()
        entry.expires_at = before = now() + timedelta(minutes=3)

    rotate(database, NEW, [OLD])

    with database.session() as session:
        assert session.execute(sa.select(VaultEntry.expires_at)).scalar() == before
