"""Builds the spaCy pipeline: `python -m bot.nlu.build DIRECTORY`."""

import sys
from pathlib import Path

from bot.nlu.spacy_model import build

if __name__ == "__main__":
    build(Path(sys.argv[1]))
