# `make demo` and `make test` need nothing but Python 3.11 or later: each builds .venv when it is missing or out of date.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# The tests' networks are tiny; more arithmetic threads than one would only get in each other's way.
TEST_ENV := OMP_NUM_THREADS=1 CORELATE_CACHE=$(CURDIR)/$(VENV)/test-cache

.PHONY: demo test check format lint types reference docs clean

demo: $(INSTALLED)
	$(BIN)/corelate demo

test: $(INSTALLED)
	$(TEST_ENV) $(BIN)/python -m pytest -n auto

check: $(INSTALLED) lint types test

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(INSTALLED)
	$(BIN)/mypy

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The command reference is made from the commands' own help; a test fails when it is out of date.
reference: $(INSTALLED)
	$(BIN)/python -m corelate.cli.reference docs/commands.md

# The pictures of the docs are drawn from scenes, with small networks that are trained here: minutes.
docs: reference
	$(TEST_ENV) $(BIN)/python docs/make_figures

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "corelate needs Python 3.11 or later; name one with: make PYTHON=python3.12 …" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[train,explain,dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist corelate-demo
