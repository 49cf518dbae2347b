"""The conversation about a request, with everything but Rasa in it."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from ruamel.yaml import YAML

from bot.content import ContentError, read_yaml
from bot.conversations import log
from bot.database import now
from bot.flows import engine
from bot.flows.model import Said
from bot.privacy import erasure, kept, own_data, preserve
from bot.privacy import vault as vaults
from bot.privacy.erasure_model import Erasure
from bot.privacy.model import VaultEntry
from bot.referral import life, status_flow
from bot.referral.file import find
from bot.referral.model import Referral
from bot.referral.status import MOST_ATTEMPTS, REFUSED, STOPPED, withdraw
from bot.settings import Settings
from bot.staff.accounts import Person

SECRET = "een-geheim-van-minstens-32-tekens-lang"
PHONE = "06-12345678"
SETTINGS = Settings.from_environment({"SECRET_KEY": SECRET, "RASA_TOKEN": SECRET})


def erased(session, referral):
    return own_data.erase_request(session, SETTINGS, referral)


class Talk:
    """A citizen in one conversation: what they say is masked, what the bot says is logged."""

    def __init__(self, office, vault, referrals, told, conversation=None):
        self.office, self.vault, self.referrals, self.told = office, vault, referrals, told
        self.progress = None
        self.ended = True
        with office.session() as session:
            self.id = conversation or log.start(session, channel="web", gemeente=None, page=None).id

    def flow(self):
        def look(answers):
            with self.office.session() as session:
                return status_flow.look(session, self.referrals, self.id, answers)

        return status_flow.flow(look, 180)

    def ask(self, text="hoe staat het met mijn aanvraag", answer=None):
        """Starts anew; gives the messages."""
        with self.office.session() as session:
            masked = self.vault.mask(session, self.id, text)
        known = status_flow.known(masked, answer)
        return self._after(engine.begin(self.flow(), None, known))

    def say(self, text, intent=None):
        with self.office.session() as session:
            masked = self.vault.mask(session, self.id, text)
        return self._after(engine.turn(self.flow(), self.progress, Said(masked, intent)))

    def pick(self, title):
        choice = next(c for c in self.last[-1].choices if c.title.startswith(title))
        said = Said(answer=choice.answer)
        return self._after(engine.turn(self.flow(), self.progress, said))

    def _after(self, outcome):
        assert outcome is not None
        self.progress, messages = outcome.progress, list(outcome.messages)
        self.ended = outcome.ended == "done"
        with self.office.session() as session:
            if self.ended:
                messages += status_flow.finish(
                    session, self.referrals, self.id, self.progress, 180, erased, self.told
                )
            log.put_out(
                session, self.id, [log.Reply(m.text, about=m.about.as_dict()) for m in messages]
            )
        self.last = messages
        return messages


@pytest.fixture
def talk(office, vault, referrals, told):
    def begun(conversation=None):
        return Talk(office, vault, referrals, told, conversation)

    return begun


def titles(message):
    return [choice.title for choice in message.choices]


def get(office, reference):
    with office.session() as session:
        referral = find(session, reference)
        assert referral.events
        return referral


def test_a_request_of_this_conversation_is_shown_at_once_with_what_can_be_done(apply, talk):
    conversation, reference = apply()
    (message,) = talk(conversation).ask()

    assert f"Je aanvraag **{reference}** is ontvangen." in message.text
    assert "[0900 0123](tel:09000123)" in message.text
    assert titles(message) == ["Intrekken", "Iets verbeteren", "Helemaal wissen", "Nee, klaar"]
    assert message.about.topic == "doorverwijzing_status"


def test_who_is_ready_leaves_everything_as_it_was(office, apply, talk, told):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    (message,) = citizen.pick("Nee, klaar")

    assert "blijft staan zoals hij is" in message.text
    assert citizen.ended
    assert get(office, reference).status == "ontvangen"
    assert told.messages == []


def test_withdrawing_asks_once_more_and_then_erases(office, apply, talk, told):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    (sure,) = citizen.pick("Intrekken")
    assert "Weet je het zeker?" in sure.text
    (message,) = citizen.pick("Ja, trek in")

    assert "is ingetrokken. Je telefoonnummer of e-mailadres is gewist." in message.text
    assert get(office, reference).contact == b""
    assert told.messages == [(reference, "ingetrokken")]
    with office.session() as session:
        assert session.execute(sa.select(VaultEntry)).first() is None


@pytest.mark.parametrize("words", ["nee", "toch niet", "laat staan", "niet intrekken"])
def test_a_second_thought_is_no_withdrawal(office, apply, talk, told, words):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    citizen.say("trek maar in")
    citizen.say(words)

    assert citizen.ended
    assert get(office, reference).status == "ontvangen"
    assert told.messages == []


def test_a_new_question_takes_the_place_of_the_old_one(office, apply, talk, told):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    citizen.pick("Iets verbeteren")
    citizen.pick("Mijn vraag")
    (message,) = citizen.say("Mag ik naast mijn baan beginnen?", "starten_naast_baan")

    assert "Gelukt." in message.text
    assert get(office, reference).question == "Mag ik naast mijn baan beginnen?"
    assert told.messages == [(reference, "gewijzigd")]


def test_a_wish_can_be_given_later(office, apply, talk, told):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    citizen.say("iets veranderen")
    citizen.say("wanneer ze bellen")
    citizen.say("na 17 uur graag")

    assert get(office, reference).wish == "na 17 uur graag"
    assert told.messages == [(reference, "gewijzigd")]


def test_another_number_is_asked_only_after_consent_and_repeated(
    office, referrals, apply, talk, told
):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    citizen.pick("Iets verbeteren")
    (consent,) = citizen.pick("Telefoonnummer")
    assert "Ondernemersloket Voorbeeldstad" in consent.text
    assert "180 dagen" in consent.text
    citizen.pick("Ja, ik geef toestemming")
    (repeated,) = citizen.say("jan@exampel.nl")
    assert "**[email:1]**. Klopt dat?" in repeated.text
    citizen.pick("Nee, ik wil het verbeteren")
    citizen.say("jan@example.nl")
    (message,) = citizen.pick("Ja, dat klopt")

    assert "[email:2]" in message.text
    stored = get(office, reference)
    assert referrals.contact(stored) == "jan@example.nl"
    assert stored.consent_text == consent.text
    assert told.messages == [(reference, "gewijzigd")]


def test_without_consent_the_old_number_stays(office, referrals, apply, talk, told):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    citizen.pick("Iets verbeteren")
    citizen.pick("Telefoonnummer")
    (message,) = citizen.pick("Nee, geen toestemming")

    assert "Ik bewaar geen nieuw telefoonnummer" in message.text
    assert referrals.contact(get(office, reference)) == "06 12345678"
    assert told.messages == []


def test_a_number_that_is_gone_by_then_changes_nothing(office, referrals, apply, talk, told):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    citizen.pick("Iets verbeteren")
    citizen.pick("Telefoonnummer")
    citizen.pick("Ja, ik geef toestemming")
    citizen.say("jan@example.nl")
    with office.session() as session:
        session.execute(sa.update(VaultEntry).values(expires_at=now()))
    (message,) = citizen.pick("Ja, dat klopt")

    assert "te lang geleden" in message.text
    assert referrals.contact(get(office, reference)) == "06 12345678"
    assert told.messages == []


def test_what_ended_meanwhile_is_not_changed(office, apply, talk, told):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    citizen.pick("Intrekken")
    with office.session() as session:
        life.change(session, find(session, reference), "afgerond", "Anna")
    (message,) = citizen.pick("Ja, trek in")

    assert get(office, reference).status == "afgerond"
    assert told.messages == []
    assert "Ben je geholpen" in message.text


def test_of_several_requests_one_is_chosen(office, referrals, apply, ask, talk, told):
    conversation, first = apply()
    with office.session() as session:
        second = find(session, apply()[1])
        second.conversation_id = conversation
        second = second.reference
    citizen = talk(conversation)
    (message,) = citizen.ask()

    assert message.text.index(first) < message.text.index(second)
    assert [title[:12] for title in titles(message)] == [first, second, "Klaar"]
    (about_it,) = citizen.pick(second)
    assert second in about_it.text and first not in about_it.text
    citizen.pick("Intrekken")
    citizen.pick("Ja, trek in")

    assert told.messages == [(second, "ingetrokken")]
    assert get(office, first).status == "ontvangen"


def test_several_requests_can_be_left_as_they_are(office, apply, talk, told):
    conversation, _ = apply()
    with office.session() as session:
        find(session, apply()[1]).conversation_id = conversation
    citizen = talk(conversation)
    citizen.ask()
    (message,) = citizen.pick("Klaar")

    assert "blijven staan" in message.text
    assert told.messages == []


def test_one_of_several_can_be_named_at_once(office, apply, talk):
    conversation, first = apply()
    with office.session() as session:
        other = find(session, apply()[1])
        other.conversation_id = conversation
    (message,) = talk(conversation).ask(f"hoe staat het met {first.lower().replace('-', ' ')}")

    assert first in message.text and other.reference not in message.text
    assert "Intrekken" in titles(message)


@pytest.mark.parametrize("spelled", ["{0}", "{1}", "het is {1} geloof ik"])
@pytest.mark.parametrize("contact", [PHONE, "+31 6 12345678", "mijn nummer is 0612345678"])
def test_elsewhere_a_request_is_shown_to_who_knows_its_number_and_contact(
    apply, talk, spelled, contact
):
    _, reference = apply(PHONE)
    citizen = talk()
    (first,) = citizen.ask()
    assert "In dit gesprek zie ik geen aanvraag" in first.text
    assert "referentienummer" in first.text
    (second,) = citizen.say(spelled.format(reference, reference.lower().replace("-", " ")))
    assert "telefoonnummer of e-mailadres" in second.text
    (message,) = citizen.say(contact)

    assert f"Je aanvraag **{reference}** is ontvangen." in message.text
    assert titles(message) == ["Intrekken", "Iets verbeteren", "Helemaal wissen", "Nee, klaar"]


def test_elsewhere_a_request_can_be_withdrawn_too(office, apply, talk, told):
    _, reference = apply(PHONE)
    citizen = talk()
    citizen.ask(f"waar blijft {reference}")
    citizen.say(PHONE)
    citizen.pick("Intrekken")
    citizen.pick("Ja, trek in")

    assert told.messages == [(reference, "ingetrokken")]
    assert get(office, reference).contact == b""


@pytest.mark.parametrize("words", ["verwijder mijn verzoek", "wissen", "Helemaal wissen"])
def test_elsewhere_a_request_can_be_erased_after_a_question_whether_to(office, apply, talk, words):
    _, reference = apply(PHONE)
    citizen = talk()
    citizen.ask(f"waar blijft {reference}")
    citizen.say(PHONE)
    (sure,) = citizen.say(words, "gegevens_wissen")
    assert "Weet je het zeker?" in sure.text
    assert get(office, reference), "nothing has happened yet"
    (done,) = citizen.pick("Ja, wis de aanvraag")

    assert f"Aanvraag {reference} is gewist." in done.text
    with office.session() as session:
        (certificate,) = session.execute(sa.select(Erasure)).scalars()
        assert certificate.code in done.text
        assert certificate.by == erasure.CITIZEN
        assert certificate.subject == kept.Ledger(SECRET).of(reference)
        assert find(session, reference) is None
        assert not session.execute(sa.select(VaultEntry)).scalars().all()


@pytest.mark.parametrize("words", ["nee", "toch niet", "Nee, laat staan"])
def test_a_second_thought_is_no_erasing(office, apply, talk, words):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    citizen.pick("Helemaal wissen")
    (message,) = citizen.say(words, "ontkennen")

    assert "blijft staan zoals hij is" in message.text
    assert get(office, reference).question


def test_erasing_is_never_guessed(office, apply, talk):
    conversation, reference = apply()
    citizen = talk(conversation)
    citizen.ask()
    citizen.pick("Helemaal wissen")
    (again,) = citizen.say("goed dat je dat vraagt", "bevestigen")

    assert "Weet je het zeker?" in again.text
    assert get(office, reference)


def test_what_has_to_stay_stays_and_says_why(office, apply, talk):
    conversation, reference = apply()
    officer = Person(7, "Pim", "pim@voorbeeldstad.example", frozenset({"privacy"}), None)
    with office.session() as session:
        preserve.preserve(
            session,
            officer,
            kept.REFERRAL,
            reference,
            ground="klacht",
            reason="Klacht 2026-12 bij de ombudsman",
            days=30,
            gemeente=None,
        )
    citizen = talk(conversation)
    citizen.ask()
    citizen.pick("Helemaal wissen")
    (message,) = citizen.pick("Ja, wis de aanvraag")

    assert "kan nu niet weg, omdat er een klacht over loopt" in message.text
    assert get(office, reference).question


def test_elsewhere_a_request_that_has_ended_can_only_be_erased(office, apply, talk):
    _, reference = apply(PHONE)
    with office.session() as session:
        session.get(Referral, reference).status = life.DONE
        session.get(Referral, reference).helped = "ja"
    citizen = talk()
    citizen.ask(f"waar blijft {reference}")
    (message,) = citizen.say(PHONE)
    assert f"**{reference}** is klaar" in message.text
    assert titles(message) == ["Helemaal wissen", "Nee, klaar"]
    citizen.pick("Helemaal wissen")
    (done,) = citizen.pick("Ja, wis de aanvraag")

    assert f"Aanvraag {reference} is gewist." in done.text


def test_in_its_own_conversation_a_request_that_has_ended_has_a_button_to_erase_it(
    office, apply, talk
):
    conversation, reference = apply()
    with office.session() as session:
        session.get(Referral, reference).status = life.DONE
        session.get(Referral, reference).helped = "ja"
    (message,) = talk(conversation).ask()

    assert f"Wis aanvraag {reference}" in titles(message)


def test_how_long_a_detail_for_the_check_is_kept_is_the_term_of_the_vault(talk, monkeypatch):
    citizen = talk()
    citizen.ask("waar blijft SW-FFJU-Y3H7")
    (explained,) = citizen.say("waarom?", "uitleg_vraag")

    assert "Na 1 uur is het hier weer gewist." in explained.text
    monkeypatch.setattr(vaults, "TERM", timedelta(hours=3))
    (explained,) = citizen.say("waarom?", "uitleg_vraag")
    assert "Na 3 uur" in explained.text


def test_what_is_no_number_is_asked_once_more(apply, talk):
    _, reference = apply(PHONE)
    citizen = talk()
    citizen.ask()
    (again,) = citizen.say("dat weet ik zo niet uit mijn hoofd")
    assert "Daar lees ik geen referentienummer in" in again.text
    citizen.say(reference)
    (message,) = citizen.say(PHONE)

    assert reference in message.text


def as_bytes(messages):
    return json.dumps(
        [
            [m.text, [[c.title, c.intent, c.answer] for c in m.choices], m.about.as_dict()]
            for m in messages
        ]
    ).encode()


def test_nobody_learns_whether_the_request_of_another_exists(office, apply, talk):
    """Every answer on the way is the same, byte for byte, whatever is wrong."""
    _, existing = apply(PHONE)
    _, by_mail = apply("jan@example.nl")
    _, purged = apply(PHONE)
    _, gone = apply(PHONE)
    _, finished = apply(PHONE)
    with office.session() as session:
        session.delete(find(session, purged))
        withdraw(session, find(session, gone), tell=lambda *_: None)
        life.change(session, find(session, finished), "afgerond", "Anna")

    def transcript(number, contact):
        citizen = talk()
        said = [citizen.ask(), citizen.say(number), citizen.say(contact)]
        assert citizen.ended
        return [as_bytes(messages) for messages in said]

    wrong = "06-87654321"
    unknown = transcript("SW-AAAA-AAAA", PHONE)
    assert REFUSED.encode()[:40] in unknown[-1]
    for number, contact in [
        ("SW-AAAA-AAAA", wrong),
        (existing, wrong),
        (existing, "jan@example.nl"),
        (existing, "06-12345670"),
        (by_mail, PHONE),
        (by_mail, "piet@example.nl"),
        (purged, PHONE),
        (gone, PHONE),
        (gone, wrong),
        (finished, wrong),
    ]:
        assert transcript(number, contact) == unknown
    citizen = talk()
    shown = [citizen.ask(), citizen.say(existing), citizen.say(PHONE)]
    assert as_bytes(shown[1]) == unknown[1]
    assert as_bytes(shown[2]) != unknown[2]


def test_a_refusal_names_neither_number_nor_contact(talk):
    citizen = talk()
    citizen.ask()
    citizen.say("SW-AAAA-AAAA")
    (message,) = citizen.say(PHONE)

    assert "SW-" not in message.text and "12345678" not in message.text
    assert message.choices[0].intent == "doorverwijzing_status"


def attempt(citizen, number, contact):
    citizen.ask()
    if citizen.ended:
        return citizen.last[-1].text
    citizen.say(number)
    citizen.say(contact)
    return citizen.last[-1].text


def test_after_five_attempts_it_stops_also_for_the_right_answer(apply, talk):
    _, reference = apply(PHONE)
    citizen = talk()
    said = [attempt(citizen, reference, f"06-8765432{n}") for n in range(MOST_ATTEMPTS)]
    assert said == [REFUSED] * 5

    assert attempt(citizen, reference, PHONE) == STOPPED
    assert attempt(citizen, "SW-AAAA-AAAA", PHONE) == STOPPED
    assert reference in attempt(talk(), reference, PHONE)


def test_the_number_of_attempts_survives_starting_over(apply, talk, office, vault, referrals):
    """It is counted in the log, not in what Rasa remembers."""
    _, reference = apply(PHONE)
    citizen = talk()
    for _ in range(MOST_ATTEMPTS):
        attempt(citizen, reference, "06-87654321")

    assert attempt(talk(citizen.id), reference, PHONE) == STOPPED


def test_who_was_refused_often_still_sees_their_own_request(apply, talk):
    conversation, own = apply(PHONE)
    _, other = apply(PHONE)
    citizen = talk(conversation)
    for _ in range(MOST_ATTEMPTS):
        citizen.ask(f"hoe staat het met {other}")
        citizen.say("06-87654321")
        assert citizen.last[-1].text == REFUSED

    citizen.ask(f"hoe staat het met {other}")
    assert citizen.last[-1].text == STOPPED
    assert own in citizen.ask()[0].text


def test_a_finished_request_asks_whether_it_helped(office, apply, talk):
    conversation, reference = apply()
    with office.session() as session:
        life.change(session, find(session, reference), "afgerond", "Anna")
    citizen = talk(conversation)
    (message,) = citizen.ask()
    assert f"Ben je geholpen met aanvraag **{reference}**?" in message.text
    (thanks,) = citizen.say("een beetje")

    assert get(office, reference).helped == "deels"
    assert "medewerker_spreken" in [choice.intent for choice in thanks.choices]
    (after,) = citizen.ask()
    assert citizen.ended
    assert "is klaar" in after.text and "geholpen" not in after.text


@pytest.mark.parametrize(
    ("words", "helped"),
    [("ja", "ja"), ("nee", "nee"), ("niet geholpen", "nee"), ("niet helemaal", "deels")],
)
def test_the_closing_question_is_read_from_words(office, apply, talk, words, helped):
    conversation, reference = apply()
    with office.session() as session:
        life.change(session, find(session, reference), "afgerond", "Anna")
    citizen = talk(conversation)
    citizen.ask()
    citizen.say(words)

    assert get(office, reference).helped == helped


def test_a_choice_of_the_closing_question_is_enough(office, apply, talk):
    """Put by the worker long after, and answered with one click."""
    conversation, reference = apply()
    with office.session() as session:
        life.change(session, find(session, reference), "afgerond", "Anna")
    citizen = talk(conversation)
    (message,) = citizen.ask("", f"geholpen:nee:{reference}")

    assert citizen.ended
    assert "Dat spijt me" in message.text
    assert get(office, reference).helped == "nee"


def test_a_forged_closing_answer_for_another_shows_nothing(office, apply, talk):
    _, reference = apply()
    with office.session() as session:
        life.change(session, find(session, reference), "afgerond", "Anna")
    citizen = talk()
    (message,) = citizen.ask("", f"geholpen:ja:{reference}")

    assert "telefoonnummer of e-mailadres gaf je" in message.text
    assert get(office, reference).helped is None


def test_what_was_withdrawn_is_still_seen_in_its_own_conversation(office, apply, talk):
    conversation, reference = apply()
    with office.session() as session:
        withdraw(session, find(session, reference), tell=lambda *_: None)
    citizen = talk(conversation)
    (message,) = citizen.ask()

    assert f"**{reference}** is ingetrokken" in message.text
    assert citizen.ended


def test_a_due_date_that_has_passed_is_admitted(office, apply, talk):
    conversation, reference = apply()
    with office.session() as session:
        session.get(Referral, reference).due_at = now() - timedelta(days=2)

    assert "Dat is niet gelukt. Dat spijt me." in talk(conversation).ask()[0].text


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("hoe staat het met sw ffju y3h7", None, {"referentie": "SW-FFJU-Y3H7"}),
        ("hoe staat het ermee", None, {}),
        ("", "geholpen:ja:SW-FFJU-Y3H7", {"geholpen": "ja", "referentie": "SW-FFJU-Y3H7"}),
        ("", "geholpen:ja", {}),
        ("", "keuze:intrekken", {}),
    ],
)
def test_what_a_message_says_already(text, answer, expected):
    assert status_flow.known(text, answer) == expected


def test_the_questions_can_be_read_and_need_no_fact_that_is_not_there():
    flow = status_flow.flow(lambda answers: status_flow.Seen(), 180)

    for step in flow.steps:
        assert "{" not in step.ask.format_map(flow.facts({}))
    assert flow.intent == "doorverwijzing_status"


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        (lambda d: d["steps"][0].pop("ask"), "steps.0", "ontbreekt: ask"),
        (lambda d: d["steps"][0].update(kind="cijfer"), "steps.0.kind", "kies uit: choice"),
        (lambda d: d["steps"][1].update(id="nummer"), "id", "twee keer voor"),
        (lambda d: d.pop("intro"), "", "ontbreekt: intro"),
    ],
)
def test_a_mistake_in_the_questions_is_reported(tmp_path, change, field, message):
    data = read_yaml(status_flow.STATUS)
    change(data)
    path = tmp_path / "status.yml"
    with path.open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(data, stream)

    with pytest.raises(ContentError) as error:
        status_flow.read_status(path)

    assert error.value.problems[0].field == field
    assert message in str(error.value)
