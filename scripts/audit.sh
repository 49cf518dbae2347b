#!/bin/sh
# Asks the registries for known vulnerabilities in all locks: see docs/supply-chain.md.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh requirements-modern-dev.txt
exec .venv-modern/bin/python scripts/audit.py
