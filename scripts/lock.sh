#!/bin/sh
# Locks the dependencies with hashes and without index or host names: requirements*.txt for Rasa's
# Python 3.10, requirements-modern*.txt for the newest Python, without Rasa and what it pins.
# Usage: scripts/lock.sh [--upgrade], without which only what has to change changes.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .tools/bin/uv)
change=${1-}
compile() {
    # shellcheck disable=SC2086
    "$uv" pip compile pyproject.toml --python .venv/bin/python --generate-hashes \
        --no-emit-index-url --no-annotate --no-header --quiet $change "$@"
}
# [tool.uv] in pyproject.toml is about Rasa's dependencies: here uv looks for its settings elsewhere.
modern() {
    compile --project / --python-version "$(cat scripts/python-modern)" "$@"
}
compile --extra rasa --output-file requirements.txt
compile --extra rasa --extra dev --constraint requirements.txt --output-file requirements-dev.txt
modern --output-file requirements-modern.txt
modern --extra dev --extra supply --constraint requirements-modern.txt \
    --output-file requirements-modern-dev.txt
