# Each target is one line that calls something named. PYTHON=python3.12 chooses the interpreter, ARGS="--web 3" passes options.
PYTHON ?= python3
.PHONY: up setup test lint demo bench drill messages reset

up: ## The whole site on this machine, until Ctrl-C
	@$(PYTHON) ops/bootstrap.py up $(ARGS)

setup: ## The environment of a developer: .venv with all packages by hash, scripts from npm, translations. Starts nothing
	@$(PYTHON) ops/bootstrap.py setup $(ARGS)

test: ## Everything that CI asks for; ARGS="-k name" for some tests, ARGS=nightly for more evidence
	@$(PYTHON) ops/bootstrap.py test $(ARGS)

lint: ## Only the checks that need no server
	@$(PYTHON) ops/bootstrap.py lint $(ARGS)

demo: ## Fill the running site with invented people and 300 drawn photographs; ARGS="--photos 50" for fewer
	@$(PYTHON) ops/bootstrap.py demo $(ARGS)

drill: ## Every drill, for an hour or so; ARGS="reads moves" for some. Each module in tests/drills says how to shorten it
	@.venv/bin/python -m tests.drills $(ARGS)

bench: ## Rendering against pyvips, sharp and the codecs; the data tier against others; cache and feeds; pages in Lighthouse. Never in CI
	@$(PYTHON) ops/bootstrap.py bench $(ARGS)

messages: ## Gather what is to be translated into config/locale (wants GNU gettext)
	@.venv/bin/python -m ops.translations gather

reset: ## Remove all local data; asks first
	@$(PYTHON) ops/bootstrap.py reset $(ARGS)
