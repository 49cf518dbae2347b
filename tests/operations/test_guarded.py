"""Rasa and its action server, with their own set-up of logging, fail with content in hand."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest
import rasa_sdk  # noqa: F401 - this file is for where Rasa is
import requests
from operations_process import environment, lines_of

from bench.ports import free_port

CONTENT = "ik ben zwanger en blut"
TURN = {
    "next_action": "action_fail",
    "sender_id": "s",
    "tracker": {
        "sender_id": "s",
        "slots": {"gemeente": CONTENT},
        "latest_message": {"text": CONTENT},
        "events": [],
        "paused": False,
    },
    "domain": {},
    "version": "3.6.21",
}
# What Rasa does between its start and its first turn (rasa.__main__.main), and then a failing turn.
RASA = """
import asyncio, logging, os, sys, warnings
import structlog
import rasa.utils.io
from rasa.utils.common import configure_logging_and_warnings, update_sanic_log_level
from rasa.utils.log_utils import configure_structlog
configure_logging_and_warnings(None, None, warn_only_once=True, filter_repeated_logs=True)
rasa.utils.io.configure_colored_logging(None)
configure_structlog(None)
update_sanic_log_level()

def turn(text):
    try:
        raise ValueError("cannot parse " + text)
    except ValueError as error:
        log = logging.getLogger("rasa.core.actions.action")
        log.error(f"Failed to run action: {error}", exc_info=True)
        log.exception(error)
        structlog.get_logger("rasa.core.processor").exception("turn.failed", user_message=text)
        structlog.get_logger("rasa.core.processor").warning("turn.odd", event_info=f"said {text}")
        logging.getLogger("sanic.error").exception("Exception for %s", text)
        logging.getLogger("asyncio").error("Task %s", error)
        warnings.warn(f"Failed to parse '{text}'")

turn(os.environ["CONTENT"])
"""


@contextlib.contextmanager
def action_server(log, *program):
    """The address of a running action server that writes to this file."""
    port = free_port()
    command = [sys.executable, "-m", *program, "--actions", "failing_actions", "--port", str(port)]
    folder = Path(__file__).parent
    more = {"SANIC_HOST": "127.0.0.1"}
    env = environment(**more)
    env["PYTHONPATH"] += f":{folder}"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                requests.get(f"http://127.0.0.1:{port}/health", timeout=2)
                break
            except requests.RequestException:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def fail_in(program, log):
    with action_server(log, *program) as url:
        assert requests.post(f"{url}/webhook", json=TURN, timeout=20).status_code == 500
    return log.read_text()


def test_an_action_that_fails_leaves_its_place_and_no_content(tmp_path):
    said = fail_in(["bot.operations.guarded", "rasa_sdk"], tmp_path / "actions.log")

    assert "failing_actions.py:12 run" in said
    assert "builtins.ValueError" in said
    assert CONTENT not in said
    assert "zwanger" not in said


def test_the_action_server_by_itself_would_have_written_the_content(tmp_path):
    assert CONTENT in fail_in(["rasa_sdk"], tmp_path / "actions.log")


@pytest.fixture(scope="module")
def rasa_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rasa")
    (folder / "failing_turn.py").write_text(RASA)
    return folder


def run_turn(folder, *program):
    env = environment(CONTENT=CONTENT)
    env["PYTHONPATH"] += f":{folder}"
    done = subprocess.run(
        [sys.executable, "-m", *program],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_rasa_that_fails_leaves_its_place_and_no_content(rasa_folder):
    said = run_turn(rasa_folder, "bot.operations.guarded", "failing_turn")

    assert "zwanger" not in said
    assert "turn.failed" in said
    assert said.count("builtins.ValueError at") >= 4
    assert "UserWarning" in said


def test_rasa_by_itself_would_have_written_the_content(rasa_folder):
    assert CONTENT in run_turn(rasa_folder, "failing_turn")


def test_the_lines_of_structlog_lose_their_values_and_variables():
    (line,) = lines_of(
        "import structlog\n"
        "structlog.configure(\n"
        "    processors=[structlog.processors.dict_tracebacks,\n"
        "                structlog.processors.JSONRenderer()],\n"
        "    logger_factory=structlog.stdlib.LoggerFactory())\n"
        "def work(content):\n"
        "    try:\n"
        "        raise ValueError(content)\n"
        "    except ValueError:\n"
        "        structlog.get_logger('rasa.x').error('turn.failed', text=content, exc_info=True)\n"
        f"work({CONTENT!r})\n"
    )

    assert CONTENT not in str(line)
    assert line["event"] == "turn.failed"
    assert line["error"].startswith("builtins.ValueError at <string>:10 work")
