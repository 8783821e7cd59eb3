# Every command that a developer needs. Each one prepares the machine for itself and says what it does.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test browser build lint format bench chaos clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build, start everything and play one conversation (ONCE=1: check it, stop, exit 0 or 1)
	@Tests/Scripts/run $(if $(filter-out 0 no,$(ONCE)),--once)

test: ## All tests, on real Redis and Postgres that they start themselves (FILTER=regex: only those)
	@Tests/Scripts/test $(if $(FILTER),'$(FILTER)')

browser: ## The console's whole story in headless Chromium; pictures of every page in .run/screenshots
	@Tests/Scripts/browser-story

build: ## Build the release binaries, ingress and worker, into .build/release
	@Tests/Scripts/prepare-machine build
	swift build -c release

lint: ## Check format, direction of dependencies, house rules, scripts and docker files
	@Tests/Scripts/lint

format: ## Format all Swift code in place
	swift format --in-place --parallel --recursive Sources Tests Package.swift

bench: ## Measure against the budget, side by side with rivals and floors (ONLY="intake drain": only those)
	@Tests/Scripts/bench $(ONLY)

chaos: ## Kill, stop and cut everything under load, then compare accepted with stored (MINUTES=5 SEED=n)
	@Tests/Scripts/chaos --minutes $(or $(MINUTES),5) $(if $(SEED),--seed $(SEED))

clean: ## Remove what was built and what `make run` keeps
	rm -rf .build .run
