# `make` alone lists what there is. A fresh machine needs Python 3.11, make and pip.

.DEFAULT_GOAL := help
.PHONY: help demo test check serve install lint format clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## set up what is missing, then show five recommendations and one answer
	@bash .make/demo.sh

test: ## set up what is missing, then run every test, quick ones first
	@bash .make/test.sh

check: ## lint, types, layers and unit tests, without a model
	@bash .make/test.sh check

serve: install ## start the model server
	@.venv/bin/thence model start
	@echo "To stop it: .venv/bin/thence model stop (it stops by itself after 30 minutes without a request)"

install: ## make the Python environment in .venv
	@bash .make/install.sh

lint: install ## check style and format
	@.venv/bin/python -m ruff check
	@.venv/bin/python -m ruff format --check

format: install ## put the code into its format
	@.venv/bin/python -m ruff check --fix
	@.venv/bin/python -m ruff format

clean: ## remove the environment, caches and build outputs; stop the model server of this checkout
	@bash .make/clean.sh
