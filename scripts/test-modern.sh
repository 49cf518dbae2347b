#!/bin/sh
# Runs the tests of all but Rasa on the newest Python with SQLAlchemy 2: see docs/supply-chain.md.
# Usage: scripts/test-modern.sh [arguments for pytest]
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh requirements-modern-dev.txt
exec .venv-modern/bin/python -m pytest "$@"
