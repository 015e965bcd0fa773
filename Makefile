# Each target is one line that calls something named. PYTHON=python3.12 chooses the interpreter, ARGS="--web 3" passes options.
PYTHON ?= python3
.PHONY: up test lint reset

up: ## The whole site on this machine, until Ctrl-C
	@$(PYTHON) ops/bootstrap.py up $(ARGS)

test: ## Everything that CI asks for
	@$(PYTHON) ops/bootstrap.py test $(ARGS)

lint: ## Only the checks that need no server
	@$(PYTHON) ops/bootstrap.py lint $(ARGS)

reset: ## Remove all local data; asks first
	@$(PYTHON) ops/bootstrap.py reset $(ARGS)
