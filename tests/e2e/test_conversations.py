"""Conversations in Dutch with the running product: every flow of the first version."""

from __future__ import annotations

import json
import re

import pytest
import requests
from product import Citizen, Product

from bot.taxonomy import taxonomy

STATEMENTS = 18


def test_the_greeting_says_what_it_is_and_what_happens_with_data(citizen: Citizen) -> None:
    assert "je praat met een computer" in citizen.text.lower()
    assert "30 dagen" in citizen.text
    assert "Zelfscan" in citizen.titles
    assert "Praat met een adviseur" in citizen.titles


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        ("Moet ik naar de kamer van koophandel als ik taarten verkoop?", "kvk_inschrijven"),
        ("is een eenmanszaak of een bv slimmer voor mij", "rechtsvorm"),
        ("wanneer moet ik btw aangifte doen", "btw"),
        ("kan ik geld lenen om mijn winkel te openen", "financiering"),
        ("heb ik recht op bbz", "bbz"),
        ("ik heb een ww uitkering en wil voor mezelf beginnen", "starten_vanuit_ww"),
        ("kan ik met een wajong een eigen zaak starten", "starten_vanuit_arbeidsongeschiktheid"),
        ("ik kan de huur van mijn zaak niet meer betalen", "geldproblemen"),
        ("hoe schrijf ik een ondernemingsplan", "ondernemingsplan"),
        ("ik zoek een mentor die mij helpt met mijn bedrijf", "coaching"),
        ("welke vergunning heb ik nodig voor een terras", "vergunningen"),
        ("ik wil mijn bedrijf verkopen", "bedrijf_overdragen"),
        ("hoe moet ik failliet gaan aanvragen", "faillissement"),
        ("wat voor verzekering heb je nodig als zzper", "verzekeringen"),
        ("ik wil mijn eerste werknemer aannemen", "personeel"),
        ("bouw ik wel pensioen op als zzp'er", "pensioen"),
        ("hoe kom ik aan meer klanten", "klanten_werven"),
        ("ik wil thuis op kinderen passen als gastouder", "gastouder_worden"),
    ],
)
def test_a_topic_gets_its_answer_with_at_most_two_services(
    citizen: Citizen, said: str, topic: str
) -> None:
    citizen.say(said)
    assert citizen.topics == {topic}
    assert 1 <= len(set(citizen.services)) <= 2
    assert citizen.titles, "an answer offers a way to go on"


def test_every_topic_button_leads_to_that_topic(citizen: Citizen) -> None:
    citizen.say("wat kan jij allemaal")
    labels = {intent.label: name for name, intent in taxonomy().intents.items()}
    menu = citizen.messages
    offered = [title for title in citizen.titles if title in labels]
    assert len(offered) >= 5
    for title in offered:
        citizen.messages = menu
        citizen.choose(title)
        assert labels[title] in (*citizen.topics, citizen.flow), title


def test_an_answer_uses_the_situation_that_was_told_before(citizen: Citizen) -> None:
    citizen.say("ik zit in de bijstand en ik wil een bedrijf beginnen")
    answer = citizen.say("hoe schrijf ik mij in bij de kvk?")
    assert "eerst met je gemeente" in answer
    assert citizen.topics == {"kvk_inschrijven"}


def test_an_answer_uses_the_gemeente(product: Product) -> None:
    here = Citizen(product.url, "Voorbeeldstad").start()
    here.say("waar moet ik beginnen als ik voor mezelf wil starten")
    elsewhere = Citizen(product.url, "Breda").start()
    elsewhere.say("waar moet ik beginnen als ik voor mezelf wil starten")
    assert here.topics == elsewhere.topics == {"starten_algemeen"}
    assert any(name.startswith("voorbeeldstad") for name in here.services)
    assert not any(name.startswith("voorbeeldstad") for name in elsewhere.services)


def test_nonsense_gets_three_subjects_and_a_person_then_the_person_first(citizen: Citizen) -> None:
    citizen.say("xqzv wrtplk")
    assert "Praat met een adviseur" in citizen.titles
    citizen.say("kjhg zzxxcc vbnm")
    assert citizen.titles[0] == "Praat met een adviseur"
    assert citizen.topics == set()


