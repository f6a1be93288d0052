# For developers and the impatient; `make help` lists the targets.

VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# The tests of one file share a worker, and so its servers; the order of conftest.py is kept.
PYTEST := $(BIN)/pytest --dist loadfile --no-loadscope-reorder

# The real servers can be installed on Debian, so there a test that lacks one fails instead of being skipped.
export POSTMASTER_REQUIRE_SERVERS ?= $(if $(shell command -v apt-get),1,0)

# What runs with each version of ansible-core.
QUICK_WAYS := tests/unit/test_no_log.py tests/unit/role tests/integration/ways

# Nothing outside the repository may affect the tests, such as the user's collections and settings.
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
unexport ANSIBLE_CONFIG ANSIBLE_COLLECTIONS_PATH PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help install install-unit install-tests demo sandbox sandbox-stop test lint format types sanity unit integration artifact-test unpack-odoo bench bench-calls versions browser pictures clients pipelines nightly servers clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

# Installing

install: $(VENV)/.installed ## create .venv, whose ansible-playbook finds this collection

$(VENV)/.installed: requirements.txt tests/ansible-core.txt
	@python=$$(tests/tools/find-python); [ -x $(BIN)/python ] || "$$python" -m venv $(VENV)
	@echo "Installing what the collection needs into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r tests/ansible-core.txt
	@place=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/ansible_collections/postmaster; \
	    mkdir -p "$$place"; ln -sfn "$$(realpath --relative-to="$$place" .)" "$$place/mail"
	@touch $@

install-unit: $(VENV)/.installed-unit

$(VENV)/.installed-unit: $(VENV)/.installed tests/requirements-unit.txt
	@echo "Installing what the unit tests need into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r tests/requirements-unit.txt
	@touch $@

install-tests: $(VENV)/.installed-tests

$(VENV)/.installed-tests: $(VENV)/.installed-unit tests/requirements.txt
	@echo "Installing what the other tests and the checks need into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

servers: ## install the Debian packages of the servers that the tests start
	@tests/tools/install-servers
	@command -v npm > /dev/null || tests/tools/install-servers <(echo npm)

# Showing

demo: install ## give three companies their email domains; ODOO=19 uses a real Odoo
	@demo/run

sandbox: install ## start a stand-in for Odoo and a name server, to follow the README in sandbox/
	@$(BIN)/python demo/sandbox.py start

sandbox-stop: ## stop the sandbox
	@$(BIN)/python demo/sandbox.py stop

# Checking

# The tests with real servers mostly wait and the others mostly compute, so both run at once, the others at a lower
# priority. The output of each of them comes when it ends.
test: servers unpack-odoo install-tests ## everything: lint, types, sanity, artifact, unit and integration tests
	@failed=; \
	nice $(MAKE) --no-print-directory --jobs 2 --keep-going --output-sync=target sanity unit types lint artifact-test & \
	checks=$$!; trap 'kill $$checks 2> /dev/null || true' EXIT; \
	$(MAKE) --no-print-directory integration || failed="$$failed integration tests,"; \
	wait $$checks || failed="$$failed checks or unit tests,"; \
	if [ -n "$$failed" ]; then echo "Failed:$${failed%,} (see above)" >&2; exit 1; fi

# In the background, while pip installs. The first test that needs an Odoo waits for it, and says what failed.
unpack-odoo: servers
	@for version in 14 19; do nice tests/servers/odoo/odoo$$version.sh prepare &> /dev/null & done

lint: install-tests ## ruff, ansible-lint, changelog and documentation
	@tests/tools/lint

format: install-tests ## format the code with ruff
	@$(BIN)/ruff check --quiet --fix . && $(BIN)/ruff format .

types: install-tests ## mypy --strict, with the module names that Ansible uses
	@mkdir -p .cache/mypy/ansible_collections/postmaster
	@ln -sfn ../../../.. .cache/mypy/ansible_collections/postmaster/mail
	@$(BIN)/mypy $(foreach part,plugins tests $(wildcard demo),-p ansible_collections.postmaster.mail.$(part)) \
	    | sed 's|^.cache/mypy/ansible_collections/postmaster/mail/||'

sanity: install-tests ## ansible-test sanity, without ignores
	@tests/tools/sanity

unit: install-unit ## unit and property tests, for which few packages are installed
	@$(PYTEST) -n 2 tests/unit

# Four workers are faster than two even on two cores, because these tests mostly wait.
integration: servers install-tests ## tests with real servers
	@$(PYTEST) -n 4 tests/integration

artifact-test: install-tests ## build the collection, check its files, install it elsewhere, and read its documentation there
	@$(BIN)/python tests/tools/artifact.py

bench: servers install-tests ## benchmarks; they print their numbers
	@$(BIN)/pytest -s tests/benchmarks

bench-calls: servers install-tests ## API calls per change, compared with octoDNS and other modules, and for 200 zones; two minutes
	@$(BIN)/pytest -s -q -W ignore tests/benchmarks/bench_calls.py

versions: install ## the quick tests of the role, the modules and secrets with ansible-core 2.18 to 2.22; some minutes
	@tests/tools/versions $(QUICK_WAYS)

browser: servers install-tests ## the report of 50 domains in a browser, the pictures, and validators of all formats; two minutes
	@tests/tools/install-servers <(echo prometheus)
	@HYPOTHESIS_PROFILE=nightly $(BIN)/pytest tests/integration/reports/test_in_browser.py tests/browser

pictures: servers install-tests ## take the pictures of the documentation again
	@$(BIN)/python tests/tools/document_pictures.py

clients: servers install-tests ## the vendors' own clients for Node.js at our simulators of sending services; half a minute
	@$(BIN)/pytest tests/npm

pipelines: servers install-tests ## the pipelines of GitHub, GitLab and AWX from a pull request to a quiet night, and their validators; four minutes
	@HYPOTHESIS_PROFILE=nightly $(BIN)/pytest tests/integration/pipelines tests/pipelines

nightly: servers install-tests ## 2,000 examples of each property, 3,000 zones at each provider, 50 rollouts on Odoo 19, and all ways of running with ansible-core 2.18 to 2.22; more than an hour
	@tests/tools/nightly

clean: ## remove .venv and everything that was built or cached
	rm -rf $(VENV) sandbox .cache .hypothesis .mypy_cache .ruff_cache .pytest_cache build
