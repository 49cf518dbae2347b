"""`startwijzer run` and `setup` as an administrator meets them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from product import STARTWIJZER, environment, wait_for

from bench.servers import RedisServer
from bot.run import parts_environment
from bot.settings import ROOT, Settings


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


def startwijzer(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [STARTWIJZER, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300
    )


def children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return [int(line) for line in found.stdout.split()]


def ports_in_a_row(number: int) -> int:
    """The first of so many ports that are free; far from those that are given out at random."""
    for first in range(20_000, 30_000, number):
        with ExitStack() as stack:
            try:
                for port in range(first, first + number):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first
    raise AssertionError("no free ports")


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def test_ctrl_c_stops_all_processes(env: dict[str, str]) -> None:
    startwijzer(env, "setup")
    running = subprocess.Popen([STARTWIJZER, "run"], cwd=ROOT, env=env, stdout=subprocess.PIPE)
    try:
        wait_for(f"http://127.0.0.1:{env['PORT_WEB']}/health")
        assert requests.get(f"http://127.0.0.1:{env['PORT_WEB']}/health", timeout=20).ok
        output = ""
        while "Ctrl-C" not in output:
            output += running.stdout.readline().decode()
        started = children(running.pid)
        assert len(started) == 3
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode == 0
    assert f"http://127.0.0.1:{env['PORT_WEB']}/" in output
    assert not any(is_alive(pid) for pid in started)


def test_one_process_that_dies_takes_the_others_down(env: dict[str, str]) -> None:
    startwijzer(env, "setup")
    running = subprocess.Popen(
        [STARTWIJZER, "run"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        wait_for(f"http://127.0.0.1:{env['PORT_WEB']}/health")
        started = children(running.pid)
        os.kill(started[0], signal.SIGKILL)
        error = running.communicate(timeout=30)[1].decode()
    finally:
        running.kill()
    assert running.returncode == 1
    assert "actions is gestopt" in error
    assert "make run" in error
    time.sleep(0.2)
    assert not any(is_alive(pid) for pid in started)


def test_several_of_each_run_and_one_that_dies_takes_all_down(env: dict[str, str]) -> None:
    with RedisServer() as redis:
        env |= {"REDIS_URL": redis.url, "RASA_WORKERS": "2", "WEB_WORKERS": "2"}
        env["PORT_WEB"] = str(ports_in_a_row(3))
        startwijzer(env, "setup")
        running = subprocess.Popen(
            [STARTWIJZER, "run"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            output = ""
            while "Ctrl-C" not in output:
                line = running.stdout.readline().decode()
                assert line, "it stopped"
                output += line
            for port in range(int(env["PORT_WEB"]), int(env["PORT_WEB"]) + 3):
                assert requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=20).ok
            _, rasa, *web = children(running.pid)
            divided = children(rasa)
            assert (len(web), len(divided)) == (2, 2)
            os.kill(divided[0], signal.SIGKILL)
            error = running.communicate(timeout=60)[1].decode()
        finally:
            running.kill()
    assert running.returncode == 1
    assert "Een van de 2 processen van rasa is gestopt" in error
    time.sleep(0.2)
    assert not any(is_alive(pid) for pid in (rasa, *web, *divided))


def test_the_parts_get_what_the_settings_say_and_inherit_the_rest(env: dict[str, str]) -> None:
    redis = {"REDIS_URL": "redis://cache/0", "REDIS_PASSWORD": "geheim"}
    given = {**env, **redis, "SANIC_HOST": "0.0.0.0", "TZ": "UTC"}
    settings = Settings.from_environment(given)
    found = parts_environment(settings, given)
    assert found["DATABASE_URL"] == settings.database_url
    assert found["ACTIONS_WEBHOOK"] == f"{settings.actions_url}/webhook"
    assert (found["REDIS_URL"], found["REDIS_PASSWORD"]) == ("redis://:geheim@cache/0", "")
    assert found["SANIC_HOST"] == "127.0.0.1"
    assert (found["TZ"], found["PORT_WEB"]) == ("UTC", env["PORT_WEB"])
    assert parts_environment(settings, {"OMP_NUM_THREADS": "3"})["OMP_NUM_THREADS"] == "3"
    assert parts_environment(settings, {})["OMP_NUM_THREADS"] == "1"


def test_several_rasa_processes_without_redis_do_not_start(env: dict[str, str]) -> None:
    done = startwijzer({**env, "RASA_WORKERS": "2"}, "run")
    assert done.returncode == 1
    assert "REDIS_URL ontbreekt" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_named_with_what_to_do(env: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(env["PORT_RASA"])))
        taken.listen()
        done = startwijzer(env, "run")
    assert done.returncode == 1
    assert f"Poort {env['PORT_RASA']}" in done.stderr
    assert "PORT_RASA=" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("VAR_DIR", "/proc/nergens", "schrijven"),
        ("PORT_WEB", "web", "PORT_WEB"),
        ("ENVIRONMENT", "test", "ENVIRONMENT"),
        ("DATABASE_URL", "sqlite:////proc/nergens/x.sqlite3", "schrijven"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "database"),
    ],
)
def test_a_wrong_setting_is_one_clear_message(
    env: dict[str, str], name: str, value: str, said: str
) -> None:
    del env["SECRET_KEY"]
    done = startwijzer({**env, name: value}, "setup")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_production_without_secrets_does_not_start(env: dict[str, str]) -> None:
    del env["SECRET_KEY"]
    done = startwijzer({**env, "ENVIRONMENT": "production"}, "run")
    assert done.returncode == 1
    assert "SECRET_KEY" in done.stderr


@pytest.mark.parametrize(
    ("file", "broken", "said"),
    [
        ("data/catalogue/services/kvk-inschrijven.yml", "id: [", "kvk-inschrijven.yml"),
        ("data/assessment/zelfscan.yml", "id: zelfscan\n", "items"),
        ("data/catalogue/conversation.yml", "replies: 5", "conversation.yml"),
        ("data/nlu/groet.yml", "nlu: [", "groet.yml"),
        ("data/taxonomy.yml", "phases: {", "taxonomy.yml"),
    ],
)
def test_a_broken_content_file_is_named(
    env: dict[str, str], tmp_path: Path, file: str, broken: str, said: str
) -> None:
    copy = tmp_path / "copy"
    ignore = shutil.ignore_patterns(".venv", ".git", "var", "models", ".tools", "*_cache")
    shutil.copytree(ROOT, copy, ignore=ignore)
    (copy / file).write_text(broken)
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "setup"],
        cwd=copy,
        env={**env, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_setup_with_nothing_to_do_says_nothing(env: dict[str, str]) -> None:
    startwijzer(env, "setup")
    done = startwijzer(env, "setup")
    assert done.returncode == 0
    assert done.stdout == "", "nothing to do, nothing to say"