SAID = (
    *("5", "helemaal niet", "eens", "soms wel", "nee", "vier", "Mee eens", "ja", "1", "meestal"),
    *("zelden", "eigenlijk wel", "2", "heel erg", "best wel", "nooit", "af en toe"),
)


def test_the_zelfscan_from_start_to_end(citizen: Citizen) -> None:
    citizen.say("ik wil de zelfscan doen")
    assert citizen.step == "lengte"
    citizen.say("doe maar kort")
    assert (citizen.flow, citizen.step) == ("zelfscan", "zs01")
    for number, said in enumerate(SAID, start=2):
        citizen.say(said)
        assert f"Vraag {number} van {STATEMENTS}" in citizen.text, said
    result = citizen.choose("Mee eens")
    assert citizen.step == "besluit", "the person decides"
    assert "Dit draagt je" in result
    assert "geen oordeel" in result
    assert "geschikt" not in result.lower()
    done = citizen.choose("Nog niet")
    assert citizen.step is None
    assert done
    citizen.say("bedankt")
    assert citizen.topics == {"bedankt"}, "the form has ended"


def test_the_profile_is_a_picture_and_a_page_behind_a_link_that_nobody_can_guess(
    product: Product, citizen: Citizen
) -> None:
    citizen.short_scan()
    for _ in range(STATEMENTS):
        citizen.say("4")
    (image,) = [m["image"] for m in citizen.messages if m["image"]]
    assert "Wat je drijft: " in image["alt"]
    picture = requests.get(image["url"], timeout=30)
    assert picture.content.startswith(b"\x89PNG")
    (link,) = re.findall(r"\((http[^)]*/pdf)\)", citizen.text)
    page = requests.get(link, timeout=30)
    assert page.headers["Content-Type"] == "application/pdf"
    assert page.content.startswith(b"%PDF")
    assert requests.get(link.replace("/pdf", "x/pdf"), timeout=30).status_code == 404
    citizen.request("DELETE")
    assert requests.get(link, timeout=30).status_code == 404, "gone with the conversation"


def test_the_quickscan_says_what_to_do_first(citizen: Citizen) -> None:
    citizen.say("ik wil de quickscan doen voor mijn bedrijf")
    assert (citizen.flow, citizen.step) == ("quickscan", "urgentie")
    citizen.choose("deurwaarder")
    while citizen.step:
        citizen.say("weet ik niet")
    assert "Bel vandaag je gemeente" in citizen.text
    assert "/pdf" in citizen.text


def test_the_plan_in_own_words_can_be_refined(citizen: Citizen) -> None:
    citizen.say("hoe maak ik een ondernemingsplan")
    citizen.choose("Maak hier je plan")
    assert (citizen.flow, citizen.step) == ("plan", "idee")
    citizen.say("Ik maak kantoren schoon, in de avond.")
    citizen.say("Als het tegenzit dan stop ik ermee en ga ik weer in loondienst, denk ik.")
    while citizen.step:
        citizen.say("weet ik niet")
    assert "/pdf" in citizen.text
    citizen.choose("Mijn plan veranderen")
    assert citizen.step == "deel"
    citizen.choose("Mijn prijs")
    assert citizen.step == "prijs"
    citizen.say("35 euro per uur")
    assert citizen.step is None


def test_which_schemes_may_fit_with_reasons_and_no_promise(citizen: Citizen) -> None:
    citizen.say("welke regelingen zijn er voor mij")
    assert citizen.flow == "regelingen"
    assert "regelingen_overzicht" in citizen.topics
    answers = {
        "inkomen": "Van bijstand",
        "bedrijf": "nog niet",
        "leeftijd": "34",
        "uren": "ongeveer 16 uur",
        "leven_van_bedrijf": "Voor een deel",
    }
    asked = []
    while citizen.step:
        asked.append(citizen.step)
        citizen.say(answers.get(citizen.step, "weet ik niet"))
    assert {"inkomen", "uren"} <= set(asked)
    assert "gemeente" not in asked, "the gemeente of the website is known"
    assert "past misschien" in citizen.text
    assert "Parttime ondernemen" in citizen.text
    assert "Ik kan niets beloven" in citizen.text


