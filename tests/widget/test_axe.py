"""axe-core finds nothing in any state of the chat, in three themes, light and dark."""

import re

import pytest
from playwright.sync_api import expect
from widget_axe import violations
from widget_chat import Chat

THEMES = ["voorbeeldstad", "rodenburg", "groenwoude"]
SCHEMES = ["light", "dark"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("theme", THEMES)
def test_no_state_has_a_violation(theme, scheme, world, new_context, axe_table, artefacts):
    context = new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{world.url}/?theme={theme}&scheme={scheme}")
    chat = Chat(page)
    found = {}

    def look(state, without=()):
        found[state], passes = violations(page, without)
        axe_table.add(state, f"{theme} {scheme}", found[state], passes)

    look("closed")
    chat.open()
    look("open")
    page.set_viewport_size({"width": 320, "height": 640})
    chat.say("foto", answer="Hier is je profiel.")
    chat.choose("Regelingen", "twee regelingen")
    look("320 px")
    page.set_viewport_size({"width": 1000, "height": 800})
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    # axe-core reads the colours of the style sheets, where people see those of their device.
    look("forced colours", without=["color-contrast"])
    page.screenshot(path=artefacts / f"{theme}-{scheme}-forced.png")
    page.emulate_media(forced_colors="none", contrast="more", reduced_motion="reduce")
    look("more contrast")
    page.emulate_media(contrast="no-preference", reduced_motion="reduce")
    chat.say("zelfscan", answer="Vraag 1 van 3")
    chat.choose("Mee eens", "Vraag 2 van 3")
    look("choices")
    chat.input.focus()
    chat.press("Enter")
    expect(chat.root.get_by_role("alert")).to_contain_text("leeg")
    look("form error")
    chat.type("a" * 2001)
    expect(chat.root.locator("#count")).to_contain_text("te lang")
    look("too long")
    chat.input.fill("")
    world.rasa.gate.clear()
    chat.say("wacht even", answer="")
    expect(
        chat.root.get_by_text("Wordt verstuurd…").or_(chat.root.locator(".typing:not(.idle)")).first
    ).to_be_visible()
    look("waiting")
    world.rasa.gate.set()
    expect(chat.article("Antwoord op: wacht even")).to_be_visible()
    context.set_offline(True)
    expect(chat.window.locator(".banner")).to_be_visible()
    chat.say("zonder lijn", answer="")
    expect(chat.article("Niet verstuurd.")).to_be_visible()
    look("offline")
    context.set_offline(False)
    expect(chat.window.locator(".banner")).to_have_count(0)
    chat.button("Sluit de chat").click()
    expect(chat.root.get_by_role("heading", name="Heeft dit gesprek je geholpen?")).to_be_visible()
    look("closing question")
    chat.button("Terug naar het gesprek").click()
    chat.button("Wis dit gesprek").click()
    look("dialog")
    chat.button("Ja, wis het gesprek").click()
    expect(chat.root.get_by_role("status").filter(has_text="gewist")).to_be_visible()
    look("ended")
    page.route(re.compile("/conversations$"), lambda route: route.fulfill(status=503))
    chat.button("Begin een nieuw gesprek").click()
    expect(chat.button("Probeer het opnieuw")).to_be_visible()
    look("could not start")

    assert {state: what for state, what in found.items() if what} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_the_inline_chat_has_no_violation(theme, world, new_context, axe_table):
    page = new_context(reduced_motion="reduce").new_page()
    page.goto(f"{world.url}/demo/inline.html?theme={theme}")
    chat = Chat(page)
    before, passes = violations(page)
    axe_table.add("inline, closed", f"{theme} light", before, passes)
    chat.button("Begin het gesprek").click()
    expect(chat.article("Waar wil je beginnen?")).to_be_visible()
    opened, passes = violations(page)
    axe_table.add("inline, open", f"{theme} light", opened, passes)
    assert before + opened == []
