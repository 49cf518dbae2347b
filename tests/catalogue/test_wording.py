import re
from datetime import date
from urllib.parse import urlsplit

import pytest

from bot.catalogue import content
from bot.catalogue.answering import TopicAnswer
from bot.catalogue.model import Provider, Service, ServiceFacet
from bot.catalogue.query import services
from bot.catalogue.wording import (
    ADVISER,
    asking_gemeente,
    choice_for,
    messages,
    nearby,
    services_text,
)

TODAY = date(2026, 12, 1)
STEP = "Bel een coach."
LINK = re.compile(r"\[([^\]]*)\]\((https?://[^)]*)\)")


def service(**fields):
    provider = Provider(
        id="loket", name="Ondernemersloket", url="https://loket.nl", phone="074 241 5100"
    )
    values = {
        "id": "spreekuur",
        "name": "Spreekuur",
        "provider": provider,
        "status": "actueel",
        "summary": "Je praat met een adviseur.",
        "first_step": "Bel voor een afspraak.",
        "reviewed_on": date(2026, 11, 22),
        "review_by": date(2027, 6, 1),
    }
    return Service(**{**values, **fields})


def topic_answer(**fields):
    values = {
        "topic": "coaching",
        "text": "Je hoeft het niet alleen te doen.",
        "next_step": STEP,
        "services": [],
        "watch_out": None,
        "related": ["netwerken"],
    }
    return TopicAnswer(**{**values, **fields})


def test_an_answer_without_services_is_one_message_with_its_next_step():
    (message,) = messages(topic_answer(), TODAY)

    assert message.text == "Je hoeft het niet alleen te doen.\n\nBel een coach."
    assert [choice.intent for choice in message.choices] == ["netwerken"]
    assert message.about.topic == "coaching"


def test_what_to_watch_out_for_comes_between_the_answer_and_the_first_step():
    (message,) = messages(topic_answer(watch_out="Begin niet te vroeg."), TODAY)

    assert message.text.split("\n\n")[1:] == ["**Let op.** Begin niet te vroeg.", STEP]


def test_what_may_not_exist_any_more_is_put_apart_as_something_to_ask():
    old = service(id="oud", name="Oud project")
    _, second = messages(topic_answer(services=[service()], perhaps=old), TODAY)

    before, after = second.text.split("Vraag ook hiernaar.")
    assert "Oud project" not in before
    assert "Oud project" in after
    assert second.about.services == ["spreekuur", "oud"]


def test_the_gemeente_is_asked_behind_the_last_message():
    before = messages(topic_answer(services=[service()]), TODAY)
    after = asking_gemeente(before)

    assert after[0] == before[0]
    assert after[1].text.startswith(before[1].text)
    assert "welke gemeente" in after[1].text
    assert after[1].choices == before[1].choices


@pytest.mark.parametrize("gemeenten", [["Urk"], []])
def test_after_asking_the_gemeente_its_help_is_named_or_said_to_be_missing(gemeenten):
    facets = [ServiceFacet(name="gemeente", value=name) for name in gemeenten]
    (message,) = nearby(topic_answer(services=[service(facets=facets)]), "Urk", TODAY)

    assert ("geen eigen loket van Urk" in message.text) == (not gemeenten)
    assert "Spreekuur" in message.text
    assert [choice.intent for choice in message.choices] == ["netwerken", "medewerker_spreken"]


def test_services_come_in_a_message_of_their_own_with_an_adviser_to_talk_to():
    first, second = messages(topic_answer(services=[service()]), TODAY)

    assert first.choices == ()
    assert second.text.startswith("Hier kun je terecht:")
    assert [choice.intent for choice in second.choices] == ["netwerken", "medewerker_spreken"]
    assert first.about.services == second.about.services == ["spreekuur"]


def test_the_adviser_is_offered_once():
    (_, second) = messages(
        topic_answer(services=[service()], related=["medewerker_spreken"]), TODAY
    )

    assert list(second.choices) == [ADVISER]


def test_a_move_in_the_conversation_has_no_empty_next_step():
    (message,) = messages(topic_answer(topic="bedankt", next_step=None), TODAY)

    assert message.text == "Je hoeft het niet alleen te doen."


def test_a_service_says_what_it_is_what_to_do_where_and_how_old_that_is():
    text = services_text([service()], TODAY)

    assert "**Spreekuur** (Ondernemersloket)" in text
    assert "Je praat met een adviseur. Bel voor een afspraak." in text
    assert "[Naar loket.nl](https://loket.nl)" in text
    assert "[074 241 5100](tel:0742415100)" in text
    assert "(Nagekeken in november 2026.)" in text


def test_a_provider_that_carries_the_name_of_the_service_is_not_repeated():
    named = service(name="Ondernemersloket")

    assert "**Ondernemersloket**. " in services_text([named], TODAY)


@pytest.mark.parametrize(
    ("today", "is_stale"),
    [(date(2027, 5, 31), False), (date(2027, 6, 1), False), (date(2027, 6, 2), True)],
)
def test_a_service_that_is_due_for_review_is_flagged(today, is_stale):
    text = services_text([service()], today)

    assert ("Vraag na of het nog klopt" in text) is is_stale
    assert "november 2026" in text


