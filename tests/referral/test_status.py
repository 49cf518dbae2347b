from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from bot.catalogue.model import Provider
from bot.conversations import log
from bot.database import now
from bot.privacy.keys import Cipher
from bot.privacy.model import VaultEntry
from bot.referral import life
from bot.referral.calendar import ZONE
from bot.referral.file import ALPHABET, Referrals, as_dict, find, find_reference, purge
from bot.referral.helped import ask_helped, is_to_ask, note_helped, put_question, to_ask
from bot.referral.model import Referral, ReferralEvent
from bot.referral.status import correct, describe, prove, set_status, view, withdraw
from bot.referral.terms import read_terms

MONDAY = "2026-11-23 10:00"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(timezone.utc)


def contact_of(office, referrals, reference):
    with office.session() as session:
        return referrals.contact(session.get(Referral, reference))


@pytest.fixture
def told_about(office, apply):
    """What is said of a request in some state, asked for on Monday 23 November 2026 at 10:00."""

    def text(status, moment, **columns):
        _, reference = apply()
        with office.session() as session:
            referral = session.get(Referral, reference)
            referral.status, referral.created_at = status, at(MONDAY)
            referral.due_at = read_terms().due_at(at(MONDAY), "gewoon")
            for name, value in columns.items():
                setattr(referral, name, value)
            return view(session, referral, at(moment)).text

    return text


@pytest.mark.parametrize(
    ("spelling", "reference"),
    [
        ("SW-FFJU-Y3H7", "SW-FFJU-Y3H7"),
        ("sw ffju y3h7", "SW-FFJU-Y3H7"),
        ("swffjuy3h7", "SW-FFJU-Y3H7"),
        ("s w f f j u y 3 h 7", "SW-FFJU-Y3H7"),
        ("s.w. ff ju y3 h7", "SW-FFJU-Y3H7"),
        ("SW – FFJU – Y3H7.", "SW-FFJU-Y3H7"),
        ("sw streepje f f j u streepje y drie h zeven", "SW-FFJU-Y3H7"),
        ("mijn nummer is SW-ACEF-2346, toch?", "SW-ACEF-2346"),
        ("sw twee drie vier zes zeven acht negen a", "SW-2346-789A"),
        ("SW-FFJU", None),
        ("SW-FFJU-Y3H77", None),
        ("SW-0000-1111", None),
        ("XSW-FFJU-Y3H7", None),
        ("weet ik niet meer", None),
        ("", None),
        (None, None),
    ],
)
def test_a_reference_is_read_however_it_is_spelled(spelling, reference):
    assert find_reference(spelling) == reference


def test_every_character_of_a_reference_can_be_read_back():
    for letter in ALPHABET:
        assert find_reference(f"sw {letter * 4} {letter * 4}".lower()) == f"SW-{letter * 4}-" + (
            letter * 4
        )


@pytest.mark.parametrize(
    ("stored", "given", "same"),
    [
        ("06-12345678", "06 12345678", True),
        ("06-12345678", "+31612345678", True),
        ("06-12345678", "0031 6 12 34 56 78", True),
        ("06-12345678", "06-12345679", False),
        ("jan@example.nl", "Jan@Example.NL", True),
        ("jan@example.nl", "jan@example.com", False),
        # The digits in an address are no phone number.
        ("a0612345678@example.nl", "b0612345678@example.nl", False),
        ("a0612345678@example.nl", "06-12345678", False),
        ("06-12345678", "", False),
        ("06-12345678", None, False),
    ],
)
def test_a_contact_detail_is_the_same_in_any_spelling(
    office, referrals, apply, stored, given, same
):
    _, reference = apply(stored)
    with office.session() as session:
        assert referrals.matches(find(session, reference), given) is same


@pytest.mark.parametrize("given", ["06 00000000", "", None, "06-12345678"])
def test_where_there_is_no_request_nothing_matches(referrals, given):
    assert referrals.matches(None, given) is False


def test_an_unreadable_detail_matches_nothing(office, referrals, apply):
    """Another key, or damage: that may not look different from a wrong check."""
    _, reference = apply()
    with office.session() as session:
        referral = find(session, reference)
        referral.contact = Cipher("een-heel-ander-geheim", "referral").encrypt("06 12345678")
        assert referrals.matches(referral, "06 12345678") is False
        assert referrals.matches(referral, "") is False


def test_an_old_key_still_matches(office, apply):
    _, reference = apply()
    with office.session() as session:
        later = Referrals("het-nieuwe-geheim", ["een-geheim-van-minstens-32-tekens-lang"])
        assert later.matches(find(session, reference), "0612345678") is True


