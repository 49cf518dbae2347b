import pytest
from cryptography.fernet import InvalidToken
from served import SECRET
from sqlalchemy.exc import IntegrityError

from bot.conversations import log
from bot.whatsapp.identity import Address, People
from bot.whatsapp.model import WhatsAppKey, WhatsAppPerson

PHONE, HIDDEN = Address("31600000001"), Address(None, "NL.1")
BOTH = Address("31600000001", "NL.1")


def add(session, people, address):
    here = log.start(session, channel="whatsapp", gemeente=None, page=None).id
    return people.add(session, here, address)


def find(database, people, address):
    with database.session() as session:
        person = people.find(session, address)
        return person and person.conversation_id


def test_a_person_is_found_by_each_of_their_ids(any_database, people):
    with any_database.session() as session:
        here = add(session, people, BOTH).conversation_id

    for address in (BOTH, PHONE, HIDDEN, Address("31699999999", "NL.1")):
        assert find(any_database, people, address) == here
    assert find(any_database, people, Address("31600000002")) is None


def test_an_id_that_becomes_known_later_leads_to_the_same_conversation(any_database, people):
    with any_database.session() as session:
        here = add(session, people, PHONE).conversation_id
    with any_database.session() as session:
        people.update(session, people.find(session, BOTH), BOTH)

    assert find(any_database, people, HIDDEN) == here
    with any_database.session() as session:
        assert people.address(session.get(WhatsAppPerson, here)) == BOTH


def test_another_number_leads_to_the_same_conversation_and_the_old_one_no_longer(
    any_database, people
):
    with any_database.session() as session:
        here = add(session, people, PHONE).conversation_id
    with any_database.session() as session:
        people.update(session, people.find(session, PHONE), Address("31600000002"))

    assert find(any_database, people, Address("31600000002")) == here
    assert find(any_database, people, PHONE) is None
    with any_database.session() as session:
        next_owner = add(session, people, PHONE).conversation_id
    assert next_owner != here


def test_a_number_with_another_id_has_another_owner(any_database, people):
    with any_database.session() as session:
        add(session, people, BOTH)

    assert find(any_database, people, Address(PHONE.wa_id, "NL.2")) is None
    with any_database.session() as session:
        second = add(session, people, Address(PHONE.wa_id, "NL.2")).conversation_id
    assert find(any_database, people, PHONE) == second
    assert find(any_database, people, Address(None, "NL.2")) == second


def test_a_number_that_had_a_conversation_of_its_own_leads_to_who_has_it_now(any_database, people):
    new = Address("31600000002")
    with any_database.session() as session:
        moved = add(session, people, PHONE).conversation_id
        other = add(session, people, new).conversation_id
    with any_database.session() as session:
        people.update(session, people.find(session, PHONE), new)

    assert find(any_database, people, new) == moved
    with any_database.session() as session:
        assert session.get(WhatsAppPerson, other) is not None
        assert log.get(session, other)


def test_two_processes_that_meet_somebody_at_the_same_moment_make_one_person(any_database, people):
    with any_database.session() as session:
        add(session, people, PHONE)
    with pytest.raises(IntegrityError), any_database.session() as session:
        add(session, people, PHONE)


def test_the_same_person_at_another_number_of_ours_is_somebody_else(any_database, people):
    other = People(SECRET, (), "990000000000009")
    with any_database.session() as session:
        add(session, people, BOTH)

    assert find(any_database, other, BOTH) is None


def test_a_person_is_found_under_the_secret_of_before(any_database, people):
    renewed = People("another secret of thirty-two characters", (SECRET,), people.number)
    with any_database.session() as session:
        here = add(session, people, BOTH).conversation_id
    with any_database.session() as session:
        person = renewed.find(session, PHONE)
        assert person.conversation_id == here
        renewed.update(session, person, BOTH)

    only = People("another secret of thirty-two characters", (), people.number)
    assert find(any_database, only, HIDDEN) == here


def test_nobody_can_read_an_address_without_the_secret(any_database, people):
    with any_database.session() as session:
        person = add(session, people, BOTH)

        assert "3160000" not in person.address
        with pytest.raises(InvalidToken):
            People("somebody else", (), people.number).address(person)


def test_the_end_of_a_conversation_is_the_end_of_what_we_know_of_a_person(any_database, people):
    with any_database.session() as session:
        here = add(session, people, BOTH).conversation_id
    with any_database.session() as session:
        log.erase(session, here)

    with any_database.session() as session:
        assert session.query(WhatsAppPerson).count() == 0
        assert session.query(WhatsAppKey).count() == 0


def test_the_id_of_a_message_says_who_sent_it_so_only_its_fingerprint_is_kept(people):
    """`HBgL` is followed by the phone number in base64."""
    assert people.fingerprint("wamid.a") == people.fingerprint("wamid.a")
    assert people.fingerprint("wamid.a") != people.fingerprint("wamid.b")
    assert len(people.fingerprint("wamid." + "x" * 400)) == 64


def test_an_address_without_an_id_is_refused(people):
    assert not Address()
    with pytest.raises(ValueError, match="without any id"):
        people.key(Address())