def test_the_gemeente_is_asked_once_and_then_used(product: Product) -> None:
    citizen = Citizen(product.url, "").start()
    assert "In welke gemeente woon je" in citizen.say("zijn er workshops voor starters")
    assert "voorbeeldstad-startersdag" not in citizen.services
    citizen.say("Voorbeeldstad")
    assert "voorbeeldstad-startersdag" in citizen.services
    assert "In welke gemeente" not in citizen.say("kan ik subsidie krijgen")


def test_the_zelfscan_explains_goes_back_and_skips(citizen: Citizen) -> None:
    citizen.say("doe mij de zelfscan maar")
    citizen.say("kort")
    explained = citizen.say("wat bedoel je daarmee?")
    assert "Waar wil je van leven" in explained
    assert citizen.step == "zs01"
    citizen.say("mee eens")
    citizen.say("oneens")
    assert citizen.step == "zs03"
    citizen.say("ik wil terug naar de vorige vraag")
    assert citizen.step == "zs02"
    citizen.say("dat weet ik niet")
    assert citizen.step == "zs03"


def test_an_older_choice_corrects_an_earlier_answer(citizen: Citizen) -> None:
    citizen.short_scan()
    first = citizen.messages
    citizen.choose("Helemaal mee eens")
    citizen.choose("Mee eens")
    assert citizen.step == "zs03"
    citizen.messages = first
    text = citizen.choose("Niet mee eens")
    assert "Aangepast" in text
    assert citizen.step == "zs03", "the flow goes on where it was"


def test_a_question_in_between_is_answered_and_then_the_form_goes_on(citizen: Citizen) -> None:
    citizen.short_scan()
    citizen.say("5")
    citizen.say("Hoeveel kost de inschrijving bij de kvk eigenlijk?")
    assert "kvk_inschrijven" in citizen.topics
    assert (citizen.flow, citizen.step) == ("zelfscan", "zs02")
    citizen.say("dank je wel")
    assert citizen.step == "zs02"
    citizen.say("eens")
    assert citizen.step == "zs03"


def test_what_is_not_understood_in_a_form_repeats_the_question(citizen: Citizen) -> None:
    citizen.short_scan()
    text = citizen.say("qwrtz plmkn")
    assert "begrijp ik niet" in text
    assert citizen.step == "zs01"


def test_the_zelfscan_can_be_left_and_resumed(citizen: Citizen) -> None:
    citizen.short_scan()
    for said in ("5", "1", "4"):
        citizen.say(said)
    assert "bewaard" in citizen.say("ik wil stoppen met deze test")
    citizen.say("Toch verdergaan")
    assert citizen.step == "zs05", "a typed title of a choice is that choice"
    citizen.say("stop maar")
    citizen.say("wat is een eenmanszaak")
    assert citizen.topics == {"rechtsvorm"}
    assert "verder" in citizen.say("ik wil verder met de zelfscan")
    assert citizen.step == "zs05"


