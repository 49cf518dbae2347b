"""Logging in with accounts of the gemeente: a real provider, and providers that lie."""

import base64
import hmac
import json
import re
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from people import query_of

from bot.console import oidc
from bot.settings import Settings, SettingsError
from bot.staff import accounts
from bot.staff.model import OWN_ISSUER, AuditEntry, Staff

FOLDER = Path(__file__).with_name("oidc")
CLIENT, CLIENT_SECRET = "startwijzer", "a-client-secret-of-the-tests"
# The console is told a public address that does not change, because the provider must know it.
PUBLIC = "http://startwijzer.test"
ACTION = re.compile(r'action="([^"]+)"')
MAPPING = {
    "PUBLIC_URL": PUBLIC,
    "OIDC_CLIENT_ID": CLIENT,
    "OIDC_CLIENT_SECRET": CLIENT_SECRET,
    "OIDC_ROLES_CLAIM": "groups",
    "OIDC_ROLES": "sw-lezers=lezer,sw-beoordelaars=beoordelaar",
    "OIDC_GEMEENTEN_CLAIM": "gemeenten",
    "OIDC_GEMEENTEN": "GM0106=Assen,GM0114=Emmen",
}


@pytest.fixture(scope="session")
def provider():
    """The address of a real provider (oidc-provider) on loopback."""
    node, npm = shutil.which("node"), shutil.which("npm")
    assert node and npm, "node and npm are not installed: the provider of the tests needs them"
    if not (FOLDER / "node_modules").is_dir():
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"npm ci in tests/console/oidc failed:\n{done.stderr}"
    process = subprocess.Popen(
        [node, "provider.mjs", f"{PUBLIC}/console/aanmelden/oidc/terug"],
        cwd=FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), "the provider did not start"
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def console(database, serve_console, provider):
    with serve_console(database, OIDC_ISSUER=provider, **MAPPING) as found:
        yield found


def leave(client, **query):
    """To the provider: where the console sends someone."""
    response = client.get("/aanmelden/oidc", params=query)
    assert response.status_code == 302, response.text
    return response.headers["Location"]


def at_provider(address, name):
    """Logs in at the provider and agrees: the address that it sends the browser back to."""
    with httpx.Client(timeout=30) as browser:
        response = browser.get(address)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            while response.is_redirect:
                following = str(response.url.join(response.headers["Location"]))
                if following.startswith(PUBLIC):
                    return following
                response = browser.get(following)
            assert response.status_code == 200, response.text
            prompt = "login" if 'name="login"' in response.text else "consent"
            action = str(response.url.join(ACTION.search(response.text)[1]))
            form = {"prompt": prompt, "login": name, "password": "x"}
            response = browser.post(action, data=form)
    raise AssertionError("the provider never came back")


def back(client, address, **changes):
    """Back at the console with what the provider said, or something else."""
    query = {**query_of(address), **changes}
    return client.get("/aanmelden/oidc/terug", params=query)


def log_in(client, name):
    return back(client, at_provider(leave(client), name))


def test_someone_gets_in_with_the_role_and_gemeente_that_the_provider_says(console, provider):
    client = console.client()
    response = log_in(client, "roos")

    assert response.headers["Location"] == "/console/"
    page = client.get("/account").text
    assert "Roos Visser" in page
    assert "Je meldt je aan met je account van de gemeente" in page
    with console.database.session() as session:
        row = session.query(Staff).one()
        assert (row.issuer, row.subject) == (provider, "roos")
        assert accounts.as_person(row).roles == {"beoordelaar"}
        assert accounts.as_person(row).gemeenten == {"Assen"}
        assert row.password_hash is None


def test_the_second_time_it_is_the_same_account(console):
    for _ in range(2):
        log_in(console.client(), "bas")

    with console.database.session() as session:
        row = session.query(Staff).one()
        assert row.gemeenten == ["Assen", "Emmen"]
        actions = [entry.action for entry in session.query(AuditEntry)]
    assert actions == ["login", "login"]


def test_the_way_there_has_pkce_state_and_nonce(console, provider):
    address = leave(console.client())
    query = query_of(address)

    assert address.startswith(f"{provider}/auth?")
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert len(query["code_challenge"]) >= 43
    assert len(query["state"]) >= 20
    assert len(query["nonce"]) >= 40
    assert query["redirect_uri"] == f"{PUBLIC}/console/aanmelden/oidc/terug"
    assert query != query_of(leave(console.client()))


@pytest.mark.parametrize("name", ["zoe", "eva"])
def test_without_a_role_or_a_gemeente_of_ours_there_is_a_clear_page(console, name):
    client = console.client()
    response = log_in(client, name)

    assert response.status_code == 403
    assert "Je hebt hier geen rol" in response.text
    assert client.get("/account").status_code == 302
    with console.database.session() as session:
        assert session.query(Staff).count() == 0


def test_a_disabled_account_does_not_get_in(console):
    log_in(console.client(), "roos")
    with console.database.session() as session:
        accounts.disable(session, session.query(Staff).one())

    assert log_in(console.client(), "roos").status_code == 403


