# Everything a person types here sets itself up: a fresh Debian with Python 3.11, make and root is enough.
.DEFAULT_GOAL := help
.PHONY: help run test soak lint format bench lock migration docs coverage-table install clean
BIN := .venv/bin
WORKERS ?= 2

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: ## start MostID, its worker, the simulators and the example services
	@scripts/environment.sh run
	@exec $(BIN)/python -m scripts.run $(ARGS)

test: ## run every test but the long ones, on every database and in a browser
	@scripts/environment.sh dev
	@scripts/install_services.sh
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

soak: ## run the long tests: storms, kills, large samples
	@scripts/environment.sh dev
	@scripts/install_services.sh
	$(BIN)/python -m pytest -m soak $(ARGS)

lint: ## check style, types and the order of the rooms
	@scripts/environment.sh dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: ## put code into its form
	@scripts/environment.sh dev
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: ## measure the endpoints and write bench/results/
	@scripts/environment.sh dev
	$(BIN)/python -m bench $(ARGS)

lock: ## resolve requirements/*.in into hash-locked requirements/*.txt
	@scripts/environment.sh dev
	@for kind in run dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --no-header requirements/$$kind.in --output-file requirements/$$kind.txt || exit 1; \
	done

migration: ## write a migration from the tables as they are now: make migration NAME="what it does"
	@scripts/environment.sh dev
	@test -n "$(NAME)" || { echo 'say what it does: make migration NAME="..."' >&2; exit 2; }
	$(BIN)/python -m migrations.commands "$(NAME)"

docs: coverage-table ## write the pages that are made from code and tests anew
	$(BIN)/python -m scripts.settings_reference docs/settings.md

coverage-table: ## write docs/security-coverage.md and docs/protocol.md anew: what is proved by which tests
	@scripts/environment.sh dev
	$(BIN)/python -m scripts.sr_table docs/security-coverage.md
	$(BIN)/python -m scripts.rule_table docs/protocol.md

install: ## set up the environment and the services for tests, and run nothing
	@scripts/environment.sh dev
	@scripts/install_services.sh

clean: ## forget all data and keys of this checkout
	rm -rf var
