import pytest
import sqlalchemy as sa
from meta import DISPLAYED, Phone, wamid
from scripted_rasa import said

from bot.conversations import log
from bot.conversations.model import Conversation, StoredMessage
from bot.whatsapp.model import WhatsAppPerson, WhatsAppUpdate
from bot.whatsapp.rendering import numbered
from bot.whatsapp.templates import READ
from bot.whatsapp.texts import texts

GREETING = '/groet{"gemeente": "Voorbeeldstad"}'
MENU = [("De zelfscan doen", '/zelfscan{"a": 1}'), ("Een vraag stellen", "/hulp")]
# Titles that no button or row can hold, so that they are shown with numbers.
LONG = [(f"{'Een heel lang antwoord waar geen knop voor is ' * 2}{n}", f"/k{n}") for n in (1, 2, 3)]


def unread(kind):
    return texts().unread[kind]


def test_the_first_thing_somebody_reads_is_with_whom_they_talk(service):
    service.phone().send("hoe begin ik een bedrijf")
    service.settle()

    notice, greeting, answer = service.said()
    assert "computer" in notice
    assert "gemeente Voorbeeldstad" in notice
    assert "Meta kan ze daar zien" in notice
    assert "30 dagen na je laatste bericht" in notice
    assert "{" not in notice
    assert "stop berichten" in notice
    assert greeting == f"Antwoord op: {GREETING}"
    assert answer == "Antwoord op: hoe begin ik een bedrijf"


def test_the_notice_and_the_greeting_come_once(service):
    phone = service.phone()
    phone.send("een vraag", "nog een vraag")
    phone.send("en nog een")
    service.settle()

    assert [t.message for t in service.rasa.turns].count(GREETING) == 1
    assert sum("computer" in text for text in service.said()) == 1


def test_who_only_greets_is_greeted_once(service):
    service.phone().send("Hoi!")
    service.settle()

    assert [t.message for t in service.rasa.turns] == [GREETING]
    assert ("in", "Hoi!") in service.log()


def test_who_opens_the_chat_is_greeted(service):
    phone = service.phone()
    phone.send(phone.message("request_welcome"))
    service.settle()
    phone.send(phone.message("request_welcome"))
    service.settle()

    assert [t.message for t in service.rasa.turns] == [GREETING]


def test_the_conversation_says_which_channel_and_gemeente_it_is_and_nothing_else(service):
    service.phone().send("hallo")
    service.settle()

    with service.database.session() as session:
        (conversation,) = session.execute(sa.select(Conversation)).scalars()
        assert (conversation.channel, conversation.gemeente, conversation.page) == (
            "whatsapp",
            "Voorbeeldstad",
            None,
        )
        assert "31600000001" not in conversation.id


def test_an_installation_for_several_gemeenten_says_so(database, rasa, serve):
    with serve(database, rasa, GEMEENTE="meerdere") as service:
        service.phone().send("hallo")
        service.settle()

        assert [t.message for t in rasa.turns] == ["/groet{}"]
        assert "van je gemeente" in service.said()[0]


def test_details_that_somebody_types_do_not_reach_rasa(service):
    service.phone().send("mijn nummer is 06 12345678")
    service.settle()

    assert service.turns() == ["mijn nummer is [telefoon:1]"]


def test_a_command_is_only_text(service):
    service.phone().send("/gegevens_wissen")
    service.settle()

    assert service.turns() == ["gegevens_wissen"]


def test_a_button_is_chosen_by_its_id(service):
    service.rasa.answers["menu"] = said("Kies.", MENU)
    phone = service.phone()
    phone.send("menu")
    service.settle()
    chosen = service.last().choices[0]

    phone.send(phone.tap(chosen["id"], "Een titel die wij niet gaven"))
    service.settle()

    assert service.turns()[-1] == '/zelfscan{"a": 1}'
    assert ("in", "De zelfscan doen") in service.log()
    with service.database.session() as session:
        query = sa.select(StoredMessage.choice).where(StoredMessage.text == "De zelfscan doen")
        assert session.execute(query).scalar() == chosen["id"]


