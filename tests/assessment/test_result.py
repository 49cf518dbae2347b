import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment.bank import LENGTH, read_bank
from bot.assessment.page import BARS_IN_WORDS, Bar, Page
from bot.assessment.result import after_decision, is_empty, page, summary
from bot.assessment.scoring import score
from bot.catalogue.wording import ADVISER
from bot.content import DATA
from bot.conversations import why
from bot.conversations.messages import Image
from bot.taxonomy import taxonomy

BANK = read_bank()
IDS = [item.id for item in BANK.items]
SERVICES = {path.stem for path in (DATA / "catalogue" / "services").glob("*.yml")}
PICTURE = Image("https://voorbeeld.nl/plaatje", "Jouw profiel.")
LINK = "https://voorbeeld.nl/pdf"
ANSWERS = st.fixed_dictionaries(
    {
        LENGTH: st.sampled_from(["kort", "lang"]),
        **{name: st.sampled_from([None, "1", "2", "3", "4", "5"]) for name in IDS},
    }
)


def best(length="lang"):
    return {LENGTH: length, **{item.id: "1" if item.reverse else "5" for item in BANK.items}}


def worst(length="lang"):
    return {LENGTH: length, **{item.id: "5" if item.reverse else "1" for item in BANK.items}}


def nothing(length="lang"):
    return {LENGTH: length, **dict.fromkeys(IDS)}


def said(answers):
    return summary(BANK, answers, PICTURE, LINK)


def text_of(answers):
    return "\n\n".join(message.text for message in said(answers))


def page_of(answers):
    return page(BANK, answers, lambda service: f"dienst {service}", "22 november 2026")


def words_of(page):
    parts = [page.title, page.intro, page.alt()]
    for section in page.sections:
        parts += [section.heading, *section.paragraphs, *section.points]
    return "\n".join(parts)


# --- never a verdict ---


@given(ANSWERS)
def test_a_result_is_never_a_verdict(answers):
    """Product: a profile in words, never a verdict 'suitable: yes/no'."""
    for text in (text_of(answers).lower(), words_of(page_of(answers)).lower()):
        assert "geschikt" not in text
        assert not re.search(r"\b(geslaagd|gezakt|onvoldoende|score|punten|cijfers?|fout)\b", text)
        assert "!" not in text
        assert not re.search(r"\bu(w)?\b", text)
        assert not re.search(r"\d+ ?(%|procent|punten|van de)", text)


def test_no_text_of_the_bank_is_a_verdict_or_a_promise():
    parts = [*BANK.themes, *BANK.signals, *BANK.outcomes]
    fields = [value for part in parts for value in vars(part).values()]
    texts = [value for value in fields if isinstance(value, str) and " " in value]

    assert len(texts) > 40
    for text in [*texts, BANK.intro, BANK.decision_intro]:
        assert not re.search(r"geschikt|gefaald|mislukt|garant|slaagt", text.lower())
        assert "!" not in text


@given(ANSWERS)
def test_a_result_says_how_uncertain_it_is(answers):
    asked = BANK.asked(answers[LENGTH])
    given_ = sum(answers[item.id] is not None for item in asked)
    text = text_of(answers)

    if is_empty(BANK, answers):
        assert "Daarom kan ik geen beeld geven" in text
    else:
        say = "1 antwoord zegt" if given_ == 1 else f"{given_} antwoorden zeggen"
        assert "geen oordeel" in text
        assert f"{say} niet alles" in text
        assert f"{say} niet alles" in page_of(answers).intro


def test_one_answer_is_one_answer():
    text = text_of({**nothing("kort"), "zs01": "4"})

    assert "1 antwoord zegt niet alles" in text


@pytest.mark.parametrize("length", ["kort", "lang"])
def test_what_was_only_asked_in_the_long_scan_does_not_count_as_an_answer(length):
    number = {"kort": 18, "lang": 44}[length]

    assert f"en {number} antwoorden zeggen" in text_of(best(length))


# --- the profile ---


@given(ANSWERS)
def test_every_theme_is_told_once_with_the_words_for_its_score(answers):
    if is_empty(BANK, answers):
        return
    text, points = text_of(answers), [p for s in page_of(answers).sections for p in s.points]
    for one in score(BANK, answers):
        theme = one.theme
        told = {
            "carries": theme.strong,
            "between": theme.between,
            "work_on": theme.work_on,
            "unknown": theme.unknown,
        }
        assert text.count(f"- **{theme.label}**: ") == 1
        assert f"- **{theme.label}**: {told[one.meaning]}" in text
        (point,) = [point for point in points if point.startswith(f"{theme.label}. ")]
        assert point.startswith(f"{theme.label}. {told[one.meaning]}")
        assert ("Wie kan helpen" in point) is (one.meaning == "work_on")


