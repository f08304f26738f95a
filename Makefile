# `make` alone lists what there is. Python 3.11 or newer and make are all that must be there before.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
# For what people look at: Ctrl-C ends it without a traceback, whenever it comes.
RUN := $(BIN)/python -m localdev.ending
JOBS ?= auto
SOURCES := app.py chalicelib localdev tests bench tools

.DEFAULT_GOAL := help
.PHONY: help demo dev key test check lint types imports eval bench chaos scale redrive soak contract browser docs lock clean lint-infra audit policies package deploy deploy-local localstack

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

##@ Try it
demo: $(STAMP) ## find leads in a local world, end to end (WORLD=profiles.jsonl for other people)
	@WORLD="$(WORLD)" $(RUN) localdev.demo

dev: $(STAMP) ## run everything on this machine until Ctrl-C (PORT=, WORLD=, RESET=1, SPEED=900)
	@PORT="$(PORT)" WORLD="$(WORLD)" RESET="$(RESET)" SPEED="$(SPEED)" $(RUN) localdev.dev

key: $(STAMP) ## make a user and an API key in the running local world (EMAIL=you@example.org, FREE=1)
	@$(RUN) localdev.key --email "$(EMAIL)" $(if $(FREE),--free)

##@ Check it
test: $(STAMP) browser ## run the tests
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)
	@AWS_EMULATOR=moto $(BIN)/python -m pytest -m moto $(ARGS)

browser: $(STAMP) ## have a headless Chromium for the tests that look at pages
	@$(BIN)/python -m tools.browser

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

chaos: $(STAMP) ## kill, fail and repeat at every place that calls out (SCENARIO=, WORKERS=)
	@$(BIN)/python -m tools.chaos $(if $(SCENARIO),--scenario "$(SCENARIO)") $(if $(WORKERS),--jobs $(WORKERS))

scale: $(STAMP) ## simulate 10,000 streams due in the same minute, and write docs/scale.md
	@$(BIN)/python -m tools.scale

soak: $(STAMP) ## random actions, deaths and faults on money against a simple model (STEPS=2000 SEED= STORY=)
	@$(BIN)/python -m tools.soak --steps $(or $(STEPS),2000) $(if $(SEED),--seed $(SEED)) $(if $(STORY),--story $(STORY))

contract: $(STAMP) ## hold the API against its own document, with made-up requests (SECONDS=300)
	@$(BIN)/python -m tools.contract --seconds $(or $(SECONDS),300)

lint-infra: $(STAMP) ## cfn-lint, our own rules and checkov on the packaged template
	@$(BIN)/python -m tools.lint_infra

audit: $(STAMP) ## known weaknesses, licences, risky code, secrets (STRICT=1: fail without advisories)
	@$(BIN)/python -m tools.audit

policies: $(STAMP) ## hold each function's policy against the AWS calls that the tests make (WRITE=1)
	@rm -rf .local/aws-calls
	@CALLS_DIR=.local/aws-calls $(BIN)/python -m pytest -n $(JOBS) -p tests.aws_calls $(ARGS)
	@$(BIN)/python -m tools.packaging.policies .local/aws-calls $(if $(WRITE),--write)

##@ Deploy it
package: $(STAMP) ## template and archive of a stage into dist/ (STAGE=dev, ARCH=arm64)
	@$(BIN)/python -m tools.packaging --stage $(or $(STAGE),dev) --arch $(or $(ARCH),arm64)

deploy: package ## bring a stage to the AWS account in use (STAGE=dev)
	@$(BIN)/python -m tools.deploy --stage $(or $(STAGE),dev)

deploy-local: $(STAMP) ## deploy the package to emulated AWS and run a stream through it
	@$(BIN)/python -m tools.deploy_local

localstack: $(STAMP) ## the same on LocalStack, for those who have Docker (PROFILE=ministack)
	@PROFILE="$(PROFILE)" $(BIN)/python -m localdev.compose

##@ Keep it
redrive: $(STAMP) ## move dead letters back (QUEUE=scrape; STAGE=prod on AWS, else in the local world)
	@$(RUN) tools.redrive "$(QUEUE)" $(if $(STAGE),--stage "$(STAGE)")

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
