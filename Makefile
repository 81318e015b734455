# make run starts everything; make help lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Targets share the virtual environment: side by side they would build it twice.
.NOTPARALLEL:

# The first of these that is Python 3.11 or newer makes the virtual environment; PYTHON=... picks one.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
VENV := .venv
VENV_SAM := .venv-sam
VENV_AUDIT := .venv-audit
VENV_FUZZ := .venv-fuzz
VENV_MUTATION := .venv-mutation
VENV_DEPLOY := .venv-deploy
VENV_BENCH := .venv-bench
RUN := $(VENV)/bin/python
SAM := $(VENV_SAM)/bin/sam
TEST_WORKERS ?= auto

# A stamp's name carries the hash of what was installed: nothing is installed again until that changes.
hash = $(shell cat $(1) 2>/dev/null | cksum | cut -d' ' -f1)
LOCAL_STAMP := $(VENV)/.installed-local-$(call hash,requirements.txt requirements-local.txt)
DEV_STAMP := $(VENV)/.installed-dev-$(call hash,requirements.txt requirements-local.txt requirements-dev.txt)
SAM_STAMP := $(VENV_SAM)/.installed-$(call hash,requirements-sam.txt)
AUDIT_STAMP := $(VENV_AUDIT)/.installed-$(call hash,requirements-audit.txt)
FUZZ_STAMP := $(VENV_FUZZ)/.installed-$(call hash,requirements.txt requirements-fuzz.txt)
MUTATION_STAMP := $(VENV_MUTATION)/.installed-$(call hash,requirements.txt requirements-local.txt requirements-dev.txt requirements-mutation.txt)
# Where tests note which AWS calls each function made (local/aws_calls.py).
CALLS := .calls
DEPLOY_STAMP := $(VENV_DEPLOY)/.installed-$(call hash,requirements-deploy.txt)
BENCH_STAMP := $(VENV_BENCH)/.installed-$(call hash,requirements.txt requirements-local.txt requirements-dev.txt requirements-bench.txt)

PIP_INSTALL = -m pip install --quiet --disable-pip-version-check

.PHONY: help
help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sort | awk -F':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

.PHONY: venv
venv: $(DEV_STAMP) ## Make .venv with everything for development

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3" >&2; exit 1; fi
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make virtual environments (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }

$(LOCAL_STAMP): | $(VENV)/bin/python
	@echo "Installing the libraries into $(VENV) ..."
	@$(RUN) $(PIP_INSTALL) --requirement requirements-local.txt
	@rm -f $(VENV)/.installed-local-* && touch $@

$(DEV_STAMP): | $(VENV)/bin/python
	@echo "Installing the libraries and tools into $(VENV) ..."
	@$(RUN) $(PIP_INSTALL) --requirement requirements-dev.txt
	@rm -f $(VENV)/.installed-* && touch $@ $(LOCAL_STAMP)

# Checks in a moment what is there, and mends what is not.
.PHONY: engines
engines: $(LOCAL_STAMP)
	@$(RUN) -m local.engines.install

$(SAM_STAMP):
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3" >&2; exit 1; fi
	@echo "Installing the SAM command line into $(VENV_SAM) ..."
	@"$(PYTHON)" -m venv $(VENV_SAM)
	@$(VENV_SAM)/bin/python $(PIP_INSTALL) --requirement requirements-sam.txt
	@rm -f $(VENV_SAM)/.installed-* && touch $@

# The emulator runs the functions with its own Python, which has to be Lambda's.
$(DEPLOY_STAMP):
	@command -v python3.11 >/dev/null || { echo "make deploy-test needs Python 3.11, the functions' own" >&2; exit 1; }
	@echo "Installing the AWS emulator into $(VENV_DEPLOY) ..."
	@python3.11 -m venv $(VENV_DEPLOY)
	@$(VENV_DEPLOY)/bin/python $(PIP_INSTALL) --requirement requirements-deploy.txt
	@rm -f $(VENV_DEPLOY)/.installed-* && touch $@

$(BENCH_STAMP):
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3" >&2; exit 1; fi
	@echo "Installing the relay and its peers into $(VENV_BENCH) ..."
	@"$(PYTHON)" -m venv $(VENV_BENCH)
	@$(VENV_BENCH)/bin/python $(PIP_INSTALL) --requirement requirements-bench.txt
	@rm -f $(VENV_BENCH)/.installed-* && touch $@

