# `make` alone prints the targets below with the comment above each.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo portal up test check faults fuzz hostile api-fuzz bench bench-judging bench-ledger bench-portal bench-queue bench-reading soak audit fmt clean

# The folders at the end are where apt puts programs: see .ci/bootstrap.
export CALLERS_PATH := $(PATH)
export PATH := $(CURDIR)/.venv/bin:$(PATH):/usr/local/bin:/usr/bin:/bin

help:
	@awk '/^# /{about = substr($$0, 3); next} /^[a-z-]+:/ && about {sub(/:.*/, ""); printf "make %-13s %s\n", $$0, about} {about = ""}' Makefile

# Read, decide and book the sample invoices in fixtures/; brings along whatever this machine lacks.
demo:
	@.ci/bootstrap demo
	@rm -rf var/demo
	cashback process --manifest fixtures/uploads.jsonl --data var/demo --rulebook fixtures/rulebook --partners fixtures/partners.json --on 2026-09-15
	@echo "  make portal    # shows it in a browser"

# Show the portal over what the demo stored, until Ctrl-C, with accounts to sign in with (PORT=).
portal:
	@.ci/bootstrap demo
	@PORT=$(PORT) exec .ci/portal

# Run PostgreSQL, Redis, the portal and two workers on this machine until Ctrl-C (PORT=, POSTGRES_PORT=, REDIS_PORT=).
up:
	@.ci/bootstrap up
	@PORT=$(PORT) POSTGRES_PORT=$(POSTGRES_PORT) REDIS_PORT=$(REDIS_PORT) exec .ci/up

# Prove that everything holds: style, types, floors, tests; brings along whatever this machine lacks.
test:
	@.ci/bootstrap test
	@# A file's tests go on from each other over one portal, so each file stays in one process.
	@began=$$SECONDS; status=0; \
	{ $(MAKE) --no-print-directory check && pytest -n 2 --dist loadfile; } || status=$$?; \
	echo "make test took $$((SECONDS - began)) s"; exit $$status

# The part of `make test` that runs no code: ruff, mypy, import-linter.
check:
	@.ci/bootstrap check
	@ruff check
	@ruff format --check
	@mypy
	@lint-imports --no-logo

# Kill, freeze and mislead real processes, and check that nothing breaks (optional: SHORT=1, ONLY=, DATABASE=).
faults:
	@.ci/bootstrap test
	@python -m tests.faults $(if $(SHORT),--short) $(if $(ONLY),--only '$(ONLY)') $(if $(DATABASE),--database '$(DATABASE)')

# Send the interface for programs what nobody would think of, made from its own description (optional: COUNT=).
api-fuzz:
	@.ci/bootstrap test
	@PYTHONPATH=tests python -m fuzzing $(if $(COUNT),--examples $(COUNT))

# Read hostile files, and odd harmless ones, as a worker does, and check what becomes of each (optional: ONLY=).
hostile:
	@.ci/bootstrap test
	@python -m tests.hostile $(if $(ONLY),--only '$(ONLY)')

# Try XML, numbers, pages, proofs and uploads with whatever comes up, and regular expressions with long texts (FUZZ_SECONDS=).
fuzz:
	@.ci/bootstrap test
	@python -m tests.fuzz --seconds $(or $(FUZZ_SECONDS),600)

# Time reading per kind of input, on fixtures/ or on CORPUS=DIR.
bench:
	@.ci/bootstrap demo
	@python -m bench.reading $(or $(CORPUS),fixtures)

# Measure reading in full: scores, soundness, peers, budgets (all optional: SEED=, COUNT=, PEERS=, DAMAGES=, CORPUS=DIR).
bench-reading:
	@.ci/bootstrap bench
	@python -m bench.report $(if $(SEED),--seed '$(SEED)') $(if $(COUNT),--count $(COUNT)) $(if $(PEERS),--peers $(PEERS)) \
		$(if $(DAMAGES),--damages $(DAMAGES)) $(if $(CORPUS),--corpus '$(CORPUS)')

# Time the ledger with a million entries: booking, balances, statements, the check of the chain (optional: COUNT=).
bench-ledger:
	@.ci/bootstrap test
	@python -m bench.ledger $(if $(COUNT),--count $(COUNT))

# Time judging alone, with a catalogue of 100 rows and of 100,000 (optional: SEED=, COUNT=).
bench-judging:
	@.ci/bootstrap demo
	@python -m bench.judging $(if $(SEED),--seed '$(SEED)') $(if $(COUNT),--count $(COUNT))

# Measure queue and state machine: throughput, latency, peers, many rows (optional: COUNT=, PEERS=, AGAIN=, ROWS=, ONLY=).
bench-queue:
	@.ci/bootstrap bench
	@python -m bench.queueing $(if $(COUNT),--count $(COUNT)) $(if $(PEERS),--peers $(PEERS)) $(if $(AGAIN),--again $(AGAIN)) \
		$(if $(ROWS),--rows $(ROWS)) $(if $(ONLY),--only $(ONLY))

# Measure the portal: uploads, times and weight of its pages, memory (optional: COUNT=, UPLOADS=, LARGE=, DATABASES=, ONLY=).
bench-portal:
	@.ci/bootstrap test
	@python -m bench.portal $(if $(COUNT),--count $(COUNT)) $(if $(UPLOADS),--uploads $(UPLOADS)) $(if $(LARGE),--large $(LARGE)) \
		$(if $(DATABASES),--databases $(DATABASES)) $(if $(ONLY),--only $(ONLY))

# Half an hour at full load among hostile files, on Redis and PostgreSQL: all must stay flat and whole (SECONDS=, CALM=).
soak:
	@.ci/bootstrap test
	@python -m tests.soak $(if $(SECONDS),--seconds $(SECONDS)) $(if $(CALM),--calm $(CALM))

# Look up the dependencies in the list of known weaknesses, which needs the internet, and their licences.
audit:
	@.ci/bootstrap test
	@pytest -q -n 0 tests/test_architecture.py -k gpl
	@.ci/audit

# Bring the code into its form and mend what ruff can mend.
fmt:
	@.ci/bootstrap check
	@ruff check --fix
	@ruff format

# Remove what was built here (environments, caches, the demo's and the bench's data); never the data in var/ itself.
clean:
	@rm -rf .venv .venv-uv .venv-peers dist var/demo var/bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