def test_who_is_carried_by_everything_hears_no_work_and_no_danger():
    text = text_of(best())

    assert "**Dit draagt je:**" in text
    for absent in (
        "Hier kun je aan werken",
        "Hier kun je nog op letten",
        "Let hierop",
        "te weinig",
    ):
        assert absent not in text


def test_who_has_everything_to_work_on_hears_how_and_where_and_nothing_carries():
    text = text_of(worst())
    headings = [section.heading for section in page_of(worst()).sections]

    assert "**Hier kun je aan werken:**" in text
    assert "Dit draagt je" not in text
    assert headings == ["Hier kun je aan werken", "Let hierop", "Nu beslissen"]
    for theme in BANK.themes:
        names = ", ".join(f"dienst {service}" for service in theme.services)
        assert f"Wie kan helpen: {names}." in words_of(page_of(worst()))


def test_a_theme_that_was_skipped_is_told_as_such():
    theme = BANK.themes[0]
    answers = {**best(), **{i.id: None for i in BANK.items if i.theme == theme.id}}

    assert f"**Hierover weet ik te weinig:**\n\n- **{theme.label}**" in text_of(answers)
    assert theme.strong not in text_of(answers)
    assert page_of(answers).bars[0] == Bar(theme.label, "unknown", None)


@given(ANSWERS)
def test_the_picture_has_a_bar_for_every_theme_and_its_words_name_them_all(answers):
    if is_empty(BANK, answers):
        return
    made = page_of(answers)

    assert [(bar.label, bar.share) for bar in made.bars] == [
        (one.theme.label, one.score) for one in score(BANK, answers)
    ]
    for bar in made.bars:
        assert f"{bar.label}: {BARS_IN_WORDS[bar.meaning]}." in made.alt()
    assert made.alt().startswith("Jouw profiel.")


def test_the_picture_and_the_link_come_with_the_profile():
    first, *others = said(worst())

    assert first.image == PICTURE
    assert f"]({LINK})" in first.text
    assert "7 dagen" in first.text
    assert not [message.image for message in others if message.image]


@given(ANSWERS)
def test_the_services_of_a_result_exist_and_belong_to_what_to_work_on(answers):
    scores = score(BANK, answers)
    fitting = {s for one in scores if one.meaning != "carries" for s in one.theme.services}
    for message in said(answers):
        assert (message.about.topic, message.about.flow) == ("zelfscan", "zelfscan")
        assert len(message.about.services) <= 2
        assert set(message.about.services) <= fitting & SERVICES


def test_both_sides_come_last_before_the_decision():
    assert said(best())[-1].text == BANK.decision_intro
    for side in ("Beginnen", "Wachten", "Niet beginnen"):
        assert f"{side} " in BANK.decision_intro
    assert page_of(best()).sections[-1].paragraphs == [BANK.decision_intro]


# --- few answers ---


def test_who_skips_everything_gets_no_profile_and_no_picture():
    (message,) = said(nothing())

    assert "Dat geeft niet" in message.text
    assert "draagt" not in message.text
    assert "adviseur" in message.text
    assert message.image is None
    assert LINK not in message.text
    assert page_of(nothing()).bars == []