.PHONY: run
run: engines ## Start the relay here (no Docker, no AWS account); Ctrl-C stops it
	@exec $(RUN) -m local run

.PHONY: demo
demo: engines ## Watch real KOOK events arrive on stand-in platforms
	@exec $(RUN) -m local demo

.PHONY: standins
standins: engines ## Try the console between stand-ins for KOOK and the platforms; Ctrl-C ends it
	@exec $(RUN) -m local standins

.PHONY: test
test: $(DEV_STAMP) engines ## Run the tests
	@rm -rf $(CALLS)
	KOOK_RELAY_AWS_CALLS=$(CURDIR)/$(CALLS) $(RUN) -m pytest -n $(TEST_WORKERS) --ignore=tests/chaos --ignore=tests/browser --ignore=tests/fuzz --ignore=tests/api_schema $(TEST_ARGUMENTS)

# What fails is tried again so many times; what passes then is named at the end. CI does so once.
BROWSER_RERUNS ?= 0
# Two at most: each file has a relay of its own beside its Chromium.
.PHONY: browser-test
browser-test: $(DEV_STAMP) engines ## Use the console in a real Chromium; pictures go to build/browser
	@if command -v chromium chromium-browser google-chrome >/dev/null; \
	then $(RUN) -m pytest -q -n 2 --reruns $(BROWSER_RERUNS) tests/browser $(TEST_ARGUMENTS); \
	else echo "NOT RUN: Chromium is missing (on Debian and Ubuntu: apt-get install -y chromium fonts-noto-cjk)"; fi

.PHONY: upload-console
upload-console: $(LOCAL_STAMP) ## Upload the console to the stack STACK on AWS
	@[ -n "$(STACK)" ] || { echo "make upload-console STACK=name-of-the-stack" >&2; exit 1; }
	$(RUN) -m scripts.upload_console --stack "$(STACK)"

CHAOS_EVENTS ?= 2000
.PHONY: chaos
chaos: $(DEV_STAMP) engines ## Relay CHAOS_EVENTS messages while everything fails and the stack is killed
	CHAOS_EVENTS=$(CHAOS_EVENTS) $(RUN) -m pytest -q -s tests/chaos $(TEST_ARGUMENTS)

.PHONY: api-test
api-test: $(DEV_STAMP) engines ## Call every endpoint of the OpenAPI documents with generated requests
	$(RUN) -m pytest -q -n 2 --dist=load tests/api_schema $(TEST_ARGUMENTS)

.PHONY: api-test-long
api-test-long: $(DEV_STAMP) engines ## The same with many more requests, and others each time
	API_TEST_EXAMPLES=200 API_TEST_SEED=$${API_TEST_SEED:-$$RANDOM} $(RUN) -m pytest -q -n 2 --dist=load tests/api_schema $(TEST_ARGUMENTS)

.PHONY: lint
lint: $(DEV_STAMP) ## Check style, types, import rules and the template
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/cfn-lint template.yaml

.PHONY: format
format: $(DEV_STAMP) ## Rewrite the code in the project's style
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

.PHONY: openapi
openapi: $(LOCAL_STAMP) ## Write docs/api/, docs/errors and the page at /docs from the code
	$(RUN) -m scripts.make_openapi

.PHONY: coverage
coverage: ## Show what tests miss in shared/ and functions/; fails under 92 % of lines and branches
	@$(MAKE) coverage-erase coverage-run coverage-report

.PHONY: coverage-erase
coverage-erase: $(DEV_STAMP)
	@$(VENV)/bin/coverage erase

# What TESTS did is added to what was measured before.
TESTS ?= tests/unit tests/property tests/contract tests/security
.PHONY: coverage-run
coverage-run: $(DEV_STAMP) engines
	KOOK_RELAY_AWS_CALLS=$(CURDIR)/$(CALLS) $(VENV)/bin/coverage run -m pytest -q -n $(TEST_WORKERS) $(TESTS) $(TEST_ARGUMENTS)

.PHONY: coverage-report
coverage-report: $(DEV_STAMP)
	$(VENV)/bin/coverage combine --quiet
	$(VENV)/bin/coverage report

$(AUDIT_STAMP):
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3" >&2; exit 1; fi
	@echo "Installing the audits into $(VENV_AUDIT) ..."
	@"$(PYTHON)" -m venv $(VENV_AUDIT)
	@$(VENV_AUDIT)/bin/python $(PIP_INSTALL) --requirement requirements-audit.txt
	@rm -f $(VENV_AUDIT)/.installed-* && touch $@

