"""A projection of a hundred thousand messages that is killed again and again."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from log_data import dump

from bench.console.fill import fill_log
from bench.console.generate import talks
from bot.review import projection
from bot.review.model import ReviewConversation, ReviewDue
from bot.review.view import view
from bot.settings import ROOT

MESSAGES = 100_000
PROGRAM = Path(__file__).with_name("project_slowly.py")
PATIENCE_SECONDS = 120


def done(database):
    with database.session() as session:
        query = sa.select(sa.func.count()).select_from(ReviewConversation)
        return session.execute(query).scalar_one()


def run_until(database, number):
    """Starts the process, and kills it when it has made so many conversations."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), database.url],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while done(database) < number and process.poll() is None:
        assert time.monotonic() < deadline, "the projection does not go on"
        time.sleep(0.02)
    was_running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return was_running


def test_it_goes_on_where_it_was_and_the_result_is_the_same(database):
    made = list(talks(MESSAGES))
    fill_log(database, iter(made))

    killed = [run_until(database, len(made) * part // 10) for part in (1, 3, 6)]
    halfway = done(database)
    # What the processes left half is done by this one.
    projection.catch_up(database)

    assert killed == [True, True, True]
    assert len(made) * 6 // 10 <= halfway < len(made)
    expected = [view(replace(talk.source, handed_over=False)) for talk in made]
    found = dump(database)
    assert found["review_conversation"] == by_text([one.conversation for one in expected])
    assert found["review_turn"] == by_text([row for one in expected for row in one.turns])
    assert found["review_text"] == by_text([one.text for one in expected])
    assert len(found["review_flow"]) == sum(len(one.flows) for one in expected)
    with database.session() as session:
        assert session.execute(sa.select(ReviewDue.id).limit(1)).first() is None
        check = "INSERT INTO review_words (review_words) VALUES ('integrity-check')"
        session.execute(sa.text(check))


def by_text(rows):
    return sorted(rows, key=repr)