def test_the_same_address_as_an_account_of_our_own_opens_that_account_not(console):
    mine = console.add("beheerder", email="roos@voorbeeldstad.example")
    client = console.client()
    log_in(client, "roos")

    assert client.get("/medewerkers").status_code == 403
    with console.database.session() as session:
        rows = session.query(Staff).order_by(Staff.id).all()
        assert [row.issuer == OWN_ISSUER for row in rows] == [True, False]
        assert rows[0].id == mine.id


def test_a_name_of_the_provider_is_text(console):
    client = console.client()
    log_in(client, "bas")

    assert "Bas &lt;b&gt;Bakker&lt;/b&gt;" in client.get("/account").text


def test_one_comes_where_one_was_going_but_never_elsewhere(console):
    for wanted, expected in (
        ("/account?a=b", "/console/account?a=b"),
        ("//x.example", "/console/"),
    ):
        client = console.client()
        response = back(client, at_provider(leave(client, next=wanted), "roos"))
        assert response.headers["Location"] == expected


def refused(client, response):
    assert response.status_code == 422, response.headers
    assert "Aanmelden is niet gelukt" in response.text
    assert client.get("/account").status_code == 302
    return True


def test_another_state_is_refused(console):
    client = console.client()
    address = at_provider(leave(client), "roos")

    assert refused(client, back(client, address, state="a" * 30))


def test_an_answer_for_another_browser_is_refused(console):
    """Whoever gets someone to open a link does not log them in to an account of theirs."""
    attacker, victim = console.client(), console.client()
    address = at_provider(leave(attacker), "roos")
    leave(victim)

    assert refused(victim, back(victim, address))
    stranger = console.client()
    assert refused(stranger, back(stranger, address))


def test_a_code_works_once(console):
    client = console.client()
    address = at_provider(leave(client), "roos")
    cookie = client.cookies["console-oidc"]
    assert back(client, address).status_code == 303

    other = console.client()
    other.cookies.set("console-oidc", cookie, domain="127.0.0.1", path="/console/aanmelden/oidc")
    assert refused(other, back(other, address))


def test_a_code_of_another_login_is_refused(console):
    """The code of one attempt with the state of another: PKCE does not fit."""
    one, other = console.client(), console.client()
    stolen = query_of(at_provider(leave(one), "roos"))["code"]
    address = at_provider(leave(other), "bas")

    assert refused(other, back(other, address, code=stolen))


def test_an_answer_of_another_issuer_is_refused(console):
    client = console.client()
    address = at_provider(leave(client), "roos")

    assert refused(client, back(client, address, iss="https://elders.example"))


