"""A slow line, a lost line, several tabs, and what is left behind."""

import re

import pytest
from playwright.sync_api import expect
from widget_chat import Chat


def counted(chat, *texts):
    return [sum(text in words for words in chat.texts()) for text in texts]


def test_on_a_slow_line_everything_comes_once_and_in_order(chat):
    cdp = chat.page.context.new_cdp_session(chat.page)
    slow = {"latency": 600, "downloadThroughput": 6_000, "uploadThroughput": 6_000}
    cdp.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    for text in ("een", "twee", "drie"):
        chat.say(text, answer="")
    expect(chat.root.get_by_text("Wordt verstuurd…").first).to_be_visible()
    expect(chat.article("Antwoord op: drie")).to_be_visible()
    expect(chat.root.get_by_text("Wordt verstuurd…")).to_have_count(0)
    assert chat.texts()[1:] == [
        *("een", "Antwoord op: een", "twee", "Antwoord op: twee"),
        *("drie", "Antwoord op: drie"),
    ]


def test_a_lost_line_is_resumed_without_loss_or_doubles(chat, world, context):
    chat.say("voor")
    world.rasa.gate.clear()
    try:
        chat.say("onderweg", answer="")
        # The server has it, and says so by the stream; the answer is under way.
        expect(chat.article("onderweg").locator("time")).to_be_visible()
        world.line.cut()
        world.rasa.gate.set()
        expect(chat.window.locator(".banner")).to_be_visible()
    finally:
        world.rasa.gate.set()
        world.line.repair()
    expect(chat.article("Antwoord op: onderweg")).to_be_visible()
    expect(chat.article("Niet verstuurd.")).to_have_count(0)
    expect(chat.window.locator(".banner")).to_have_count(0)
    chat.say("na")
    assert chat.texts()[1:] == [
        *("voor", "Antwoord op: voor", "onderweg", "Antwoord op: onderweg"),
        *("na", "Antwoord op: na"),
    ]
    context.expected.append("net::ERR_")


def test_sending_again_what_had_arrived_stores_it_once(visit, context):
    """The answer is lost on its way, and there is no stream to tell that."""
    chat = visit()
    chat.page.route(re.compile("/events$"), lambda route: route.abort())
    chat.open()
    lost = []

    def lose(route):
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    chat.page.route(re.compile("/messages$"), lose)
    chat.say("een keer", answer="")
    expect(chat.article("Niet verstuurd.")).to_be_visible()
    chat.button("Opnieuw sturen").focus()
    chat.press("Enter")
    expect(chat.article("Antwoord op: een keer")).to_be_visible()
    assert lost == [200]
    chat.page.reload()
    expect(chat.article("Antwoord op: een keer")).to_be_visible()
    assert counted(chat, "Antwoord op: een keer") == [1]
    context.expected.append("net::ERR_")


def test_a_conversation_goes_on_after_a_reload_and_on_the_next_page(chat, world):
    chat.say("eerste")
    before = chat.texts()
    chat.page.reload()
    expect(chat.article("Antwoord op: eerste")).to_be_visible()
    assert chat.texts() == before
    chat.page.goto(f"{world.site.origin}/volgende")
    expect(chat.article("Antwoord op: eerste")).to_be_visible()
    assert chat.texts() == before
    chat.say("tweede")


def test_a_window_that_was_closed_stays_closed_on_the_next_page(chat, world):
    chat.press("Escape")
    chat.page.goto(f"{world.site.origin}/volgende")
    expect(chat.launcher).to_be_visible()
    expect(chat.window).to_be_hidden()
    chat.launcher.focus()
    chat.press("Enter")
    expect(chat.articles).to_have_count(1)


def test_two_tabs_of_one_conversation_see_the_same(chat):
    with chat.page.expect_popup() as popup:
        chat.page.evaluate("window.open('/volgende')")
    other = Chat(popup.value)
    expect(other.article("Waar wil je beginnen?")).to_be_visible()
    other.say("vanuit het andere tabblad")
    expect(chat.article("Antwoord op: vanuit")).to_be_visible()
    chat.say("en terug")
    expect(other.article("Antwoord op: en terug")).to_be_visible()
    assert chat.texts() == other.texts()


def test_erasing_in_one_tab_empties_the_other(chat):
    with chat.page.expect_popup() as popup:
        chat.page.evaluate("window.open('/volgende')")
    other = Chat(popup.value)
    expect(other.article("Waar wil je beginnen?")).to_be_visible()
    chat.say("vertrouwelijk")
    expect(other.article("Antwoord op: vertrouwelijk")).to_be_visible()
    other.button("Wis dit gesprek").click()
    other.button("Ja, wis het gesprek").click()
    expect(chat.root.get_by_text("Dit gesprek is afgelopen of gewist.")).to_be_visible()
    expect(chat.articles).to_have_count(0)
    assert chat.kept() == other.kept() == {}


def test_another_tab_or_person_gets_a_conversation_of_their_own(chat, visit, new_context):
    chat.say("van mij")
    for opened in (visit(), visit(within=new_context())):
        expect(opened.window).to_be_hidden()
        opened.open()
        assert opened.article("van mij").count() == 0


def test_a_tab_that_closes_leaves_nothing_and_only_the_key_is_kept(chat, visit, context):
    chat.say("mijn verhaal")
    (kept,) = chat.kept().values()
    assert "verhaal" not in kept
    assert chat.page.evaluate("localStorage.length") == 0
    assert context.cookies() == []
    assert chat.page.evaluate("indexedDB.databases().then(all => all.length)") == 0
    assert chat.page.evaluate("caches.keys().then(all => all.length)") == 0
    chat.page.close()
    again = visit()
    assert again.kept() == {}
    again.open()
    expect(again.articles).to_have_count(1)


def test_a_conversation_that_is_gone_makes_room_for_a_new_one(chat, context):
    chat.page.evaluate(
        "(key) => sessionStorage.setItem(key, JSON.stringify({...JSON.parse(sessionStorage[key]),"
        " token: 'changed'}))",
        next(iter(chat.kept())),
    )
    chat.page.reload()
    expect(chat.window).to_be_hidden()
    context.expected.append("status of 401")
    chat.open()
    expect(chat.articles).to_have_count(1)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refusal_of_the_server_is_told_in_its_words_and_can_be_tried_again(
    visit, context, status
):
    chat = visit()
    answers = [
        {"status": status, "json": {"title": "Storing", "detail": "Het is <b>druk</b>."}},
    ]

    def refuse(route):
        if answers and route.request.method == "POST":
            return route.fulfill(**answers.pop(), headers={"Access-Control-Allow-Origin": "*"})
        return route.continue_()

    chat.page.route(re.compile("/conversations$"), refuse)
    chat.launcher.focus()
    chat.press("Enter")
    expect(chat.root.get_by_role("alert")).to_have_text("Het is <b>druk</b>.")
    chat.on("button", "Probeer het opnieuw")
    chat.press("Enter")
    expect(chat.article("Waar wil je beginnen?")).to_be_visible()
    chat.on("textbox")
    context.expected.append(f"status of {status}")
