"""'Why do I see this?' through Rasa's actions: a tracker in, messages and events out."""

import pytest
from rasa_sdk import Tracker

from actions import answers, intakes, scans
from bot.assessment.bank import DECISION, LENGTH, read_bank
from bot.assessment.quickscan import read_quickscan
from bot.catalogue.load import load
from bot.conversations import log, why
from bot.flows.model import Progress
from bot.settings import Settings

SECRET = "een-geheim-van-minstens-32-tekens-lang"
BANK, SCAN = read_bank(), read_quickscan()
PROFILE = {LENGTH: "kort", **{item.id: "2" for item in BANK.asked("kort")}}
HEALTHY = {"urgentie": "niets", "kas": "ja", "schulden": "geen", "opdrachten": "genoeg"}
FORMS = {
    "zelfscan": scans.ValidateZelfscanForm,
    "quickscan": scans.ValidateQuickscanForm,
    "regelingen": intakes.ValidateRegelingenForm,
}


class Person:
    """Somebody who talks; the slots are kept from turn to turn as Rasa does."""

    def __init__(self, conversation):
        self.id = conversation
        self.slots = {}
        self.form = None

    def turn(self, text="", intent=why.INTENT, answer=None):
        """What the form and then the answering action say, as the rules lead to them."""
        entities = [{"entity": "antwoord", "value": answer}] if answer else []
        latest = {"text": text, "intent": {"name": intent, "confidence": 1.0}, "entities": entities}
        past = [{"event": "user"}]
        if self.form:
            messages, events = self._act(FORMS[self.form](), latest, past)
            if events:
                return messages
        messages, followups = self._answer(latest, past)
        if f"{self.form}_form" in followups:
            past.append({"event": "action", "name": "action_antwoord"})
            messages += self._act(FORMS[self.form](), latest, past)[0]
        return messages

    def _answer(self, latest, past):
        unclear = latest["intent"]["name"] == "nlu_fallback"
        action = answers.ActionTerugval() if unclear else answers.ActionAntwoord()
        messages, events = self._act(action, latest, past)
        return messages, [event["name"] for event in events if event["event"] == "followup"]

    def _act(self, action, latest, past):
        loop = {"name": f"{self.form}_form"} if self.form else {}
        tracker = Tracker(self.id, dict(self.slots), latest, past, False, None, loop, None)
        messages, events = action.act(tracker)
        for event in events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
        return list(messages), events

    def halfway(self, flow, answered, step):
        """In a form, with these answers, and this question asked."""
        progress = Progress("run", dict(answered), tuple(answered))
        self.form = flow
        self.slots |= {"flows": {flow: progress.as_dict()}, "requested_slot": f"{flow}_antwoord"}
        return self.turn(intent="informatie_geven", answer=step)


@pytest.fixture
def person(database, monkeypatch, tmp_path):
    env = {"SECRET_KEY": SECRET, "RASA_TOKEN": SECRET, "VAR_DIR": str(tmp_path)}
    settings = Settings.from_environment(env)
    for module in (answers, intakes, scans):
        monkeypatch.setattr(module, "settings", lambda: settings)
        monkeypatch.setattr(module, "database", lambda: database)
    scans.links.cache_clear()
    with database.session() as session:
        load(session)
        yield_to = Person(log.start(session, channel="web", gemeente=None, page=None).id)
    yield yield_to
    scans.links.cache_clear()


def text_of(messages):
    return "\n\n".join(message.text for message in messages)


def ask_by_button(person, messages):
    choices = [c for m in messages for c in m.choices if c.title == "Waarom zie ik dit?"]
    assert choices, "every result has the button"
    return person.turn(intent=choices[0].intent, answer=choices[0].answer)


def schemes(person):
    done = dict.fromkeys(["uren", "leven_van_bedrijf", "geldzorgen", "faillissement", "geld_nodig"])
    known = {"inkomen": "bijstand", "bedrijf": "nog_niet", "leeftijd": "van_27_tot_55"}
    rest = dict.fromkeys(["omzet", "studie", "kinderopvang", "jaren_ondernemer"])
    result = person.halfway("regelingen", {**known, **done, **rest}, "gemeente:Assen")
    person.form = None
    return result


