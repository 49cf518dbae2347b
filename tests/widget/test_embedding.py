"""On the site of somebody else: strict policies, hostile styles, and nothing that leaks."""

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect
from widget_chat import Chat

BUILT = Path(__file__).parents[2] / "bot" / "widget" / "dist" / "startwijzer.js"
# What the chat looks like where the site says nothing, and what it looks like to people.
LOOK = """() => {
  const root = document.querySelector('startwijzer-chat').shadowRoot;
  const one = (selector) => {
    const element = root.querySelector(selector);
    const { color, backgroundColor, fontSize, fontFamily, letterSpacing, visibility, direction,
      display, textTransform, lineHeight, wordSpacing } = getComputedStyle(element);
    const { width, height, right, bottom } = element.getBoundingClientRect();
    return { color, backgroundColor, fontSize, fontFamily, letterSpacing, visibility, direction,
      display, textTransform, lineHeight, wordSpacing,
      place: [width, height, right, bottom].map(Math.round) };
  };
  const parts = ['.window', '.header h2', '.bubble', '.choice', 'textarea', '.send', '.subtle'];
  return Object.fromEntries(parts
    .map((selector) => [selector, one(selector)]));
}"""
# Everything that the browser computed for everything on the page that is not ours.
STYLES = """() => [...document.querySelectorAll('html, body, body *')]
  .filter((element) => !element.closest('startwijzer-chat'))
  .map((element) => [element.tagName, [...getComputedStyle(element)]
    .map((name) => `${name}:${getComputedStyle(element).getPropertyValue(name)}`).join(';')])"""


def test_a_strict_site_of_another_origin_gets_everything_from_one_place(chat, world, context):
    chat.say("foto", answer="Hier is je profiel.")
    chat.choose("Regelingen", "twee regelingen")
    hosts = {"://".join(urlsplit(url)[:2]) for url in context.requested if url[:5] != "data:"}
    assert hosts == {world.site.origin, world.url}
    files = [url for url in context.requested if url.startswith(f"{world.url}/widget/")]
    assert files == [f"{world.url}/widget/startwijzer.js"]
    assert context.cookies() == []


def test_nothing_is_asked_before_somebody_opens_the_chat(visit, world, context):
    visit(data_hours="ma-vr 09:00-17:00")
    assert [url for url in context.requested if world.url in url] == [
        f"{world.url}/widget/startwijzer.js"
    ]


def test_a_version_is_pinned_with_integrity(visit, context):
    content = BUILT.read_bytes()
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    name = f"startwijzer-{hashlib.sha256(content).hexdigest()[:16]}.js"
    visit(file=name, integrity=f"sha384-{digest}", crossorigin="anonymous").open()


def test_another_file_than_was_pinned_does_not_run(world, new_context):
    context = new_context()
    page = context.new_page()
    wrong = base64.b64encode(hashlib.sha384(b"").digest()).decode()
    with page.expect_console_message(lambda message: "integrity" in message.text):
        page.goto(f"{world.site.origin}/?integrity=sha384-{wrong}&crossorigin=anonymous")
    expect(page.locator("startwijzer-chat")).to_have_count(0)


def test_a_site_that_is_not_allowed_is_told_so(world, new_context):
    page = new_context().new_page()
    stranger = world.site.origin.replace("127.0.0.1", "localhost")
    page.goto(stranger)
    chat = Chat(page)
    chat.launcher.focus()
    chat.press("Enter")
    expect(chat.root.get_by_role("alert")).to_have_text("Deze website mag de chat niet gebruiken.")
    assert chat.kept() == {}


def test_hostile_styles_change_nothing(visit, new_context):
    still = {"reduced_motion": "reduce"}
    fine = visit(within=new_context(**still)).open()
    expected = fine.page.evaluate(LOOK)
    context = new_context(**still)
    hostile = visit(within=context, css="hostile")
    hostile.launcher.focus()
    hostile.press("Enter")
    expect(hostile.article("Waar wil je beginnen?")).to_be_visible()
    hostile.on("textbox", "Je bericht")
    assert hostile.page.evaluate(LOOK) == expected
    hostile.button("Zelfscan").click()
    expect(hostile.article("Vraag 1 van 3")).to_be_visible()
    outline = "e => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth"
    hostile.input.focus()
    assert hostile.input.evaluate(outline) == "solid3px"
    assert context.errors == []


def test_nothing_leaks_out(visit, world, context):
    page = context.new_page()
    page.route(re.compile("/widget/"), lambda route: route.abort())
    page.goto(f"{world.site.origin}/?css=polite")
    before = page.evaluate(STYLES)
    globals_before = page.evaluate("Object.keys(window)")
    page.close()
    context.expected.append("net::ERR_FAILED")  # of the file that did not come
    chat = visit(css="polite").open()
    chat.say("dag")
    chat.press("Escape")
    expect(chat.window).to_be_hidden()
    chat.page.evaluate("document.activeElement.blur()")
    assert chat.page.evaluate(STYLES) == before
    added = set(chat.page.evaluate("Object.keys(window)")) - set(globals_before)
    assert added == set()
    assert chat.page.locator("head style").count() == 0


def test_the_same_script_twice_gives_one_chat(chat, world):
    chat.page.evaluate(
        "(src) => new Promise((done) => { const again = document.createElement('script');"
        " again.src = src; again.onload = done; document.head.append(again); })",
        f"{world.url}/widget/startwijzer.js",
    )
    expect(chat.page.locator("startwijzer-chat")).to_have_count(1)


def test_the_tokens_of_the_site_give_colours_and_letters(world, context):
    found = {}
    for theme in ("voorbeeldstad", "rodenburg", "groenwoude"):
        page = context.new_page()
        page.goto(f"{world.url}/?theme={theme}&scheme=light")
        chat = Chat(page).open()
        look = chat.page.evaluate(LOOK)
        found[theme] = (
            look[".send"]["backgroundColor"],
            look[".bubble"]["backgroundColor"],
            look[".bubble"]["fontFamily"].split(",")[0],
        )
        page.close()
    assert found == {
        "voorbeeldstad": ("rgb(11, 79, 134)", "rgb(239, 244, 249)", "system-ui"),
        "rodenburg": ("rgb(192, 17, 31)", "rgb(246, 242, 241)", "Verdana"),
        "groenwoude": ("rgb(33, 106, 48)", "rgb(241, 243, 228)", '"Trebuchet MS"'),
    }