def test_a_row_of_a_list_is_chosen_by_its_id(service):
    service.rasa.answers["menu"] = said("Kies.", MENU)
    phone = service.phone()
    phone.send("menu")
    service.settle()
    row = {"id": service.last().choices[1]["id"], "title": "Een vr…", "description": "Een vraag"}

    phone.send(phone.message("interactive", {"type": "list_reply", "list_reply": row}))
    service.settle()

    assert service.turns()[-1] == "/hulp"


@pytest.mark.parametrize("id_", ["99-1", "1-1-1", "/hulp", "x" * 300, "²-1", ""])
def test_an_id_that_was_never_offered_counts_as_its_title(service, id_):
    phone = service.phone()
    phone.send("eerst")
    service.settle()

    phone.send(phone.tap(id_, "Wat kost KVK?"))
    service.settle()

    assert service.turns()[-1] == "Wat kost KVK?"


def test_a_choice_of_somebody_else_is_not_theirs(service):
    service.rasa.answers["menu"] = said("Kies.", MENU)
    mine, theirs = service.phone("31600000001"), service.phone("31600000002")
    mine.send("menu")
    service.settle()
    theirs.send("iets")
    service.settle()
    with service.database.session() as session:
        query = sa.select(StoredMessage).where(StoredMessage.text == "Kies.")
        offered = session.execute(query).scalar().choices[0]["id"]

    theirs.send(theirs.tap(offered, "Gestolen"))
    service.settle()

    assert service.turns()[-1] == "Gestolen"


def test_a_template_button_is_a_choice_by_its_payload_or_else_by_its_text(service):
    service.rasa.answers["menu"] = said("Kies.", MENU)
    phone = service.phone()
    phone.send("menu")
    service.settle()
    id_ = service.last().choices[1]["id"]

    phone.send(phone.message("button", {"payload": id_, "text": "Bekijk"}))
    service.settle()
    assert service.turns()[-1] == "/hulp"
    phone.send("menu")
    service.settle()
    phone.send(phone.message("button", {"text": "een vraag stellen"}))
    service.settle()
    assert service.turns()[-1] == "/hulp"
    phone.send(phone.message("button", {"text": "Iets anders"}))
    service.settle()
    assert service.turns()[-1] == "Iets anders"


def test_the_button_below_our_template_asks_nothing(service):
    phone = service.phone()
    phone.send("hallo")
    service.settle()
    before = service.log()

    context = {"from": DISPLAYED, "id": wamid()}
    phone.send(phone.message("button", {"payload": READ, "text": "Lees"}, context=context))
    service.settle()

    assert service.log() == before


def test_the_title_of_a_choice_can_be_typed(service):
    service.rasa.answers["menu"] = said("Kies.", MENU)
    phone = service.phone()
    phone.send("menu")
    service.settle()

    phone.send("de zelfscan doen.")
    service.settle()

    assert service.turns()[-1] == '/zelfscan{"a": 1}'


@pytest.mark.parametrize("words", ["2", "twee", "Nummer 2", "de tweede", "2."])
def test_a_choice_that_was_shown_with_a_number_can_be_chosen_by_it(service, words):
    assert numbered([{"id": f"9-{n}", "title": title} for n, (title, _) in enumerate(LONG)])
    service.rasa.answers["menu"] = said("Kies.", LONG)
    phone = service.phone()
    phone.send("menu")
    service.settle()

    phone.send(words)
    service.settle()

    assert service.turns()[-1] == "/k2"


@pytest.mark.parametrize(("words", "offered"), [("4", LONG), ("2", MENU), ("2", ())])
def test_a_number_that_is_no_choice_is_an_answer(service, words, offered):
    """Such as to a question for a number, or for one on a scale."""
    service.rasa.answers["menu"] = said("Hoeveel uur?", offered)
    phone = service.phone()
    phone.send("menu")
    service.settle()

    phone.send(words)
    service.settle()

    assert service.turns()[-1] == words


