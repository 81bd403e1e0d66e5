# Two commands: `make demo` starts the product with a sample practice, `make test` runs the tests.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := .venv-tools
# Types and migrations need settings, not a server.
NOSERVER := DATABASE_URL=postgresql:///unused REDIS_URL=redis://127.0.0.1:1/0

# Three at a time, each file whole in one of them: who drives a browser or a worker waits for it half of the time.
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder -q

.PHONY: demo test test-fast night drill drill-restore rehearse fuzz coverage coverage-rules mutate-rules reset setup lint lint-migrations types format migrations bench locks sbom licenses recipes shots

demo: $(VENV)/.demo
	@$(BIN)/python -m rpm_portal.demo

test: $(VENV)/.dev
	@$(PYTEST) $(ARGS)

# What to run after each change: no browser, no processes of the portal, no slow tests, and three cases of each matrix.
test-fast: $(VENV)/.dev
	@$(PYTEST) -m "not browser and not worker and not night and not slow" --cases=3 $(ARGS)

# Campaigns, drills and large matrices: what `make test` runs a small version of. Hours, and not in CI.
night: $(VENV)/.dev
	@$(PYTEST) -m night $(ARGS)
	@$(MAKE) mutate-rules

# A sample of small changes of the billing rules, each of which a test must see; another SEED is another sample.
mutate-rules: $(VENV)/.dev
	@$(BIN)/python -m tests.mutate_rules --sample $(or $(SAMPLE),100) --seed $(or $(SEED),1)

# Kill a private database server, restore it to a moment from encrypted files, check it, and print what it took.
drill-restore: $(VENV)/.dev
	@$(BIN)/python -W ignore -m tests.drills.restore

# Kill the primary of two private database servers while readings arrive and a month is computed, fail over, and back.
drill: $(VENV)/.dev
	@$(BIN)/python -W ignore -m tests.drills.failover

# Follow the guide of docs/operations.md on private servers of this machine.
rehearse: $(VENV)/.dev
	@PYTHON=$(BIN)/python docs/deploy/rehearse.sh

# Generated requests of six roles to two practices: none may fail or show a row of the other practice.
fuzz: $(VENV)/.dev
	@CAMPAIGN=$(or $(CAMPAIGN),2000) SEED=$(or $(SEED),0) $(BIN)/python -m pytest -q -n 0 -m "not night" tests/end_to_end/test_generated_requests.py

# The same tests with the share of lines they run; a fifth slower.
coverage: $(VENV)/.dev
	@$(PYTEST) --cov --cov-report=term:skip-covered $(ARGS)

# The tests of the billing rules; fails if they run a smaller share of its lines and branches than this.
RULES_COVERAGE := 94
coverage-rules: $(VENV)/.dev
	@$(BIN)/python -m pytest -q tests/billing/rules --cov=billing/rules --cov-branch --cov-report=term-missing:skip-covered \
	  --cov-fail-under=$(RULES_COVERAGE)

setup: $(VENV)/.dev

reset:
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m rpm_portal.embedded reset; else rm -rf var; fi

lint: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/djlint templates --lint --quiet
	@$(NOSERVER) $(BIN)/python -W ignore manage.py makemigrations --check --dry-run >/dev/null && echo "migrations match the models"

# What a migration would lock or break while the portal is in use.
lint-migrations: $(VENV)/.dev
	@$(BIN)/python -W ignore -m tests.lint_migrations

types: $(VENV)/.dev
	@$(NOSERVER) $(BIN)/mypy && $(NOSERVER) $(BIN)/mypy --strict billing monitoring

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

# Adds an example of each recipe of CONTRIBUTING.md to a temporary copy of the repository, and runs its tests there.
recipes: $(VENV)/.dev
	@$(BIN)/python -m tests.recipes $(ARGS)

# Contact sheets of every page of the sample practice at three widths, light and dark, in var/shots.
shots: $(VENV)/.dev
	@$(BIN)/python -W ignore -m tests.shots

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks

# Write the lock files again from requirements/*.in, with hashes and without the address of an index. Versions that still fit stay.
locks: $(TOOLS)/.tools
	@for name in base demo dev tools; do $(TOOLS)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  -o requirements/$$name.txt requirements/$$name.in; done

# What runs in production, in an environment of its own: as a CycloneDX SBOM, and as a list of licenses.
sbom: $(TOOLS)/.product
	@mkdir -p var && $(TOOLS)/bin/cyclonedx-py environment $(TOOLS)/product/bin/python --pyproject pyproject.toml --output-reproducible -o var/sbom.json && echo "var/sbom.json"

licenses: $(TOOLS)/.product
	@$(TOOLS)/bin/pip-licenses --python=$(TOOLS)/product/bin/python --format=plain --with-urls

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python 3.11 or later is needed and '$(PYTHON)' was not found. Install it, or name it: make demo PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; this is %d.%d. Name a newer one: make demo PYTHON=python3.11" % sys.version_info[:2])'
	@[ -w . ] || { echo "This folder cannot be written to. Copy the project to a folder of yours and try again."; exit 1; }
	@echo "Making a virtual environment in $(VENV)" && $(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements/demo.txt | $(VENV)/bin/python
	@echo "Installing the pinned dependencies (about half a minute)" && $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/demo.txt && touch $@

$(VENV)/.dev: requirements/dev.txt | $(VENV)/bin/python
	@echo "Installing the pinned dependencies and the test tools (about a minute)" && $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt && touch $@ $(VENV)/.demo

$(TOOLS)/.tools: requirements/tools.txt
	@$(PYTHON) -m venv $(TOOLS) && $(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/tools.txt && touch $@

$(TOOLS)/.product: requirements/base.txt $(TOOLS)/.tools
	@$(PYTHON) -m venv $(TOOLS)/product && $(TOOLS)/product/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/base.txt && touch $@
