# Everything a user runs. Each target makes what it needs; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
LOCK   := requirements/dev.txt
READY  := $(VENV)/.ready
UV     := $(BIN)/python -m uv

# The branch that a change goes to is a baseline, too, where this is a clone that has it.
MAIN   := $(shell git rev-parse --verify --quiet origin/main > /dev/null 2>&1 && echo --against git:origin/main)

.PHONY: help demo test redrive-proof check rules images-test audit bench faults abuse nightly docs pictures format generate lock wheel clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): $(LOCK) requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: $(PYTHON) is older than 3.11; say PYTHON=/path/to/a/newer/python3" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes $(LOCK) requirements/bootstrap.txt
	@touch $@

demo: $(READY) ## From a schema to a delivered e-mail on a real Kafka
	$(BIN)/python -m services.local_stack demo

test: $(READY) ## The whole suite
	$(BIN)/python -m pytest

redrive-proof: $(READY) ## 5,000 dead letters sent again, killed twice: each ends once
	ECCS_REDRIVE_LETTERS=5000 ECCS_REQUIRE_APACHE_KAFKA=1 $(BIN)/python -m pytest -q -rP -k killed_twice tests/integration/operations

check: $(READY) ## Format, lint, types, import rules, codegen drift, contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m codegen --check
	$(BIN)/python -m compat_checks lint --fail-on warning
	$(BIN)/python -m compat_checks check --fail-on warning --against history $(MAIN)
	$(BIN)/python -m compat_checks changelog --check

rules: $(READY) ## Alert rules, dashboard, manifests and compose.yaml, with promtool (root gets it by apt)
	$(BIN)/python -m tests.images.packages promtool
	ECCS_REQUIRE_PROMTOOL=1 $(BIN)/python -m pytest -q tests/deploy

# IMAGES=--where-possible succeeds, and says so, where Docker cannot be had.
images-test: $(READY) ## Build the images, run them, drive e-mails through them; says what that proved
	$(BIN)/python -m tests.images $(IMAGES)

audit: $(READY) ## Known vulnerabilities of the locked requirements; fails where it cannot look
	$(BIN)/python -m tests.images.audit

bench: $(READY) ## Ratios, side by side in one run
	$(BIN)/python -m tests.benchmark
	$(BIN)/python -m tests.benchmark.contracts
	$(BIN)/python -m tests.benchmark.http
	$(BIN)/python -m tests.benchmark.delivery

faults: $(READY) ## All faults with real processes, and the table of what each cost (docs/faults.md)
	$(BIN)/python -m tests.fault

abuse: $(READY) ## What one hostile client costs everybody else; fails where a bound is missed (docs/security.md)
	$(BIN)/python -m tests.benchmark.abuse --docs docs/security.md

nightly: faults abuse ## What takes too long for a change: all faults, abuse, attacks, growth, fuzz
	$(BIN)/python -m tests.benchmark.abuse attack --requests 10000
	$(BIN)/python -m tests.benchmark.delivery --growth
	$(BIN)/python -m tests.benchmark.dlq
	$(BIN)/python -m tests.fuzz

docs: $(READY) ## Write the documents that are made: a page for each rule, the example of a review
	$(BIN)/python -m tests.docs

pictures: $(READY) ## Take the pictures that docs/ shows: the dashboard, and the console in a browser
	$(BIN)/python -m tests.images.packages prometheus chromium
	$(BIN)/python -m tests.images.picture
	$(BIN)/python -m tests.shots

format: $(READY) ## Rewrite the code in the house format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

generate: $(READY) ## Write the generated code from schemas/
	$(BIN)/python -m codegen

COMPILE := pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock"

# The images have the versions that the tests had.
lock: $(READY) ## Renew the locked requirements (hashes, no addresses)
	$(UV) $(COMPILE) --prerelease if-necessary-or-explicit \
	  --all-extras --group dev --group stack --group images pyproject.toml -o $(LOCK)
	$(UV) $(COMPILE) --constraint $(LOCK) --extra services --extra registry pyproject.toml -o requirements/services.txt
	echo httpx | $(UV) $(COMPILE) --constraint $(LOCK) - -o requirements/registry.txt
	echo hatchling | $(UV) $(COMPILE) --constraint $(LOCK) - -o requirements/build.txt
	echo uv | $(UV) $(COMPILE) - -o requirements/bootstrap.txt

wheel: $(READY) ## Build dist/*.whl
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist

clean: ## Remove what the targets made (the Kafka cache under ~/.cache stays)
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
