"""Who is on the machine itself, or gets a request to loopback: Rasa and the action server."""

import asyncio
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import rasa
import requests
from rasa.utils.endpoints import ClientResponseError, read_endpoint_config

from bench.ports import free_port
from bot.run import parts
from bot.settings import ROOT, Settings, SettingsError, channel_token, rasa_token
from bot.training import QUIET

TOKEN = "a token that only the gateway knows, and Rasa"
ROUTE = re.compile(r'@app\.(get|post|put|delete)\(\s*"(/[^"]*)"')
# What says nothing and changes nothing.
OPEN = {("get", "/"), ("get", "/version")}


class Server:
    """One part of the product as it is started in production."""

    def __init__(self, name, folder):
        port = {f"PORT_{name.upper()}": str(free_port())}
        environment = {
            "ENVIRONMENT": "production",
            "SECRET_KEY": "x" * 32,
            "RASA_TOKEN": TOKEN,
            "VAR_DIR": str(folder),
            **port,
        }
        settings = Settings.from_environment(environment)
        (self.part,) = [part for part in parts(settings) if part.name == name]
        self.url = f"http://127.0.0.1:{self.part.port}"
        self.command = [a for a in self.part.command if not a.endswith(".tar.gz")]
        if "--model" in self.command:  # a folder without a model: it starts in half the time
            self.command.remove("--model")
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=folder,
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    **QUIET,
                    **environment,
                    "DATABASE_URL": f"sqlite:///{folder / 'startwijzer.sqlite3'}",
                    "PYTHONPATH": str(ROOT),
                    "SANIC_HOST": "127.0.0.1",
                    "LOG_FORMAT": "json",
                    "OMP_NUM_THREADS": "1",
                },
            )

    def wait(self, seconds=180):
        deadline = time.monotonic() + seconds
        while True:
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            try:
                return requests.get(f"{self.url}{self.part.ready_path}", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.2)

    def command_line(self):
        return Path(f"/proc/{self.process.pid}/cmdline").read_bytes().replace(b"\0", b" ")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def rasa_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rasa")
    shutil.copy(ROOT / "credentials.yml", folder)
    server = Server("rasa", folder)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def action_server(tmp_path_factory):
    server = Server("actions", tmp_path_factory.mktemp("actions"))
    try:
        server.wait()
        yield server
    finally:
        server.stop()


# --- Rasa ---


def test_nothing_of_rasa_answers_without_the_token(rasa_server):
    source = Path(rasa.__file__).with_name("server.py").read_text()
    routes = {(method, path) for method, path in ROUTE.findall(source)}

    for known in (
        ("put", "/model"),
        ("post", "/model/train"),
        ("get", "/conversations/<conversation_id:path>/tracker"),
    ):
        assert known in routes, "the table is made from Rasa's own source"
    for method, path in sorted(routes - OPEN):
        url = rasa_server.url + re.sub("<[^>]+>", "default", path)
        for token in ("", "?token=", f"?token={TOKEN[:-1]}", "?token=None"):
            answer = requests.request(method, url + token, json={}, timeout=30)
            assert answer.status_code == 401, (method, path, token)
    assert requests.get(f"{rasa_server.url}/status?token={TOKEN}", timeout=30).status_code != 401


def test_the_token_is_not_on_a_command_line(rasa_server, action_server):
    for server in (rasa_server, action_server):
        assert b"--port" in server.command_line()
        assert TOKEN.encode() not in server.command_line()
        assert TOKEN not in server.log.read_text()


def say(server, token=TOKEN, **body):
    body = {"sender": "abc", "message": "hoi", **body}
    url = f"{server.url}/webhooks/rest/webhook"
    return requests.post(url, params={"token": token}, json=body, timeout=30)


def test_in_production_a_message_without_the_token_is_refused(rasa_server):
    for token in (None, "", TOKEN[:-1], TOKEN + "x", "é"):
        assert say(rasa_server, token).status_code == 401
    assert say(rasa_server).status_code == 200


@pytest.mark.parametrize(
    "sender", [None, "", "   ", 1, True, [], {}, ["abc"], "x" * 256], ids=lambda v: ascii(v)[:9]
)
def test_a_message_of_nobody_is_refused(rasa_server, sender):
    assert say(rasa_server, sender=sender).status_code == 422


