"""Logging in and out over the real pages: cookies, forged forms, limits, links."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from people import (
    PASSWORD,
    enrol,
    give_code,
    give_password,
    log_in,
    query_of,
    secret_on,
)
from served import SECRET

from bot.database import now
from bot.staff import accounts
from bot.staff.login import Login
from bot.staff.model import AuditEntry, LoginFailures, RecoveryCode, Staff, StaffSession
from bot.staff.tokens import hashed

OTHER_SITES = [
    "https://elders.example/",
    "//elders.example",
    "/\\elders.example",
    "/\t/elders.example",
    "\\\\elders.example",
    "javascript:alert(1)",
    "/\r\nSet-Cookie: a=b",
    "http:elders.example",
    " //elders.example",
]


@pytest.fixture
def link(console):
    """Makes a new account; its person and the link."""

    def make(*roles, **options):
        person = console.add(*(roles or ("lezer",)), **options)
        with console.database.session() as session:
            token = accounts.enrolment_token(accounts.find(session, person.id))
        return person, f"{console.url}/welkom/{token}"

    return make


@pytest.fixture
def member(console, link):
    """Someone who can log in: `person`, `authenticator`, `codes`."""

    class Member:
        person, _link = link()
        authenticator, codes = enrol(console.client(), _link)

    return Member


def stretch(console):
    """Makes the wait of who failed too often so long that no machine is too slow to notice it."""
    with console.database.session() as session:
        blocked = LoginFailures.blocked_until > LoginFailures.last_at
        rows = session.query(LoginFailures).filter(blocked).all()
        assert rows
        for row in rows:
            row.blocked_until = now() + timedelta(minutes=15)


def actions(console):
    with console.database.session() as session:
        return [row.action for row in session.query(AuditEntry).order_by(AuditEntry.id)]


def test_the_first_time_ends_with_a_password_an_authenticator_and_recovery_codes(console, link):
    person, address = link()
    client = console.client()

    authenticator, codes = enrol(client, address)

    assert len(set(codes)) == 10
    assert person.name in client.get("/account").text
    assert log_in(console.client(), person.email, authenticator).headers["Location"] == "/console/"
    assert actions(console) == ["enrolled", "second_factor_changed", "login", "login"]


def test_a_link_works_once(console, link):
    _, address = link()
    enrol(console.client(), address)

    response = console.client().get(address)

    assert response.status_code == 404
    assert "Deze link werkt niet meer" in response.text


def test_a_link_works_once_also_at_the_same_moment(console, link):
    _, address = link()
    path = address.removeprefix(console.url)
    clients = [console.client() for _ in range(4)]
    tokens = [client.csrf(path) for client in clients]

    def use(pair):
        client, token = pair
        form = {"csrf": token, "password": PASSWORD, "again": PASSWORD}
        return client.post(path, data=form).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(use, zip(clients, tokens, strict=True)))

    assert statuses == [303, 404, 404, 404]


def test_a_link_ends_after_its_term(console, link):
    person, address = link()
    with console.database.session() as session:
        accounts.find(session, person.id).enrol_expires_at = now()

    assert console.client().get(address).status_code == 404


def test_the_database_keeps_no_token_no_password_and_no_readable_secret(console, link):
    _, address = link()
    client = console.client()
    page = client.get(address).text
    authenticator, codes = enrol(client, address)
    token = client.cookies["console"]
    secret = authenticator._totp.secret
    with console.database.session() as session:
        dump = "\n".join(
            str(dict(row))
            for table in ("staff", "staff_session", "staff_recovery_code", "audit_entry")
            for row in session.execute(sa.text(f"SELECT * FROM {table}")).mappings()
        )

    for hidden in (token, PASSWORD, secret, codes[0], codes[0].replace("-", "")):
        assert hidden not in dump
    assert address.rpartition("/")[2] not in dump
    assert hashed(token) in dump
    assert page


def test_without_an_authenticator_nothing_opens_and_the_next_login_asks_for_one(console, link):
    person, address = link()
    client = console.client()
    path = address.removeprefix(console.url)
    client.submit(path, {"password": PASSWORD, "again": PASSWORD}, form=path)

    assert client.get("/account").headers["Location"].startswith("/console/aanmelden")

    response = give_password(console.client(), person.email)
    assert response.headers["Location"] == "/console/aanmelden/instellen"


def test_with_only_the_password_nothing_opens(console, member):
    client = console.client()
    response = give_password(client, member.person.email)

    assert response.headers["Location"] == "/console/aanmelden/code"
    assert client.get("/").headers["Location"] == "/console/aanmelden"
    assert client.get("/account").status_code == 302
    assert client.get("/aanmelden/instellen").status_code == 302
    response = client.submit("/aanmelden/instellen", {"code": "123456"}, form="/aanmelden")
    assert response.headers["Location"] == "/console/aanmelden"


def test_a_code_opens_once(console, member):
    code = member.authenticator.code()
    first, second = console.client(), console.client()
    give_password(first, member.person.email)
    give_password(second, member.person.email)

    assert give_code(first, code).status_code == 303
    assert give_code(second, code).status_code == 422
    assert second.get("/account").status_code == 302


def test_a_recovery_code_replaces_the_authenticator_once(console, member):
    for expected in (303, 422):
        client = console.client()
        give_password(client, member.person.email)
        response = give_code(client, member.codes[0].lower().replace("-", " "))
        assert response.status_code == expected

    assert "recovery_code_used" in actions(console)
    with console.database.session() as session:
        assert session.query(RecoveryCode).count() == 9


def test_someone_who_is_not_there_gets_the_same_answer_as_a_wrong_password(console, member):
    def answer(email):
        client = console.client()
        response = give_password(client, email, "een ander wachtwoord")
        body = re.sub(r'value="[^"]*"', "", response.text)
        return response.status_code, body, sorted(response.headers)

    assert answer(member.person.email) == answer("niemand@elders.example")
    assert answer(member.person.email)[0] == 422


def test_the_password_of_nobody_is_compared_as_well(console, member, monkeypatch):
    """What takes the time is done for an account that is not there too."""
    compared = []
    from bot.staff import passwords

    real = passwords.PasswordHasher.verify
    monkeypatch.setattr(
        passwords.PasswordHasher,
        "verify",
        lambda self, known, given: compared.append(known) or real(self, known, given),
    )
    give_password(console.client(), member.person.email, "een ander wachtwoord")
    give_password(console.client(), "niemand@elders.example", "een ander wachtwoord")
    with console.database.session() as session:
        accounts.disable(session, accounts.find(session, member.person.id))
    give_password(console.client(), member.person.email)

    assert len(compared) == 3
    assert len({known.rsplit("$", 2)[0] for known in compared}) == 1


@pytest.mark.parametrize("known", [True, False])
def test_after_five_failures_one_must_wait_whether_the_account_exists_or_not(
    console, member, known
):
    email = member.person.email if known else "niemand@elders.example"
    client = console.client()
    statuses = [give_password(client, email, "mis geraden woord").status_code for _ in range(5)]
    stretch(console)

    assert statuses == [422] * 5
    response = give_password(client, email.upper())
    assert response.status_code == 429
    assert "Probeer het weer na" in response.text


def test_whoever_logged_in_before_with_this_browser_gets_in_while_others_guess(console, member):
    client = console.client()
    log_in(client, member.person.email, member.authenticator)
    client.submit("/afmelden")
    stranger = console.client()
    for _ in range(5):
        give_password(stranger, member.person.email, "mis geraden woord")
    stretch(console)

    assert give_password(stranger, member.person.email).status_code == 429
    assert give_password(client, member.person.email).status_code == 303


def test_after_thirty_failures_an_address_must_wait_but_not_a_known_browser(console, member):
    known, stranger = console.client(), console.client()
    log_in(known, member.person.email, member.authenticator)
    known.submit("/afmelden")
    login = Login(console.database, SECRET)
    for number in range(30):
        login.with_password(f"niemand{number}@x.nl", "mis", address="127.0.0.1")
    stretch(console)

    assert give_password(stranger, "iemand.anders@x.nl").status_code == 429
    assert give_password(known, member.person.email).status_code == 303


def test_failures_are_on_record_without_what_was_typed(console, member):
    give_password(console.client(), "Geheim-Wachtwoord-In-Het-Verkeerde-Veld@x.nl", "mis")
    give_password(console.client(), member.person.email, "mis geraden woord")
    with console.database.session() as session:
        failed = session.query(AuditEntry).filter_by(action="login_failed").all()
        assert [row.subject for row in failed] == [
            "onbekend account",
            f"medewerker {member.person.id}",
        ]
        everything = str([vars(row) for row in session.query(AuditEntry)])

    assert "Geheim" not in everything
    assert "mis geraden" not in everything


def test_the_token_changes_at_each_step_so_that_one_set_before_is_worthless(console, member):
    """Session fixation: a token that an attacker planted never becomes that of a session."""
    client = console.client()
    client.hold("planted-by-an-attacker")
    give_password(client, member.person.email)
    half = client.cookies["console"]
    give_code(client, member.authenticator.code())
    full = client.cookies["console"]

    assert len({"planted-by-an-attacker", half, full}) == 3
    for old in ("planted-by-an-attacker", half):
        other = console.client()
        other.hold(old)
        assert other.get("/account").status_code == 302


def test_logging_out_ends_the_session_on_the_server(console):
    client = console.login("lezer")
    token = client.cookies["console"]

    response = client.submit("/afmelden")

    assert response.headers["Location"] == "/console/aanmelden"
    assert "Je bent afgemeld" in client.get("/aanmelden").text
    other = console.client()
    other.hold(token)
    assert other.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("column", "ago"),
    [("last_seen_at", timedelta(minutes=30)), ("created_at", timedelta(hours=12))],
)
def test_a_session_ends_when_idle_and_after_a_day(console, column, ago):
    client = console.login("lezer")
    assert client.get("/account").status_code == 200
    with console.database.session() as session:
        setattr(session.query(StaffSession).one(), column, now() - ago)

    assert client.get("/account").status_code == 302


def test_looking_at_a_page_keeps_a_session_alive(console):
    client = console.login("lezer")
    with console.database.session() as session:
        session.query(StaffSession).one().last_seen_at = now() - timedelta(minutes=29)

    assert client.get("/sessie").status_code == 204

    with console.database.session() as session:
        assert now() - session.query(StaffSession).one().last_seen_at < timedelta(minutes=1)


def test_disabling_an_account_ends_everything_it_is_logged_in_with(console):
    client = console.login("lezer")
    with console.database.session() as session:
        accounts.disable(session, accounts.find(session, client.person.id))

    assert client.get("/account").status_code == 302


@pytest.mark.parametrize("wanted", OTHER_SITES)
def test_logging_in_never_leads_to_another_website(console, member, wanted):
    client = console.client()
    response = client.get("/aanmelden", params={"next": wanted})
    assert 'name="next" value="/"' in response.text

    response = give_password(client, member.person.email, next=wanted)
    assert response.headers["Location"] == "/console/aanmelden/code"
    assert "elders" not in str(response.headers)


@pytest.mark.parametrize("wanted", OTHER_SITES)
def test_the_second_step_never_leads_to_another_website(console, wanted):
    client = console.login("lezer")

    response = client.get("/aanmelden", params={"next": wanted})

    assert response.headers["Location"] == "/console/"
    assert "Set-Cookie: a" not in str(response.headers)


def test_after_logging_in_one_comes_where_one_was_going(console, member):
    client = console.client()
    response = client.get("/logboek", params={"wat": "login", "van": "2026-01-01"})
    location = response.headers["Location"]
    wanted = query_of(location)["next"]
    assert wanted == "/logboek?wat=login&van=2026-01-01"

    response = give_password(client, member.person.email, next=wanted)
    step = response.headers["Location"].removeprefix("/console")
    page = client.get(step).text
    action = unescape(re.search(r'action="(/console/aanmelden/code[^"]*)"', page)[1])
    response = client.submit(
        action.removeprefix("/console"),
        {"code": member.authenticator.code()},
        form="/aanmelden/code",
    )

    assert response.headers["Location"] == f"/console{wanted}"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elders.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_another_website_is_refused_even_with_the_right_token(console, headers):
    client = console.login("lezer")

    response = client.submit("/afmelden", headers=headers)

    assert response.status_code == 403
    assert client.get("/account").status_code == 200


def test_a_form_from_our_own_page_is_accepted(console):
    client = console.login("lezer")
    headers = {"Origin": console.origin, "Sec-Fetch-Site": "same-origin"}

    assert client.submit("/afmelden", headers=headers).status_code == 303


def test_the_token_of_one_session_is_worthless_in_another(console):
    one, other = console.login("lezer"), console.login("lezer")

    response = other.post("/afmelden", data={"csrf": one.csrf()})

    assert response.status_code == 403


def test_the_token_may_also_come_in_a_header(console):
    client = console.login("lezer")

    assert client.post("/afmelden", headers={"X-CSRF-Token": client.csrf()}).status_code == 303


@pytest.mark.parametrize("https", [True, False])
def test_the_cookie_is_as_strict_as_the_connection_allows(console, https):
    headers = {"X-Forwarded-Proto": "https"} if https else {}
    response = console.client().get("/aanmelden", headers=headers)
    cookie = response.headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert ("Secure" in cookie) == https
    assert cookie.startswith("__Host-console=" if https else "console=")
    assert ("Strict-Transport-Security" in response.headers) == https


@pytest.mark.parametrize("path", ["/aanmelden", "/account", "/onbekend", "/medewerkers"])
def test_every_page_has_a_strict_policy_and_is_kept_nowhere(console, path):
    headers = console.login("lezer").get(path).headers

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for rule in ("form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "aiohttp" not in str(headers)


def test_a_page_that_is_not_there_is_one_in_dutch(console):
    response = console.login("lezer").get("/bestaat-niet")

    assert response.status_code == 404
    assert "Deze pagina bestaat niet" in response.text


def test_a_mistake_of_ours_shows_nothing_of_the_inside(console, monkeypatch, caplog):
    client = console.login("lezer")

    def broken(*_):
        raise RuntimeError("secret detail of a citizen")

    monkeypatch.setattr("bot.console.account.recovery_codes_left", broken)
    response = client.get("/account")

    assert response.status_code == 500
    assert "Er ging iets mis aan onze kant" in response.text
    assert "secret detail" not in response.text
    assert "Traceback" not in response.text
    assert "secret detail" not in caplog.text
    assert "RuntimeError in GET /console/account" in caplog.text


def test_without_a_database_there_is_still_a_page_in_dutch(console, monkeypatch):
    client = console.login("lezer")

    def broken(*_args, **_more):
        raise sa.exc.OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr("bot.console.sessions.sessions.find", broken)
    response = client.get("/account")

    assert response.status_code == 500
    assert "Er ging iets mis aan onze kant" in response.text


def test_a_form_that_is_too_large_is_refused_in_dutch(console):
    client = console.login("lezer")

    response = client.submit("/account/wachtwoord", {"password": "x" * 100_000})

    assert response.status_code == 413
    assert "Dat is te veel tekst" in response.text


def test_a_method_that_does_not_fit_is_refused_in_dutch(console):
    client = console.login("lezer")
    response = client.request("DELETE", "/account", headers={"X-CSRF-Token": client.csrf()})

    assert response.status_code == 405
    assert "Dat kan hier niet" in response.text


@pytest.mark.parametrize(
    "value", ["a\r\nSet-Cookie: x=y", "\x00", "é" * 400, "%0d%0aX: y", "{{7*7}}"]
)
def test_strange_values_in_cookies_addresses_and_fields_break_nothing(console, value):
    client = console.client()
    client.cookies.set("console-flash", value.encode().hex())
    client.cookies.set("console-device", "x" * 50)
    response = give_password(client, value, value, next=value)

    assert response.status_code == (400 if value == "\x00" else 422)
    assert "x=y" not in str(response.headers)
    assert "49" not in re.sub(r'value="[^"]*"', "", response.text)
    assert console.client().get(f"/welkom/{'x' * 300}").status_code == 404


@pytest.mark.parametrize(
    ("method", "header", "status"), [("GET", "Cookie", 200), ("POST", "X-CSRF-Token", 403)]
)
def test_bytes_that_are_no_text_are_no_token(console, method, header, status):
    value = b"console=\xff\xfe" if header == "Cookie" else b"\xff"
    response = console.client().request(method, "/aanmelden", headers={header: value})

    assert response.status_code == status


def test_a_name_is_text_wherever_it_is_shown(console):
    name = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    client = console.login("beheerder", "privacy", name=name)

    for path in ("/account", "/medewerkers", f"/medewerkers/{client.person.id}", "/logboek"):
        page = client.get(path).text
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(console, member):
    client, other = console.client(), console.client()
    for one in (client, other):
        one.hold(console.start(member.person))
    before = client.cookies["console"]
    new = {"password": "nog een langere zin", "again": "nog een langere zin"}

    response = client.submit("/account/wachtwoord", {"current": "mis", **new})
    assert response.status_code == 422
    assert "Dit is niet je wachtwoord" in response.text

    response = client.submit("/account/wachtwoord", {"current": PASSWORD, **new})
    assert response.status_code == 303
    assert client.get("/account").status_code == 200
    assert client.cookies["console"] != before
    assert other.get("/account").status_code == 302
    assert give_password(console.client(), member.person.email).status_code == 422
    assert give_password(console.client(), member.person.email, new["again"]).status_code == 303


def test_the_password_cannot_be_guessed_at_an_open_screen(console, member):
    client = console.client()
    client.hold(console.start(member.person))
    for _ in range(5):
        page = client.submit("/account/herstelcodes", {"current": "mis"}).text
        assert "Probeer het weer na" not in page
    stretch(console)

    page = client.submit("/account/herstelcodes", {"current": PASSWORD}).text
    assert "Probeer het weer na" in page


def test_a_new_authenticator_replaces_the_old_one(console, member):
    client = console.client()
    client.hold(console.start(member.person))
    from people import Authenticator

    page = client.get("/account/authenticator").text
    fresh = Authenticator(secret_on(page))
    assert fresh._totp.secret != member.authenticator._totp.secret
    form = {"code": fresh.code(), "current": PASSWORD}
    assert client.submit("/account/authenticator", {**form, "current": "x"}).status_code == 422
    assert client.submit("/account/authenticator", form).status_code == 303

    client = console.client()
    give_password(client, member.person.email)
    assert give_code(client, member.authenticator.code()).status_code == 422
    assert give_code(client, fresh.code()).status_code == 303


def test_new_recovery_codes_end_the_old_ones(console, member):
    client = console.client()
    client.hold(console.start(member.person))
    page = client.submit("/account/herstelcodes", {"current": PASSWORD}).text
    from people import CODES

    fresh = CODES.findall(page)
    assert len(fresh) == 10
    assert not set(fresh) & set(member.codes)
    client = console.client()
    give_password(client, member.person.email)
    assert give_code(client, member.codes[1]).status_code == 422
    assert give_code(client, fresh[0]).status_code == 303


def test_the_sessions_of_somebody_else_cannot_be_ended(console):
    mine, theirs = console.login("lezer"), console.login("lezer")
    with console.database.session() as session:
        number = session.query(StaffSession).filter_by(staff_id=theirs.person.id).one().id

    for wrong in (number, 999999, "-1", "1e3", "%31%20", "٣"):
        assert mine.submit(f"/account/sessies/{wrong}/beeindigen").status_code == 404
    assert theirs.get("/account").status_code == 200


def test_one_of_the_own_sessions_can_be_ended(console):
    client = console.login("lezer")
    other = console.client()
    other.hold(console.start(client.person))
    with console.database.session() as session:
        number = (
            session.query(StaffSession)
            .filter_by(token_hash=hashed(other.cookies["console"]))
            .one()
            .id
        )

    assert client.submit(f"/account/sessies/{number}/beeindigen").status_code == 303
    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


def test_logging_in_works_with_each_kind_of_database(any_console):
    person = any_console.add("lezer")
    with any_console.database.session() as session:
        token = accounts.enrolment_token(accounts.find(session, person.id))
    authenticator, codes = enrol(any_console.client(), f"{any_console.url}/welkom/{token}")
    client = any_console.client()

    assert log_in(client, person.email, authenticator).status_code == 303
    assert client.get("/account").status_code == 200
    assert len(codes) == 10
    with any_console.database.session() as session:
        assert session.query(Staff).one().last_login_at is not None


def test_the_console_without_a_slash_is_found_too(console):
    response = console.client().get(console.url)

    assert response.headers["Location"] == "/console/"
