"""The intake of a referral: what is asked, what is proposed, and what someone consents to."""

import pytest

from bot.assessment.model import Result
from bot.assessment.page import Bar, Page, Section
from bot.catalogue.model import Service
from bot.flows import engine
from bot.flows.content import RATHER_NOT
from bot.flows.model import Said
from bot.referral.intake import CONTACT, context, facts, read_intake, recipient
from bot.taxonomy import taxonomy

KNOWN = {"gemeente": "Voorbeeldstad", "situatie": "loondienst", "onderwerp": "beginnen"}
START, RULES = "Ondernemersloket Voorbeeldstad (fictief)", "Bedrijvenloket Voorbeeldstad (fictief)"
NO_DESK = "Ik ken geen eigen loket van Utrecht voor deze vraag."


def result(kind, run="eerste"):
    bars = [Bar("Plannen", "carries", 0.9), Bar("Geld", "work_on", 0.2)]
    sections = [Section("Je klanten", ["Buren.", "Fietsers."]), Section("Je geld", ["Spaargeld."])]
    page = Page("Uitslag", "", sections, bars if kind == "zelfscan" else ())
    return Result(kind=kind, run=run, page=page.as_dict())


@pytest.fixture
def talk(catalogue_database, in_intake):
    return lambda known=KNOWN, results=(): in_intake(catalogue_database, known, results)


# --- what is asked ---


def test_the_questions_come_in_this_order(talk):
    known = {"gemeente": "Voorbeeldstad"}
    asked = talk(known, [result("zelfscan")]).press("situatie:zzp", "onderwerp:anders").until(None)

    assert asked.outcome.ended == "done"
    assert asked.steps == [
        *["situatie", "onderwerp", "urgentie", "fase", "vraag", "uitslag", "voorstel", "zelf"],
        *["toestemming", "contact", "herhaal", "wens", None],
    ]


@pytest.mark.parametrize(
    ("known", "first"),
    [
        ({}, "gemeente"),
        ({"gemeente": "Utrecht"}, "situatie"),
        ({"situatie": "zzp", "onderwerp": "groeien"}, "gemeente"),
        ({"gemeente": "Utrecht", "situatie": "zzp"}, "onderwerp"),
        (KNOWN, "vraag"),
        ({**KNOWN, "onderwerp": "inkomen"}, "urgentie"),
        ({**KNOWN, "onderwerp": "anders", "fase": "starten"}, "urgentie"),
        # A slot may hold a situation that is no option here, so it is asked.
        ({"gemeente": "Utrecht", "situatie": "zwaar_weer"}, "situatie"),
    ],
)
def test_what_is_known_is_not_asked(talk, known, first):
    assert talk(known).step == first


@pytest.mark.parametrize("subject", [s.value for s in read_intake().step("onderwerp").options])
def test_haste_is_asked_only_where_it_matters(talk, subject):
    asked = talk({**KNOWN, "onderwerp": subject}).until("vraag")
    matters = subject in ("geldzorgen", "inkomen", "stoppen", "anders")

    assert ("urgentie" in asked.steps) is matters
    assert ("fase" in asked.steps) is (subject == "anders")


def test_who_does_not_know_goes_on(talk):
    asked = talk({"gemeente": "Utrecht"}).say("geen idee", "geen idee", intent="weet_niet")
    assert asked.step == "vraag"
    assert (asked.answers["situatie"], asked.answers["onderwerp"]) == (None, None)

    assert "Bedrijvenloket van je gemeente" in asked.until("voorstel").text


def test_contact_details_are_asked_after_consent_only(talk):
    steps = [step.id for step in read_intake().steps]

    assert steps.index("contact") > steps.index("toestemming") > steps.index("voorstel")
    for name in ("contact", "herhaal", "wens"):
        needed = read_intake().step(name).only_if
        assert needed == {"voorstel": ["ja", "tweede"], "zelf": ["ja"], "toestemming": ["ja"]}


@pytest.mark.parametrize("step", ["voorstel", "zelf", "toestemming"])
@pytest.mark.parametrize("words", ["nee", "liever niet", "nee dank je", "nee, geen toestemming"])
def test_a_no_is_never_followed_by_a_question_for_contact_details(talk, step, words):
    asked = talk().until(step).say(words)

    assert "contact" not in asked.steps
    assert asked.outcome.ended == "done" or asked.step == step