def test_numbers_that_are_sent_quickly_each_answer_their_own_question(service):
    other = [(title, payload.replace("k", "v")) for title, payload in LONG]
    service.rasa.answers["menu"] = said("Eerste vraag.", LONG)
    service.rasa.answers["/k3"] = said("Tweede vraag.", other)
    service.rasa.delay = 0.4
    phone = service.phone()

    phone.send("menu", "3", "1")
    service.settle()

    assert service.turns() == ["menu", "/k3", "/v1"]


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ("voice", "voice"),
        ("audio", "audio"),
        ("image", "photo"),
        ("video", "video"),
        ("document", "document"),
        ("sticker", "sticker"),
        ("location", "location"),
        ("contacts", "contact"),
        ("order", "order"),
        ("form", "form"),
        ("edited", "edited"),
        ("deleted", "deleted"),
        ("unsupported", "unknown"),
        ("unknown", "unknown"),
        ("interactive_empty", "unknown"),
        ("text_empty", "unknown"),
    ],
)
def test_what_is_not_read_gets_a_friendly_reply(service, payloads, payload, kind):
    phone = service.phone("31600000007")
    phone.send("hallo")
    service.settle()

    phone.send(payloads[payload]["message"])
    service.settle()

    assert service.said()[-1] == unread(kind)
    assert service.turns() == []


def test_the_replies_are_in_plain_words():
    for kind, text in texts().unread.items():
        assert "?" in text or "." in text, kind
        assert " u " not in f" {text.lower()} ", kind


def test_after_a_reply_to_a_photo_the_question_still_stands(service):
    service.rasa.answers["menu"] = said("Kies.", MENU, flow="zelfscan", step="een")
    phone = service.phone()
    phone.send("menu")
    service.settle()
    phone.send(phone.message("image", {"id": "9"}))
    service.settle()

    again = service.last()
    assert again.text == unread("photo")
    assert [choice["title"] for choice in again.choices] == [title for title, _ in MENU]
    phone.send(phone.tap(again.choices[1]["id"], "Een vraag stellen"))
    service.settle()
    assert service.turns()[-1] == "/hulp"


def test_who_begins_with_a_photo_hears_with_whom_and_what_to_do(service):
    phone = service.phone()
    phone.send(phone.message("image", {"id": "9"}))
    service.settle()

    assert [t.message for t in service.rasa.turns] == [GREETING]
    assert "computer" in service.said()[0]
    assert unread("photo") in service.said()


def test_words_below_a_photo_are_read_and_that_the_photo_is_not_is_said(service):
    phone = service.phone()
    phone.send("hallo")
    service.settle()
    phone.send(phone.message("image", {"id": "9", "caption": "is dit goed"}))
    service.settle()

    assert service.turns() == ["is dit goed"]
    assert service.said()[-1] == texts().only_words, "after the answer"


@pytest.mark.parametrize("payload", ["reaction", "reaction_taken_back", "profile_changed"])
def test_some_things_are_met_with_silence(service, payloads, payload):
    phone = service.phone("31600000007")
    phone.send("hallo")
    service.settle()
    before = service.log()

    phone.send(payloads[payload]["message"])
    service.settle()

    assert service.log() == before


def test_somebody_who_hides_their_number_has_a_conversation_too(service):
    phone = Phone(service.meta, wa_id=None, user_id="NL.13491208655302741918")
    phone.send("een vraag")
    service.settle()
    phone.send("nog een vraag")
    service.settle()

    assert service.turns() == ["een vraag", "nog een vraag"]
    assert len(service.conversations()) == 1