def test_a_message_that_names_no_sender_at_all_is_refused(rasa_server):
    url = f"{rasa_server.url}/webhooks/rest/webhook?token={TOKEN}"

    assert requests.post(url, json={"message": "hoi"}, timeout=30).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"message": None},
        {"message": ""},
        {"message": 5},
        {"message": "x" * 8001},
        {"metadata": "turn"},
        {"metadata": []},
    ],
    ids=ascii,
)
def test_a_message_of_another_shape_is_refused(rasa_server, body):
    assert say(rasa_server, **body).status_code == 422


def test_a_website_cannot_let_a_browser_talk_to_rasa(rasa_server):
    url = f"{rasa_server.url}/webhooks/rest/webhook?token={TOKEN}"
    simple = requests.post(
        url,
        data='{"sender": "abc", "message": "hoi"}',
        headers={"Content-Type": "text/plain", "Origin": "https://evil.example"},
        timeout=30,
    )
    asked = requests.options(
        url,
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
        timeout=30,
    )

    assert simple.status_code == 415
    assert "Access-Control-Allow-Origin" not in asked.headers


def test_broken_json_shows_nothing_of_the_inside(rasa_server):
    answer = requests.post(
        f"{rasa_server.url}/webhooks/rest/webhook?token={TOKEN}",
        data=b'{"sender": "geheim',
        headers={"Content-Type": "application/json"},
        timeout=30,
    )

    assert answer.status_code == 400
    assert "geheim" not in answer.text
    assert "Traceback" not in answer.text
    assert "geheim" not in rasa_server.log.read_text()


# --- the action server ---


def run(server, **headers):
    call = {"next_action": "action_antwoord", "tracker": {"sender_id": "abc"}, "domain": {}}
    return requests.post(f"{server.url}/webhook", json=call, headers=headers, timeout=30)


def test_the_action_server_works_for_rasa_only(action_server):
    assert requests.get(f"{action_server.url}/health", timeout=30).status_code == 200
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": b"Bearer \xff\xfe"},
    ):
        refused = run(action_server, **headers)
        assert refused.status_code == 401
        listed = requests.get(f"{action_server.url}/actions", headers=headers, timeout=30)
        assert listed.status_code == 401
        assert "action_" not in refused.text + listed.text
    listed = requests.get(
        f"{action_server.url}/actions", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30
    )
    assert "action_antwoord" in listed.text


def test_a_website_cannot_let_a_browser_run_an_action(action_server):
    asked = requests.options(
        f"{action_server.url}/webhook",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
        timeout=30,
    )

    assert "Access-Control-Allow-Origin" not in asked.headers


def test_rasa_sends_its_token_along(action_server, monkeypatch):
    """Rasa's own reading of endpoints.yml, and its own call."""
    monkeypatch.setenv("ACTIONS_WEBHOOK", f"{action_server.url}/webhook")
    monkeypatch.setenv("DATABASE_URL", "sqlite://")  # of the other entry in the file
    call = {"next_action": "action_that_is_not_there", "tracker": {"sender_id": "abc"}}
    statuses = []
    for token in (TOKEN, "another token"):
        monkeypatch.setenv("RASA_TOKEN", token)
        endpoint = read_endpoint_config(str(ROOT / "endpoints.yml"), "action_endpoint")
        with pytest.raises(ClientResponseError) as refusal:
            asyncio.run(endpoint.request(json=call, method="post"))
        statuses.append(refusal.value.status)
        assert token not in str(refusal.value)

    assert statuses == [404, 401], "with the token it gets as far as looking for the action"


# --- their settings ---


def test_a_part_without_its_token_does_not_start():
    with pytest.raises(SettingsError, match="RASA_TOKEN"):
        rasa_token({})
    with pytest.raises(SettingsError, match="RASA_TOKEN"):
        channel_token({"ENVIRONMENT": "production"})


def test_in_development_the_bot_can_be_tried_by_hand():
    assert channel_token({"RASA_TOKEN": TOKEN}) == ""
    assert channel_token({"RASA_TOKEN": TOKEN, "ENVIRONMENT": "production"}) == TOKEN


def test_everything_inside_listens_on_loopback_only(rasa_server, action_server):
    listening = Path("/proc/net/tcp").read_text()
    for server in (rasa_server, action_server):
        assert f" 0100007F:{server.part.port:04X} " in listening
        assert f" 00000000:{server.part.port:04X} " not in listening
