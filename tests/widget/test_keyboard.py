"""Everything without a mouse."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from widget_axe import violations


def test_opening_moves_the_focus_in_and_closing_gives_it_back(visit):
    chat = visit()
    chat.page.locator("body").press("Tab")  # the link of the site
    launcher = chat.tab_to("button", "Open de chat: Stel je vraag aan Startwijzer")
    assert launcher.states["expanded"] is False
    chat.press("Enter")
    field = chat.on("textbox", "Je bericht")
    assert not field.description
    chat.press("Escape")
    chat.on("button", "Open de chat")
    expect(chat.window).to_be_hidden()
    chat.press("Space")
    chat.on("textbox", "Je bericht")
    chat.tab_to("button", "Sluit de chat", back=True)
    chat.press("Enter")
    chat.on("button", "Open de chat")


def test_the_site_stays_usable_beside_the_window(chat):
    chat.page.locator(".knop").focus()
    assert chat.focus().name == "Zoek"
    chat.tab_to("textbox", "Je bericht")


def test_the_conversation_is_one_tab_stop_with_arrows_home_and_end(chat):
    for text in ("een", "twee"):
        chat.say(text)
    chat.on("textbox")
    newest = chat.tab_to("article", back=True)
    assert "Antwoord op: twee" in newest.name
    chat.press("Shift+Tab")
    assert chat.focus().role == "link", "only what stands above the conversation"
    chat.press("Tab")
    chat.on("article", "Antwoord op: twee")
    chat.press("ArrowUp")
    chat.on("article", "Jij twee")
    chat.press("Home")
    chat.on("article", "Waar wil je beginnen?")
    chat.press("ArrowUp")
    chat.on("article", "Waar wil je beginnen?")
    chat.press("ArrowDown")
    chat.on("article", "Jij een")
    chat.press("Tab")
    chat.on("textbox", "Je bericht")
    chat.press("Shift+Tab")
    chat.on("article", "Jij een")  # where they were
    chat.press("End")
    chat.on("article", "Antwoord op: twee")
    chat.press("Escape")
    chat.on("textbox", "Je bericht")


def test_enter_goes_into_a_message_and_arrows_go_along_its_buttons(chat):
    chat.tab_to("article", "Waar wil je beginnen?", back=True)
    chat.press("Enter")
    chat.on("button", "Zelfscan")
    chat.press("ArrowDown")
    chat.on("button", "Regelingen")
    chat.press("Tab")
    chat.on("button", "Een medewerker")
    chat.press("Home", "ArrowUp")
    chat.on("button", "Zelfscan")
    chat.press("Escape")
    chat.on("textbox", "Je bericht")


def test_a_chosen_answer_keeps_the_focus_and_tab_goes_to_the_next_question(chat):
    chat.tab_to("article", back=True)
    chat.press("Enter", "Enter")
    expect(chat.article("Vraag 1 van 3")).to_be_visible()
    scan = chat.on("button", "Zelfscan")
    assert scan.states.get("pressed") == "true"
    assert scan.name == "Zelfscan (gekozen)"
    for number in (1, 2, 3):
        chat.press("Tab")
        chat.on("button", "Helemaal mee eens")
        chat.press("ArrowDown", "Enter")
        answer = f"Vraag {number + 1} van 3" if number < 3 else "Klaar."
        expect(chat.article(answer)).to_be_visible()
        chosen = chat.on("button", "Mee eens (gekozen)")
        assert chosen.states["pressed"] == "true"
        assert chosen.states["disabled"] is True
    others = chat.article("Vraag 3 van 3").get_by_role("button")
    assert [one.get_attribute("aria-disabled") for one in others.all()] == ["true"] * 3
    before = len(chat.texts())
    chat.press("Enter")  # it is chosen already
    chat.say("nog iets")
    assert len(chat.texts()) == before + 2


def test_links_in_an_answer_are_reached_and_say_where_they_lead(chat, world):
    chat.choose("Regelingen", "twee regelingen")
    chat.press("Escape")
    chat.tab_to("article", "Waar wil je beginnen?", back=True)  # where they were
    chat.press("End")
    chat.on("article", "twee regelingen")
    chat.press("Enter")
    link = chat.on("link", "Bbz")
    assert link.name == "Bbz (rijksoverheid.nl, opent in een nieuw tabblad)"
    chat.press("ArrowDown")
    assert chat.on("link", "14 0123").name == "14 0123"
    chat.press("ArrowDown")
    chat.on("link", "het loket")
    chat.press("ArrowDown")
    assert chat.on("link", "volgende").name == "de volgende pagina", "of the same site"
    chat.press("Enter")
    chat.page.wait_for_url(f"{world.site.origin}/volgende")
    expect(chat.article("twee regelingen")).to_be_visible()


def test_a_message_that_was_not_sent_is_sent_again(context, chat):
    context.set_offline(True)
    chat.say("ben je er", answer="")
    expect(chat.article("Niet verstuurd.")).to_be_visible()
    chat.tab_to("article", "Niet verstuurd.", back=True)
    chat.press("Enter")
    chat.on("button", "Opnieuw sturen")
    context.set_offline(False)
    chat.press("Enter")
    expect(chat.article("Antwoord op: ben je er")).to_be_visible()
    assert chat.texts().count("ben je er") == 1
    context.expected.append("net::ERR_")


def test_enter_sends_shift_enter_makes_a_line_and_nothing_is_not_sent(chat):
    chat.press("Enter")
    expect(chat.root.get_by_role("alert")).to_have_text(re.compile("Je bericht is leeg"))
    field = chat.on("textbox")
    assert field.states["invalid"] == "true"
    assert "Je bericht is leeg" in field.description
    chat.type("regel een")
    assert "leeg" not in chat.focus().description
    chat.press("Shift+Enter")
    chat.type("regel twee")
    chat.press("Enter")
    expect(chat.article("regel een\nregel twee").first).to_be_visible()
    chat.on("textbox")
    expect(chat.input).to_have_value("")


def test_the_counter_warns_before_the_limit_and_says_how_much_is_too_long(chat):
    chat.type("a" * 1599)
    assert "over" not in chat.focus().description
    chat.type("a")
    chat.page.wait_for_function("window.heard.includes('Nog 400 tekens over.')")
    assert "Nog 400 tekens over." in chat.focus().description
    chat.type("a" * 403)
    assert "3 tekens te lang" in chat.focus().description
    chat.press("Enter")
    field = chat.on("textbox")
    assert field.states["invalid"] == "true"
    expect(chat.articles).to_have_count(1)
    chat.press("Backspace", "Backspace", "Backspace", "Enter")
    expect(chat.article("Antwoord op: aaa")).to_be_visible()


def test_thumbs_are_toggles_that_the_server_keeps(chat):
    chat.say("vraag")
    chat.press("Shift+Tab")
    chat.on("article", "Antwoord op: vraag")
    chat.press("Enter")
    thumb = chat.on("button", "Dit antwoord helpt mij")
    assert thumb.states["pressed"] == "false"
    with chat.page.expect_response(re.compile("/rating$")) as response:
        chat.press("Space")
    assert response.value.status == 204
    assert chat.on("button", "Dit antwoord helpt mij").states["pressed"] == "true"
    chat.page.reload()
    up = chat.button(re.compile("helpt mij$"))
    expect(up).to_have_attribute("aria-pressed", "true")
    up.focus()
    chat.press("ArrowRight")
    chat.on("button", "Dit antwoord helpt mij niet")
    chat.press("Enter")
    expect(chat.button("helpt mij niet")).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-pressed", "false")


def test_the_closing_question_comes_once_and_can_be_left(chat):
    chat.say("dank je")
    chat.tab_to("button", "Sluit de chat", back=True)
    chat.press("Enter")
    chat.on("heading", "Heeft dit gesprek je geholpen?")
    chat.tab_to("button", "Terug naar het gesprek")
    chat.press("Enter")
    chat.on("textbox", "Je bericht")
    chat.tab_to("button", "Sluit de chat", back=True)
    chat.press("Enter")
    chat.on("button", "Open de chat")


def test_the_closing_question_is_answered(chat):
    chat.say("dank je")
    chat.tab_to("button", "Sluit de chat", back=True)
    chat.press("Enter")
    chat.on("heading", "Heeft dit gesprek je geholpen?")
    chat.press("Tab")
    chat.on("button", "Ja")
    chat.press("Tab")
    with chat.page.expect_response(re.compile("/rating$")) as response:
        chat.press("Enter")
    assert response.value.request.post_data_json == {"helped": "partly"}
    assert response.value.status == 204
    chat.on("button", "Open de chat")
    assert "Dank je. Daar leren we van." in chat.wait_until_said("Dank je")


def test_wiping_asks_first_and_leaves_nothing(chat, world):
    chat.say("een geheim")
    chat.tab_to("button", "Wis dit gesprek")
    chat.press("Enter")
    no = chat.on("button", "Nee, ga terug")
    assert no.states["focused"]
    expect(chat.root.get_by_role("dialog", name="Wil je dit gesprek wissen?")).to_be_visible()
    chat.press("Escape")
    chat.on("button", "Wis dit gesprek")
    chat.press("Enter")
    chat.on("button", "Nee, ga terug")
    chat.press("Tab")
    chat.on("button", "Ja, wis het gesprek")
    with chat.page.expect_response(lambda response: response.request.method == "DELETE") as gone:
        chat.press("Enter")
    assert gone.value.status == 204
    expect(chat.root.get_by_role("status").filter(has_text="gewist")).to_be_visible()
    expect(chat.articles).to_have_count(0)
    assert chat.kept() == {}
    chat.on("button", "Begin een nieuw gesprek")
    chat.press("Enter")
    expect(chat.article("Waar wil je beginnen?")).to_be_visible()
    chat.on("textbox")
    assert chat.article("een geheim").count() == 0


def test_the_conversation_is_saved_as_a_text_that_anybody_can_open(chat):
    chat.choose("Regelingen", "twee regelingen")
    chat.press("Escape")
    chat.tab_to("button", "Bewaar gesprek")
    with chat.page.expect_download() as download:
        chat.press("Enter")
    assert download.value.suggested_filename == "gesprek-startwijzer.txt"
    text = Path(download.value.path()).read_text("utf-8-sig")
    assert "Startwijzer (computer)" in text
    assert "Bbz (https://www.rijksoverheid.nl/bbz)" in text
    assert "\nJij" in text
    assert "**" not in text
    assert "Het gesprek is bewaard" in " ".join(chat.wait_until_said("bewaard"))


@pytest.fixture
def short_term(context):
    """Tokens that seem to end in ten minutes and ten seconds, and a clock to go on with."""

    def start(route):
        answer = route.fetch()
        body = answer.json()
        page.clock.resume()
        body["expires_at"] = page.evaluate("new Date(Date.now() + 610_000).toISOString()")
        route.fulfill(response=answer, json=body)

    page = None

    def begin(given):
        nonlocal page
        page = given
        page.route(re.compile("/conversations$"), start)
        page.clock.install()

    return begin


def test_people_are_warned_before_the_time_is_up_and_can_go_on(visit, short_term, axe_table):
    chat = visit()
    short_term(chat.page)
    chat.open()
    chat.page.clock.fast_forward("00:30")
    button = chat.on("button", "Verder praten")
    assert button.states["focused"]
    dialog = chat.root.get_by_role("alertdialog", name="Je gesprek stopt bijna")
    expect(dialog).to_contain_text("Over 10 minuten stopt dit gesprek")
    found, passes = violations(chat.page)
    axe_table.add("time-out", "a site without tokens", found, passes)
    assert found == []
    with chat.page.expect_response(re.compile("/token$")) as response:
        chat.press("Enter")
    assert response.value.status == 200
    expect(dialog).to_have_count(0)
    chat.on("textbox", "Je bericht")
    chat.page.clock.fast_forward("11:00")
    chat.say("ben je er nog")


def test_when_the_time_is_up_what_was_said_stays_readable(visit, short_term):
    chat = visit()
    short_term(chat.page)
    chat.open()
    chat.say("onthoud dit")
    chat.page.clock.fast_forward("00:30")
    chat.on("button", "Verder praten")
    chat.press("Escape")
    chat.on("textbox")
    chat.page.clock.fast_forward("10:30")
    expect(chat.root.get_by_text("omdat de tijd om is")).to_be_visible()
    expect(chat.article("Antwoord op: onthoud dit")).to_be_visible()
    chat.on("button", "Begin een nieuw gesprek")
    chat.press("Tab")
    chat.on("button", "Bewaar gesprek")
    chat.press("Shift+Tab", "Shift+Tab")
    chat.on("article", "onthoud dit")
    assert chat.kept() == {}


def test_an_inline_chat_waits_for_a_button_and_ends_by_another(visit):
    chat = visit(data_mode="inline", data_target="#plek")
    chat.tab_to("button", "Begin het gesprek")
    chat.press("Enter")
    chat.on("textbox", "Je bericht")
    assert chat.button("Sluit de chat").count() == 0
    chat.say("dag")
    chat.press("Escape")
    chat.on("textbox")
    chat.tab_to("button", "Ik ben klaar")
    chat.press("Enter")
    chat.on("heading", "Heeft dit gesprek je geholpen?")
    chat.tab_to("button", "Nee")
    chat.press("Enter")
    chat.on("textbox")
    expect(chat.button("Ik ben klaar")).to_have_count(0)


def test_the_keys_of_the_site_do_nothing_while_somebody_types(chat):
    chat.page.evaluate(
        "window.keys = 0; for (const name of ['keydown', 'keyup', 'keypress'])"
        " document.addEventListener(name, () => window.keys++)"
    )
    chat.page.keyboard.type("/zoek")
    expect(chat.input).to_have_value("/zoek")
    assert chat.page.evaluate("window.keys") == 0


def test_closing_while_the_transcript_still_scrolls_breaks_nothing(chat):
    # Chromium tells of a scroll at the next frame, when the chat that scrolled is gone already.
    for number in range(3):
        chat.say(f"vraag {number} " + "met woorden " * 24, answer=f"Antwoord op: vraag {number}")
    chat.window.evaluate(
        """(window) => {
          const box = window.querySelector('.scroller');
          box.scrollTop = box.scrollTop > 0 ? 0 : 40;
          box.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true }));
        }"""
    )
    chat.on("button", "Open de chat")
    chat.press("Enter")
    chat.on("textbox", "Je bericht")
