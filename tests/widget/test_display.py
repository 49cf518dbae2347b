"""Small screens, large text, still pictures, few colours, paper."""

import pytest
from playwright.sync_api import expect
from widget_chat import Chat

TARGETS = """() => [...document.querySelector('startwijzer-chat').shadowRoot
    .querySelectorAll('button, a[href], textarea')]
  .map((element) => [element.getBoundingClientRect(), element])
  .filter(([{ width }]) => width > 0)
  .map(([{ width, height }, element]) =>
    [element.outerHTML.slice(0, 90), Math.min(width, height)])"""
WIDE = """() => {
  const root = document.querySelector('startwijzer-chat').shadowRoot;
  const boxes = '.window, .scroller, .panel, .header, .composer, .footer, .modal';
  const wide = [...root.querySelectorAll(boxes)]
    .filter((element) => element.scrollWidth > element.clientWidth + 1).map((e) => e.className);
  const outside = [...root.querySelectorAll('button, a, textarea, .bubble, h2')]
    .map((element) => [element.getBoundingClientRect(), element])
    .filter(([{ left, right, width }]) => width > 1 && (left < 0 || right > innerWidth + 0.5))
    .map(([box, element]) => element.outerHTML.slice(0, 90));
  return [...wide, ...outside, document.documentElement.scrollWidth > innerWidth ? 'page' : '']
    .filter(Boolean);
}"""


def at(world, context, width, height, path="/", **media):
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(**{"reduced_motion": "reduce", **media})
    page.goto(f"{world.url}{path}")
    return Chat(page)


def fill(chat):
    """A conversation with everything in it."""
    chat.say("foto", answer="Hier is je profiel.")
    chat.choose("Regelingen", "twee regelingen")
    chat.say("w" * 300)
    chat.say("zelfscan", answer="Vraag 1 van 3")
    chat.choose("Mee eens", "Vraag 2 van 3")


@pytest.mark.parametrize("theme", ["voorbeeldstad", "rodenburg", "groenwoude"])
def test_at_320_pixels_everything_fits_and_fills_the_screen(world, context, theme):
    chat = at(world, context, 320, 640, f"/?theme={theme}")
    assert chat.page.evaluate(WIDE) == []
    chat.open()
    fill(chat)
    assert chat.page.evaluate(WIDE) == []
    box = chat.window.bounding_box()
    assert (box["x"], box["width"], box["height"]) == (0, 320, 640)
    assert chat.input.bounding_box()["y"] < 640
    chat.button("Wis dit gesprek").click()
    assert chat.page.evaluate(WIDE) == []
    expect(chat.button("Ja, wis het gesprek")).to_be_in_viewport()


def test_on_a_small_screen_the_focus_stays_in_the_window(world, context):
    chat = at(world, context, 320, 640).open()
    for _ in range(12):
        chat.press("Tab")
        inside = chat.page.evaluate(
            "[null, document.body, document.querySelector('startwijzer-chat')]"
            ".includes(document.activeElement)"
        )
        assert inside, chat.focus()
    chat.page.set_viewport_size({"width": 1000, "height": 800})  # a phone that was turned
    chat.input.focus()
    chat.say("gedraaid")
    chat.page.set_viewport_size({"width": 320, "height": 640})
    expect(chat.article("Antwoord op: gedraaid")).to_be_visible()
    chat.on("textbox")
    expect(chat.input).to_be_focused()


@pytest.mark.parametrize(("width", "height"), [(320, 640), (1280, 720), (640, 360)])
def test_with_text_twice_as_large_nothing_is_lost(world, browser_with_large_text, width, height):
    chat = at(world, browser_with_large_text, width, height).open()
    size = (
        chat.article("Waar wil je beginnen?")
        .locator(".words")
        .evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    )
    assert size >= 32
    fill(chat)
    assert chat.page.evaluate(WIDE) == []
    for name in ("Verstuur", "Wis dit gesprek", "Sluit de chat"):
        button = chat.button(name)
        button.scroll_into_view_if_needed()
        expect(button).to_be_in_viewport()
    chat.root.locator("article").last.focus()
    expect(chat.root.locator("article").last).to_be_in_viewport()


@pytest.mark.parametrize("width", [320, 1280])
def test_everything_to_press_is_at_least_24_pixels(world, context, width):
    chat = at(world, context, width, 720)
    assert [found for found in chat.page.evaluate(TARGETS) if found[1] < 24] == []
    chat.open()
    fill(chat)
    found = chat.page.evaluate(TARGETS)
    assert len(found) > 15
    assert [one for one in found if one[1] < 24] == []