@pytest.mark.parametrize("length", ["kort", "lang"])
def test_a_few_answers_in_each_theme_are_no_profile_either(length):
    """Less than half of what counts in every theme."""
    answers = nothing(length)
    for theme in BANK.themes:
        items = [i for i in BANK.asked(length) if i.theme == theme.id and i.weight]
        answers.update({item.id: "5" for item in items[: (len(items) - 1) // 2]})

    assert is_empty(BANK, answers)
    assert not [message for message in said(answers) if message.image]
    assert not is_empty(BANK, {**answers, "zs01": "5", "zs18": "5", "zs06": "5"})


def test_a_danger_is_told_even_when_little_was_answered():
    first, second = said({**nothing("kort"), "zs37": "5"})

    assert "geen beeld" in first.text
    assert BANK.signals[0].text in second.text
    assert second.image is None


# --- dangers ---


@pytest.mark.parametrize("signal", BANK.signals, ids=lambda signal: signal.id)
def test_a_danger_is_told_plainly_with_what_to_do(signal):
    signs = {sign.item: str(sign.at_least or sign.at_most) for sign in signal.when}
    answers = {**best(), **signs}
    warning = [m.text for m in said(answers) if m.text.startswith("**Let hierop.**")]

    assert warning == [f"**Let hierop.**\n\n- {signal.text}"]
    (section,) = [s for s in page_of(answers).sections if s.heading == "Let hierop"]
    assert section.points == [signal.text]
    advice = r"\b(praat|vraag|reken|kijk|zoek|begin|teken|bespreek)\b"
    assert re.search(advice, signal.text.lower())
    assert not re.search(r"\b(moet stoppen|mag niet|verboden|dom|eigen schuld)\b", signal.text)


def test_debts_are_nothing_to_be_ashamed_of_and_come_first():
    text = text_of(worst())

    assert "Daar hoef je je niet voor te schamen" in text
    assert text.index(BANK.signals[0].text) < text.index(BANK.signals[1].text)
    assert BANK.signals[0].id == "schulden"


# --- the decision ---


@pytest.mark.parametrize("outcome", BANK.outcomes, ids=lambda outcome: outcome.option.value)
def test_each_decision_has_its_own_next_steps(outcome):
    (message,) = after_decision(BANK, best(), outcome)
    intents = [choice.intent for choice in message.choices]

    assert message.text == outcome.text
    assert intents[:-2] == list(outcome.topics)
    assert message.choices[-2:] == [why.choice("zelfscan"), ADVISER]
    assert list(message.about.services) == list(outcome.services)
    assert message.about.flow == "zelfscan"
    for choice in message.choices[:-2]:
        assert choice.title == taxonomy().intents[choice.intent].label


def test_no_two_decisions_say_or_offer_the_same():
    texts = {outcome.text for outcome in BANK.outcomes}
    offers = {outcome.topics for outcome in BANK.outcomes}

    assert len(texts) == len(offers) == 4


def test_not_doing_it_is_worded_as_a_gain_and_leads_to_the_gemeente():
    (message,) = after_decision(BANK, best(), BANK.outcome("no_go"))

    assert "Dat is winst" in message.text
    assert "Je gemeente kan meedenken" in message.text
    assert "gemeente-werk-en-inkomen" in message.about.services
    assert "later altijd anders kiezen" in message.text


def test_a_danger_is_the_first_subject_after_any_decision():
    answers = {**best(), "zs37": "5"}

    for outcome in BANK.outcomes:
        (message,) = after_decision(BANK, answers, outcome)
        intents = [choice.intent for choice in message.choices]
        assert intents[0] == "geldproblemen"
        assert len(intents) == len(set(intents))


def test_a_decision_that_the_bank_does_not_know_keeps_the_way_to_a_person():
    (message,) = after_decision(BANK, best(), BANK.outcome("weg"))

    assert "je beslist later" in message.text
    assert list(message.choices) == [why.choice("zelfscan"), ADVISER]


# --- pages of before ---

STORED = {
    "title": "Jouw profiel",
    "intro": "Dit zie ik in je antwoorden van toen.",
    "sections": [
        {
            "heading": "Dit draagt je",
            "paragraphs": [],
            "points": ["Doorzetten. Als het tegenzit, houd je vol."],
            "empty": False,
        },
        {"heading": "Nu beslissen", "paragraphs": ["Jij beslist."], "points": [], "empty": False},
    ],
    "bars": [
        {"label": "Doorzetten", "meaning": "carries", "share": 0.75, "words": "dit draagt je"},
        {"label": "Drijfveren", "meaning": "unknown", "share": None, "words": "te weinig"},
    ],
    "version": 1,
    "made_on": "1 maart 2026",
}


def test_a_page_of_an_older_version_is_read_with_its_own_texts():
    """Themes of version 1 that the bank of today does not have."""
    old = Page.from_dict(json.loads(json.dumps(STORED)))

    assert "Doorzetten" not in {theme.label for theme in BANK.themes}
    assert (old.version, old.made_on) == (1, "1 maart 2026")
    assert old.sections[0].points == ["Doorzetten. Als het tegenzit, houd je vol."]
    assert [(bar.label, bar.share) for bar in old.bars] == [
        ("Doorzetten", 0.75),
        ("Drijfveren", None),
    ]
    assert "Doorzetten: dit draagt je." in old.alt()


@given(ANSWERS)
def test_a_page_survives_the_shape_in_which_it_is_stored(answers):
    made = page_of(answers)
    stored = json.loads(json.dumps(made.as_dict()))

    assert json.loads(json.dumps(Page.from_dict(stored).as_dict())) == stored
    assert stored["version"] == BANK.version == 3
