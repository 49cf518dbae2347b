# The commands of the project. `make run` and `make test` do all set-up by themselves.
.PHONY: run test test-modern train evaluate bench lint format lock audit sbom setup setup-dev

VENV := .venv/bin

run: setup
	@exec $(VENV)/startwijzer run

train: setup

# How well the model understands Dutch; EVALUATE_ARGS="--peers all" or --record.
evaluate: setup
	@$(VENV)/python -m bench.nlu $(EVALUATE_ARGS)

# What a turn costs, beside a stock Rasa set-up; BENCH_ARGS="--quick", "--long" or "--record".
bench: setup
	@scripts/setup.sh requirements-modern-dev.txt
	@$(VENV)/python -m bench.turns $(BENCH_ARGS)

test: setup-dev
	@scripts/test-tools.sh
	@$(VENV)/python -m pytest

# All but what needs Rasa, on the newest Python and SQLAlchemy; TEST_ARGS="tests/gateway -x".
test-modern:
	@scripts/test-tools.sh
	@scripts/test-modern.sh $(TEST_ARGS)

lint: setup-dev
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy

format: setup-dev
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .

# Makes the locks anew from pyproject.toml; they name no index and no host.
lock: setup-dev
	scripts/lock.sh

# Known vulnerabilities in what is locked, against data/security/vulnerabilities.yml.
audit:
	@scripts/audit.sh

# What the product is made of, as CycloneDX in var/sbom/.
sbom:
	@scripts/setup.sh requirements-dev.txt
	@scripts/setup.sh requirements-modern-dev.txt
	@.venv-modern/bin/python scripts/sbom.py

setup:
	@scripts/setup.sh requirements.txt
	@$(VENV)/startwijzer setup

setup-dev:
	@scripts/setup.sh requirements-dev.txt
	@$(VENV)/startwijzer setup