@pytest.mark.parametrize(
    ("month", "name"),
    [(1, "januari"), (3, "maart"), (5, "mei"), (8, "augustus"), (9, "september"), (12, "december")],
)
def test_months_have_dutch_names(month, name):
    text = services_text([service(reviewed_on=date(2026, month, 1))], TODAY)

    assert f"(Nagekeken in {name} 2026.)" in text


def test_without_phone_or_link_there_is_none():
    bare = service(provider=Provider(id="loket", name="Loket"))
    text = services_text([bare], TODAY)

    assert "](" not in text
    assert "Bellen" not in text


def test_the_link_of_the_service_wins_over_that_of_the_provider():
    text = services_text([service(url="https://loket.nl/spreekuur")], TODAY)

    assert "(https://loket.nl/spreekuur)" in text
    assert "(https://loket.nl)" not in text


def test_a_button_carries_the_name_that_people_know():
    choice = choice_for("startersdag")

    assert choice.title == "Startersdag en workshops"
    assert (choice.intent, choice.answer) == ("startersdag", None)


def test_every_link_says_where_it_leads(catalogue_database):
    """A link may carry the name of a provider only when it leads to the site of that provider."""
    wrong = {}
    with catalogue_database.session() as session:
        for item in services(session):
            for label, url in LINK.findall(services_text([item], TODAY)):
                own = urlsplit(item.provider.url or "").hostname
                if item.provider.name in label and urlsplit(url).hostname != own:
                    wrong[item.id] = (label, url)

    assert wrong == {}


def answer_texts():
    """Every text of the bot on a topic or a move, with its next step."""
    found = content.read()
    for topic, item in found.answers.items():
        for number, part in enumerate([item, *item.get("variants", [])]):
            fields = (part.get(name, "") for name in ("text", "watch_out", "next_step"))
            text = "\n\n".join(fields)
            yield pytest.param(text, id=f"{topic}-{number}")
    for intent, item in found.replies.items():
        yield pytest.param(f"{item['text']}\n\n{item.get('again', '')}", id=intent)


def service_texts():
    """Every text on a service."""
    for name, item in content.read().services.items():
        text = "\n\n".join([item["summary"], item["first_step"], *item.get("conditions", [])])
        yield pytest.param(text, id=f"service {name}")


ANSWERS = list(answer_texts())
ALL_PARTS = [*ANSWERS, *service_texts()]


@pytest.mark.parametrize("text", ALL_PARTS)
def test_every_text_says_je_and_never_u(text):
    assert re.findall(r"\b[Uu]w?(?:zelf)?\b", text) == []


@pytest.mark.parametrize("text", ALL_PARTS)
def test_no_text_shouts(text):
    without_names = text.replace("YES!Delft", "")

    assert "!" not in without_names


@pytest.mark.parametrize("text", ANSWERS)
def test_an_amount_in_an_answer_comes_with_its_year_and_source(text):
    for paragraph in text.split("\n\n"):
        if re.search(r"€|\beuro\b|\bEUR\b", paragraph):
            assert re.search(r"\b20\d\d\b", paragraph), paragraph
            assert re.search(r"\bbron\b", paragraph), paragraph


@pytest.mark.parametrize("text", ALL_PARTS)
def test_an_amount_anywhere_comes_with_its_year(text):
    for paragraph in text.split("\n\n"):
        if "€" in paragraph:
            assert re.search(r"\b20\d\d\b", paragraph), paragraph


@pytest.mark.parametrize("text", ALL_PARTS)
def test_a_link_is_never_called_here_or_by_its_address(text):
    for label, _ in LINK.findall(text):
        assert label.lower() not in ("hier", "link", "deze link", "lees meer", "klik hier")
        assert not label.startswith("http")


@pytest.mark.parametrize("text", ALL_PARTS)
def test_no_text_promises_an_outcome(text):
    """Product principle: it promises no outcome (money, permit, benefit)."""
    promise = r"\bje krijgt (?:zeker|altijd)|\bje hebt recht op|\bgegarandeerd|\bgarandeer"

    assert re.findall(promise, text.lower()) == []


def test_an_answer_that_speaks_of_a_button_offers_one():
    """Such an answer is read too where a message asked two questions at once."""
    spoken = {
        topic
        for topic, item in content.read().answers.items()
        for part in (item, *item.get("variants", []))
        if "op de knop" in " ".join(part.get(n, "") for n in ("text", "watch_out", "next_step"))
    }

    assert spoken
    assert {t for t in spoken if "offer" not in content.read().answers[t]} == set()


def test_an_offer_is_the_first_choice_and_starts_its_flow():
    offer = {"flow": "plan", "title": "Maak hier je plan"}
    (message,) = messages(topic_answer(offer=offer), TODAY)

    assert message.choices[0].title == "Maak hier je plan"
    assert (message.choices[0].intent, message.choices[0].answer) == ("coaching", "start:plan")
