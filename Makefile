# The fixed commands of this project; each works from a bare clone.
SHELL := /bin/bash
PYTHON ?= $(firstword $(shell command -v python3.11 python3) python3)
VENV := .venv
JOBS ?= $(shell nproc)
BIN := $(VENV)/bin
PACKAGES := dicom_node inference storage pyqt_console
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check audit bench console translations screenshots peers format clean

demo: $(VENV)/.runtime  ## the whole main job once, on loopback, into demo-output/
	$(BIN)/cspine-node demo --output demo-output

# Without what Qt draws with the console is not tested; in CI that fails.
NO_QT = $(shell [ -n "$$CI" ] || $(BIN)/python -c "import PyQt6.QtWidgets" 2>/dev/null || echo -p no:pytest-qt --ignore=tests/gui --ignore=tests/e2e/test_console.py)
test: $(VENV)/.dev peers  ## all tests
	$(BIN)/python -m pytest -q --numprocesses $(JOBS) --dist worksteal $(NO_QT)

check: $(VENV)/.dev  ## format, lint, types, import contracts, security
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(PACKAGES)

audit: $(VENV)/.dev  ## known vulnerabilities in what constraints.txt pins; needs a network
	$(PIP) pip-audit
	$(BIN)/pip-audit --strict --progress-spinner off --disable-pip --no-deps -r constraints.txt

bench: $(VENV)/.dev peers  ## tables on the screen, JSON in bench-output/
	$(BIN)/python -m tests.bench --output bench-output

console: $(VENV)/.console  ## the console against a node of its own with a handful of phantoms
	$(BIN)/cspine-node demo --console

translations: $(VENV)/.dev  ## the console's texts into the files of Qt Linguist, and those compiled
	$(BIN)/python -m tests.translations

screenshots: $(VENV)/.dev  ## every view of the console in both languages, themes and sizes, into screenshots-output/
	$(BIN)/python -m tests.screenshots screenshots-output

format: $(VENV)/.dev  ## write the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

peers:  ## the DICOM programs that the tests talk to
	@bash tests/install-peers.sh

clean:
	rm -rf $(VENV) demo-output bench-output screenshots-output

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install 3.11 or newer (Debian: apt install python3 python3-venv), or say PYTHON=path" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11: say PYTHON=path of a newer one" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv: install it (Debian: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e .
	@touch $@

$(VENV)/.console: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e '.[console]'
	@touch $@ $(VENV)/.runtime

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.runtime
