# Everything a newcomer needs is `make baseline` and `make test`; both set the environment up by themselves.
.DELETE_ON_ERROR:
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Made anew only when the locked packages or the project's own metadata change.
READY := $(VENV)/.ready

.PHONY: help setup baseline test check bench calibrate fuzz reports

help: ## Show what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(READY) ## Make the virtual environment from the locked packages (nothing else)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed; set PYTHON=/path/to/it" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

baseline: $(READY) ## Record the benchmarks of the bundled prover: 1 warmup + 5 measured runs each
	$(BIN)/harness baseline m8

test: $(READY) ## Run every check and every test, the real prover included
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest

check: $(READY) ## Format, lint, types and layers
	$(BIN)/ruff format --check harness tests
	$(BIN)/ruff check harness tests
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_layers.py

bench: $(READY) ## Measure the harness itself, as ratios, and write docs/bench.md
	$(BIN)/python -m tests.bench

calibrate: $(READY) ## Measure the decision rule on real runs (and calibration sessions in STORE), write docs/calibration.md
	$(BIN)/python -m tests.calibrate $(STORE)

fuzz: $(READY) ## Hold the log formats against the real tracing libraries, with random programs for FUZZ_MINUTES (3) minutes
	$(BIN)/python -m tests.oracle.fuzz

reports: $(READY) ## Render reports/ from the committed recordings
	$(BIN)/harness render metrics --milestone 8 m8 --target openvm-metal > reports/m8-metrics.md
	$(BIN)/harness render report m8 --target openvm-metal --plot reports/m8-samples.png > reports/m8-report.md
	$(BIN)/harness --store tests/data/turns render perf-notes base head > reports/perf-notes-example.md
	$(BIN)/harness --store tests/data/turns render metrics --milestone 9 head --base base > reports/m9-metrics.md
	$(BIN)/harness --store tests/data/turns render metrics --milestone 10 head --base base > reports/m10-metrics.md
	$(BIN)/harness --store tests/data/captured render metrics --milestone 11 session2 --base session1 --target openvm-cuda > reports/m11-metrics.md
	$(BIN)/harness --store tests/data/captured render metrics --milestone 12 session2 --base session1 --target openvm-cuda > reports/m12-metrics.md
	$(BIN)/harness --store tests/data/captured render metrics --milestone 13 session2 --base session1 --target openvm-cuda > reports/m13-metrics.md
	$(BIN)/harness --store tests/data/turns render metrics --milestone 14 head --base base > reports/m14-metrics.md
	$(BIN)/harness render metrics --milestone 15 m8 --target openvm-metal > reports/m15-metrics.md
	$(BIN)/harness render retrospective > reports/retrospective.md
