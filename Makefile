# Needs Python 3.11 or newer with pip, and make. Everything lands in .venv and out/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.installed
STAMP := $(VENV)/.installed-dev
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
CORE_VENV := .venv-core
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test test-core test-all check bench head clean

help:
	@echo "make demo       install into .venv, make the demo video, say where it is"
	@echo "make test       install, then the whole test suite (under 10 minutes on 2 cores)"
	@echo "make test-core  the core tests in an environment without any extra"
	@echo "make test-all   the suite with its slow tests"
	@echo "make check      ruff, mypy, and the order of the rooms"
	@echo "make bench      speed tables"
	@echo "make head       build the built-in head again from its scripts"

$(CORE): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "flametalk needs Python 3.11 or newer; say PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) -e .
	@touch $@

$(STAMP): $(CORE)
	$(INSTALL) -e '.[dev]'
	@touch $@

demo: $(CORE)
	$(BIN)/flametalk demo -o out

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --max-worker-restart 0 -m "not slow"

test-all: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --max-worker-restart 0

test-core:
	$(PYTHON) -m venv $(CORE_VENV)
	$(CORE_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . pytest beartype hypothesis
	$(CORE_VENV)/bin/python -m pytest -m core

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_rooms.py

bench: $(STAMP)
	$(BIN)/python -m scripts.bench_render
	$(BIN)/python -m scripts.bench_head
	$(BIN)/python -m scripts.bench_export
	$(BIN)/python -m scripts.bench_generate
	$(BIN)/python -m scripts.bench_evaluate

head: $(CORE)
	$(BIN)/python -m scripts.build_head

clean:
	rm -rf $(VENV) $(CORE_VENV) out
