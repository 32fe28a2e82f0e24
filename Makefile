PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup demo test lint types imports schemas schemas-check conformance chaos bench lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## Make .venv with what requirements.lock names, and the project in it

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "stream-loyalty needs Python 3.11 or newer: name one with 'make setup PYTHON=/path/to/python3'." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Run everything in one process with a simulated storefront
	$(BIN)/stream-loyalty demo

test: lint types imports schemas-check ## Run all checks and tests but the slow ones (REQUIRE_ALL=1: none may be skipped)
	$(BIN)/python -m pytest -m "not slow"

lint: $(READY) ## Check style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY) ## Check types
	$(BIN)/mypy

imports: $(READY) ## Check that imports keep to the layers
	$(BIN)/lint-imports --no-logo

schemas: $(READY) ## Generate schemas/ from the contracts
	$(BIN)/stream-loyalty schemas

schemas-check: $(READY) ## Check that schemas/ is what the contracts say
	$(BIN)/stream-loyalty schemas --check

conformance: $(READY) ## Run one feed through every runner and compare (minutes)
	$(BIN)/python -m pytest -m slow tests/adapters tests/conformance tests/oracle

chaos: $(READY) ## See that the harness can fail; then 300,000 events under 60 faults (ARGS="--seed 2 --json")
	$(BIN)/python -m pytest -m slow tests/chaos
	$(BIN)/python -m tests.chaos --events 300000 --faults 60 $(ARGS)

bench: $(READY) ## Measure against Faust, Quix Streams, Bytewax and a loop by hand, on a broker (10 minutes)
	$(BIN)/python -m benchmarks.bench

lock: $(READY) ## Write requirements.lock anew from pyproject.toml (UPGRADE=--upgrade: newest versions)
	$(BIN)/uv pip compile $(UPGRADE) --quiet --universal --generate-hashes --all-extras \
	  --custom-compile-command "make lock" pyproject.toml --output-file requirements.lock

clean: ## Remove .venv and all caches
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
