# Everything a person or CI does here. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
SYSTEM := $(VENV)/.system
PYTEST := $(BIN)/python -m pytest
# What diagnoses, and what is diagnosed in the lab of scans: real services with settings of their own, never started by Debian.
SCANNERS := nmap masscan ike-scan tcpdump
SCANNED := openssh-server nginx xrdp strongswan-starter libstrongswan-standard-plugins snmpd vsftpd dnsmasq-base
WORKERS ?= 3
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help install run scale test test-fast check fix bench migrate docs lock assets clean

help: ## List what can be done
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sekisho needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { scripts/system-packages python3-venv && $(PYTHON) -m venv $(VENV); }

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEVELOPMENT): requirements/development.txt $(RUNTIME)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/development.txt
	@touch $@

$(SYSTEM): scripts/system-packages Makefile | $(BIN)/python
	scripts/system-packages chromium poppler-utils postgresql redis-server nftables iproute2 $(SCANNERS) $(SCANNED)
	@touch $@

install: $(RUNTIME) ## Create the environment; afterwards .venv/bin/sekisho is there

run: $(RUNTIME) ## Judge the sample hospital from its files, write its report, serve the portal on 127.0.0.1:8000
	scripts/run

scale: $(RUNTIME) ## The same with PostgreSQL, Redis and three workers on this machine; WORKERS=N, PORT=N
	scripts/system-packages postgresql redis-server
	scripts/scale --workers $(WORKERS) --port $(PORT)

test: $(DEVELOPMENT) $(SYSTEM) ## The whole suite: PostgreSQL, SMTP and Chromium included
	scripts/test

test-fast: $(DEVELOPMENT) ## The inner loop, half a minute: values, rules, catalogues, components
	HYPOTHESIS_PROFILE=fast $(PYTEST) -q -n 2 tests/unit/domain tests/unit/catalogue tests/unit/foundation tests/unit/apps \
		--ignore tests/unit/domain/workbook/test_agreement.py

check: $(DEVELOPMENT) ## Format, lint, types, import contracts, migrations, production settings
	scripts/check

fix: $(DEVELOPMENT) ## Let the tools mend what they can
	$(BIN)/ruff check --fix src tests scripts
	$(BIN)/ruff format src tests scripts

bench: $(DEVELOPMENT) ## Figures of docs/reference/benchmarks.md, as ratios measured in one run
	$(BIN)/python -m benchmarks

docs: $(DEVELOPMENT) ## Write the pages of docs/reference/ that are made from the code
	$(BIN)/python scripts/generate_docs.py

lock: $(DEVELOPMENT) ## Resolve and pin the requirements again
	scripts/lock

assets: $(DEVELOPMENT) ## Fetch the released front-end assets again from the npm registry
	$(BIN)/python scripts/fetch_assets.py

clean: ## Remove the environment and what running made
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
