"""From what someone types to the detail that is stored: one spelling, or nothing at all."""

import pytest

from bot.catalogue.model import Service
from bot.flows.model import Said
from bot.flows.reading import read
from bot.referral.file import NoConsent, every
from bot.referral.intake import read_intake


@pytest.fixture
def given(office, vault, ask):
    """The conversation of someone who types this at the question, and what was read from it."""

    def typed(text):
        conversation, progress = ask(contact=None)
        with office.session() as session:
            said = vault.mask(session, conversation, text)
        answer = read(read_intake().step("contact"), Said(said))
        return conversation, progress.with_answer("contact", answer)

    return typed


@pytest.fixture
def keep(office, referrals):
    """Stores the request; the kind and the contact detail as an adviser reads it."""

    def kept(conversation, progress):
        with office.session() as session:
            service = session.get(Service, "voorbeeldstad-ondernemersloket")
            referrals.create(session, conversation, progress, service, "Mag dit?")
            (stored,) = every(session)
            return stored.contact_kind, referrals.contact(stored)

    return kept


@pytest.mark.parametrize(
    "typed",
    [
        "0612345678",
        "06 12345678",
        "06-12345678",
        "06 - 1234 5678",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "06 123 456 78",
        "06/12345678",
        "06\u201312345678",
        "(06) 12345678",
        "(06)12345678",
        "+31612345678",
        "+31 6 12345678",
        "+31 6 1234 5678",
        "+31 (0)6 12345678",
        "+31(0)6-12345678",
        "0031612345678",
        "0031 6 12 34 56 78",
        "0 6 1 2 3 4 5 6 7 8",
        "mijn nummer is 06-12345678.",
        "bel 0612345678 na 17 uur",
        "0612345678 of jan@example.nl",
    ],
)
def test_every_spelling_of_a_number_is_stored_as_the_same_number(given, keep, typed):
    assert keep(*given(typed)) == ("telefoon", "06 12345678")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0592-366911", "0592 366 911"),
        ("(020) 624 11 11", "020 624 1111"),
        ("+31 20 6241111", "020 624 1111"),
        ("088 585 22 22", "088 585 2222"),
        ("+32 470 12 34 56", "+32 470 12 34 56"),
        ("0049 30 1234567", "+49 30 1234567"),
    ],
)
def test_other_numbers_are_stored_as_people_write_them(given, keep, typed, stored):
    assert keep(*given(typed)) == ("telefoon", stored)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("jan@example.nl", "jan@example.nl"),
        ("Jan.de.Vries+werk@mail.example.nl", "Jan.de.Vries+werk@mail.example.nl"),
        ("mail maar naar jan_1@example.nl.", "jan_1@example.nl"),
        ("<jan@example.nl>", "jan@example.nl"),
        ("mailto:jan@example.nl", "jan@example.nl"),
        ("jan@example.nl, liever niet bellen", "jan@example.nl"),
        ("jan at example.nl", "jan@example.nl"),
        ("jan (apenstaartje) example punt nl", "jan@example.nl"),
    ],
)
def test_an_email_address_is_found_in_what_is_typed(given, keep, typed, stored):
    assert keep(*given(typed)) == ("email", stored)


@pytest.mark.parametrize(
    "typed",
    [
        "06-1234567",
        "0612345678901",
        "06 1234",
        "612345678",
        "1234567890",
        "112",
        "0800-8115",
        "14 0592",
        "jan@example",
        "jan@@example.nl",
        "@jan",
        "111222333",
        "NL91 ABNA 0417 1643 00",
        "bel me maar",
        "[telefoon:1]",
        "",
        # A number is there, but not of who gives consent.
        "mijn zus 06 12345678",
        "06 12345678, dat is mijn moeders nummer",
        "mail mijn man: piet@example.nl",
    ],
)
def test_what_is_no_detail_of_their_own_is_not_stored(office, given, keep, typed):
    conversation, progress = given(typed)
    assert progress.answers["contact"] is None

    with pytest.raises(NoConsent):
        keep(conversation, progress)
    with office.session() as session:
        assert every(session) == []


def test_a_mended_detail_replaces_the_first(office, vault, given, keep):
    conversation, progress = given("06 12345679")
    with office.session() as session:
        second = vault.mask(session, conversation, "06 12345678")

    assert second == "[telefoon:2]"
    mended = progress.without("contact").with_answer("contact", second)
    assert keep(conversation, mended) == ("telefoon", "06 12345678")
