.DEFAULT_GOAL := help
.PHONY: run test packages docs-test e2e-all schemathesis crash-test backup-test compose-test lint fmt deny bench abuse secure reliability control-test console-timings screenshots upgrade-test prove soak mutants build doc migrate secrets ci help

# Extra arguments for run, test, bench and migrate: make run ARGS='--listen 127.0.0.1:9090'
ARGS ?=

run: ## serve with the embedded database and fixed development keys; ARGS='--listen 127.0.0.1:9090' takes another port
	@scripts/run $(ARGS)

test: ## all tests, on both databases; ARGS selects some
	@scripts/test $(ARGS)

packages: ## the helpers for tests with the program inside, into dist/: a wheel, npm packages and a crate; tested without a network
	@scripts/packages $(ARGS)

docs-test: ## every shell block of the README and of docs/, run and compared; ARGS selects documents, or lists the blocks by --list
	@scripts/docs-test $(ARGS)

e2e-all: ## every suite of real clients, also those that install much; ARGS=--postgres takes the other database
	@e2e/run --all $(ARGS)

schemathesis: ## 20 000 random requests from the OpenAPI document, on each database; CASES sets the number
	@scripts/schemathesis

crash-test: ## workers killed each second for a minute, on a private PostgreSQL
	@scripts/crash-test

backup-test: ## backups of 100 000 sessions from each database to the other and back, optimised: their times and the goal
	@scripts/backup-test

compose-test: ## the containers: built, killed, stopped and replaced under load; starts an engine if none runs; ARGS selects parts
	@scripts/compose-test $(ARGS)

lint: ## formatting, clippy, dependencies, documentation, files of the deployment
	@scripts/lint

fmt: ## format the code
	@cargo fmt --all

deny: ## licences, sources and bans of all dependencies
	@scripts/tools deny && PATH="$$PATH:target/tools/bin" cargo deny --all-features check bans licenses sources

bench: ## the benchmark, optimised, on a private PostgreSQL
	@scripts/bench $(ARGS)

abuse: ## floods of requests against the optimised binary: their memory and the goals; ARGS selects parts
	@scripts/abuse --release $(ARGS)

secure: ## the proofs of security at their full size, on both databases: a table of figures and goals; ARGS selects parts
	@scripts/secure $(ARGS)

reliability: ## the proofs of reliability at their full size, with a PostgreSQL that is restarted; ARGS selects parts
	@scripts/reliability $(ARGS)

control-test: ## test control, optimised: its times, goals and promises; ARGS='--database postgres' takes the other database
	@scripts/control-test $(ARGS)

console-timings: ## the pages of the console with a million jobs, optimised: their times and the goal; ARGS='--database postgres' takes the other database
	@scripts/console-timings $(ARGS)

screenshots: ## pictures of all pages of the console, into target/screenshots; ARGS=--readme takes the one of the README
	@scripts/screenshots $(ARGS)

upgrade-test: ## a rolling upgrade from the last tagged release, and back, under load
	@scripts/upgrade-test $(ARGS)

prove: ## what is acknowledged stays, whatever happens: kills, races, random requests; prints its seed; ARGS selects parts
	@scripts/prove $(ARGS)

soak: ## half an hour at half of the capacity: memory, open files, times; ARGS='--minutes 5' is shorter
	@scripts/soak $(ARGS)

mutants: ## small mistakes in the domain and the use cases: how many of 300 the tests notice; takes hours
	@scripts/mutants $(ARGS)

build: ## the optimised binary, target/release/derslik
	@scripts/require rust cc && cargo build --release --locked -p derslik

doc: ## the API documentation, target/doc
	@RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --all-features

migrate: ## bring the database up to date
	@scripts/require rust cc && cargo run --quiet -p derslik -- migrate $(ARGS)

secrets: ## random secrets for docker-compose.yml, into .env, once
	@scripts/secrets

ci: ## what continuous integration runs
	@.ci/run

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
