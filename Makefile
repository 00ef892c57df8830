# `make run` opens the app and `make test` runs every check; both set up what they need in .venv
# the first time and start at once afterwards.

PYTHON ?= python3
BIN := .venv/bin
PYTHONS ?= 3.11 3.12 3.13 3.14

.PHONY: run test test-slow test-pythons pictures setup clean

run: .venv/.installed
	@$(BIN)/cvae-tui $(ARGS)

test: .venv/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --ignore tests/e2e --ignore tests/benchmarks
	$(BIN)/pytest tests/e2e tests/benchmarks

test-slow: .venv/.installed-test
	$(BIN)/pytest -m slow --timeout 3600

# The tests on every other Python that is found, each in an environment of its own under .venvs.
test-pythons:
	@for version in $(PYTHONS); do .ci/test-python $$version || exit 1; done

# Draws the pictures of the docs and writes the pages of the screens.
pictures: .venv/.installed-test
	$(BIN)/python docs/screenshots.py

setup: .venv/.installed-test

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/.installed-test: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch .venv/.installed $@

clean:
	rm -rf .venv .venvs build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
