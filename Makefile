# make app    install what is missing and serve the app on http://localhost:8501
# make test   lint, types, layers and every test
# make audit  ask the network whether a pinned package has a known weakness (not part of make test)
# make checkpoints   train the bundled checkpoints again (MNIST from VAELAB_DATA)

PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: app test lint audit checkpoints

app: .venv/app-installed
	@$(BIN)/python -m ui.port $(PORT)
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: .venv/dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/oxlint --deny-warnings ui

audit: .venv/dev-installed
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

checkpoints: .venv/app-installed
	$(BIN)/python -m vae_core checkpoints --rebuild all

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/app-installed: requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing (a minute or two, once) ..."
	$(INSTALL) --requirement requirements.txt
	@touch $@

.venv/dev-installed: requirements-dev.txt requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing (a minute or two, once) ..."
	$(INSTALL) --requirement requirements-dev.txt
	@touch $@