def test_who_says_no_at_the_provider_gets_a_clear_page(console):
    client = console.client()
    state = query_of(leave(client))["state"]

    assert refused(
        client,
        client.get("/aanmelden/oidc/terug", params={"error": "access_denied", "state": state}),
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_this_way_in(console, browser, violations, scheme):
    page = browser.page(color_scheme=scheme)
    found = {}

    def look(path, title):
        page.goto(f"{console.url}{path}")
        assert page.inner_text("h1") == title
        found[path.partition("?")[0]] = violations(page)

    look("/aanmelden", "Aanmelden")
    look("/aanmelden/oidc/terug", "Aanmelden is niet gelukt")
    client = console.client()
    address = at_provider(leave(client), "zoe")
    kept = {"name": "console-oidc", "value": client.cookies["console-oidc"]}
    place = {"domain": "127.0.0.1", "path": "/console/aanmelden/oidc"}
    page.context.add_cookies([{**kept, **place}])
    look(f"/aanmelden/oidc/terug?{urlsplit(address).query}", "Je hebt hier geen rol")

    assert not {path: wrong for path, wrong in found.items() if wrong}


def test_without_a_provider_there_is_nothing_there(database, serve_console):
    with serve_console(database) as found:
        client = found.client()
        assert client.get("/aanmelden/oidc").status_code == 404
        assert client.get("/aanmelden/oidc/terug").status_code == 404
        assert "account van de gemeente" not in client.get("/aanmelden").text


def test_a_provider_that_is_away_gives_a_clear_page(database, serve_console):
    with serve_console(database, OIDC_ISSUER="http://127.0.0.1:9", **MAPPING) as found:
        client = found.client()
        assert refused(client, client.get("/aanmelden/oidc"))


class Liar(ThreadingHTTPServer):
    """A provider that answers as it should, but for what a test changes.

    `claims`, `header` and `key` are what the ID token gets; `metadata` what it says of itself.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), LiarHandler)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.signing = RSAKey.generate_key(2048, parameters={"kid": "a"})
        self.key = self.signing
        self.header = {"alg": "RS256", "kid": "a"}
        self.claims = {}
        self.metadata = {}
        self.userinfo = {"sub": "roos", "groups": ["sw-lezers"], "gemeenten": ["GM0106"]}
        self.nonce = ""

    def id_token(self):
        moment = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "roos",
            "aud": CLIENT,
            "iat": moment,
            "exp": moment + 300,
            "nonce": self.nonce,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] == "none":
            parts = (json.dumps(self.header), json.dumps(claims))
            return ".".join(base64url(part.encode()) for part in parts) + "."
        if isinstance(self.key, bytes):  # the library itself refuses to sign with this
            signed = ".".join(base64url(json.dumps(p).encode()) for p in (self.header, claims))
            return f"{signed}.{base64url(hmac.digest(self.key, signed.encode(), 'sha256'))}"
        algorithms = [self.header["alg"]]
        return jwt.encode(self.header, claims, self.key, algorithms=algorithms)


class LiarHandler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer()

    def answer(self):
        liar = self.server
        answers = {
            "/.well-known/openid-configuration": {
                "issuer": liar.issuer,
                "authorization_endpoint": f"{liar.issuer}/auth",
                "token_endpoint": f"{liar.issuer}/token",
                "jwks_uri": f"{liar.issuer}/jwks",
                "userinfo_endpoint": f"{liar.issuer}/me",
                **liar.metadata,
            },
            "/jwks": {"keys": [liar.signing.as_dict(private=False)]},
            "/me": liar.userinfo,
        }
        if self.path == "/token":
            body = {"access_token": "t", "token_type": "Bearer", "id_token": liar.id_token()}
        else:
            body = answers[self.path]
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def liar():
    server = Liar()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(30)


@pytest.fixture
def lied_to(database, serve_console, liar):
    """`lied_to()`: someone logs in; the client and the answer of the console."""
    with serve_console(database, OIDC_ISSUER=liar.issuer, **MAPPING) as found:

        def attempt():
            client = found.client()
            query = query_of(leave(client))
            liar.nonce = liar.nonce or query["nonce"]
            response = client.get(
                "/aanmelden/oidc/terug", params={"code": "c", "state": query["state"]}
            )
            return client, response

        yield attempt


def test_the_liar_gets_someone_in_when_it_does_not_lie(lied_to):
    client, response = lied_to()

    assert response.status_code == 303, response.text
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": None},
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"iss": "https://elders.example"},
        {"iss": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 9_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"at_hash": "bm9wZQ"},
    ],
    ids=str,
)
def test_an_id_token_with_another_claim_is_refused(lied_to, liar, claims):
    liar.claims = claims

    assert refused(*lied_to())


def test_an_id_token_without_signature_is_refused(lied_to, liar):
    liar.header = {"alg": "none"}

    assert refused(*lied_to())


def test_an_id_token_signed_by_another_key_is_refused(lied_to, liar):
    liar.key = RSAKey.generate_key(2048, parameters={"kid": "a"})

    assert refused(*lied_to())


def test_an_id_token_signed_with_the_public_key_as_a_password_is_refused(lied_to, liar):
    liar.header = {"alg": "HS256", "kid": "a"}
    liar.key = liar.signing.as_pem(private=False)

    assert refused(*lied_to())


def test_an_id_token_signed_with_the_client_secret_is_refused(lied_to, liar):
    liar.header = {"alg": "HS256"}
    liar.key = OctKey.import_key(CLIENT_SECRET.encode())

    assert refused(*lied_to())


def test_an_id_token_of_before_is_refused(lied_to, liar):
    """The nonce of the first login in the answer to the second."""
    assert lied_to()[1].status_code == 303
    assert liar.nonce

    assert refused(*lied_to())


def test_userinfo_of_somebody_else_is_refused(lied_to, liar):
    liar.userinfo = {**liar.userinfo, "sub": "bas"}

    assert refused(*lied_to())


def test_metadata_of_another_issuer_is_refused(database, serve_console, liar):
    liar.metadata = {"issuer": "https://elders.example"}
    with serve_console(database, OIDC_ISSUER=liar.issuer, **MAPPING) as found:
        client = found.client()
        assert refused(client, client.get("/aanmelden/oidc"))


@pytest.mark.parametrize("claims", [{"groups": {"a": 1}}, {"groups": "sw-lezers"}, {"name": ["x"]}])
def test_claims_of_a_strange_shape_break_nothing(lied_to, liar, claims):
    liar.userinfo = {**liar.userinfo, **claims}

    assert lied_to()[1].status_code in (303, 403)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        ({"OIDC_ROLES": ""}, "OIDC_ROLES"),
        ({"OIDC_ROLES": "a=baas"}, "baas"),
        ({"OIDC_ROLES": "lezer"}, "hun-naam=onze-naam"),
        ({"ENVIRONMENT": "production"}, "https://"),
    ],
)
def test_settings_that_do_not_fit_stop_the_start(tmp_path, change, says):
    secret = "a secret of at least thirty-two characters"
    env = {"VAR_DIR": str(tmp_path), "SECRET_KEY": secret, "RASA_TOKEN": secret}
    env |= {"OIDC_ISSUER": "http://127.0.0.1:9", **MAPPING, **change}

    with pytest.raises(SettingsError, match=says):
        oidc.check(Settings.from_environment(env))


def test_the_client_secret_is_not_shown(tmp_path):
    secret = "a secret of at least thirty-two characters"
    env = {"VAR_DIR": str(tmp_path), "SECRET_KEY": secret, "RASA_TOKEN": secret, **MAPPING}

    assert CLIENT_SECRET not in repr(Settings.from_environment(env))
