# The project's front door. Everything below works in a fresh clone with Python 3.11+ and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
WORKERS ?= auto
TESTS  ?=
CORPUS ?= ../shared/corpus

.PHONY: run test check corpus bench fuzz lock messages setup setup-dev clean help

help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

run: setup       ## everything on embedded defaults; Ctrl-C stops it
	@$(BIN)/python tools/messages.py compile
	@$(BIN)/msign run

test: setup-dev  ## the whole test suite, in parallel (TESTS=path narrows it)
	@$(BIN)/python -m pytest -n $(WORKERS) $(TESTS)

check: setup-dev ## lint, types, imports, catalogues, migrations, schemas
	@$(BIN)/python tools/check.py

corpus: setup-dev ## agreement with the shared corpus of signed files (CORPUS=folder)
	@$(BIN)/python tools/corpus.py $(CORPUS) $(ARGS)

bench: setup-dev ## performance table; also var/bench.json
	@$(BIN)/msign bench

bench-peers: setup-dev ## our signing beside its peers (installs those it can)
	@$(BIN)/python tools/bench_peers.py

fuzz: setup-dev  ## hurt files for every parser, for a while (SECONDS=600, SEED=number)
	@$(BIN)/python tools/fuzz.py --seconds $(or $(SECONDS),60) $(if $(SEED),--seed $(SEED))

interop: setup-dev ## DSS judges our outputs and the corpus (needs a JDK and Maven)
	@$(BIN)/python tools/interop.py $(CORPUS)

archive: setup-dev ## veraPDF judges the papers of the desk (needs a JDK and Maven)
	@$(BIN)/python tools/archive.py

lock:            ## rewrite the hash-pinned requirement files (needs uv)
	cd requirements && for name in runtime dev; do \
	  uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q $(UPGRADE) $$name.in -o $$name.txt; done

messages: setup-dev ## collect texts into the ro, ru and en catalogues
	@$(BIN)/python tools/messages.py update

setup: $(VENV)/.runtime
setup-dev: $(VENV)/.dev

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	@$(PYTHON) tools/setup_venv.py runtime

$(VENV)/.dev: requirements/dev.txt requirements/runtime.txt pyproject.toml
	@$(PYTHON) tools/setup_venv.py dev

clean:           ## remove the environment and caches; data in var/ stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
