# Each target prepares what it needs, so any of them may be the first command on a fresh machine.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
DEV := .venv/.dev-ready
DEMO := .venv/.demo-ready
INSTALL := pyproject.toml constraints.txt tools/venv.sh

# The functional core, layers 0-4, whose branches must be covered; COVERAGE_MIN= (empty) only reports.
CORE := core market features options universe strategies signals risk portfolio execution engine
COVERAGE_MIN ?= 95
WORKERS ?= 2
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=line)  # the make that macOS brings cannot

# Kept bytecode spares every test process, and every process that a test starts, the compiling of all imports again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help venv demo test checks lint format types contracts house prime pytest coverage docs bench bench-peers constraints clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1|/' | while IFS='|' read -r name what; do \
	  printf '  make %-12s %s\n' "$$name" "$$what"; done

$(DEV): $(INSTALL)
	@tools/venv.sh dev,demo,report
	@touch $(DEV) $(DEMO)

$(DEMO): $(INSTALL)
	@tools/venv.sh demo,report
	@touch $(DEMO)

venv: $(DEV)  ## make .venv with everything for development
	@echo "venv: ready in .venv"

demo: $(DEMO)  ## run the demonstration (needs no development tools)
	@$(BIN)/consilience demo

# Compiling keeps one core busy, so the other checks run beside it. Each prints its findings in one piece.
test: lint  ## everything CI checks
	@$(MAKE) --no-print-directory --jobs=2 $(SYNC) checks
	@echo "test: all checks passed"

checks: prime types contracts house coverage pytest  # in the order in which they start

lint: $(DEV)  ## ruff: rules and format
	@echo "lint: ruff"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "lint: run 'make format'"; $(BIN)/ruff format --check .; exit 1; }

format: $(DEV)  ## let ruff mend and format
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format .

types: $(DEV)  ## mypy, strict
	@echo "types: mypy"
	@$(BIN)/mypy --no-error-summary $(wildcard src tests tools benchmarks)

contracts: $(DEV)  ## import-linter: the layer table
	@echo "contracts: import-linter"
	@found=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$found"; exit 1; }

house: $(DEV)  ## the house law
	@echo "house: house law"
	@$(BIN)/python -m tools.house_check

# One process compiles the kernels; two at once would each compile everything.
prime: $(DEV)  ## fill the kernel cache
	@echo "prime: kernel cache"
	@$(BIN)/python -m tools.prime

pytest: $(DEV) prime  ## the tests, compiled
	@echo "pytest: all tests"
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not plain"

coverage: $(DEV)  ## the core's tests as plain Python, with branch coverage
	@tools/coverage.sh "$(WORKERS)" "$(COVERAGE_MIN)" $(wildcard $(addprefix tests/,$(CORE)))

docs: $(DEV)  ## make the generated pages of docs/
	@$(BIN)/python -m tools.docs

bench: $(DEV)  ## run the benchmarks
	@$(BIN)/python -m benchmarks

bench-peers: $(DEV)  ## install the peers that the benchmarks compare with
	@$(BIN)/python -m benchmarks.setup_peers

constraints: $(DEV)  ## resolve constraints.txt again: versions only
	@{ command -v uv >/dev/null && uv=uv || uv=$(BIN)/uv; } && \
	  $$uv pip compile --quiet --upgrade --only-binary :all: --python-version 3.11 --no-header --no-annotate \
	  --no-emit-index-url --extra demo --extra report --extra dev pyproject.toml --output-file constraints.txt
	@echo "constraints: $$(wc -l < constraints.txt) versions"

clean:  ## remove .venv and every cache in this folder
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "clean: done"
