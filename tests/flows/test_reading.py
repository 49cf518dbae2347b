import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment.bank import read_bank
from bot.flows.model import Option, Said, Step
from bot.flows.reading import normalise, read
from bot.referral.intake import read_intake

SCALE = read_bank().flow().step("zs01")
INTAKE = read_intake()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # numbers and words for them
        ("1", "1"),
        ("5", "5"),
        (" 4. ", "4"),
        ("twee", "2"),
        ("Vijf", "5"),
        ("één", "1"),
        # titles, with and without capitals and punctuation
        ("Helemaal niet mee eens", "1"),
        ("niet mee eens", "2"),
        ("soms wel soms niet", "3"),
        ("Mee eens!", "4"),
        ("HELEMAAL MEE EENS", "5"),
        # other words
        ("soms", "3"),
        ("een beetje", "3"),
        ("hangt ervan af", "3"),
        ("nee", "2"),
        ("oneens", "2"),
        ("nooit", "1"),
        ("helemaal niet", "1"),
        ("zeker niet", "1"),
        ("ja", "4"),
        ("klopt", "4"),
        ("helemaal eens", "5"),
        ("altijd", "5"),
        ("ja dat klopt wel", "4"),
    ],
)
def test_an_answer_on_the_scale_is_read_from_a_number_or_words(text, expected):
    assert read(SCALE, Said(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "0",
        "6",
        "12",
        "paars",
        "geen idee",
        "zes",
        "janee",
        "eenstemmig",
        "toen ik klein was zei mijn vader altijd dat ik moest werken",
    ],
)
def test_what_is_not_certain_is_not_read(text):
    assert read(SCALE, Said(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "niet altijd",
        "niet helemaal",
        "niet helemaal mee eens",
        "dat klopt niet",
        "klopt niet",
        "nee, klopt niet",
    ],
)
def test_a_denial_is_never_read_as_agreement(text):
    """'Only what is certain counts': `niet` before or after a word turns it around."""
    assert read(SCALE, Said(text)) not in ("4", "5")


@pytest.mark.parametrize("text", ["ja en nee", "nee, ja", "ja of nee"])
def test_two_opposite_answers_are_no_answer_to_one_side(text):
    assert read(SCALE, Said(text)) in (None, "3")


@pytest.mark.parametrize("step", ["voorstel", "zelf", "toestemming", "herhaal"])
@pytest.mark.parametrize(
    "text",
    [
        "nee",
        "nee dank je",
        "liever niet",
        "niet akkoord",
        "geen akkoord",
        "ik ga niet akkoord",
        "nee, niet akkoord",
        "dat vind ik niet prima",
        "dat is niet goed",
        "geen toestemming",
        "ik geef geen toestemming",
    ],
)
def test_a_refusal_is_never_read_as_consent(step, text):
    assert read(INTAKE.step(step), Said(text)) != "ja"


@pytest.mark.parametrize("step", ["voorstel", "zelf", "toestemming", "herhaal"])
@pytest.mark.parametrize(
    "text",
    [
        "daar ga ik dus echt helemaal niet mee akkoord",
        "nee hoor doe dat maar een andere keer",
        "ik wil eigenlijk geen contact met de gemeente over dit",
    ],
)
def test_a_long_refusal_is_no_consent_even_when_nlu_hears_a_yes(step, text):
    assert read(INTAKE.step(step), Said(text, intent="bevestigen")) != "ja"


@pytest.mark.parametrize("step", ["voorstel", "toestemming"])
@pytest.mark.parametrize("text", ["ja", "Ja, dat is goed", "akkoord", "prima", "is goed", "1"])
def test_a_yes_is_read_as_yes(step, text):
    assert read(INTAKE.step(step), Said(text)) == "ja"


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("ik heb geen baan", "loondienst"),
        ("ik werk niet", "loondienst"),
        ("geen bijstand", "bijstand"),
        ("ik heb geen eigen bedrijf", "zzp"),
    ],
)
def test_a_denied_situation_is_not_read_as_that_situation(text, never):
    assert read(INTAKE.step("situatie"), Said(text)) != never


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bijstand", "bijstand"),
        ("ik heb een bijstandsuitkering", None),
        ("ik heb WW", "ww"),
        ("ik zit in de ziektewet", "arbeidsongeschikt"),
        ("geen werk en geen uitkering", "geen_inkomen"),
        ("zzp", "zzp"),
    ],
)
def test_only_whole_words_of_one_option_count(text, expected):
    assert read(INTAKE.step("situatie"), Said(text)) == expected


def choice(*options):
    return Step("stap", "Vraag?", "choice", options)


def test_the_longest_words_decide_between_options():
    step = choice(Option("a", "Bedrijf", ("bedrijf",)), Option("b", "Met", ("bedrijf met team",)))

    assert read(step, Said("een bedrijf met team")) == "b"
    assert read(step, Said("een bedrijf")) == "a"


def test_two_options_with_words_of_the_same_length_are_no_answer():
    step = choice(Option("a", "Rood"), Option("b", "Geel"))

    assert read(step, Said("rood of geel")) is None