def test_each_try_is_the_same_work(office, referrals, vault, apply, monkeypatch):
    """One look in the database for the request, one decryption of its detail: always."""
    conversation, reference = apply()
    _, erased = apply()
    with office.session() as session:
        withdraw(session, find(session, erased), tell=lambda *_: None)
        right = vault.mask(session, conversation, "06-12345678")
        wrong = vault.mask(session, conversation, "06-87654321")

    def work(number, token):
        queries, decrypted = [], []
        decrypt = Cipher.decrypt

        def noted(*arguments):
            text = decrypt(*arguments)
            decrypted.append(len(text))
            return text

        def note(connection, cursor, statement, *_):
            queries.append(statement)

        monkeypatch.setattr(Cipher, "decrypt", noted)
        sa.event.listen(office.engine, "before_cursor_execute", note)
        with office.session() as session:
            proven = prove(session, referrals, conversation, number, token)
        sa.event.remove(office.engine, "before_cursor_execute", note)
        monkeypatch.setattr(Cipher, "decrypt", decrypt)
        return proven is not None, queries, decrypted

    found, *usual = work(reference, right)
    assert found
    for number, token in [(reference, wrong), ("SW-AAAA-AAAA", right), (erased, right)]:
        assert work(number, token) == (False, *usual)


@pytest.mark.parametrize(
    ("status", "moment", "said"),
    [
        (
            "ontvangen",
            "2026-11-24 18:00",
            [
                "is ontvangen. Een adviseur heeft hem nog niet opgepakt. De bedoeling is dat een "
                "adviseur uiterlijk **donderdag 26 november** contact met je opneemt.",
                "Het loket is nu open, tot 20:00 uur.",
                "[0900 0123](tel:09000123)",
            ],
        ),
        ("in_behandeling", MONDAY, ["Een adviseur is ermee bezig.", "donderdag 26 november"]),
        (
            "ontvangen",
            "2026-11-28 12:00",
            [
                "Een adviseur had uiterlijk donderdag 26 november contact met je moeten opnemen.",
                "Dat spijt me.",
                "Het loket is weer open op maandag 30 november vanaf 9:00 uur.",
            ],
        ),
        ("contact_gelegd", MONDAY, ["loopt. Een adviseur heeft contact met je gehad."]),
        ("geen_contact", MONDAY, ["kon je niet bereiken", "Je kunt het hier verbeteren"]),
        ("afgerond", MONDAY, ["is klaar."]),
        ("ingetrokken", MONDAY, ["is ingetrokken. Je telefoonnummer of e-mailadres is gewist."]),
    ],
)
def test_a_state_in_words(told_about, status, moment, said):
    text = told_about(status, moment)

    for part in said:
        assert part in text


@pytest.mark.parametrize("status", ["contact_gelegd", "geen_contact", "afgerond", "ingetrokken"])
def test_who_does_not_wait_hears_no_due_date(told_about, status):
    assert "uiterlijk" not in told_about(status, MONDAY)


@pytest.mark.parametrize("status", ["afgerond", "ingetrokken"])
def test_what_has_ended_names_no_desk(told_about, status):
    assert "0900" not in told_about(status, MONDAY)


def test_without_hours_nothing_is_said_about_them(office, apply):
    conversation, _ = apply()
    with office.session() as session:
        session.get(Provider, "voorbeeldstad-ondernemersloket").hours = None

    with office.session() as session:
        text = describe(session, conversation, at(MONDAY)).text

    assert "[0900 0123](tel:09000123)" in text
    assert "open" not in text.replace("opneemt", "")


def test_a_request_whose_desk_left_the_catalogue_is_still_described(office, apply):
    conversation, reference = apply()
    with office.session() as session:
        session.get(Referral, reference).service_id = "weg"

    with office.session() as session:
        assert f"**{reference}** is ontvangen" in describe(session, conversation).text


@pytest.mark.parametrize("status", life.STATES)
def test_no_state_is_called_by_its_identifier(told_about, status):
    assert "_" not in told_about(status, MONDAY)


def test_withdrawing_destroys_the_contact_detail(office, apply, told, tmp_path):
    conversation, reference = apply()
    with office.session() as session:
        sealed = bytes(session.get(Referral, reference).contact)
        withdraw(session, find(session, reference), tell=told)

    with office.session() as session:
        referral = session.get(Referral, reference)
        assert (referral.status, referral.contact) == ("ingetrokken", b"")
        assert referral.events[-1].by == "inwoner"
        entries = sa.select(VaultEntry).where(VaultEntry.conversation_id == conversation)
        assert session.execute(entries).first() is None
    assert told.messages == [(reference, "ingetrokken")]
    with office.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    files = b"".join(path.read_bytes() for path in tmp_path.glob("office.sqlite3*"))
    assert reference.encode() in files
    assert sealed not in files


