"""Someone who really logs in: with a link, a password and an authenticator of their own."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import pyotp

PASSWORD = "een fiets naast de sloot"
SECRET = re.compile(r'<code class="secret">([A-Z2-7 ]+)</code>')
CODES = re.compile(r"<li><code>([0-9A-Z]{5}-[0-9A-Z]{5})</code></li>")


class Authenticator:
    """The app on someone's phone. Each code is of a later step, so that none is a replay."""

    def __init__(self, secret):
        self._totp = pyotp.TOTP(secret)
        self._last = 0

    def code(self):
        """A code that is right now and was not used before; may wait for the clock."""
        deadline = time.monotonic() + 70
        while self._last > int(time.time()) // 30:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        self._last = max(self._last + 1, int(time.time()) // 30)
        return self._totp.at(self._last * 30)


def secret_on(page):
    """The secret that a page shows for typing over."""
    return SECRET.search(page)[1].replace(" ", "")


def enrol(client, link, password=PASSWORD):
    """Uses a link; the authenticator and the recovery codes."""
    path = urlsplit(link).path.removeprefix("/console")
    response = client.submit(path, {"password": password, "again": password}, form=path)
    assert response.headers["Location"] == "/console/aanmelden/instellen", response.text
    authenticator = Authenticator(secret_on(client.get("/aanmelden/instellen").text))
    response = client.submit(
        "/aanmelden/instellen", {"code": authenticator.code()}, form="/aanmelden/instellen"
    )
    return authenticator, CODES.findall(response.text)


def give_password(client, email, password=PASSWORD, **fields):
    """The first step of logging in."""
    return client.submit(
        "/aanmelden", {"email": email, "password": password, **fields}, form="/aanmelden"
    )


def give_code(client, code, query=""):
    """The second step."""
    return client.submit(f"/aanmelden/code{query}", {"code": code}, form="/aanmelden/code")


def log_in(client, email, authenticator, password=PASSWORD):
    """Both steps."""
    assert give_password(client, email, password).status_code == 303
    return give_code(client, authenticator.code())


def query_of(address):
    """What stands behind the question mark."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
