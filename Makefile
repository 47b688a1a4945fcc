# Every command makes what it needs: a virtual environment in .venv, by pip, from the registry pip is set up for.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test test-all lint types check format bench-privacy bench-starter bench-tune bench-topics bench-retrieval bench-serve install clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.installed  ## run the whole loop on the sample export and serve the result
	@$(BIN)/deskwright demo

test: .venv/.tools  ## run the tests (all but the slow ones)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow"

test-all: .venv/.tools  ## run every test
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: lint types  ## check style and types

lint: .venv/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.tools
	$(BIN)/mypy

format: .venv/.tools  ## put the code into its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench-privacy: .venv/.bench  ## measure the gate beside stock Presidio (an hour; BENCH="--only research --quick")
	$(BIN)/python -m benchmarks.privacy $(BENCH)

bench-tune: .venv/.bench  ## measure tuning: speed beside TRL's stock script, gain on public data (BENCH="--only speed")
	$(BIN)/python -m benchmarks.tuning $(BENCH)

bench-starter: .venv/.bench  ## measure the starter model (BENCH="--only context")
	$(BIN)/python -m benchmarks.starter $(BENCH)

bench-topics: .venv/.bench  ## measure how well topics are named, on public intent sets
	$(BIN)/python -m benchmarks.topics $(BENCH)

bench-serve: .venv/.bench  ## measure serving beside other servers (BENCH="--llama PYTHON --workspace TUNED")
	$(BIN)/python -m benchmarks.serving $(BENCH)

bench-retrieval: .venv/.bench  ## measure what retrieval finds, and how fast (BENCH="--only quality")
	$(BIN)/python -m benchmarks.retrieval $(BENCH)

install: .venv/.installed  ## install Deskwright into .venv

clean:  ## remove the environment, caches and the demo's workspace
	rm -rf .venv demo-workspace .mypy_cache .ruff_cache .pytest_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Deskwright needs Python 3.11 or later; found $$($(PYTHON) --version). Name another: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml | .venv/bin/python
	@echo "Installing Deskwright into .venv (2 GB, a few minutes, once) ..."
	@$(PIP) install --editable .
	@touch $@

.venv/.tools: .venv/.installed
	@echo "Installing the test tools into .venv ..."
	@$(PIP) install --editable '.[dev]'
	@touch $@

.venv/.bench: .venv/.installed
	@echo "Installing what the measurements need into .venv ..."
	@$(PIP) install --editable '.[bench]'
	@touch $@
