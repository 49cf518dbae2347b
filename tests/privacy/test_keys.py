import pytest
from cryptography.fernet import InvalidToken

from bot.privacy.keys import Cipher, derive


def test_what_is_encrypted_can_be_read_with_the_same_secret_and_purpose():
    ciphertext = Cipher("geheim", "vault").encrypt("06 12345678, café")

    assert b"12345678" not in ciphertext
    assert Cipher("geheim", "vault").decrypt(ciphertext) == "06 12345678, café"


@pytest.mark.parametrize("other", [Cipher("ander", "vault"), Cipher("geheim", "referral")])
def test_another_secret_or_purpose_cannot_read_it(other):
    ciphertext = Cipher("geheim", "vault").encrypt("0612345678")

    with pytest.raises(InvalidToken):
        other.decrypt(ciphertext)


def test_what_was_tampered_with_cannot_be_read():
    cipher = Cipher("geheim", "vault")
    ciphertext = bytearray(cipher.encrypt("0612345678"))
    ciphertext[20] ^= 1

    with pytest.raises(InvalidToken):
        cipher.decrypt(bytes(ciphertext))


def test_the_same_text_is_encrypted_differently_every_time():
    cipher = Cipher("geheim", "vault")

    assert cipher.encrypt("0612345678") != cipher.encrypt("0612345678")


def test_a_fingerprint_is_equal_for_equal_texts_with_the_same_key_only():
    cipher = Cipher("geheim", "vault")
    fingerprint = cipher.fingerprint("0612345678")

    assert fingerprint == Cipher("geheim", "vault").fingerprint("0612345678")
    assert fingerprint != cipher.fingerprint("0612345679")
    assert fingerprint != Cipher("ander", "vault").fingerprint("0612345678")
    assert fingerprint != Cipher("geheim", "referral").fingerprint("0612345678")


def test_a_key_serves_one_purpose():
    keys = {derive("geheim", purpose) for purpose in ("vault", "referral", "session")}

    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}


def test_an_older_key_reads_and_the_key_of_now_writes():
    old = Cipher("oud", "vault").encrypt("0612345678")
    both = Cipher("nieuw", "vault", ["oud"])

    assert both.decrypt(old) == "0612345678"
    assert Cipher("nieuw", "vault").decrypt(both.encrypt("0612345678")) == "0612345678"
    assert not both.is_current(old)
    assert both.is_current(both.encrypt("0612345678"))


def test_an_older_key_serves_one_purpose_too():
    old = Cipher("oud", "referral").encrypt("0612345678")

    with pytest.raises(InvalidToken):
        Cipher("nieuw", "vault", ["oud"]).decrypt(old)


def test_a_fingerprint_of_before_can_be_found():
    both = Cipher("nieuw", "vault", ["oud"])

    assert both.fingerprints("x") == [
        Cipher("nieuw", "vault").fingerprint("x"),
        Cipher("oud", "vault").fingerprint("x"),
    ]
    assert both.fingerprint("x") == both.fingerprints("x")[0]
