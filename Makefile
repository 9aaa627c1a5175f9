# Every target creates what it needs. `make demo` and `make test` are the two to know.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
WORKER_STAMP := $(VENV)/.installed-worker
KILLS ?= 60
STORM ?= 60
COVERED := --cov --cov-append --cov-report= --cov-fail-under=0
ORDERS ?= 20
# what is compiled once need not be compiled by every program and every worker of the tests again
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test orders check docs lint test-program test-worker test-browser test-postgres coverage crash bench mutants clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 || true)."; \
	  echo "Where a newer one is installed, name it: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }  # half of one would be taken for a whole
	@echo "Fetching what it needs into $(VENV); the first time this takes a minute or two."

$(STAMP): pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(DEV_STAMP): pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,postgres]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e docs/examples/matrix
	@touch $@ $(STAMP)

demo: $(STAMP) ## everything at once on this machine: open the address it prints
	@$(BIN)/hordebots demo

test: $(DEV_STAMP) ## the tests that need nothing but Python
	$(BIN)/python -m pytest -n 4 --dist loadgroup -m "not program and not exhaustive"

orders: $(DEV_STAMP) ## the same in another order each time (ORDERS=20); each run says which (its seed)
	for run in $$(seq $(ORDERS)); do \
		$(BIN)/python -m pytest -n 4 --dist loadgroup -m "not program and not exhaustive" \
			--random-order-bucket global || exit 1; \
	done

test-program: $(DEV_STAMP) ## the program itself, started as people do; thousands of texts
	$(BIN)/python -m pytest -n 2 --dist loadgroup --timeout 240 -m "program or exhaustive"

lint: $(DEV_STAMP) ## ruff, mypy (for Windows too), import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	$(BIN)/lint-imports

# torch is pinned to a small CPU build for the tests; an open range would take gigabytes of CUDA
$(WORKER_STAMP): $(DEV_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[worker,safety]'
	# spandrel without torchvision, whose usual build wants the CUDA torch; OpenCV for faces, and
	# onnx, with which the tests make a detector
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'spandrel>=0.4,<1' einops 'opencv-python-headless>=4.10,<6'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'onnx>=1.17,<2'
	@touch $@

test-worker: $(WORKER_STAMP) ## the worker against torch and diffusers, on the CPU
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup --timeout 300 tests/worker

test-browser: $(DEV_STAMP) ## the web pages in a real Chromium
	$(BIN)/python -m pytest --timeout 120 tests/browser

test-postgres: $(DEV_STAMP) ## the store on PostgreSQL
	$(BIN)/python -m pytest -n 4 --timeout 120 --database postgresql -m database tests/component

coverage: $(WORKER_STAMP) ## lines and branches that the tests go through, the program's own processes too
	$(BIN)/coverage erase
	$(BIN)/python -m pytest $(COVERED) -n 4 --dist loadgroup --timeout 600
	$(BIN)/python -m pytest $(COVERED) -n 4 --timeout 600 --database postgresql -m database tests/component
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(COVERED) -n 2 --dist loadgroup --timeout 600 tests/worker
	$(BIN)/coverage report

crash: $(DEV_STAMP) ## kill the running program again and again (KILLS=60), and send it faults (STORM=60)
	KILLS=$(KILLS) STORM=$(STORM) $(BIN)/python -m pytest -s --timeout 600 tests/crash

bench: $(DEV_STAMP) ## measure, and write docs/reference/performance.md
	$(BIN)/python -m tests.bench

mutants: $(DEV_STAMP) ## put faults into the code, one at a time, and see which the tests do not notice
	@$(BIN)/python -m tests.mutants mutants
	$(BIN)/mutmut run --max-children 2 $(MUTANTS:%='%')
	@$(BIN)/mutmut results --all true | $(BIN)/python -m tests.mutants

docs: $(DEV_STAMP) ## write the pages of the reference that come from the code
	$(BIN)/python -m bots.reference

check: lint test-program test-worker test-browser test-postgres crash ## all that CI runs beside `make test`

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) mutants .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