# --- the proposal ---


def test_the_proposal_names_the_desk_why_and_the_second_choice(talk):
    text = talk().until("voorstel").text

    assert f"**{START}**" in text
    assert RULES in text
    assert "Dit loket helpt ondernemers en starters" in text
    assert "Dit is een loket voor jouw gemeente." in text
    assert "{" not in text


@pytest.mark.parametrize(
    ("situation", "subject", "openly"),
    [
        ("loondienst", "beginnen", f"{NO_DESK} Dit is er in elke gemeente."),
        ("bijstand", "inkomen", f"{NO_DESK} Dit is er in elke gemeente."),
        ("zzp", "inkomen", f"{NO_DESK} Dit is er in elke regio."),
        ("ww", "inkomen", "Dit is geen loket van Utrecht. Het is er voor heel Nederland."),
    ],
)
def test_it_says_openly_when_the_gemeente_has_no_desk(talk, situation, subject, openly):
    known = {"gemeente": "Utrecht", "situatie": situation, "onderwerp": subject}
    text = talk(known).until("voorstel").text

    assert openly in text
    assert "loket voor jouw gemeente" not in text


@pytest.mark.parametrize("words", ["tweede", "liever de tweede keus", "de andere", "2"])
def test_the_second_choice_is_what_consent_is_asked_for(talk, words):
    asked = talk().until("voorstel").say(words).until("toestemming")

    assert f"Dit gaat naar **{RULES}**" in asked.text
    assert START not in asked.text


def test_a_proposal_without_a_gemeente_is_still_dutch(catalogue_database):
    with catalogue_database.session() as session:
        words = facts(session, {}, [], 90)

    assert words["gemeente"] == "je gemeente"
    assert "eigen loket van je gemeente" in words["plaats"]
    assert words["bewaartermijn"] == "90"


# --- consent ---


def listed(text):
    """What the question for consent lists."""
    return [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]


def test_consent_lists_exactly_what_goes(talk):
    asked = (
        talk({**KNOWN, "onderwerp": "anders"}).until("vraag").say("Past een fietsenwinkel bij mij?")
    )
    asked.until("toestemming")

    assert listed(asked.text) == [
        "Je gemeente: Voorbeeldstad",
        "Je situatie: Ik heb een baan",
        "Waar het over gaat: Iets anders",
        "Of het haast heeft: Ja, deze week",
        "Waar je staat met je bedrijf: Ik denk er nog over na",
        f"Je vraag: {'Past een fietsenwinkel bij mij?'}",
        CONTACT,
    ]
    assert "hoogstens 180 dagen" in asked.text
    items = [f"{item['label']}: {item['text']}" for item in context(asked.answers, [])]
    assert [*items, CONTACT] == listed(asked.text)


def test_what_was_skipped_is_not_in_the_list(talk):
    asked = talk({"gemeente": "Utrecht"})
    asked.say("geen idee", "geen idee", intent="weet_niet").until("toestemming")

    assert listed(asked.text) == [
        "Je gemeente: Utrecht",
        f"Je vraag: {'Past een fietsenwinkel bij mij?'}",
        CONTACT,
    ]


@pytest.mark.parametrize("step", ["toestemming", "contact", "herhaal", "wens"])
def test_consent_for_one_desk_is_no_consent_for_another(talk, step):
    """Who corrects the situation gets another proposal: everything about it is asked anew."""
    asked = talk().until(step).press("situatie:bijstand")

    assert asked.step == "voorstel"
    assert "Werk en Inkomen Voorbeeldstad" in asked.text
    assert not {"voorstel", "zelf", "toestemming", "herhaal"} & set(asked.answers)
    assert "Werk en Inkomen Voorbeeldstad" in asked.until("toestemming").text


def test_the_question_who_it_is_for_takes_no_guess(talk):
    asked = talk().until("zelf")

    for words in ("nee", "jazeker voor mij en haar", "ja maar ik ben 15", "ja, voor mijn dochter"):
        assert asked.say(words, intent="bevestigen").step == "zelf", words


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("voor mijn zus", "ander"),
        ("nee, voor iemand anders", "ander"),
        ("ik ben 15", "jong"),
        ("nee, nog geen 16", "jong"),
    ],
)
def test_for_someone_else_or_under_16_the_intake_ends(talk, words, answer):
    asked = talk().until("zelf").say(words)

    assert asked.answers["zelf"] == answer
    assert asked.outcome.ended == "done"


