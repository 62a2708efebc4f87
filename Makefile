# SPDX-License-Identifier: Apache-2.0
# `make` alone lists the targets. `make demo` and `make test` each need nothing but Python >= 3.11:
# they build .venv from the locked, hashed requirements and run.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first interpreter that is new enough; `make PYTHON=python3.12 ...` names another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
JOBS ?= 2
UV_VERSION := 0.13.9
UPGRADE ?=

VENV := .venv
RUN := $(VENV)/bin/python -m
PIP_INSTALL := $(RUN) pip install --quiet --disable-pip-version-check
PYTHON_ROOTS := $(wildcard helm_logic tests benchmarks)

.PHONY: help
help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target text; do printf '%-18s %s\n' "$$target" "$$text"; done

.PHONY: demo
demo: $(VENV)/.runtime  ## play the founder story: chain, verdicts, approval, receipts
	$(VENV)/bin/helm-logic demo

.PHONY: test
test: $(VENV)/.dev  ## run every test; those of the kernel have to reach all of it, branch by branch
	$(RUN) coverage erase
	$(RUN) coverage run --source=helm_logic/kernel -m pytest --numprocesses=$(JOBS) tests/kernel
	$(RUN) coverage combine --quiet
	$(RUN) coverage report --fail-under=100
	$(RUN) pytest --numprocesses=$(JOBS) --ignore=tests/kernel

.PHONY: coverage
coverage: $(VENV)/.dev  ## what of the whole package the tests reach; measuring doubles the time
	$(RUN) coverage erase
	$(RUN) coverage run -m pytest --numprocesses=$(JOBS)
	$(RUN) coverage combine --quiet
	$(RUN) coverage report

.PHONY: foreign
foreign: build/foreign/.node build/foreign/verify_proofs  ## fetch and build what tests/foreign asks: node, npm, go

.PHONY: pages
pages: build/pages/.node  ## fetch what tests of derivations open pages and diagrams with: node, npm

.PHONY: corpus
corpus: $(VENV)/.dev  ## lint 500 rule sets with planted defects: each found, and nothing else
	CORPUS_SETS=500 $(RUN) pytest --numprocesses=$(JOBS) tests/analysis/test_lint_corpus.py

.PHONY: vectors
vectors: $(VENV)/.dev  ## run the delegation vectors; change their good chains in every listed way
	$(VENV)/bin/helm-logic vectors run tests/vectors/delegation
	$(RUN) tests.vectors.mutations

.PHONY: soak
soak: $(VENV)/.dev  ## the long half of the fault tests, some 20 minutes: nothing lost, forked or missed
	$(RUN) tests.soak

.PHONY: lint
lint: $(VENV)/.dev  ## ruff: rules and formatting
	$(RUN) ruff check .
	$(RUN) ruff format --check .

.PHONY: types
types: $(VENV)/.dev  ## mypy --strict over the package and its tests
	$(RUN) mypy $(PYTHON_ROOTS)

.PHONY: contracts
contracts: $(VENV)/.dev  ## import-linter: which room may import which
	$(VENV)/bin/lint-imports --no-logo

.PHONY: deep
deep: $(VENV)/.dev  ## every test, with a thousand examples of most properties
	EXAMPLES=1000 $(RUN) pytest --numprocesses=$(JOBS)

.PHONY: fuzz
fuzz: $(VENV)/.dev  ## compare the engines on random programs until stopped
	$(RUN) tests.engine.fuzz

.PHONY: mutants
mutants: $(VENV)/.dev  ## change the kernel in every small way; each change must fail a test
	$(RUN) tests.kernel.mutants

.PHONY: bench
bench: $(VENV)/.bench  ## measure, and print one table per benchmark
	$(RUN) benchmarks

.PHONY: venv
venv: $(VENV)/.dev  ## build .venv with every development tool, and run nothing

.PHONY: lock
lock: build/uv/bin/uv  ## pin the requirements again (UPGRADE=--upgrade for newer versions)
	$(call pin,requirements.lock,--group build)
	$(call pin,requirements-dev.lock,--group build --group dev --constraints requirements.lock)
	$(call pin,requirements-bench.lock,--extra bench --constraints requirements-dev.lock)

.PHONY: clean
clean:  ## remove what make, python and the tools left behind, .venv included
	rm -rf $(VENV) build dist .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache \
		.ruff_cache .import_linter_cache
	find $(PYTHON_ROOTS) -name __pycache__ -type d -prune -exec rm -rf {} +

# --universal: one file for every platform and every Python this project runs on.
# --generate-hashes: of all published files of a version, so that it holds on other machines.
define pin
build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' \
	$(UPGRADE) $(2) --output-file $(1) pyproject.toml
endef

build/uv/bin/uv: | $(VENV)/.created
	$(VENV)/bin/python -m venv build/uv
	build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Verifiers that others wrote. npm needs no more than the lock file; Go's x/mod is that of Debian's
# golang-golang-x-mod-dev, which needs no download.
build/foreign/.node: tests/foreign/package.json tests/foreign/package-lock.json
	@mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# What opens the page of a derivation in Chromium, looks for what keeps people out, and reads Mermaid.
build/pages/.node: tests/explain/formats/node/package.json tests/explain/formats/node/package-lock.json
	@mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

build/foreign/verify_proofs: tests/foreign/verify_proofs.go
	@mkdir -p $(@D)
	GO111MODULE=off GOPATH=/usr/share/gocode go build -o $@ $<

# Stamps: a step runs again only when what it was made from has changed.
$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo "helm_logic needs Python 3.11 or newer and found none;" \
		"install it, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "helm_logic needs Python 3.11 or newer; $(PYTHON) is" \
		"$$($(PYTHON) -V 2>/dev/null || echo not a Python that runs);" \
		"try another: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) could not make a virtual environment; some" \
		"systems ship the venv module apart (Debian, Ubuntu: python3-venv)" >&2; exit 1; }
	@touch $@

$(VENV)/.runtime: requirements.lock pyproject.toml $(VENV)/.created
	$(PIP_INSTALL) --require-hashes --requirement requirements.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(PIP_INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/.bench: requirements-bench.lock $(VENV)/.dev
	$(PIP_INSTALL) --require-hashes --requirement requirements-bench.lock
	@touch $@