.PHONY: audit
audit: bandit template-audit ## Look for weaknesses in the code (bandit) and the template (checkov)

.PHONY: bandit
bandit: $(AUDIT_STAMP)
	$(VENV_AUDIT)/bin/bandit -q -r shared functions local scripts -c pyproject.toml

.PHONY: template-audit
template-audit: $(AUDIT_STAMP) $(DEV_STAMP)
	$(VENV)/bin/cfn-lint template.yaml
	$(RUN) -m scripts.template_audit $(VENV_AUDIT)/bin/checkov

.PHONY: advisories
advisories: $(AUDIT_STAMP) $(DEV_STAMP) ## Ask whether a library has a known weakness (pip-audit)
	$(RUN) -m scripts.advisories $(VENV_AUDIT)/bin/pip-audit requirements.txt

.PHONY: policies
policies: $(DEV_STAMP) ## Compare each function's role with the calls it made in the last tests
	$(RUN) -m scripts.policies $(CALLS)

$(FUZZ_STAMP):
	@"$(PYTHON)" -m venv $(VENV_FUZZ)
	@echo "Installing the fuzzer into $(VENV_FUZZ) ..."
	@$(VENV_FUZZ)/bin/python $(PIP_INSTALL) --requirement requirements-fuzz.txt \
		|| { rm -rf $(VENV_FUZZ); echo "NOT RUN: atheris cannot be installed for $(PYTHON): use Python 3.11 to 3.13" >&2; exit 1; }
	@rm -f $(VENV_FUZZ)/.installed-* && touch $@

FUZZ_SECONDS ?= 600
.PHONY: fuzz
fuzz: $(FUZZ_STAMP) ## Feed hostile input to each reader for FUZZ_SECONDS (FUZZ_TARGETS names some)
	$(VENV_FUZZ)/bin/python -m tests.fuzz $(FUZZ_SECONDS) .fuzz $(FUZZ_TARGETS)

$(MUTATION_STAMP):
	@echo "Installing mutmut into $(VENV_MUTATION) ..."
	@"$(PYTHON)" -m venv $(VENV_MUTATION)
	@$(VENV_MUTATION)/bin/python $(PIP_INSTALL) --requirement requirements-mutation.txt
	@rm -f $(VENV_MUTATION)/.installed-* && touch $@

.PHONY: mutation
mutation: $(MUTATION_STAMP) $(BENCH_STAMP) engines ## Count the deliberate faults that unit tests notice, on a sample
	@exec $(VENV_BENCH)/bin/python -m benchmarks mutation

.PHONY: prove
prove: $(DEV_STAMP) ## Run all checks of hostile input and access, and print a table
	@rm -rf $(CALLS)
	@$(MAKE) coverage-erase
	@exec $(RUN) -m scripts.prove full

.PHONY: prove-short
prove-short: $(DEV_STAMP) ## Run what CI runs of it beside the tests
	@exec $(RUN) -m scripts.prove short

# Not ?=: some systems have a NAME in the environment.
NAME =
ROUNDS ?= 7
.PHONY: bench
bench: $(BENCH_STAMP) engines $(if $(filter package,$(or $(NAME),package)),$(SAM_STAMP)) ## Measure against peers and floors: NAME=decode for one; figures go to benchmarks/RESULTS.md
	@exec $(VENV_BENCH)/bin/python -m benchmarks --rounds $(ROUNDS) $(NAME)

.PHONY: sam-build
sam-build: $(SAM_STAMP) ## Validate the template and build what `sam deploy` would upload
	SAM_CLI_TELEMETRY=0 $(SAM) validate --lint
	SAM_CLI_TELEMETRY=0 $(SAM) build

.PHONY: sam-test
sam-test: $(SAM_STAMP) $(DEV_STAMP) engines ## Build with SAM and run the functions in real containers
	@exec $(RUN) -m scripts.sam_test

.PHONY: deploy-test
deploy-test: $(SAM_STAMP) $(DEPLOY_STAMP) $(DEV_STAMP) ## Deploy to an AWS emulator, relay an event, upgrade from the commit before
	@exec $(RUN) -m scripts.deploy_test

.PHONY: clean
clean: ## Remove everything that was built or installed (the relay's data in DATA_DIR stays)
	rm -rf $(VENV) $(VENV_SAM) $(VENV_AUDIT) $(VENV_FUZZ) .fuzz $(CALLS) .aws-sam .engines .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