def test_a_person_from_one_complete_referral(product: Product, citizen: Citizen) -> None:
    citizen.say("ik wil graag met iemand praten")
    assert citizen.flow == "doorverwijzing"
    assert citizen.step == "situatie", "the gemeente is known already"
    citizen.choose("Ik heb bijstand")
    citizen.choose("Mijn inkomen of uitkering")
    citizen.choose("geen haast")
    citizen.say("Mag ik parttime beginnen als schoonmaker en wat gebeurt er met mijn uitkering?")
    assert citizen.step == "voorstel"
    assert "Voorbeeldstad" in citizen.text
    citizen.say("waarom daar?")
    assert citizen.step == "voorstel"
    citizen.say("ja graag")
    citizen.choose("Ja, voor mezelf")
    assert citizen.step == "toestemming"
    assert "180 dagen" in citizen.text
    assert "schoonmaker" in citizen.text, "what goes along is read before it is approved"
    citizen.say("ja dat is goed")
    assert citizen.step == "contact"
    assert "geen telefoonnummer" in citizen.say("morgen na vijven")
    repeated = citizen.say("mijn nummer is 06 - 1234 5678")
    assert "06 12345678" in repeated, "who gave the number reads it back"
    citizen.choose("Nee, ik wil het verbeteren")
    assert citizen.step == "contact"
    citizen.say("0612345679")
    citizen.choose("Ja, dat klopt")
    done = citizen.say("na 17 uur")
    reference = re.search(r"SW-\w{4}-\w{4}", done)
    assert reference
    stored = json.loads(product.cli("referrals", "list", "--json"))
    mine = [r for r in stored if r["reference"] == reference.group()]
    assert len(mine) == 1
    assert mine[0]["situation"] == "bijstand"
    assert mine[0]["gemeente"] == "Voorbeeldstad"
    assert "schoonmaker" in mine[0]["question"]
    assert b"1234567" not in product.database_bytes(), "the number is only there encrypted"
    assert "1234567" not in product.logs()
    assert reference.group() in citizen.say("hoe staat het met mijn aanvraag?")


def test_refusing_consent_stores_nothing_and_gives_the_desk(
    product: Product, citizen: Citizen
) -> None:
    before = len(json.loads(product.cli("referrals", "list", "--json")))
    citizen.say("kan iemand mij terugbellen")
    citizen.choose("Ik heb een baan")
    citizen.choose("Beginnen of een plan maken")
    citizen.say("Ik wil weten of mijn plan voor een fietsenwinkel kan. Bel 0592-366911.")
    citizen.say("ja")
    citizen.choose("Ja, voor mezelf")
    text = citizen.say("nee liever niet")
    assert "Ik bewaar geen telefoonnummer" in text
    assert "0900 01" in text
    assert len(json.loads(product.cli("referrals", "list", "--json"))) == before
    told = [m["text"] for m in citizen.history() if m["from"] == "citizen"]
    assert any("(je telefoonnummer)" in line for line in told), "the vault was emptied at once"


def test_the_zelfscan_inside_a_referral_leads_back_to_it(citizen: Citizen) -> None:
    citizen.say("ik wil een adviseur spreken")
    citizen.choose("Ik heb een baan")
    citizen.say("ik wil eerst de zelfscan doen")
    assert citizen.flow == "zelfscan"
    citizen.say("kort")
    for _ in range(STATEMENTS):
        citizen.say("3")
    citizen.choose("Nog niet")
    assert any("je aanvraag voor contact" in title for title in citizen.titles)
    citizen.choose("je aanvraag voor contact")
    assert (citizen.flow, citizen.step) == ("doorverwijzing", "onderwerp")


def test_despair_gets_help_before_anything_else_also_in_a_form(citizen: Citizen) -> None:
    citizen.short_scan()
    citizen.say("5")
    text = citizen.say("ik zie het niet meer zitten, ik wil dood")
    assert citizen.topics == {"noodsituatie"}
    assert "0800-0113" in text
    assert text.index("112") < text.index("gemeente")
    assert citizen.step is None, "no next question follows despair"
    assert "0800-0113" in citizen.say("ja"), "a short reaction is about the call for help"
    citizen.say("ik wil weer verder met de zelfscan")
    assert citizen.step == "zs02", "nothing was lost"


def test_starting_over_forgets_the_person(citizen: Citizen) -> None:
    citizen.say("ik heb bijstand en wil een bedrijf starten")
    citizen.say("ik wil helemaal opnieuw beginnen met dit gesprek")
    citizen.say("ik wil een adviseur spreken")
    assert citizen.step == "situatie", "the situation is asked again"


def test_someone_who_lives_elsewhere_is_referred_there(product: Product) -> None:
    citizen = Citizen(product.url, "Breda").start()
    citizen.say("mijn bedrijf gaat slecht en ik woon in Den Bosch")
    citizen.say("kan ik een adviseur spreken?")
    citizen.choose("eigen bedrijf")
    while citizen.step != "vraag":
        citizen.say("weet ik niet")
    citizen.say("Hoe krijg ik mijn bedrijf weer gezond?")
    assert "Den Bosch" in citizen.text
