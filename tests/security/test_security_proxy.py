"""The proxy that we give along: what it lets through, read from its file and tried with nginx."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time

import pytest
import requests

from bench.ports import free_port
from bot.settings import ROOT

CONFIGURATION = ROOT / "deploy" / "nginx.conf"
LOCATION = re.compile(r"^\s*location (=|~)? ?(\S+) \{", re.M)
# For machines of the administrator only; they ask without the proxy.
NOT_PUBLIC = {"/health", "/health/ready", "/health/live", "/metrics"}
INSIDE = [
    *("/webhooks/rest/webhook", "/model/parse", "/model/train", "/model", "/status", "/version"),
    *("/conversations/default/tracker", "/domain", "/webhook", "/actions", "/webhooks/"),
    *("/health", "/health/ready", "/metrics", "/.git/config", "/.env", "/nergens"),
]


def statements():
    """The file without its comments."""
    return re.sub(r"(^|\s)#.*", "", CONFIGURATION.read_text())


def is_routed(path):
    for kind, wanted in LOCATION.findall(statements()):
        if (kind, wanted) == ("", "/"):
            continue
        right = path == wanted if kind == "=" else path.startswith(wanted)
        if re.search(wanted, path) if kind == "~" else right:
            return True
    return False


def test_every_public_route_is_let_through_and_no_other(site):
    paths = {
        re.sub(r"\{[^}]+\}", "1", route.resource.canonical)
        for route in site.app.router.routes()
        if route.resource
    }
    assert len(paths) > 40
    folders = {"/demo": "/demo/", "/console/static": "/console/static/"}
    missing = [path for path in paths if not is_routed(folders.get(path, path))]

    assert set(missing) <= NOT_PUBLIC
    assert {"/health", "/metrics"} <= set(missing)


@pytest.mark.parametrize("path", INSIDE)
def test_what_is_inside_is_not_let_through(path):
    assert not is_routed(path)


def test_nothing_inside_is_named():
    assert "5005" not in statements()
    assert "5055" not in statements()
    assert set(re.findall(r"proxy_pass (\S+);", statements())) == {"http://startwijzer"}
    assert re.findall(r"\bserver (\d\S+);", statements()) == ["127.0.0.1:8080"]


def test_no_log_of_the_proxy_holds_people_or_paths():
    (form,) = re.findall(r"log_format without_people '([^']+)'", statements())
    for variable in ("remote", "uri", "request ", "http_", "args", "$request'", "$host"):
        assert variable not in form
    assert re.findall(r"error_log \S+ (\w+);", statements()) == ["crit"]


# --- with nginx itself ---


class Proxy:
    """The file with other ports, places and a certificate of its own, and nginx with it."""

    def __init__(self, program, folder, upstream="127.0.0.1:9"):
        self.program, self.folder = program, folder
        self.https, self.http = free_port(), free_port()
        self.certificate = folder / "fullchain.pem"
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        make += ["-subj", "/CN=startwijzer.example.nl", "-keyout", str(folder / "privkey.pem")]
        make += ["-addext", "subjectAltName=DNS:startwijzer.example.nl"]
        subprocess.run([*make, "-out", str(self.certificate)], check=True, capture_output=True)
        (folder / "mime.types").write_text("types { text/html html; }\n")
        text = CONFIGURATION.read_text()
        for old, new in {
            "/etc/nginx/mime.types": str(folder / "mime.types"),
            "/etc/ssl/startwijzer/": f"{folder}/",
            "/var/log/nginx/": f"{folder}/",
            "/run/nginx.pid": str(folder / "nginx.pid"),
            "127.0.0.1:8080": upstream,
            "listen 80 ": f"listen 127.0.0.1:{self.http} ",
            "listen 443 ": f"listen 127.0.0.1:{self.https} ",
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        text = re.sub(r"^\s*listen \[::\].*\n", "", text, flags=re.M)
        places = "".join(
            f"{name}_temp_path {folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.geteuid() == 0 else ""
        text = user + text.replace("http {\n", f"http {{\n{places}", 1)
        self.configuration = folder / "nginx.conf"
        self.configuration.write_text(text)
        self.command = [program, "-p", str(folder), "-c", str(self.configuration)]
        self.command += ["-e", str(folder / "error.log")]

    def check(self):
        return subprocess.run([*self.command, "-t"], capture_output=True, text=True, timeout=60)

    def __enter__(self):
        self.process = subprocess.Popen([*self.command, "-g", "daemon off;"])
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.https), timeout=1).close()
                return self
            except OSError:
                assert time.monotonic() < deadline and self.process.poll() is None
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def ask(self, method, path, host="startwijzer.example.nl", **options):
        headers = {"Host": host, **options.pop("headers", {})}
        return requests.request(
            method,
            f"https://127.0.0.1:{self.https}{path}",
            headers=headers,
            verify=False,
            allow_redirects=False,
            timeout=30,
            **options,
        )


@pytest.fixture(scope="module")
def nginx():
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.fail("nginx is not installed: run scripts/test-tools.sh")
    return program


@pytest.fixture
def proxy(nginx, attacked, tmp_path):
    site = attacked(CONVERSATIONS_PER_DAY_AND_ADDRESS="2", TRUSTED_PROXIES="127.0.0.1/32")
    folder = tmp_path / "proxy"
    folder.mkdir()
    with Proxy(nginx, folder, site.url.removeprefix("http://")) as proxy:
        yield proxy


def test_nginx_takes_the_file(nginx, tmp_path):
    done = Proxy(nginx, tmp_path).check()

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_nginx_takes_no_file_with_a_mistake(nginx, tmp_path):
    proxy = Proxy(nginx, tmp_path)
    proxy.configuration.write_text(proxy.configuration.read_text() + "}")

    assert proxy.check().returncode != 0


def test_behind_the_proxy_the_public_part_works_and_the_rest_is_not_there(proxy):
    assert proxy.ask("GET", "/").status_code == 200
    assert proxy.ask("GET", "/api/v1/openapi.json").status_code == 200
    assert proxy.ask("GET", "/console/aanmelden").status_code == 200
    for path in INSIDE:
        for method in ("GET", "POST"):
            answer = proxy.ask(method, path)
            assert answer.status_code == 404, (method, path)
            assert "includeSubDomains" in answer.headers["Strict-Transport-Security"]
    assert "nginx/" not in str(proxy.ask("GET", "/nergens").headers)
    hsts = proxy.ask("GET", "/").raw.headers.getlist("Strict-Transport-Security")
    assert hsts == ["max-age=31536000; includeSubDomains"], "once"


def test_behind_the_proxy_nobody_names_an_address_of_their_own(proxy):
    statuses = [
        proxy.ask(
            "POST",
            "/api/v1/conversations",
            json={},
            headers={"X-Forwarded-For": f"192.0.2.{n}", "Forwarded": f"for=192.0.2.{n}"},
        ).status_code
        for n in range(3)
    ]

    assert statuses == [201, 201, 429]


def test_behind_the_proxy_the_cookie_of_the_console_is_tied_to_the_host(proxy):
    cookie = proxy.ask("GET", "/console/aanmelden").headers["Set-Cookie"]

    assert cookie.startswith("__Host-console=")
    assert "Secure" in cookie


def test_the_proxy_refuses_what_is_too_large_another_name_and_old_tls(proxy):
    assert proxy.ask("POST", "/api/v1/conversations", data=b"x" * 1_000_000).status_code == 413
    with pytest.raises(requests.ConnectionError):
        proxy.ask("GET", "/", host="evil.example")
    plain = requests.get(
        f"http://127.0.0.1:{proxy.http}/console/", allow_redirects=False, timeout=30
    )
    assert plain.status_code == 301
    assert plain.headers["Location"] == "https://startwijzer.example.nl/console/"
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    line = socket.create_connection(("127.0.0.1", proxy.https), timeout=20)
    with line, pytest.raises((ssl.SSLError, ConnectionError)):
        old.wrap_socket(line, server_hostname="startwijzer.example.nl")