@pytest.mark.parametrize("status", ["afgerond", "ingetrokken"])
def test_what_has_ended_cannot_be_withdrawn(office, apply, told, status):
    _, reference = apply()
    with office.session() as session:
        set_status(session, find(session, reference), status, "Anna", tell=lambda *_: None)

    with office.session() as session, pytest.raises(life.WrongTransition):
        withdraw(session, find(session, reference), tell=told)

    assert told.messages == []


def test_withdrawn_by_staff_is_withdrawn_in_full(office, apply, told):
    _, reference = apply()
    with office.session() as session:
        set_status(session, find(session, reference), "ingetrokken", "Anna", "belde", told)

    with office.session() as session:
        referral = find(session, reference)
        assert (referral.contact, referral.events[-1].by) == (b"", "Anna")
    assert told.messages == [(reference, "ingetrokken")]


def test_the_desk_hears_of_a_withdrawal_through_the_outbox(office, apply):
    _, reference = apply()
    with office.session() as session:
        withdraw(session, find(session, reference))

    with office.session() as session:
        abouts = [row.about for row in find(session, reference).handovers]
        assert abouts[-1:] == ["ingetrokken"]


def test_a_corrected_contact_takes_the_place_of_the_old_one(office, referrals, apply, told):
    _, reference = apply()
    with office.session() as session:
        before = find(session, reference).consent_at
        correct(
            session,
            referrals,
            find(session, reference),
            contact=("email", "jan@example.nl"),
            consent_text="Mag dit?",
            tell=told,
        )

    assert contact_of(office, referrals, reference) == "jan@example.nl"
    with office.session() as session:
        referral = find(session, reference)
        assert (referral.contact_kind, referral.consent_text) == ("email", "Mag dit?")
        assert referral.consent_at > before
        assert referral.events[-1].note == "gewijzigd: contact"
        assert referrals.matches(referral, "06 12345678") is False
    assert told.messages == [(reference, "gewijzigd")]


def test_a_contact_is_never_stored_without_consent(office, referrals, apply, told):
    _, reference = apply()
    with office.session() as session, pytest.raises(ValueError, match="without consent"):
        correct(
            session, referrals, find(session, reference), contact=("email", "x@y.nl"), tell=told
        )

    assert contact_of(office, referrals, reference) == "06 12345678"


def test_a_corrected_question_is_also_in_what_was_approved(office, referrals, apply, told):
    _, reference = apply()
    with office.session() as session:
        find(session, reference).context = [
            {"label": "Je gemeente", "text": "Voorbeeldstad"},
            {"label": "Je vraag", "text": "Past ondernemen bij mij?"},
        ]
    with office.session() as session:
        correct(session, referrals, find(session, reference), question="Mag ik?", tell=told)

    with office.session() as session:
        referral = find(session, reference)
        assert referral.question == "Mag ik?"
        assert referral.context == [
            {"label": "Je gemeente", "text": "Voorbeeldstad"},
            {"label": "Je vraag", "text": "Mag ik?"},
        ]
        assert "Mag ik" not in referral.events[-1].note


def test_a_wish_is_cut_off_where_it_does_not_fit(office, referrals, apply, told):
    _, reference = apply()
    with office.session() as session:
        correct(session, referrals, find(session, reference), wish="bel " * 50, tell=told)

    with office.session() as session:
        assert find(session, reference).wish == ("bel " * 50)[:120]


def test_a_correction_needs_something_to_correct(office, referrals, apply, told):
    _, reference = apply()
    with office.session() as session, pytest.raises(ValueError, match="nothing"):
        correct(session, referrals, find(session, reference), tell=told)


@pytest.mark.parametrize("status", ["afgerond", "ingetrokken"])
def test_what_has_ended_cannot_be_corrected(office, referrals, apply, told, status):
    """Above all: a contact detail that was destroyed never comes back."""
    _, reference = apply()
    with office.session() as session:
        stale = find(session, reference)
        assert stale.events
    with office.session() as session:
        set_status(session, find(session, reference), status, "Anna", tell=lambda *_: None)

    with office.session() as session:
        mine = session.merge(stale, load=False)
        with pytest.raises(life.Closed, match=status):
            correct(session, referrals, mine, contact=("email", "a@b.nl"), consent_text="?")

    with office.session() as session:
        assert find(session, reference).contact_kind == "telefoon"
    assert told.messages == []


def test_who_could_not_be_reached_and_mends_the_number_is_received_again(
    office, referrals, apply, told
):
    _, reference = apply()
    with office.session() as session:
        referral = find(session, reference)
        referral.due_at = now() - timedelta(days=9)
        life.change(session, referral, "geen_contact", "Anna")
        new = ("telefoon", "06 87654321")
        correct(session, referrals, referral, contact=new, consent_text="?", tell=told)

    with office.session() as session:
        referral = find(session, reference)
        assert referral.status == "ontvangen"
        assert referral.due_at > now()
    assert told.messages == [(reference, "gewijzigd")]


