"""The headers of every answer on every route there is: a new route is in here by itself."""

import re
import socket

import pytest
import requests
from security_site import serving

from bot.database import Database

CSP = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
}
EVERYWHERE = {
    "X-Content-Type-Options": {"nosniff"},
    "X-Frame-Options": {"DENY"},
    "Referrer-Policy": {"strict-origin-when-cross-origin", "same-origin", "no-referrer"},
    "Permissions-Policy": {"camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    "Cross-Origin-Opener-Policy": {"same-origin"},
    "Cross-Origin-Resource-Policy": {"same-origin", "cross-origin"},
    "Server": {"Startwijzer"},
    "Strict-Transport-Security": {"max-age=31536000"},
}
# What another website shows as its own: the script of the chat, and the picture of a result.
EMBEDDED = ("/widget/", "/api/v1/results/")
# Anything in these places leads nowhere, and the answer has its headers all the same.
FILLED = {"kind": "pdf", "filename": "nergens.txt", "digest": "0" * 16, "seq": "1", "id": "1"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("headers")
    database = Database(f"sqlite:///{folder / 'headers.sqlite3'}")
    database.upgrade()
    with serving(database, folder) as site:
        yield site
    database.close()


def address(canonical):
    return re.sub(r"\{([^}]+)\}", lambda m: FILLED.get(m[1], "1"), canonical)


def routes(app, prefix=""):
    """(method, path) of everything that can be asked, and of what is not there."""
    found = {("GET", "/nergens"), ("GET", "/console/nergens"), ("TRACE", "/"), ("GET", "//a/b")}
    for route in app.router.routes():
        canonical = route.resource.canonical if route.resource else None
        if canonical is None or route.method == "*":
            continue
        if canonical in ("/demo", "/console/static"):
            canonical += "/nergens.txt"
        found.add((route.method, address(canonical)))
    return sorted(found)


def test_every_answer_on_every_route_has_the_headers(site):
    asked = routes(site.app)
    assert len(asked) > 60, "gateway and console are both in it"
    assert ("POST", "/console/aanmelden") in asked
    assert ("GET", "/metrics") in asked

    wrong = []
    for method, path in asked:
        answer = requests.request(
            method,
            f"{site.url}{path}",
            headers={"X-Forwarded-Proto": "https"},
            allow_redirects=False,
            timeout=30,
        )
        assert answer.status_code < 500 or path.startswith("/health"), (method, path)
        wrong += [f"{method} {path}: {fault}" for fault in faults(path, answer)]
    assert wrong == []


def faults(path, answer):
    """What is not as it should be."""
    for name, right in EVERYWHERE.items():
        if answer.headers.get(name) not in right:
            yield f"{name} is {answer.headers.get(name)}"
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers.get("Content-Security-Policy", "").split(";")
    )
    for name, value in CSP.items():
        if policy.get(name) != value:
            yield f"{name} of the policy is {policy.get(name)}"
    if "unsafe" in str(policy) or "http" in str(policy) or "*" in str(policy):
        yield f"policy {policy}"
    shared = answer.headers.get("Cross-Origin-Resource-Policy") == "cross-origin"
    if shared and not path.startswith(EMBEDDED):
        yield "may be embedded elsewhere"
    if answer.content and "Content-Type" not in answer.headers:
        yield "no content type"
    kind = answer.headers.get("Content-Type", "")
    if kind.startswith("text/") and "charset=utf-8" not in kind:
        yield f"content type {kind}"
    given = answer.headers.get("Content-Disposition", "")
    if (
        path.startswith("/api/")
        and "json" in kind
        and not given.startswith('attachment; filename="')
    ):
        yield f"content disposition {given}"
    if path.startswith(("/api/v1/conversations", "/api/v1/results", "/console/")):
        cached = answer.headers.get("Cache-Control", "")
        if "no-store" not in cached and not path.startswith("/console/static"):
            yield f"cache control {cached}"
    for cookie in answer.raw.headers.getlist("Set-Cookie"):
        yield from faults_of(cookie)


def faults_of(cookie):
    """What is not as it should be in a cookie over https (the proxy says that it is)."""
    name = cookie.partition("=")[0]
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax"):
        if attribute not in cookie:
            yield f"cookie {name} is not {attribute}"
    if "Domain=" in cookie:
        yield f"cookie {name} has a domain"
    if name != "console-flash" and not (name.startswith("__Host-") and "Path=/" in cookie):
        yield f"cookie {name} is not tied to the host"


def test_the_gateway_sets_no_cookie_at_all(site):
    for method, path in routes(site.app):
        if not path.startswith("/console"):
            answer = requests.request(method, f"{site.url}{path}", timeout=30)
            assert "Set-Cookie" not in answer.headers, (method, path)


def test_without_https_no_browser_is_told_to_ask_for_it(site):
    for path in ("/", "/console/aanmelden", "/api/v1/openapi.json"):
        headers = requests.get(f"{site.url}{path}", timeout=30).headers
        assert "Strict-Transport-Security" not in headers


def test_what_works_inline_does_not_exist(site):
    """The policy holds without nonces, because nothing of ours is inline."""
    for path in ("/", "/console/aanmelden", "/nergens", "/console/nergens"):
        page = requests.get(f"{site.url}{path}", timeout=30).text
        assert not re.search(
            r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page
        )


def answer_to(site, request):
    with socket.create_connection(site.place, timeout=20) as line:
        line.sendall(request)
        received = b""
        while chunk := line.recv(65536):
            received += chunk
            if len(chunk) < 65536 and b"\r\n\r\n" in received:
                break
        return received


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"geheim geheim geheim\r\n\r\n",
        b"GET /geheim HTTP/1.1\r\nHost: a\r\nX-\x00geheim: 1\r\n\r\n",
        b"GET /" + b"geheim" * 3000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
    ids=range(7),
)
def test_what_is_no_http_shows_nothing_of_the_inside(site, request_line):
    received = answer_to(site, request_line)

    assert received.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), received[:200]
    assert b"Traceback" not in received
    assert b"aiohttp" not in received
    assert b"Python" not in received
    assert b"geheim" not in received
