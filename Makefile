# `make serve` and `make test` need Python 3.11 or newer, and make; nothing else. Node.js, for the
# editor, is taken from the system where it is 20 or newer, else from PyPI (206 MB).

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
EDITOR := server/seisaku/static/editor/editor.js

.DEFAULT_GOAL := help
.PHONY: help serve test check mutate bench bench-full screenshots lint lock clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(VENV)/.runtime $(EDITOR) ## Serve the graph on HOST:PORT, building it first when it is not built
	@exec $(BIN)/seisaku serve --host $(HOST) --port $(PORT)

test: $(VENV)/.dev $(EDITOR) ## Run all tests with their branch coverage; what cannot run here is named
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=90

check: $(VENV)/.runtime ## Check the data: Turtle, SHACL, OWL 2 RL
	$(BIN)/seisaku check

mutate: $(VENV)/.dev ## Break the data in some thousands of ways and count what the check finds (minutes)
	$(BIN)/python tests/mutate.py --write bench/results/mutation.md

bench: $(VENV)/.bench ## Measure the build, the export, the endpoint under load, the WSGI servers, search, pages, peers (minutes)
	$(BIN)/python bench/build.py
	$(BIN)/python bench/rebuild.py
	$(BIN)/python bench/reasoning.py
	$(BIN)/python bench/export.py
	$(BIN)/python bench/endpoint.py
	$(BIN)/python bench/wsgi.py
	$(BIN)/python bench/search.py > bench/results/search.md
	PYTHONPATH=tests $(BIN)/python bench/pages.py
	PYTHONPATH=tests $(BIN)/python bench/remote.py
	$(BIN)/python bench/compare.py 4 --seconds 2 --enough 2 --parameters 4

bench-full: $(VENV)/.bench ## Measure ours beside its peers from 10^4 to 10^7 triples; needs apt, mvn, 8 GB (two hours)
	$(BIN)/python bench/compare.py 4 5 6
	$(BIN)/python bench/compare.py 7 --peer "Oxigraph server"

screenshots: $(VENV)/.dev ## Make docs/screenshots/ anew (needs the Debian packages chromium, fonts-noto-cjk)
	PYTHONPATH=tests $(BIN)/python tests/browser/screenshots.py

lint: $(VENV)/.dev ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

lock: $(VENV)/.dev ## Resolve the dependencies anew
	$(BIN)/python -m pip install --quiet 'uv>=0.13,<0.14'
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
	    --no-annotate --no-header --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
	    --no-annotate --no-header --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock

clean: ## Remove the environment, the snapshots and what tools leave behind
	rm -rf $(VENV) .snapshots dist server/editor/node_modules $(dir $(EDITOR)) .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache docs/protege/target

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Seisaku needs Python 3.11 or newer; set PYTHON=… to one" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Where no registry is reached there is none: the query page is then a plain form.
$(EDITOR): server/editor/package-lock.json $(wildcard server/editor/*.mjs server/editor/src/*.js) | $(VENV)/bin/python
	@server/editor/build.sh $(BIN)/python

$(VENV)/.robot: tests/robot/pom.xml | $(VENV)/bin/python
	mvn --quiet --batch-mode --file $< dependency:copy-dependencies \
	    -DincludeScope=runtime -DoutputDirectory=$(CURDIR)/$(VENV)/robot
	@touch $@

# Fuseki with all that it needs, in one file: 5.6 is the newest that Java 17 runs.
$(VENV)/.fuseki: | $(VENV)/bin/python
	mvn --quiet --batch-mode dependency:copy -Dartifact=org.apache.jena:jena-fuseki-server:5.6.0 \
	    -DoutputDirectory=$(CURDIR)/$(VENV)/fuseki
	@touch $@

$(VENV)/.cff: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/cff
	$(VENV)/cff/bin/python -m pip install --quiet --disable-pip-version-check 'cffconvert>=2,<3' setuptools
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'gunicorn>=27,<28' 'waitress>=3.0.2,<4'
	@touch $@
