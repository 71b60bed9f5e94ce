# cap-rlvr. `make help` lists the targets; each sets up what it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p && break; done)
BIN := .venv/bin

# `make run` takes all of these but PORT, `make serve` the last two; see `cap-rlvr run --help`.
SOURCE ?=
MODEL ?=
TASKS ?=
REPLICAS ?=
CONFIG ?=
FRESH ?=
WORKSPACE ?= workspace
PORT ?= 8100
FORM ?= short
BENCHES := corpus_read prep_memory reward_service reward_quality vector_index

.PHONY: help setup setup-reward setup-dev run serve test check format bench bench-reward chaos chaos-reward up images docs locks clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: ## everything into .venv: library, services, torch, vLLM, checks
	@$(PYTHON) bootstrap.py

setup-reward:
	@$(PYTHON) bootstrap.py reward

setup-dev: setup

run: setup ## the whole loop on a small corpus: rows, warm start, fleet, rewards, GRPO, report  [SOURCE= MODEL= TASKS= REPLICAS= CONFIG= FRESH=1 WORKSPACE=]
	@$(BIN)/cap-rlvr run --workspace "$(WORKSPACE)" $(if $(SOURCE),--source "$(SOURCE)") $(if $(MODEL),--model "$(MODEL)") $(if $(TASKS),--tasks "$(TASKS)") $(if $(REPLICAS),--replicas "$(REPLICAS)") $(if $(CONFIG),--config "$(CONFIG)") $(if $(FRESH),--fresh)

serve: setup-reward ## the reward service alone, on http://127.0.0.1:$(PORT)  [PORT= WORKSPACE=]
	@$(BIN)/cap-rlvr serve --port "$(PORT)" $(if $(filter-out file,$(origin WORKSPACE)),--workspace "$(WORKSPACE)")

test: setup-dev ## all tests, with real Valkey and real vLLM  [ARGS='-k holding' narrows]
	@$(BIN)/python -m pytest $(ARGS)

check: setup-dev ## format, lint, types, layers, and the rewards' quality in short
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/pyright --warnings && $(BIN)/lint-imports --no-cache && $(BIN)/cap-rlvr quality --form short

format: setup-dev ## write the format and the lint fixes that are safe
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: setup-dev ## every measurement, into benchmarks/results/  [BENCH=name narrows]
	@for name in $(or $(BENCH),$(BENCHES)); do echo "== $$name"; $(BIN)/python benchmarks/$$name.py || exit 1; done

bench-reward: setup-dev ## the reward service's speed beside a constant scorer and the library alone  [FORM=full WORKSPACE=]
	@$(BIN)/python benchmarks/reward_service.py --form "$(or $(FORM),short)" $(if $(filter-out file,$(origin WORKSPACE)),--workspace "$(WORKSPACE)")

chaos: setup-dev ## a replica joins a run; kill -9 of each process in turn; from a workspace that `make run` made  [SOURCE= WORKSPACE=]
	@for name in replica_joins chaos_grpo; do echo "== $$name"; $(BIN)/python benchmarks/$$name.py --workspace "$(WORKSPACE)" --source "$(or $(SOURCE),$(WORKSPACE)/raw/static.case.law)" || exit 1; done

chaos-reward: setup-dev ## faults against the reward service: lost, wrong and hung must be 0  [FORM=full WORKSPACE=]
	@$(BIN)/python benchmarks/chaos_reward.py --form "$(FORM)" $(if $(filter-out file,$(origin WORKSPACE)),--workspace "$(WORKSPACE)")

up: ## the services by docker compose (comes with the images)
	@test -f docker-compose.yml || { echo "There are no images yet: use 'make run', which needs no Docker."; exit 1; }
	docker compose up -d --wait

images: ## the services' images (not there yet)
	@test -f services/reward_api/Dockerfile || { echo "There are no Dockerfiles yet: use 'make run', which needs no Docker."; exit 1; }
	docker compose build

docs: setup-dev ## write what the code itself tells: docs/openapi.json, docs/ground_truth.md
	@$(BIN)/python -m services.reward_api.documents

locks: setup-dev ## write locks/ again from pyproject.toml
	@bash locks/lock.sh

clean: ## remove the environment and caches; the workspace stays
	rm -rf .venv .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