def test_who_wants_no_motion_gets_none(world, context):
    running = (
        "document.querySelector('startwijzer-chat').shadowRoot.getAnimations()"
        ".filter((one) => one.playState === 'running').length"
    )
    for motion, moves in (("reduce", False), ("no-preference", True)):
        chat = at(world, context, 1000, 800, reduced_motion=motion).open()
        world.rasa.gate.clear()
        try:
            chat.say("even wachten", answer="")
            expect(chat.root.locator(".typing:not(.idle)")).to_be_visible()
            assert (chat.page.evaluate(running) > 0) is moves
        finally:
            world.rasa.gate.set()
        expect(chat.article("Antwoord op: even wachten")).to_be_visible()
        chat.page.close()


def test_on_paper_the_whole_conversation_is_there_and_nothing_to_press(world, context):
    chat = at(world, context, 1000, 600).open()
    chat.say("lang", answer="Regel 12")
    fill(chat)
    chat.page.emulate_media(media="print")
    scroller = chat.root.locator(".scroller")
    heights = scroller.evaluate(
        "e => [e.scrollHeight, e.clientHeight, e.parentElement.clientHeight]"
    )
    assert heights[0] <= heights[1] + 1
    assert chat.window.evaluate("e => e.scrollHeight <= e.clientHeight + 1")
    position = chat.window.evaluate("e => getComputedStyle(e).position")
    assert position == "static", "so that it goes on over several pages"
    for part in ("textarea", ".launcher", ".close", ".footer", ".thumbs"):
        for one in chat.root.locator(part).all():
            expect(one).to_be_hidden()
    expect(chat.article("Regel 12")).to_be_visible()
    white = "e => getComputedStyle(e).backgroundColor"
    assert chat.root.locator(".citizen .bubble").first.evaluate(white) == "rgba(0, 0, 0, 0)"


def test_with_forced_colours_what_is_chosen_stands_out(world, context):
    chat = at(world, context, 1000, 800, forced_colors="active").open()
    chat.choose("Zelfscan", "Vraag 1 van 3")
    colours = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
    chosen = chat.root.locator(".choice.chosen").evaluate(colours)
    other = chat.root.get_by_role("button", name="Regelingen").evaluate(colours)
    assert chosen != other
    for part in (".header", ".bubble", ".choice", ".send"):
        style = chat.root.locator(part).first.evaluate(
            "e => getComputedStyle(e).borderBlockEndStyle + getComputedStyle(e).borderBlockEndWidth"
        )
        assert style == "solid2px", part


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_as_light_or_dark_as_the_site(world, new_context, scheme):
    page = new_context(color_scheme=scheme).new_page()
    page.goto(world.url)
    chat = Chat(page).open()
    colour = chat.window.evaluate("e => getComputedStyle(e).backgroundColor")
    assert colour == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 30)"}[scheme]


def test_a_site_without_dark_colours_gets_no_dark_chat(visit, new_context):
    chat = visit(within=new_context(color_scheme="dark")).open()
    assert chat.window.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"


def test_where_the_keyboard_of_a_phone_covers_the_screen_the_field_stays_in_sight(world, context):
    """As far as Chromium can show it: the visual viewport is what counts, not the window."""
    chat = at(world, context, 360, 640).open()
    chat.page.evaluate(
        "Object.defineProperty(visualViewport, 'height', { value: 300, configurable: true });"
        "Object.defineProperty(visualViewport, 'offsetTop', { value: 40, configurable: true });"
        "visualViewport.dispatchEvent(new Event('resize'))"
    )
    window, field = chat.window.bounding_box(), chat.input.bounding_box()
    assert (window["y"], window["height"]) == (40, 300)
    assert field["y"] + field["height"] <= 340


@pytest.mark.parametrize("theme", ["voorbeeldstad", "rodenburg", "groenwoude"])
@pytest.mark.parametrize(("width", "height"), [(320, 640), (1280, 800)])
def test_how_it_looks_is_kept(world, context, artefacts, theme, width, height):
    chat = at(world, context, width, height, f"/?theme={theme}&scheme=light").open()
    chat.choose("Zelfscan", "Vraag 1 van 3")
    chat.choose("Mee eens", "Vraag 2 van 3")
    chat.input.focus()
    path = artefacts / f"{theme}-{width}.png"
    chat.page.screenshot(path=path, animations="disabled")
    assert path.stat().st_size > 5_000
