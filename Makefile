# make run          everything on this machine, at http://127.0.0.1:8000 (PORT=...)
# make test         all tests, with real servers and a real browser
# make test-pooled  the same with PostgreSQL behind PgBouncer in transaction mode
# make check        what needs no server: style, types, architecture, migrations
# make bench        how fast it is
# make bench-streams  what open WebSockets cost while jobs flow
# make bench-scale  how it behaves with a million jobs
# make bench-console  how quick the console's pages are with ten million finished jobs
# make chaos        50,000 jobs while everything is killed at random; ARGS="--seed 7 --jobs 5000"
# make bench-peers  how fast other job queues are, beside it; ARGS="flowbit pgqueuer --rounds 5"

PYTHON ?= python3
VENV ?= .venv
# what all tests together are spread over; each has servers of its own
TEST_PROCESSES ?= 3
PORT ?= $(or $(API_PORT),8000)
BIN = $(VENV)/bin
MANAGE = $(BIN)/python manage.py
# settings of this checkout, if there are any
ENV = set -a; if [ -f .env ]; then . ./.env; fi; set +a;

.DELETE_ON_ERROR:
.PHONY: run test check bench bench-scale bench-streams bench-peers bench-console chaos test-pooled pgbouncer clean chromium

run: $(VENV)/.installed
	@$(ENV) exec $(MANAGE) up --port $(PORT)

test: $(VENV)/.installed-dev chromium pgbouncer
	$(BIN)/pytest $(or $(ARGS),-n $(TEST_PROCESSES) --dist worksteal)

test-pooled: $(VENV)/.installed-dev chromium pgbouncer
	FLOWBIT_TEST_POOLED=1 $(BIN)/pytest $(or $(ARGS),-n $(TEST_PROCESSES) --dist worksteal)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) check

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks.bench $(ARGS)

bench-streams: $(VENV)/.installed
	$(BIN)/python -m benchmarks.streams $(ARGS)

bench-scale: $(VENV)/.installed
	$(BIN)/python -m benchmarks.scale $(ARGS)

bench-console: $(VENV)/.installed
	$(BIN)/python -m benchmarks.console $(ARGS)

# each in an environment of its own, outside of this checkout
bench-peers: $(VENV)/.installed
	$(BIN)/python -m benchmarks.peers $(ARGS)

chaos: $(VENV)/.installed
	$(BIN)/python -m benchmarks.chaos $(ARGS)

# data stay: they are in .flowbit
clean:
	rm -rf .venv .venv313 *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not there: set PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Flowbit needs Python 3.11 or newer, and $(PYTHON) is older: set PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.installed

# What tests need and PyPI has not: Debian's package is installed where that is allowed.
chromium: NAMES = chromium chromium-browser google-chrome
chromium: NEEDED_BY = the browser tests
pgbouncer: NAMES = pgbouncer /usr/sbin/pgbouncer
pgbouncer: NEEDED_BY = what tests a transaction pooler
chromium pgbouncer:
	@for name in $(NAMES); do \
	    if command -v $$name >/dev/null; then exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi; \
	if command -v apt-get >/dev/null && $$as_root true 2>/dev/null \
	    && $$as_root apt-get update -qq \
	    && $$as_root apt-get install -y -qq --no-install-recommends $@ >/dev/null; then exit 0; fi; \
	echo "no $@ here, and none could be installed: $(NEEDED_BY) cannot run" >&2; \
	[ "$$CI" != true ]