# --- results that could go along ---


def test_without_a_result_nothing_is_asked_about_it(talk):
    assert "uitslag" not in talk().until(None).steps


def test_a_result_goes_along_only_after_a_yes(talk):
    made = [result("zelfscan"), result("plan", "tweede")]
    asked = talk(results=made).until("uitslag")
    assert "je zelfscan en je ondernemingsplan" in asked.text

    agreed = listed(asked.say("ja").until("toestemming").text)
    assert agreed[-3:-1] == [
        "Je zelfscan: Plannen: dit draagt je. Geld: hier kun je aan werken.",
        "Je ondernemingsplan: Je klanten: Buren. Fietsers. Je geld: Spaargeld.",
    ]


@pytest.mark.parametrize(
    ("words", "intent"), [("nee", "ontkennen"), ("weet ik niet", "weet_niet"), ("2", None)]
)
def test_a_result_stays_without_a_yes(talk, words, intent):
    asked = talk(results=[result("zelfscan")]).until("uitslag").say(words, intent=intent)

    assert "zelfscan" not in asked.until("toestemming").text


def test_a_result_that_was_made_later_does_not_go_along(talk):
    asked = talk(results=[result("zelfscan")]).until("contact")
    asked.results.append(result("quickscan", "later"))
    asked.press("toestemming:ja")

    labels = [item["label"] for item in context(asked.answers, asked.results)]
    assert "Je zelfscan" in labels
    assert "Je quickscan" not in labels


# --- contact and wish ---


def test_the_contact_detail_is_repeated_and_can_be_mended(talk):
    asked = talk().until("contact").say("[telefoon:1]")
    assert asked.step == "herhaal"
    assert "**[telefoon:1]**" in asked.text

    asked.say("nee")
    assert asked.step == "contact"
    assert "contact" not in asked.answers
    asked.say("[email:1]")
    assert "**[email:1]**" in asked.text
    assert asked.say("ja, dat klopt").step == "wens"
    assert asked.answers["contact"] == "[email:1]"


@pytest.mark.parametrize("said", ["06-1234567", "bel me maar", "mijn zus [telefoon:1]", "[bsn:1]"])
def test_what_is_no_detail_of_their_own_is_asked_again(talk, said):
    asked = talk().until("contact").say(said)

    assert asked.step == "contact"
    assert "geen telefoonnummer of e-mailadres van jezelf" in asked.text


def test_a_wish_is_taken_as_it_is_said_or_skipped(talk):
    assert talk().until("wens").say("na 17 uur").answers["wens"] == "na 17 uur"

    without = talk().until("wens").say("weet ik niet", intent="weet_niet")
    assert without.answers["wens"] is None
    assert without.outcome.ended == "done"


def test_an_emergency_interrupts_every_question_of_the_intake(talk):
    asked = talk({}, [result("zelfscan")]).say("Utrecht")
    asked.press("situatie:arbeidsongeschikt", "gezondheid:ja", "onderwerp:anders")
    emergency = Said("ja 1 [telefoon:1]", "noodsituatie", entities={"gemeente": "Assen"})

    assert set(asked.until(None).steps) == {*(s.id for s in read_intake().steps), None}
    for step, progress in asked.trail[:-1]:
        assert engine.turn(asked.flow, progress, emergency) is None, step


def test_the_situations_are_those_of_the_catalogue():
    options = read_intake().step("situatie").options
    situations = {option.value for option in options} - {RATHER_NOT.value}

    assert situations <= set(taxonomy().target_groups)


@pytest.mark.parametrize(
    ("service", "reader"),
    [
        ("voorbeeldstad-ondernemersloket", "Ondernemersloket Voorbeeldstad (fictief)"),
        ("uwv-startperiode-ww", "een adviseur van gemeente Urk, die je verder helpt naar UWV"),
    ],
)
def test_who_reads_a_request_is_told_as_it_is(catalogue_database, service, reader):
    """A national body takes no requests from us: the gemeente reads it and helps further."""
    with catalogue_database.session() as session:
        assert recipient(session.get(Service, service), "Urk") == reader
