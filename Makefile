# The commands of the project. `make run` and `make test` do all set-up by themselves.
.PHONY: run test train evaluate lint format lock setup setup-dev

VENV := .venv/bin

run: setup
	@exec $(VENV)/startwijzer run

train: setup

# How well the model understands Dutch; EVALUATE_ARGS="--peers all" or --record.
evaluate: setup
	@$(VENV)/python -m bench.nlu $(EVALUATE_ARGS)

test: setup-dev
	@scripts/test-tools.sh
	@$(VENV)/python -m pytest

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

setup:
	@scripts/setup.sh requirements.txt
	@$(VENV)/startwijzer setup

setup-dev:
	@scripts/setup.sh requirements-dev.txt
	@$(VENV)/startwijzer setup
