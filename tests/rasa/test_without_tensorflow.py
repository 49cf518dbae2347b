"""Rasa's server does without TensorFlow, until something asks for it."""

import json
import subprocess
import sys

from bot.settings import ROOT
from bot.training import MODEL, QUIET

# Fewer than a model and the libraries have.
OBJECTS = 200_000
HEAVY = ["tensorflow", "keras", "jax"]
PROGRAM = f"""
import gc, json, sys
from bot.nlu import without_tensorflow
without_tensorflow.apply()
import rasa.__main__, rasa.core.run
from rasa.core.agent import Agent
import bot.nlu.tracker_store
assert Agent.load({str(MODEL)!r}).is_ready()
before = [name for name in {HEAVY!r} if name in sys.modules]
from bot.nlu.channel import GatewayChannel
for listener in GatewayChannel().blueprint(None)._future_listeners:
    assert listener.event == "after_server_start"
    listener.listener()
frozen = gc.get_freeze_count()
from rasa.nlu.classifiers.diet_classifier import DIETClassifier
from rasa.utils import train_utils
train_utils.rank_and_mask.__name__
after = [name for name in {HEAVY!r} if name in sys.modules]
try:
    without_tensorflow.apply()
except RuntimeError as error:
    late = str(error)
print(json.dumps([before, after, DIETClassifier.__name__, late, frozen]))
"""


def test_the_server_with_our_model_leaves_tensorflow_out_and_diet_brings_it_in():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        cwd=ROOT,
        env={**QUIET, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    before, after, diet, late, frozen = json.loads(done.stdout.splitlines()[-1])
    assert before == []
    assert (after, diet) == (HEAVY, "DIETClassifier")
    assert "imported before" in late
    assert frozen > OBJECTS, "the model is left out of garbage collection"
