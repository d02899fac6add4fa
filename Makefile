# Two commands on a fresh machine: `make run` (the local web chat) and `make test`. Both set themselves up.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup run test long check bench lock clean
setup: .venv/.ready

.venv/.ready: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

run: setup
	$(BIN)/python app.py serve

# What is killed and taken over within seconds runs alone: beside other tests it would measure those.
test: setup
	$(BIN)/python app.py kb check
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --ignore=tests/faults
	$(BIN)/python -m pytest tests/faults

# The long runs: 2,000 lives of 50 steps and 200 kills on each engine. PostgreSQL is needed for its half.
long: setup
	ASKFIRST_LONG=1 $(BIN)/python -m pytest tests/test_cases_machine.py tests/faults

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python app.py kb check --quick

bench: setup
	$(BIN)/python -m tests.bench

# Needs pip-tools; run after a change of dependencies in pyproject.toml.
lock:
	$(PYTHON) -m piptools compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --strip-extras --allow-unsafe --extra dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
