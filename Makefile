# Two commands for a fresh machine with Python 3.11 or later: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint bench bench-accuracy bench-speed fuzz clean

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Chorusline needs Python 3.11 or later; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,spark,embeddings]'
	touch $(READY)

demo: $(READY)
	$(BIN)/python -m bench.demo demo

test: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python -m bench.planted
	$(BIN)/python -m bench.archive

bench-accuracy: $(READY)
	$(BIN)/python -m bench.accuracy

bench-speed: $(READY)
	$(BIN)/python -m bench.speed

# Coverage-guided, two minutes; not part of `make test`, which fuzzes with hypothesis.
fuzz: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	$(BIN)/python -m bench.fuzz 60

clean:
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache fuzz-faults