def test_somebody_stays_the_same_when_their_number_disappears(service):
    both = service.phone("31600000001", "NL.1")
    both.send("met nummer")
    service.settle()
    Phone(service.meta, wa_id=None, user_id="NL.1").send("zonder nummer")
    service.settle()
    service.phone("31600000001").send("met alleen een nummer")
    service.settle()

    assert len(service.conversations()) == 1


def test_a_new_number_has_the_same_conversation(service, payloads):
    service.phone("31600000007").send("met het oude nummer")
    service.settle()
    service.phone("31600000007").send(payloads["number_changed"]["message"])
    service.settle()
    service.phone("31600000008").send("met het nieuwe nummer")
    service.settle()

    assert len(service.conversations()) == 1
    assert service.turns() == ["met het oude nummer", "met het nieuwe nummer"]


def test_the_next_owner_of_a_number_gets_a_conversation_of_their_own(service, payloads):
    service.phone("31600000007").send("dit is geheim")
    service.settle()
    service.phone("31600000007").send(payloads["number_changed"]["message"])
    service.settle()
    service.phone("31600000007").send("ik ben nieuw")
    service.settle()

    assert len(service.conversations()) == 2


def test_news_about_a_number_that_we_do_not_know_makes_no_conversation(service, payloads):
    service.phone("31600000007").send(payloads["number_changed"]["message"])
    service.settle()

    assert service.conversations() == []


def test_the_window_is_open_from_what_somebody_said_last(service, people):
    phone = service.phone()
    (message,) = phone.send("hallo")
    service.settle()

    with service.database.session() as session:
        (person,) = session.execute(sa.select(WhatsAppPerson)).scalars()
        assert int(person.last_in_at.timestamp()) == int(message["timestamp"])
        assert people.unseal(person.last_in_wamid) == message["id"]
        assert people.address(person).wa_id == "31600000001"
        assert person.told_at is not None


def test_a_conversation_that_was_erased_begins_again(service):
    phone = service.phone()
    phone.send("een")
    service.settle()
    (first,) = service.conversations()
    with service.database.session() as session:
        log.erase(session, first)
    phone.send("twee dingen")
    service.settle()

    (second,) = service.conversations()
    assert second != first
    assert "computer" in service.said()[0]


def test_the_button_to_try_again_makes_the_bot_try_again(service):
    service.rasa.statuses = [200, 500]
    phone = service.phone()
    phone.send("een vraag")
    service.rasa.wait_for(2)
    service.until(lambda: any("Probeer" in c["title"] for c in service.last().choices))
    phone.send(phone.tap(service.last().choices[0]["id"], "Probeer het nu opnieuw"))
    service.settle()

    assert "Antwoord op: een vraag" in service.said()
    assert service.turns() == ["een vraag", "een vraag"]


def test_messages_of_one_person_keep_their_order(service):
    phones = [service.phone(f"3160000000{n}") for n in range(3)]
    for number in range(6):
        for phone in phones:
            phone.send(f"bericht nummer {number}!")
    service.settle()

    for here in service.conversations():
        got = [text for direction, text in service.log(here) if direction == "in"]
        assert got == [f"bericht nummer {number}!" for number in range(6)]


def test_a_message_that_cannot_be_handled_is_given_up_and_holds_nobody_up(service, monkeypatch):
    monkeypatch.setattr("bot.gateway.whatsapp.receiving.MOST_ATTEMPTS", 1)
    phone = service.phone()
    phone.send("hallo")
    service.settle()
    fails = {"kapot": ZeroDivisionError}

    def number_in(text):
        if text in fails:
            raise fails[text]

    monkeypatch.setattr("bot.whatsapp.handling.number_in", number_in)
    phone.send("kapot", "heel")
    service.settle()

    assert service.turns() == ["heel"]
    assert texts().failed in service.said()
    with service.database.session() as session:
        query = sa.select(WhatsAppUpdate.status, WhatsAppUpdate.body).order_by(WhatsAppUpdate.id)
        assert session.execute(query).all()[1:] == [("failed", None), ("handled", None)]
