# `make` alone lists what there is. Python 3.11 or newer and make are all that must be there before.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
JOBS ?= auto
SOURCES := app.py chalicelib localdev tests bench tools

.DEFAULT_GOAL := help
.PHONY: help demo dev key test check lint types imports eval bench contract docs lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

##@ Try it
demo: $(STAMP) ## find leads in a local world, end to end (WORLD=profiles.jsonl for other people)
	@WORLD="$(WORLD)" $(BIN)/python -m localdev.demo

dev: $(STAMP) ## run everything on this machine until Ctrl-C (PORT=, WORLD=, RESET=1)
	@PORT="$(PORT)" WORLD="$(WORLD)" RESET="$(RESET)" $(BIN)/python -m localdev.dev

key: $(STAMP) ## make a user and an API key in the running local world (EMAIL=you@example.org, FREE=1)
	@$(BIN)/python -m localdev.key --email "$(EMAIL)" $(if $(FREE),--free)

##@ Check it
test: $(STAMP) ## run the tests
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)
	@AWS_EMULATOR=moto $(BIN)/python -m pytest -m moto $(ARGS)

check: lint types imports test ## all that CI runs

lint: $(STAMP) ## formatting, lint rules, spelling, the CloudFormation template
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/codespell README.md CONTRIBUTING.md CHANGELOG.md docs chalicelib localdev tests
	@$(BIN)/cfn-lint infra/resources.yaml

types: $(STAMP) ## mypy, strict
	@$(BIN)/mypy

imports: $(STAMP) ## who may import whom
	@$(BIN)/lint-imports

eval: $(STAMP) ## measure the judgement on labelled people, where ../shared/eval is there
	@if [ -f ../shared/eval/score.py ]; then $(BIN)/python ../shared/eval/score.py bin/judge; \
	else echo "no labelled people here: put them at ../shared/eval"; fi

bench: $(STAMP) ## measure start-up, round trips and the judgement, and write docs/performance.md
	@$(BIN)/python -m bench

contract: $(STAMP) ## hold the API against its own document, with made-up requests (SECONDS=300)
	@$(BIN)/python -m tools.contract --seconds $(or $(SECONDS),300)

##@ Keep it
docs: $(STAMP) ## write the pages of docs/ that are made from the code
	@$(BIN)/python -m tools.make_docs

lock: $(STAMP) ## compile requirements*.txt from pyproject.toml
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --no-emit-index-url \
		pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --no-emit-index-url \
		pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

clean: ## remove environments and local data
	@rm -rf .venv .tools .local dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(STAMP): requirements-dev.txt
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "installing (once)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip<26.3"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m localdev.ministack install
	@touch $@
