"""What somebody hears who does not see the screen."""

import re

from playwright.sync_api import expect
from widget_script import PROFILE


def test_the_window_as_the_accessibility_tree_tells_it(chat):
    expect(chat.root).to_match_aria_snapshot(
        """
        - region "Stel je vraag aan Startwijzer":
          - dialog "Stel je vraag aan Startwijzer":
            - status
            - heading "Stel je vraag aan Startwijzer" [level=2]
            - paragraph: Je praat met een computer
            - button "Sluit de chat"
            - paragraph:
              - text: /Een medewerker is bereikbaar/
              - link "Bel 14 0123"
            - feed "Het gesprek":
              - article:
                - paragraph: /Startwijzer/
                - paragraph: Hallo. Ik ben Startwijzer. Je praat met een computer.
                - paragraph: Waar wil je beginnen?
                - list "Keuzes":
                  - listitem:
                    - button "Zelfscan"
                  - listitem:
                    - button "Regelingen"
                  - listitem:
                    - button "Een medewerker"
            - text: Je bericht
            - textbox "Je bericht"
            - button "Verstuur"
            - button "Bewaar gesprek"
            - button "Wis dit gesprek"
        """
    )


def test_a_message_is_said_once_with_its_sender_and_its_choices(chat):
    chat.wait_until_said("Startwijzer: Hallo.")
    assert [one for one in chat.said() if "Hallo." in one] == [
        "Startwijzer: Hallo. Ik ben Startwijzer. Je praat met een computer. Waar wil je beginnen? "
        "Er zijn 3 knoppen: Zelfscan, Regelingen, Een medewerker."
    ]
    chat.silence()
    chat.say("hoi")
    assert chat.wait_until_said("Antwoord") == ["Startwijzer: Antwoord op: hoi"]


def test_what_is_chosen_is_said_and_then_the_next_question(chat):
    chat.wait_until_said("Hallo.")
    chat.silence()
    chat.choose("Zelfscan", "Vraag 1 van 3")
    assert chat.wait_until_said("Vraag 1") == [
        "Gekozen: Zelfscan.",
        "Startwijzer: Vraag 1 van 3 Ik werk graag zelfstandig. Er zijn 3 knoppen: "
        "Helemaal mee eens, Mee eens, Niet mee eens.",
    ]
    progress = chat.root.get_by_role("progressbar", name="Vraag 1 van 3")
    expect(progress).to_be_visible()


def test_the_history_is_not_said_again(chat):
    chat.say("eerst")
    chat.page.reload()
    expect(chat.article("Antwoord op: eerst")).to_be_visible()
    expect(chat.window).to_be_visible()
    assert chat.said() == []
    assert chat.focus().role != "textbox", "a page that loads takes no focus"
    chat.say("daarna")
    assert chat.wait_until_said("daarna") == ["Startwijzer: Antwoord op: daarna"]


def test_closing_says_nothing_again_and_what_comes_later_is_said(chat, world):
    chat.wait_until_said("Hallo.")
    world.rasa.gate.clear()
    chat.say("tot zo", answer="")
    expect(chat.root.get_by_text("Startwijzer typt…")).to_be_visible()
    chat.silence()
    chat.press("Escape")
    chat.on("button", "Open de chat")
    world.rasa.gate.set()
    expect(chat.launcher).to_have_accessible_name(re.compile("1 nieuw bericht"))
    assert chat.wait_until_said("tot zo") == ["Startwijzer: Antwoord op: tot zo"]
    chat.silence()
    chat.press("Enter")
    chat.on("textbox")
    assert chat.said() == []


def test_announcements_go_so_that_nobody_meets_them_again(chat):
    chat.wait_until_said("Hallo.")
    region = chat.window.locator(".live")
    assert region.get_attribute("aria-live") == "polite"
    assert (
        chat.articles.first.locator("xpath=ancestor::*[@aria-live or @role='status']").count() == 0
    )
    expect(region).to_be_empty()


def test_a_picture_has_its_words_in_the_tree_and_in_what_is_said(chat):
    chat.say("foto", answer="Hier is je profiel.")
    expect(chat.root.get_by_role("img", name=PROFILE)).to_be_visible()
    (said,) = [one for one in chat.wait_until_said("Afbeelding") if "profiel" in one]
    assert said == f"Startwijzer: Hier is je profiel. Afbeelding: {PROFILE}"


def test_a_person_is_told_from_a_computer_everywhere(chat):
    chat.wait_until_said("Hallo.")
    who = chat.window.locator(".who")
    expect(who).to_have_text("Je praat met een computer")
    chat.choose("Een medewerker", "Samira")
    expect(who).to_have_text("Je praat met een medewerker")
    assert chat.wait_until_said("Samira")[-1] == "Medewerker: Goedemorgen, je praat met Samira."
    expect(chat.article("Samira").locator(".by")).to_contain_text("Medewerker")
    chat.say("en nu")
    expect(who).to_have_text("Je praat met een computer")


def test_a_line_that_goes_and_comes_back_is_said_once_each(context, chat):
    chat.wait_until_said("Hallo.")
    chat.silence()
    context.set_offline(True)
    expect(chat.window.locator(".banner")).to_have_text(re.compile("Geen verbinding"))
    context.set_offline(False)
    expect(chat.window.locator(".banner")).to_have_count(0)
    said = chat.wait_until_said("De verbinding is er weer.")
    assert said == [
        "Geen verbinding. We proberen het steeds opnieuw.",
        "De verbinding is er weer.",
    ]
    context.expected.append("net::ERR_")


def test_a_message_that_fails_is_said_once(context, chat):
    chat.wait_until_said("Hallo.")
    context.set_offline(True)
    chat.wait_until_said("Geen verbinding.")
    chat.silence()
    chat.say("hallo?", answer="")
    chat.wait_until_said("Kijk of je internet het doet")
    assert len(chat.said()) == 1
    context.set_offline(False)
    context.expected.append("net::ERR_")


def test_an_empty_message_is_said_once(chat):
    chat.wait_until_said("Hallo.")
    chat.silence()
    chat.press("Enter")
    said = chat.wait_until_said("leeg")
    assert said == ["Je bericht is leeg. Typ een vraag of kies een knop."]


def test_the_labels_speak_their_language_and_the_bot_dutch(visit):
    chat = visit(data_language="en")
    expect(chat.launcher).to_have_accessible_name("Open the chat: Ask Startwijzer your question")
    chat.launcher.focus()
    chat.press("Enter")
    greeting = chat.article("Waar wil je beginnen?")
    expect(greeting).to_be_visible()
    assert chat.root.locator("section").get_attribute("lang") == "en"
    assert greeting.locator(".words").get_attribute("lang") == "nl"
    assert greeting.get_by_role("button").first.get_attribute("lang") == "nl"
    chat.on("textbox", "Your message")
    chat.wait_until_said("Hallo.")
    assert chat.window.locator(".live p[lang=nl]").count() == 1
    chat.root.get_by_role("button", name="Regelingen").focus()
    chat.press("Enter")
    link = chat.root.get_by_role("link", name="Bbz")
    expect(link).to_have_accessible_name("Bbz (rijksoverheid.nl, opens in a new tab)")
    assert link.locator("span").get_attribute("lang") == "en"
