#!/bin/sh
# Locks the dependencies with hashes and without index or host names.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .tools/bin/uv)
compile() {
    "$uv" pip compile pyproject.toml --python .venv/bin/python --generate-hashes \
        --no-emit-index-url --no-annotate --no-header --quiet "$@"
}
compile --extra rasa --output-file requirements.txt
compile --extra rasa --extra dev --constraint requirements.txt --output-file requirements-dev.txt
