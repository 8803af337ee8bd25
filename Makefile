# `make run`, `make test` and `make lint` set up .venv by themselves when it is missing or stale;
# that needs the package index, everything else works with the network cut.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
SAMPLE := data/samples/article.txt

# A strict editable install shows only the files that were there when it was made, at the place
# where they were: a changed list, or a moved checkout, makes the set-up stale.
SETUP := $(shell { echo '$(CURDIR)'; \
	find configs data eval front model train -type f ! -path '*/__pycache__/*' ! -name '*.partial' \
	| LC_ALL=C sort; cat pyproject.toml constraints.txt; } | cksum | tr ' ' -)
STAMP := $(VENV)/setup-$(SETUP)

.PHONY: help run test lint docs setup

help:
	@echo "make run     extract entities and relations from $(SAMPLE)"
	@echo "make test    run the tests"
	@echo "make lint    check style, types and the arrows between the layers"
	@echo "make docs    build the documentation as a site, in build/site"
	@echo "make setup   set up .venv alone; the three above do it when it is missing or stale"
	@echo
	@echo "make PYTHON=python3.12 ...   create .venv with that Python; delete .venv to change it later"

run: $(STAMP)
	@$(VENV)/bin/khabar extract $(SAMPLE)

test: $(STAMP)
	@$(PY) -m pytest -q -n logical --maxprocesses 4 --dist worksteal

# The scripts are given to the interpreter, as their first lines name the place of the set-up.
lint: $(STAMP)
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy --strict -p khabar
	@$(PY) $(VENV)/bin/lint-imports

docs: $(STAMP)
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --quiet

setup: $(STAMP)

ifeq ($(wildcard build/__editable__.*),)
.PHONY: $(STAMP)
endif

$(STAMP):
	@$(PY) -m pip --version >/dev/null 2>&1 || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
			echo "'$(PYTHON)' is no Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; \
			exit 1; }; \
		echo "Creating $(VENV) with $$($(PYTHON) --version) ..." >&2; \
		$(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing Khabar and what constraints.txt pins (minutes the first time) ..." >&2
	@$(PY) -m pip install -qq --disable-pip-version-check --constraint constraints.txt \
		--editable '.[dev]' --config-settings editable_mode=strict
	@rm -f $(VENV)/setup-*
	@touch $@
	@echo "The set-up is done." >&2