def finished(office, apply):
    conversation, reference = apply()
    with office.session() as session:
        life.change(session, find(session, reference), "afgerond", "Anna")
    return conversation, reference


def test_the_closing_question_comes_only_after_the_end(office, apply):
    _, reference = apply()
    with office.session() as session:
        referral = find(session, reference)
        assert not is_to_ask(referral)
        assert to_ask(session) == []
        life.change(session, referral, "afgerond", "Anna")
        assert is_to_ask(referral)
        assert to_ask(session) == [reference]


def test_the_closing_question_names_the_request_in_each_choice(office, apply):
    _, reference = finished(office, apply)
    with office.session() as session:
        message = ask_helped(find(session, reference))

    assert reference in message.text
    assert [choice.answer for choice in message.choices] == [
        f"geholpen:{answer}:{reference}" for answer in ("ja", "deels", "nee")
    ]


def test_the_closing_question_is_put_once_in_the_conversation(office, apply):
    conversation, reference = finished(office, apply)
    with office.session() as session:
        assert put_question(session, reference) is True
    with office.session() as session:
        assert put_question(session, reference) is False
        assert to_ask(session) == []
        assert is_to_ask(find(session, reference))

    with office.session() as session:
        (message,) = log.history(session, conversation)
        assert "Ben je geholpen?" in message.text
        assert message.choices[2]["payload"] == (
            f'/doorverwijzing_status{{"antwoord": "geholpen:nee:{reference}"}}'
        )


def test_nobody_is_asked_in_a_conversation_that_was_erased(office, apply):
    conversation, _ = finished(office, apply)
    with office.session() as session:
        log.erase(session, conversation)
        assert to_ask(session) == []


@pytest.mark.parametrize(
    ("answer", "said", "offers"),
    [
        ("ja", "Wat fijn", ["hulp"]),
        ("deels", "wat er nog mist", ["medewerker_spreken", "hulp"]),
        ("nee", "Dat spijt me", ["medewerker_spreken", "hulp"]),
    ],
)
def test_what_comes_after_the_closing_question(office, apply, answer, said, offers):
    _, reference = finished(office, apply)
    with office.session() as session:
        message = note_helped(session, find(session, reference), answer)

    assert said in message.text
    assert [choice.intent for choice in message.choices] == offers
    with office.session() as session:
        referral = find(session, reference)
        assert referral.helped == answer
        assert not is_to_ask(referral)
        assert as_dict(referral)["helped"] == answer


def test_the_closing_question_has_three_answers_and_an_end(office, apply):
    _, reference = finished(office, apply)
    _, going_on = apply()
    with office.session() as session:
        with pytest.raises(ValueError, match="misschien"):
            note_helped(session, find(session, reference), "misschien")
        with pytest.raises(life.WrongTransition):
            note_helped(session, find(session, going_on), "ja")


def test_a_request_as_data_tells_its_state_and_terms(office, apply):
    _, reference = apply()
    with office.session() as session:
        life.change(session, find(session, reference), "in_behandeling", "Anna")
        data = as_dict(find(session, reference))

    assert (data["status"], data["urgency"], data["events"]) == ("in_behandeling", "gewoon", 2)
    assert datetime.fromisoformat(data["due_at"]).tzinfo is not None
    assert data["closed_at"] is None


def test_events_go_with_the_request(office, apply):
    _, reference = apply()
    with office.session() as session:
        session.get(Referral, reference).created_at = now() - timedelta(days=999)
    with office.session() as session:
        assert purge(session, 180) == 1
        assert session.execute(sa.select(ReferralEvent)).first() is None


@pytest.mark.parametrize("status", ["in_behandeling", "geen_contact"])
def test_news_is_said_in_the_conversation_with_a_way_to_see_more(office, apply, status):
    conversation, reference = apply()
    with office.session() as session:
        set_status(session, find(session, reference), status, "Anna", "intern", lambda *_: None)
    with office.session() as session:
        newest = log.history(session, conversation)[-1]

    assert reference in newest.text and "intern" not in newest.text
    assert [choice["title"] for choice in newest.choices] == ["Bekijk mijn aanvraag"]
    assert newest.about["flow"] == "status"


def test_news_of_a_conversation_that_is_gone_is_told_nobody(office, apply):
    conversation, reference = apply()
    with office.session() as session:
        log.erase(session, conversation)
    with office.session() as session:
        set_status(session, find(session, reference), "in_behandeling", "Anna")
        assert find(session, reference).status == "in_behandeling"
