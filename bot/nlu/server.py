"""Starts Rasa with its token from the environment: `python -m bot.nlu.server run ...`.

Rasa 3.6 takes it as an argument only, and everyone on a machine can read how its programs were
started.
"""

from __future__ import annotations

import sys

from bot.nlu import without_tensorflow
from bot.settings import rasa_token


def main() -> None:
    """Runs Rasa's command line, for this process with one argument more.

    Raises:
        bot.settings.SettingsError: RASA_TOKEN is not set.
    """
    sys.argv = ["rasa", *sys.argv[1:], "--auth-token", rasa_token()]
    without_tensorflow.apply()
    from rasa.__main__ import main as rasa  # only now, see there

    rasa()


if __name__ == "__main__":
    main()
