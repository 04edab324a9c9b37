# All work on a checkout starts here: `make` lists what there is. Needs make and Python 3.11 or newer with venv.

.DEFAULT_GOAL := help
.PHONY: help serve test faults lint types layers bench fuzz hostile schemathesis spoil screenshots lock

BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --no-input --quiet
ARGS ?=

# The newest Python that is there and new enough; PYTHON=… chooses another.
PYTHON ?= $(shell for name in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo $$name && break; done)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: .venv/.runs ## Run the server, its data in ./mothlight-data (ARGS="--port 9000" for options)
	@exec $(BIN)/mothlight serve $(ARGS)

test: .venv/.develops ## Run all tests (ARGS="tests/unit -k keys" for some)
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python -m tests.run
else
	$(BIN)/pytest $(ARGS)
endif

FAULTS_SECONDS := 7200

faults: .venv/.develops ## Break everything for long: 100 kills, full disks, stores away (ARGS="--rounds 10 -k kill" for less)
	timeout $(FAULTS_SECONDS) $(BIN)/pytest tests/faults --long -s $(ARGS)

lint: .venv/.develops ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.develops ## Check types, strictly
	$(BIN)/mypy

layers: .venv/.develops ## Check which part imports which
	$(BIN)/lint-imports

bench: .venv/.develops ## Measure ingest and queries (ARGS="--help" for what there is)
	$(BIN)/python -m bench $(ARGS)

spoil: .venv/.develops ## Read 10,000 broken pieces of symbol data (ARGS="--count 100 --seed 7")
	$(BIN)/python -m tests.spoil_symbols $(ARGS)

screenshots: .venv/.develops ## Take pictures of every page, into .cache/screenshots (ARGS="issue --best")
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

UV_COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" pyproject.toml

fuzz: .venv/.fuzzes ## Fuzz what takes hostile bytes apart, a minute each (ARGS="--seconds 600 body")
	$(BIN)/python -m tests.fuzz $(ARGS)

hostile: .venv/.develops ## Send 100,000 hostile requests to a server process (ARGS="--inputs 5000")
	$(BIN)/python -m tests.hostile $(ARGS)

schemathesis: .venv/.develops ## Check the API against its OpenAPI document at length (ARGS="-k query")
	MOTHLIGHT_TEST_EXAMPLES=100 $(BIN)/pytest tests/hostile/test_openapi.py $(ARGS)

lock: ## Lock the newest allowed dependencies (needs uv; ARGS="--upgrade" to move on)
	$(UV_COMPILE) --output-file requirements/run.lock $(ARGS)
	$(UV_COMPILE) --group dev --constraint requirements/run.lock --output-file requirements/develop.lock $(ARGS)
	$(UV_COMPILE) --group fuzz --constraint requirements/run.lock --output-file requirements/fuzz.lock $(ARGS)

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer with venv is needed (on Debian: apt-get install python3 python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv .venv

# What the server needs to run: the locked packages, and this checkout with the browser scripts.
.venv/.runs: requirements/run.lock pyproject.toml hatch_build.py | .venv/bin/pip
	$(PIP) install --require-hashes --requirement requirements/run.lock
	$(PIP) install --no-deps --editable .
	@touch $@

.venv/.develops: requirements/develop.lock .venv/.runs
	$(PIP) install --require-hashes --requirement requirements/develop.lock
	@touch $@

.venv/.fuzzes: requirements/fuzz.lock .venv/.develops
	$(PIP) install --require-hashes --requirement requirements/fuzz.lock
	@touch $@
