"""Details that are told in words, and words that only look like details."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy.detail import any_of, vocabulary, whole
from bot.privacy.detect import find_details, mask


def found(text):
    return [(detail.kind, text[detail.start : detail.end]) for detail in find_details(text)]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("nul zes twaalf vierendertig zesenvijftig achtenzeventig", "+31612345678"),
        ("nul zes een twee drie vier vijf zes zeven acht", "+31612345678"),
        ("Nul Zes, tweeëntwintig, dertien, vierenveertig, nul zes", "+31622134406"),
        ("06 een twee drie vier vijf zes zeven acht", "+31612345678"),
        ("nul 6 12345678", "+31612345678"),
    ],
)
def test_a_phone_number_in_words_is_found(said, value):
    text = f"bel {said} na zessen"

    assert found(text) == [("telefoon", said)]
    assert [detail.value for detail in find_details(text)] == [value]


def test_a_bsn_in_words_is_found():
    text = "bsn een een een twee twee twee drie drie drie"

    assert [(d.kind, d.value) for d in find_details(text)] == [("bsn", "111222333")]


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("drie maart negentienvijfentachtig", "1985-03-03"),
        ("3 maart negentien vijfentachtig", "1985-03-03"),
        ("de eerste mei 1970", "1970-05-01"),
        ("12 december zeventig", "1970-12-12"),
        ("eenendertigste januari tweeduizend drie", "2003-01-31"),
        ("achtste april negentienhonderd", None),
        ("dertig februari zeventig", None),
    ],
)
def test_a_date_of_birth_in_words_is_found(said, day):
    days = [(d.kind, d.value) for d in find_details(f"ik ben geboren op {said}, mag dat")]

    assert days == ([("geboortedatum", day)] if day else [])


@pytest.mark.parametrize(
    "text",
    [
        "ik open op drie maart tweeduizend zesentwintig",
        "vijf zes zeven acht klanten",
        "een twee drie klaar",
        "nul zes is de kengetal van mobiel",
        "mijn naam is toch niet nodig?",
        "mijn naam is al bezet bij de kvk",
        "mijn naam is verkeerd gespeld",
        "mijn naam is veranderd door mijn huwelijk",
        "ik ben ongeduldig, kan het sneller",
        "mijn man timmert, ik doe de boeken",
        "Hoop doet leven",
        "Mark was een munt",
        "Roos is een bloem en ik kweek ze",
        "Wil ik dit wel",
        "mijn winkel heet Studio Noor en loopt goed",
        "mijn paspoort is verlopen",
        "rijbewijs sinds 2012",
        "artikel 7:610 van het Burgerlijk Wetboek",
    ],
)
def test_words_that_only_look_like_a_detail_are_left_alone(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hai met mehtap, ik had gebeld", "mehtap"),
        ("Wie kan mij helpen? Jan-Willem 06-12345678", "Jan-Willem"),
        ("Ik wacht op antwoord. P. van Dijk", "P. van Dijk"),
        ("Alvast bedankt.\n\nHedzer Wijbenga\nLeeuwarden", "Hedzer Wijbenga"),
        ("mijn naam is Ilse Ter Haar en ik wacht", "Ilse Ter Haar"),
        ("mijn naam is de wilde", "de wilde"),
        ("ik heet wil en ik bel morgen", "wil"),
        ("ik doe het samen met Lidewij", "Lidewij"),
        ("ondertekend: Corné Vermeulen, hovenier", "Corné Vermeulen"),
        ("Hoogachtend, J.M. van der Laan", "J.M. van der Laan"),
        ("groetjes zehra b.", "zehra b."),
        ("meneer k. de jong heeft de sleutel", "k. de jong"),
    ],
)
def test_a_name_is_found_wherever_people_put_theirs(text, name):
    assert ("naam", name) in found(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("mijn paspoortnummer is NX8K41L07", "NX8K41L07"),
        ("rijbewijs nr 5093817264, mag dat", "5093817264"),
        ("id-kaart: ir2p94d61", "ir2p94d61"),
        ("v-nummer 2810394756", "2810394756"),
    ],
)
def test_the_number_of_a_document_is_found(text, number):
    assert found(text) == [("document", number)]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("GB00 1234", []),
        ("XX12 ABCD 1234 5678 90", []),
        ("NL91 ABNA 0417 1643 00X", []),
        ("DE69 2638 6931 1865 1128 25", ["iban"]),
        ("iban:pl66125328854779868621515651.", ["iban"]),
    ],
)
def test_an_account_has_the_length_of_its_country(text, kinds):
    assert [kind for kind, _ in found(text)] == kinds


ODD = ["drıe", "zeſ", "meı", "twıntig", "İ", "een", "nul", "zes", "maart", "1985", "geboren", "mei"]


@given(st.lists(st.sampled_from([*ODD, "06", " ", "-", ", ", "ë", "\n"]), max_size=14))
def test_letters_that_an_expression_takes_for_another_lead_to_no_error(parts):
    text = "geboren op " + " ".join(parts)

    assert mask(text, lambda detail: "") is not None


@given(st.sets(st.text(alphabet="abc .-(", min_size=1, max_size=5), min_size=1, max_size=8))
def test_an_expression_for_words_matches_each_of_them_and_nothing_else(words):

    expression = re.compile(any_of(frozenset(words)))

    assert all(expression.fullmatch(word) for word in words)
    assert not expression.fullmatch("abcabc") and not expression.fullmatch("")


def test_the_longest_of_the_words_is_found():
    assert whole(frozenset(["van", "van de", "van de weg"])).findall("van de weg") == ["van de weg"]


def test_the_vocabulary_is_of_dutch_words_and_brands_and_holds_no_names():
    assert {"toch", "uitkering", "qredits", "bakker"} <= vocabulary()
    assert not {"sandra", "jansen", "mehtap"} & vocabulary()
