"""The pages of logging in, accounts and the log in a real browser: axe, keyboard, small screens."""

import pytest
from people import PASSWORD, Authenticator, enrol, secret_on

from bot.staff import accounts, audit

ROLES = ("beheerder", "privacy")
PATHS = [
    "/account",
    "/account/wachtwoord",
    "/account/authenticator",
    "/account/herstelcodes",
    "/medewerkers",
    "/medewerkers/nieuw",
    "/medewerkers/{other}",
    "/medewerkers/{me}",
    "/logboek",
    "/logboek?wat=login&pagina=1",
    "/gesprekken-die-er-niet-zijn",
]
OPEN_PATHS = ["/aanmelden", "/aanmelden?next=/logboek", "/welkom/{token}", "/welkom/weg"]
SCHEMES = ["light", "dark"]


@pytest.fixture
def me(console):
    """Someone with two roles, a colleague, and a log with some pages."""
    person = console.add(*ROLES, name="Roos van der Meer-Achternaam")
    with console.database.session() as session:
        for number in range(120):
            audit.record(session, person, "conversation_opened", f"gesprek {number}", "vraag")
    return person


@pytest.fixture
def new(console):
    """A new colleague and the token of the link."""
    person = console.add("lezer", gemeenten={"Assen"})
    with console.database.session() as session:
        return person, accounts.enrolment_token(accounts.find(session, person.id))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_on_the_pages_behind_the_login(
    console, browser, violations, me, new, scheme
):
    page = browser.page(person=me, color_scheme=scheme)
    found = {}
    for path in PATHS:
        page.goto(console.url + path.format(me=me.id, other=new[0].id))
        found[path] = violations(page)

    assert not {path: wrong for path, wrong in found.items() if wrong}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_on_the_pages_before_the_login(console, browser, violations, new, scheme):
    page = browser.page(color_scheme=scheme)
    found = {}
    for path in OPEN_PATHS:
        page.goto(console.url + path.format(token=new[1]))
        found[path] = violations(page)

    assert not {path: wrong for path, wrong in found.items() if wrong}


def test_axe_finds_nothing_on_pages_with_mistakes_and_on_what_is_shown_once(
    console, browser, violations, me
):
    page = browser.page(person=me)
    found = []
    page.goto(f"{console.url}/medewerkers/nieuw")
    page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
    page.click("main button[type=submit]")
    assert "Er is iets niet goed ingevuld" in page.inner_text("main")
    found += violations(page)
    page.fill("#email", "nieuw@x.nl")
    page.fill("#name", "Nieuw")
    page.check("text=adviseur")
    page.click("main button[type=submit]")
    assert "Je ziet de link alleen nu" in page.inner_text("main")
    found += violations(page)
    page = browser.page("lezer")
    page.goto(f"{console.url}/medewerkers")
    assert page.inner_text("h1") == "Je hebt hier geen toegang toe"
    found += violations(page)

    assert found == []


def test_someone_logs_in_for_the_first_time_and_again_with_the_keyboard_alone(
    console, browser, violations, new
):
    person, token = new
    page = browser.page()
    keys = page.keyboard
    page.goto(f"{console.url}/welkom/{token}")
    tab_to(page, "#password")
    keys.type(PASSWORD)
    tab_to(page, "#again")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_url("**/aanmelden/instellen")
    assert page.locator(".qr svg").is_visible()
    wrong = violations(page)
    authenticator = Authenticator(secret_on(page.content()))
    tab_to(page, "#code")
    keys.type("000")
    keys.press("Enter")
    page.wait_for_selector(".field--wrong")
    wrong += violations(page)
    tab_to(page, "#code")
    keys.press("Control+A")
    keys.type(authenticator.code())
    keys.press("Enter")
    page.wait_for_selector(".codes")
    wrong += violations(page)
    tab_to(page, "text=Ik heb ze bewaard")
    keys.press("Enter")
    page.wait_for_load_state()
    tab_to(page, "text=Afmelden")
    keys.press("Enter")
    page.wait_for_url("**/aanmelden")
    assert "Je bent afgemeld" in page.inner_text("[role=status]")

    tab_to(page, "#email")
    keys.type(person.email)
    tab_to(page, "#password")
    keys.type("verkeerd woord")
    keys.press("Enter")
    page.wait_for_selector(".alert--error")
    assert page.input_value("#email") == person.email
    wrong += violations(page)
    tab_to(page, "#password")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_url("**/aanmelden/code")
    wrong += violations(page)
    tab_to(page, "#code")
    keys.type(authenticator.code())
    keys.press("Enter")
    page.wait_for_url(lambda url: "/aanmelden" not in url)

    assert person.name in page.inner_text(".page-header__person")
    assert wrong == []


def tab_to(page, selector):
    """Presses Tab until the element has the focus, as someone without a mouse does."""
    target = page.locator(selector).first
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            outline = target.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", f"the focus on {selector} cannot be seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_the_first_tab_leads_past_the_menu(console, browser, me):
    page = browser.page(person=me)
    page.goto(f"{console.url}/logboek")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "inhoud"


