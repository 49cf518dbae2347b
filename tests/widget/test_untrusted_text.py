"""Text from the server, and what people type, is data: it is shown, and nothing of it runs."""

import json
import re

import pytest
from playwright.sync_api import expect
from widget_script import HOSTILE

HACKED = "window.hacked"
# Elements and attributes of the messages that a message has no business with.
STRANGE = """() => {
  const feed = document.querySelector('startwijzer-chat').shadowRoot.querySelector('.feed');
  const strange = [...feed.querySelectorAll(
    'script, iframe, object, embed, style, link, form, base, meta, math')];
  for (const element of feed.querySelectorAll('*')) {
    for (const { name, value } of element.attributes) {
      const runs = name.startsWith('on') || name === 'style' || name === 'srcdoc';
      const leads = ['href', 'src', 'action', 'xlink:href'].includes(name)
        && !/^(https?:\\/\\/|tel:|mailto:)/.test(value);
      if (runs || leads) strange.push(element);
    }
  }
  return strange.map((element) => element.outerHTML.slice(0, 200));
}"""


@pytest.fixture
def chat(visit):
    """On a site without a policy, which would keep scripts from running for us."""
    return visit(policy="none").open()


@pytest.fixture(autouse=True)
def nothing_ran(chat, context):
    yield
    assert chat.page.evaluate(STRANGE) == []
    assert chat.page.evaluate(HACKED) is None
    assert [url for url in context.requested if url.endswith("/x")] == []


def test_what_the_bot_says_is_shown_as_text(chat):
    chat.say("aanval", answer="<script>window.hacked=1</script>")
    said = chat.article("<script>").locator(".words").inner_text()
    for attack in HOSTILE:
        assert attack.replace("&#58;", ":") in said or attack in said, attack
    assert chat.article("<script>").get_by_role("link").count() == 0


def test_names_of_choices_are_shown_as_text_and_can_be_chosen(chat):
    chat.say("aanval", answer="<script>window.hacked=1</script>")
    for attack in HOSTILE:
        expect(chat.root.get_by_role("button", name=attack, exact=True)).to_be_visible()
    chat.choose(HOSTILE[1], "Antwoord op: /x1")
    expect(chat.root.locator(".choice.chosen")).to_contain_text(HOSTILE[1])
    assert f"Gekozen: {HOSTILE[1]}." in chat.said()


def test_what_people_type_is_shown_as_text(chat):
    for attack in (*HOSTILE[:3], "**vet** [klik](javascript:window.hacked=1)"):
        chat.say(attack, answer="Antwoord op: " + attack.replace("**", ""))
        expect(chat.articles.filter(has_text=attack).first).to_be_visible()
    assert chat.root.locator(".citizen a, .citizen strong, .citizen img").count() == 0


@pytest.mark.parametrize("number", range(4))
def test_the_address_of_a_picture_runs_nothing(chat, number):
    chat.say(f"beeld {number}", answer="Een beeld.")
    for address in chat.root.locator("article img").evaluate_all("all => all.map(i => i.src)"):
        assert address.startswith("http://127.0.0.1:")


def test_a_server_that_was_taken_over_gets_no_script_in(chat, context):
    """The second wall: HTML that our own server would never make."""
    html = (
        "<strong>vet</strong>"
        + "".join(f"<p>{attack}</p>" for attack in HOSTILE)
        + (
            '<a href="javascript:window.hacked=20">a</a><a href="data:text/html,x">b</a>'
            '<a href="//evil.example">c</a><a href=" jAvascript:window.hacked=21">d</a>'
            '<p style="position:fixed" onclick="window.hacked=22" class="root">e</p>'
            '<math><mtext><table><mglyph><style><img src=x onerror="window.hacked=23">'
            '<form action="https://evil.example"><input name=x></form>'
        )
    )

    def change(route):
        answer = route.fetch()
        body = answer.json()
        for message in body["messages"]:
            if message["from"] == "bot":
                message["html"] = html
                message["image"] = {"url": "javascript:window.hacked=24", "alt": HOSTILE[1]}
        route.fulfill(response=answer, json=body)

    chat.page.route(re.compile("/messages"), change)
    chat.page.route(re.compile("/events$"), lambda route: route.abort())
    chat.page.reload()
    expect(chat.article("vet").locator("strong")).to_have_text("vet")
    (link,) = chat.root.locator("article a[href]").all()
    assert link.get_attribute("href") == "https://kvk.nl"
    context.expected.append("net::ERR_FAILED")  # of the stream that was cut


def test_a_problem_of_the_server_is_shown_as_text(chat, context):
    attack = "".join(HOSTILE[:3])
    headers = {"Access-Control-Allow-Origin": "*"}
    chat.page.route(
        re.compile("/messages$"),
        lambda route: (
            route.fulfill(
                status=422,
                headers=headers,
                content_type="application/problem+json",
                body=json.dumps({"title": attack, "detail": attack}),
            )
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    chat.say("iets", answer="")
    expect(chat.article("Niet verstuurd.").locator(".problem")).to_contain_text(attack)
    context.expected.append("status of 422")


def test_attributes_of_the_script_are_text(visit, context):
    attack = '"><img src=x onerror=window.hacked=30>'
    other = visit(data_title=attack, data_phone=attack, data_hours=attack, data_target="((")
    other.launcher.focus()
    other.press("Enter")
    expect(other.root.get_by_role("heading", name=attack)).to_be_visible()
    expect(other.article("Waar wil je beginnen?")).to_be_visible()
    assert other.page.evaluate(HACKED) is None
    assert other.root.locator("img").count() == 0
    context.expected.append("data-target is no CSS selector")
