from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meta import NUMBER, Phone, envelope, value

from bot.whatsapp.identity import Address
from bot.whatsapp.intake import moment_of, unpack
from bot.whatsapp.numbers import number_in
from bot.whatsapp.reading import LONGEST_TEXT, clean, read
from bot.whatsapp.texts import texts

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


def test_every_kind_is_read_as_the_documentation_gives_it(payloads):
    for name, payload in payloads.items():
        message = read(payload["message"], "wamid.x", Address("31600000007"), 0.0)

        found = {field: getattr(message, field) for field in payload["reads"]}
        assert found == payload["reads"], name


def test_every_kind_that_is_not_read_has_a_reply(payloads):
    """Text, choices, news about a number, and what is silent need none."""
    spoken = {"text", "choice", "moved", "silent", "welcome"}
    kinds = {payload["reads"]["kind"] for payload in payloads.values()}

    assert kinds - spoken == set(texts().unread)


def test_nothing_of_a_picture_a_sound_or_a_contact_is_kept(payloads):
    for name in ("image_with_address", "voice", "document", "contacts", "location_named", "form"):
        message = read(payloads[name]["message"], "wamid.x", Address("31600000007"), 0.0)

        assert message.text == "", name
        assert message.choice is None, name


@pytest.mark.parametrize(
    "strange",
    [
        {"type": "text", "text": None},
        {"type": "text", "text": {"body": 12}},
        {"type": "text", "text": ["a"]},
        {"type": "image", "image": "x"},
        {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {}}},
        {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": [1]}},
        {"type": "button", "button": 1},
        {"type": "audio"},
        {"type": None},
        {"type": ["text"]},
        {},
    ],
)
def test_a_message_that_is_not_as_expected_still_gets_a_reply(strange):
    message = read(strange, "wamid.x", Address("31600000007"), 0.0)

    assert message.kind in texts().unread


def test_a_text_is_without_what_no_one_can_type_and_is_never_a_command():
    assert clean("  /stop\x00 nu\u202e \ud800!") == "stop nu !"
    assert clean("//bevestigen") == "bevestigen"
    assert len(clean("a" * 5000)) == LONGEST_TEXT


@given(st.text(st.characters(), max_size=200))
def test_whatever_is_typed_can_be_stored(text):
    cleaned = clean(text)

    assert "\x00" not in cleaned
    assert not cleaned.startswith("/")
    cleaned.encode()


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("2", 2),
        (" 2. ", 2),
        ("2️⃣", 2),
        ("twee", 2),
        ("Twee!", 2),
        ("één", 1),
        ("nummer 3", 3),
        ("optie twee", 2),
        ("de tweede", 2),
        ("2e", 2),
        ("(4)", 4),
        ("twintig", 20),
        ("0", None),
        ("2 euro", None),
        ("tweeduizend", None),
        ("", None),
        ("nummer", None),
        ("ik kies 2 of 3", None),
        ("1000", None),
    ],
)
def test_a_number_counts_only_when_it_is_the_whole_message(said, number):
    assert number_in(said) == number


def test_who_wrote_is_completed_with_what_the_contacts_say_of_that_person():
    other = {"wa_id": "31600000002", "user_id": "NL.2"}
    mine = {"wa_id": "31600000001", "user_id": "NL.1", "profile": {"name": "Test"}}
    message = Phone(None).text("hoi")

    (found,) = unpack(envelope(value(message, contacts=[other, mine])), NUMBER, NOW).incoming

    assert found.sender == Address("31600000001", "NL.1")


def test_contacts_say_nothing_about_somebody_else():
    other = {"wa_id": "31600000002", "user_id": "NL.2"}

    (found,) = unpack(
        envelope(value(Phone(None).text("hoi"), contacts=[other])), NUMBER, NOW
    ).incoming

    assert found.sender == Address("31600000001", None)


def test_somebody_without_a_number_is_known_by_their_id():
    message = Phone(None, wa_id=None, user_id="NL.1").text("hoi")

    (found,) = unpack(envelope(value(message)), NUMBER, NOW).incoming

    assert found.sender == Address(None, "NL.1")


def test_a_new_id_that_is_told_without_a_sender_belongs_to_the_number_that_stays():
    system = {"type": "user_changed_user_id", "wa_id": "31600000001", "user_id": "NL.9"}
    message = {"id": "wamid.x", "timestamp": "1790000000", "type": "system", "system": system}

    (found,) = unpack(envelope(value(message)), NUMBER, NOW).incoming

    assert (found.sender, found.moved_to) == (
        Address("31600000001"),
        Address("31600000001", "NL.9"),
    )


def test_a_message_without_an_id_of_its_own_is_known_by_what_it_says():
    first, second = Phone(None).text("hoi"), Phone(None).text("dag")
    for message in (first, second):
        del message["id"]

    def wamids():
        batch = unpack(envelope(value(first, second)), NUMBER, NOW)
        return [message.wamid for message in batch.incoming]

    assert wamids() == wamids()
    assert len(set(wamids())) == 2


def test_strange_pieces_take_nothing_along():
    good = Phone(None).text("hoi")
    contacts = [3, {"wa_id": 5}, {"wa_id": "31600000001"}]
    messages = [None, 3, "x", [], {}, {"from": 5}, {"id": "a"}, good, {"from": {}}]
    body = envelope(value(*messages, contacts=contacts, statuses=[1, {"id": "w"}]))
    body["entry"] += [None, 4, {"changes": 3}, {"changes": [None, {"value": None}]}]

    batch = unpack(body, NUMBER, NOW)

    assert [message.text for message in batch.incoming] == ["hoi"]
    assert batch.statuses == []
    assert batch.passed["strange message"] == 6
    assert batch.passed["no sender"] == 2
    assert batch.passed["strange status"] == 2
    assert batch.passed["strange change"] == 2


@pytest.mark.parametrize("body", [None, 3, [], {}, {"object": "page"}, {"entry": {}}, "x"])
def test_a_body_without_messages_is_empty(body):
    batch = unpack(body, NUMBER, NOW)

    assert (batch.incoming, batch.statuses) == ([], [])


def test_what_is_for_another_number_or_about_something_else_is_only_counted():
    message = Phone(None).text("hoi")
    body = envelope(value(message, number="990000000000009"), value(message))
    body["entry"][0]["changes"][1]["field"] = "account_update"

    batch = unpack(body, NUMBER, NOW)

    assert batch.incoming == []
    assert batch.passed == {"other number": 1, "other field": 1}


def test_a_body_that_does_not_name_the_number_or_the_field_is_ours():
    """The signature already says that it is for our app."""
    said = value(Phone(None).text("hoi"))
    del said["metadata"]

    batch = unpack({"entry": [{"changes": [{"value": said}]}]}, NUMBER, NOW)

    assert len(batch.incoming) == 1


def test_messages_in_a_group_and_reactions_are_passed_over():
    phone = Phone(None)
    reaction = phone.message("reaction", {"message_id": "wamid.a", "emoji": "👍"})

    batch = unpack(envelope(value(phone.text("hoi", group_id="g"), reaction)), NUMBER, NOW)

    assert batch.incoming == []
    assert batch.passed == {"group": 1, "silent": 1}


@pytest.mark.parametrize("told", ["", "x", "-1", "99999999999999", "1e3", 4102444800])
def test_a_moment_that_cannot_be_is_now(told):
    assert moment_of(told, NOW) == NOW


def test_a_moment_is_in_seconds_since_1970():
    assert moment_of("1790000000", NOW) == datetime(2026, 9, 21, 14, 13, 20, tzinfo=timezone.utc)
