"""Console and gateway in one process: mounted together, and knowing nothing of each other."""

import re
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from served import SECRET

from bot.settings import Settings, SettingsError
from bot.staff.model import LoginFailures
from bot.web import application

IMPORT = re.compile(r"^\s*(?:from|import) (bot\.\w+)", re.M)


def settings(folder, database, **environment):
    env = {"VAR_DIR": str(folder), "DATABASE_URL": database.url, "PORT_RASA": "9"}
    return Settings.from_environment(
        {**env, "SECRET_KEY": SECRET, "RASA_TOKEN": SECRET, **environment}
    )


async def ask(found, database, *paths):
    """Status, kind and address to go to of each path."""
    async with TestClient(TestServer(await application(found, database))) as client:
        answers = []
        for path in paths:
            response = await client.get(path, allow_redirects=False)
            answers.append(
                (response.status, response.content_type, response.headers.get("Location"))
            )
        return answers


async def test_console_and_gateway_live_side_by_side(database, tmp_path):
    found = await ask(
        settings(tmp_path, database),
        database,
        "/console",
        "/console/",
        "/console/aanmelden",
        "/console/weg",
        "/console/static/console.css",
        "/api/v1/weg",
        "/",
    )

    assert found == [
        (302, "application/octet-stream", "/console/"),
        (302, "application/octet-stream", "/console/aanmelden"),
        (200, "text/html", None),
        (404, "text/html", None),
        (200, "text/css", None),
        (404, "application/problem+json", None),
        (200, "text/html", None),
    ]


async def test_the_console_can_be_off(database, tmp_path):
    found = await ask(
        settings(tmp_path, database, CONSOLE="off"), database, "/console/", "/console/aanmelden"
    )

    assert [status for status, *_ in found] == [404, 404]


async def test_the_policy_of_the_console_is_not_that_of_the_gateway(database, tmp_path):
    app = await application(settings(tmp_path, database), database)
    async with TestClient(TestServer(app)) as client:
        console = await client.get("/console/aanmelden")
        gateway = await client.get("/")

    assert "data:" not in console.headers["Content-Security-Policy"]
    assert console.headers["Cache-Control"] == "no-store"
    assert "data:" in gateway.headers["Content-Security-Policy"]
    assert "console" not in gateway.cookies


@pytest.mark.parametrize(
    ("folder", "never"),
    [
        ("bot/gateway", {"bot.console", "bot.staff"}),
        ("bot/console", {"bot.gateway"}),
        ("bot/staff", {"bot.gateway", "bot.console"}),
    ],
)
def test_adapters_do_not_import_each_other(folder, never):
    imported = {
        name for path in Path(folder).rglob("*.py") for name in IMPORT.findall(path.read_text())
    }

    assert not imported & never


def test_the_domain_of_the_staff_knows_no_web():
    text = "\n".join(path.read_text() for path in Path("bot/staff").glob("*.py"))

    assert not re.search(r"^\s*(from|import) (aiohttp|jinja2|markupsafe|segno|authlib)", text, re.M)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"CONSOLE": "ja"}, "CONSOLE"),
        ({"CONSOLE_IDLE_MINUTES": "0"}, "CONSOLE_IDLE_MINUTES"),
        ({"OIDC_ISSUER": "gemeente"}, "OIDC_ISSUER"),
        ({"OIDC_ROLES": "=x"}, "OIDC_ROLES"),
    ],
)
def test_a_setting_that_is_wrong_is_named(database, tmp_path, environment, says):
    with pytest.raises(SettingsError, match=says):
        settings(tmp_path, database, **environment)


async def test_behind_a_proxy_of_ours_each_address_has_its_own_limit(database, tmp_path):
    found = settings(tmp_path, database, TRUSTED_PROXIES="127.0.0.0/8")
    app = await application(found, database)
    async with TestClient(TestServer(app)) as client:
        page = await (await client.get("/console/aanmelden")).text()
        form = {
            "csrf": re.search(r'name="csrf" value="(\w+)"', page)[1],
            "email": "a",
            "password": "b",
        }
        for address in ("192.0.2.1", "192.0.2.2"):
            headers = {"X-Forwarded-For": f"198.51.100.9, {address}"}
            response = await client.post("/console/aanmelden", data=form, headers=headers)
            assert response.status == 422

    with database.session() as session:
        assert session.query(LoginFailures).filter_by(failures=1).count() == 2
        assert session.query(LoginFailures).filter_by(failures=2).count() == 1
