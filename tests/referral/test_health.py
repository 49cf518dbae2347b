"""A benefit that says something of health: told before, asked with consent, or left out."""

import pytest

from bot.conversations import log
from bot.referral.closing import close
from bot.referral.file import every
from bot.referral.intake import facts, read_intake

KNOWN = {"gemeente": "Voorbeeldstad", "onderwerp": "beginnen"}
ILL = "arbeidsongeschikt"


@pytest.fixture
def talk(office, in_intake):
    return lambda **known: in_intake(office, {**KNOWN, **known})


@pytest.fixture
def stored(office, referrals, vault):
    """Ends the intake of someone who wants contact; gives what is stored."""

    def end(someone):
        someone.until("contact")
        with office.session() as session:
            conversation = log.start(session, channel="web", gemeente=None, page=None).id
            token = vault.mask(session, conversation, "06-12345678")
        someone.say(token).press("herhaal:ja").say("na 17 uur")
        with office.session() as session:
            flow = read_intake(lambda answers: facts(session, answers, [], 180))
            close(session, referrals, conversation, flow, someone.outcome.progress)
            (referral,) = every(session)
        return referral

    return end


def test_before_the_choice_someone_reads_why_what_happens_and_that_it_may_be_skipped(talk):
    text = talk().text

    assert "om het goede loket te kiezen" in text
    assert "zegt iets over je gezondheid" in text
    assert "Medewerkers die de bot beter maken, kunnen het lezen" in text
    assert "Je hoeft dit niet te zeggen" in text


@pytest.mark.parametrize(
    "words", ["Liever niet zeggen", "dat zeg ik liever niet", "gaat je niets aan"]
)
def test_who_would_rather_not_say_goes_on_without(talk, words):
    someone = talk().say(words)

    assert someone.answers["situatie"] is None
    assert someone.step == "vraag"


def test_the_last_choice_is_not_to_say(talk):
    someone = talk()
    last = someone.outcome.messages[-1].choices[-1]

    assert last.title == "Liever niet zeggen"
    assert someone.press(last.answer).answers["situatie"] is None


@pytest.mark.parametrize("known", [{}, {"situatie": ILL}])
def test_consent_is_asked_for_a_choice_and_for_what_was_said_before(talk, known):
    someone = talk(**known)
    if not known:
        someone.press(f"situatie:{ILL}")

    assert someone.step == "gezondheid"
    assert "mag de adviseur het lezen?" in someone.text
    assert "Nee zeggen mag" in someone.text


@pytest.mark.parametrize("other", ["loondienst", "bijstand", "ww", "zzp"])
def test_of_another_situation_no_consent_of_its_own_is_asked(talk, other):
    assert talk(situatie=other).step == "vraag"


@pytest.mark.parametrize(
    "words", ["misschien", "weet ik niet", "ik heb een WIA", "goed dat je het vraagt"]
)
def test_consent_is_never_guessed(talk, words):
    assert talk(situatie=ILL).say(words, intent="bevestigen").step == "gezondheid"


def test_a_yes_is_kept_with_the_request_as_it_was_asked(talk, stored):
    someone = talk(situatie=ILL).say("ja, dat mag", intent="bevestigen")
    referral = stored(someone)

    assert referral.situation == ILL
    asked = read_intake().step("gezondheid").ask
    assert referral.consent_text.startswith(asked)
    assert "alleen om contact met je op te nemen" in referral.consent_text
    assert {"label": "Je situatie", "text": "Ik heb WIA, Wajong of Ziektewet"} in referral.context


def test_a_no_leaves_it_out_of_the_request_and_of_the_choice_of_a_desk(talk, stored):
    someone = talk(situatie=ILL).say("nee, liever niet")
    assert someone.answers["situatie"] is None
    assert "gezondheid" not in someone.answers
    referral = stored(someone)

    assert referral.situation is None
    assert "WIA" not in str(referral.context) + referral.consent_text
    assert referral.service_id != "uwv-starten-met-wia-wajong"


def test_without_such_a_benefit_the_consent_says_nothing_of_health(talk, stored):
    referral = stored(talk(situatie="loondienst"))

    assert "gezondheid" not in referral.consent_text


def test_who_changes_the_answer_is_asked_for_consent_again(talk):
    someone = talk().press(f"situatie:{ILL}").press("gezondheid:nee")
    assert someone.step == "vraag"

    someone.press(f"situatie:{ILL}")

    assert someone.step == "gezondheid"


def test_consent_ends_with_the_situation_that_it_was_for(talk):
    someone = talk().press(f"situatie:{ILL}").press("gezondheid:ja").press("situatie:ww")

    assert "gezondheid" not in someone.answers
    assert someone.press(f"situatie:{ILL}").step == "gezondheid"
