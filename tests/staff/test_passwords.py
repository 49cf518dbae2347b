import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from bot.staff import passwords


def test_a_password_is_kept_as_argon2id_with_at_least_the_work_that_owasp_asks():
    kept = passwords.hash_password("een fiets naast de sloot")
    found = extract_parameters(kept)

    assert kept.startswith("$argon2id$")
    assert found.memory_cost >= 46 * 1024
    assert found.time_cost >= 1
    assert found.salt_len >= 16
    assert kept != passwords.hash_password("een fiets naast de sloot")


def test_only_the_password_itself_is_right():
    kept = passwords.hash_password("een fiets naast de sloot")

    assert passwords.verify(kept, "een fiets naast de sloot")
    assert not passwords.verify(kept, "een fiets naast de Sloot")
    assert not passwords.verify(kept, "")
    assert not passwords.verify(None, "nobody has this password")
    assert not passwords.verify("not a hash", "x")


def test_accents_are_right_however_a_keyboard_makes_them():
    kept = passwords.hash_password("cafe\u0301 aan de gracht")

    assert passwords.verify(kept, "café aan de gracht")


def test_a_hash_with_less_work_is_outdated():
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("x")

    assert passwords.is_outdated(weak)
    assert not passwords.is_outdated(passwords.hash_password("x"))


@pytest.mark.parametrize(
    "password",
    [
        "",
        "kort",
        "elf tekens!",
        "x" * 129,
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "abcdefghijklmnop",
        "zyxwvutsrqponmlk",
        "1234567890123456",
        "qwertyuiopasdf",
        "Welkom2026!!!",
        "welkomwelkom",
        "WelkomWelkomWelkom1",
        "Wachtwoord123!",
        "!!Gemeente2026",
        "Ondernemershuis1",
        "wachtwoord12345678",
        "correct horse battery staple",
        "jansen.piet@assen.nl",
        "PietJansen2026",
    ],
)
def test_a_weak_password_is_refused_with_a_reason(password):
    assert passwords.objection(password, "Piet Jansen", "jansen.piet@assen.nl")


@pytest.mark.parametrize(
    "password",
    [
        "een fiets naast de sloot",
        "twaalf teken",
        "kX9#mQ2$vL7p",
        "welkom in de tuin van oma",
        "Piet eet graag stroopwafels",
        "ééntje voor onderweg",
        "密码密码是一个很长的句子吗对",
        "    spaties tellen mee    ",
        "lange zin " * 12,
    ],
)
def test_a_long_password_is_accepted_without_rules_on_characters(password):
    assert passwords.objection(password, "Piet Jansen", "jansen.piet@assen.nl") is None


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_is_judged(password, name):
    found = passwords.objection(password, name)

    assert found is None or found.endswith((".", "!"))
    if found is None:
        assert 12 <= len(passwords.normalised(password)) <= 128


def test_the_list_of_common_passwords_is_in_lower_case():
    assert all(word == word.casefold() for word in passwords.common())
    assert len(passwords.common()) > 80