def test_password_managers_and_pasting_work(console, browser, new):
    """WCAG 2.2, 3.3.8: nobody has to remember or type over."""
    page = browser.page()
    page.goto(f"{console.url}/aanmelden")
    completes = page.eval_on_selector_all(
        "input:not([type=hidden])", "found => found.map(one => [one.type, one.autocomplete])"
    )
    assert completes == [["email", "username"], ["password", "current-password"]]
    page.goto(f"{console.url}/welkom/{new[1]}")
    completes = page.eval_on_selector_all(
        "input:not([type=hidden])", "found => found.map(one => one.autocomplete)"
    )
    assert completes == ["username", "new-password", "new-password"]
    pasted = """element => element.dispatchEvent(
        new ClipboardEvent("paste", {bubbles: true, cancelable: true}))"""
    assert page.locator("#password").evaluate(pasted)


@pytest.mark.parametrize("path", ["/account", "/medewerkers", "/medewerkers/nieuw", "/logboek"])
def test_a_small_screen_needs_no_scrolling_sideways(console, browser, me, path):
    page = browser.page(person=me, viewport={"width": 320, "height": 640})
    page.goto(console.url + path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    targets = page.eval_on_selector_all(
        "button, .button, .menu a, input:not([type=hidden]), select",
        """found => found.filter(one => one.offsetParent).map(one => one.getBoundingClientRect())
            .filter(box => box.width < 24 || box.height < 24).length""",
    )
    assert targets == 0


def test_searching_the_log_works_with_and_without_javascript(console, browser, me):
    for javascript in (True, False):
        page = browser.page(person=me, java_script_enabled=javascript)
        page.goto(f"{console.url}/logboek")
        page.fill("#onderwerp", "gesprek 11")
        page.press("#onderwerp", "Enter")
        page.wait_for_url("**/logboek?*onderwerp=gesprek+11*")
        page.wait_for_selector("caption:has-text('11 regels')")
        assert page.locator("tbody tr").count() == 11


def test_before_a_session_ends_one_can_say_to_be_there(console, browser, me):
    page = browser.page(person=me)
    page.clock.install()
    page.goto(f"{console.url}/account")
    assert page.locator(".session-warning").is_hidden()
    page.clock.fast_forward(28 * 60 * 1000)
    page.wait_for_selector(".session-warning:not([hidden])")
    assert page.evaluate("document.activeElement.textContent") == "Blijf aangemeld"
    page.keyboard.press("Enter")

    page.wait_for_selector(".session-warning", state="hidden")


def test_a_name_with_html_runs_nothing(console, browser, violations):
    person = console.add(*ROLES, name="<img src=x onerror=window.broken=1>")
    page = browser.page(person=person)
    for path in ("/account", "/medewerkers", f"/medewerkers/{person.id}", "/logboek"):
        page.goto(console.url + path)
        assert page.evaluate("window.broken") is None
        assert page.locator("main img").count() == 0
        assert page.faults == []


def test_an_enrolled_person_sees_the_own_sessions(console, browser, new):
    person, token = new
    enrol(console.client(), f"{console.url}/welkom/{token}")
    page = browser.page(person=person)
    page.goto(f"{console.url}/account")

    assert page.locator("tbody tr").count() == 2
    page.click("text=Beëindigen >> nth=-1")
    page.wait_for_selector("[role=status]")
    assert page.locator("tbody tr").count() == 1


def test_one_can_see_the_password_that_one_types(console, browser, violations, new):
    page = browser.page()
    page.goto(f"{console.url}/welkom/{new[1]}")
    buttons = page.get_by_role("button", name="Toon wat je typt")
    assert len(set(buttons.all_text_contents())) == 2, "each says of which field it is"
    show = page.locator("#password + button")
    page.fill("#password", PASSWORD)
    tab_to(page, "#password")
    page.keyboard.press("Tab")
    assert show.evaluate("element => element === document.activeElement")
    page.keyboard.press("Space")

    assert page.get_attribute("#password", "type") == "text"
    assert page.get_attribute("#again", "type") == "password"
    assert show.get_attribute("aria-pressed") == "true"
    assert page.input_value("#password") == PASSWORD
    assert page.get_attribute("#password", "autocomplete") == "new-password"
    assert violations(page) == []
    page.keyboard.press("Space")
    assert page.get_attribute("#password", "type") == "password"
    assert show.get_attribute("aria-pressed") == "false"


def test_what_was_shown_is_sent_as_a_password(console, browser):
    page = browser.page()
    page.goto(f"{console.url}/aanmelden")
    page.evaluate("addEventListener('submit', event => event.preventDefault())")
    page.fill("#email", "a@x.nl")
    page.fill("#password", PASSWORD)
    page.click("text=Toon wat je typt")
    assert page.get_attribute("#password", "type") == "text"
    page.press("#password", "Enter")

    assert page.get_attribute("#password", "type") == "password"


def test_without_javascript_there_is_no_button_that_does_nothing(console, browser):
    page = browser.page(java_script_enabled=False)
    page.goto(f"{console.url}/aanmelden")

    assert page.locator("main button").all_inner_texts() == ["Verder"]