def test_under_the_schemes_a_button_tells_why(person):
    told = ask_by_button(person, schemes(person))

    assert "Waar leef je nu vooral van? *Van bijstand.*" in told[0].text
    assert "Je hebt bijstand." in told[1].text
    assert "Bron: " in told[1].text


@pytest.mark.parametrize("words", ["waarom zie ik dit?", "hoe kom je daarbij", "leg uit"])
def test_typed_it_is_about_the_last_result(person, words):
    schemes(person)

    assert "Bron: " in text_of(person.turn(words))
    assert "Bron: " in text_of(person.turn(words)), "also a second time"


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("Hoe kom je daarbij?", "nlu_fallback"),
        ("waar komt dit vandaan", "privacy"),
        ("waar is dat op gebaseerd", "buiten_bereik"),
    ],
)
def test_words_that_can_mean_nothing_else_count_whatever_nlu_makes_of_them(person, words, intent):
    assert "Bron: " not in text_of(person.turn(words, intent)), "there is no result yet"
    schemes(person)

    assert "Bron: " in text_of(person.turn(words, intent))


def test_after_another_subject_words_are_about_that_but_the_button_still_works(person):
    result = schemes(person)
    person.turn("hoe schrijf ik me in", "kvk_inschrijven")

    assert "Bron: Wettekst" not in text_of(person.turn("leg uit"))
    assert "Bron: " in text_of(ask_by_button(person, result))


def test_a_thank_you_in_between_changes_nothing(person):
    schemes(person)
    person.turn("bedankt", "bedankt")

    assert "Bron: " in text_of(person.turn("hoe kom je daarbij"))


def test_without_a_result_it_is_answered_as_before(person):
    assert "dan was ik niet duidelijk" in text_of(person.turn("waarom zie ik dit?"))
    assert "dan was ik niet duidelijk" in text_of(person.turn(answer="waarom:zelfscan"))
    assert "dan was ik niet duidelijk" in text_of(person.turn(answer="waarom:iets-anders"))


def quickscan_done(person):
    last = SCAN.flow.steps[-1]
    before = {step.id: None for step in SCAN.flow.steps[:-1]} | {"urgentie": "loon"}
    result = person.halfway("quickscan", before, f"{last.id}:ja")
    person.form = None
    return result


def test_under_a_first_impression_a_button_tells_why(person):
    told = ask_by_button(person, quickscan_done(person))

    assert "Speelt er deze week iets dringends? *Ik kan het loon niet betalen.*" in text_of(told)


def profile(person):
    last = BANK.asked("kort")[-1].id
    before = {name: value for name, value in PROFILE.items() if name != last}
    return person.halfway("zelfscan", before, f"{last}:2")


@pytest.mark.parametrize("typed", [False, True])
def test_under_the_profile_it_tells_why_and_then_the_decision_is_asked_again(person, typed):
    messages = profile(person)
    told = person.turn("waarom zie ik dit?") if typed else ask_by_button(person, messages)

    assert BANK.why in text_of(told)
    assert told[-1].about.step == DECISION
    assert "Terug naar de zelfscan." in told[-1].text


def test_a_statement_is_still_explained_by_its_own_explanation(person):
    first = BANK.asked("kort")[0]
    person.halfway("zelfscan", {}, f"{LENGTH}:kort")
    told = person.turn("leg uit")

    assert first.explain in text_of(told)
    assert BANK.why not in text_of(told)


def test_under_the_steps_after_the_decision_it_says_whose_decision_it_was(person):
    profile(person)
    result = person.turn(intent="informatie_geven", answer=f"{DECISION}:no_go")
    person.form = None
    told = ask_by_button(person, result)

    assert "koos jij zelf: **Ik doe het niet**" in text_of(told)