def test_the_intent_decides_when_the_words_do_not():
    assert read(SCALE, Said("tuurlijk joh", intent="bevestigen")) == "4"
    assert read(SCALE, Said("mwah nah", intent="ontkennen")) == "2"


def test_an_intent_that_two_options_share_is_no_answer():
    step = choice(Option("a", "A", (), ("bevestigen",)), Option("b", "B", (), ("bevestigen",)))

    assert read(step, Said("jazeker", intent="bevestigen")) is None


@pytest.mark.parametrize(
    "text",
    ["ja maar wat is bbz?", "ja maar wat is bbz", "helemaal niet, hoe werkt bbz", "soms bbz?"],
)
def test_a_question_about_a_topic_is_no_answer(text):
    assert read(SCALE, Said(text, intent="bbz", is_topic=True)) is None


def test_the_words_of_an_option_are_an_answer_even_when_nlu_hears_a_topic():
    assert read(SCALE, Said("ja klopt", intent="bbz", is_topic=True)) == "4"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("zs01:4", "4"),
        ("zs02:4", None),
        ("zs01:9", None),
        ("zs01:", None),
        ("zs01", None),
        ("4", None),
        ("", None),
    ],
)
def test_a_button_counts_for_its_own_question_only(answer, expected):
    assert read(SCALE, Said("Helemaal niet mee eens", answer=answer)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said("Assen", entities={"gemeente": "Assen"}), "Assen"),
        (Said("ik woon in Assen", "informatie_geven", entities={"gemeente": "Assen"}), "Assen"),
        (Said("Asterdam"), None),
        (Said("wat is er in Assen?", "startersdag", True, {"gemeente": "Assen"}), None),
        (Said("startersdag Assen", "startersdag", True, {"gemeente": "Assen"}), "Assen"),
    ],
)
def test_a_gemeente_is_one_that_was_recognised(said, expected):
    assert read(Step("gemeente", "Waar woon je?", "gemeente"), said) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[telefoon:1]", "[telefoon:1]"),
        ("bel [telefoon:2] of mail [email:1]", "[telefoon:2]"),
        ("mail naar [email:1]", "[email:1]"),
        ("[bsn:1]", None),
        ("[bsn:1] [email:4]", "[email:4]"),
        ("[iban:1]", None),
        ("12345", None),
        ("telefoon 1", None),
    ],
)
def test_a_contact_detail_is_the_token_of_a_phone_or_an_email_address(text, expected):
    assert read(Step("contact", "Hoe?", "contact"), Said(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "mijn zus [telefoon:1]",
        "bel mijn man maar op [telefoon:1]",
        "Mijn Moeder: [telefoon:1]",
        "dat is mijn moeders nummer [telefoon:1]",
        "m'n vriendin [email:1]",
        "mn broertje [telefoon:1]",
        "mijn oudste dochter [telefoon:1]",
        "mijn schoonvader [telefoon:1]",
        "van een vriend [telefoon:1]",
        "de boekhouder [email:1]",
        "onze kinderen [telefoon:1]",
        "haar nummer is [telefoon:1]",
        "zijn mail is [email:1]",
        "het is voor iemand anders [telefoon:1]",
        "[telefoon:1] is van mijn ouders",
    ],
)
def test_a_detail_of_a_third_person_is_not_read(text):
    """That person did not consent."""
    assert read(Step("contact", "Hoe?", "contact"), Said(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "mijn nummer is [telefoon:1]",
        "mijn mobiel [telefoon:1]",
        "dit zijn mijn gegevens: [telefoon:1]",
        "het nummer van de zaak is [telefoon:1]",
        "[telefoon:1], vraag naar Jan",
        "manon: [telefoon:1]",
        "het kan zijn dat ik niet opneem, [telefoon:1]",
        "op mijn werk: [telefoon:1]",
    ],
)
def test_a_detail_of_their_own_is_read_whatever_stands_around_it(text):
    assert read(Step("contact", "Hoe?", "contact"), Said(text)) == "[telefoon:1]"


@pytest.mark.parametrize(
    ("text", "expected"), [("  Hoe vraag ik bbz aan? ", "Hoe vraag ik bbz aan?"), ("  ", None)]
)
def test_free_text_is_taken_as_it_is(text, expected):
    assert read(Step("vraag", "Wat?", "text"), Said(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Één  CAFÉ!", "een cafe"),
        ("zzp'er", "zzp er"),
        ("", ""),
        ("?!", ""),
        ("Ja,graag.", "ja graag"),
    ],
)
def test_normalising_leaves_words_without_case_accents_and_punctuation(text, expected):
    assert normalise(text) == expected


@given(st.text(max_size=80), st.sampled_from([None, "bevestigen", "ontkennen", "bbz"]))
def test_reading_never_fails_and_gives_an_option_or_nothing(text, intent):
    values = {option.value for option in SCALE.options}

    assert read(SCALE, Said(text, intent)) in {None, *values}
