# lobby: everything that is done to this repository. `make` alone lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# The Go of go.dev is often not on PATH (under sudo, for one), or stands behind the system's older one.
GO_FOLDER := $(shell /usr/local/go/bin/go version 2>/dev/null | grep -q ' go1\.\(2[6-9]\|[3-9][0-9]\)' && echo /usr/local/go/bin:)
export PATH := $(GO_FOLDER)$(PATH)
export GOFLAGS ?= -mod=readonly

NEED := .ci/need
BIN := bin/lobby
LINT_VERSION := v2.15.0
LINT := bin/golangci-lint-$(LINT_VERSION)
TESTSUM_VERSION := v1.13.0
TESTSUM := bin/gotestsum-$(TESTSUM_VERSION)
TEST_LOG := var/test.json
HTMX := 4.0.1
PICO := 2.1.1
AXE := 4.14.1
AXE_FILE := app/boot/journeys/testdata/axe.min.js
# How long all tests may take together, on a small machine with the race detector.
TEST_TIMEOUT ?= 30m

.PHONY: help
help: ## list what there is
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

.PHONY: run
run: ## build and run the demo: kiosk, wall and desk on this machine (DEMO=no: a site of your own, in ./var/site)
	@$(NEED) go postgresql
	@$(MAKE) --no-print-directory build
ifeq ($(DEMO),no)
	@LOBBY_ADDR="$${LOBBY_ADDR:-127.0.0.1:8080}" LOBBY_DATA="$${LOBBY_DATA:-./var/site}" exec ./$(BIN) serve --demo=false
else
	@exec ./$(BIN) serve --demo
endif

.PHONY: build
build: ## build the static binary bin/lobby
	@$(NEED) go
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o $(BIN) .

.PHONY: test
test: ## run every test (installs PostgreSQL, Chromium, fonts and a C compiler where missing)
	@$(NEED) go postgresql chromium fonts gcc
	@$(MAKE) --no-print-directory tests

.PHONY: check
check: ## what CI runs: format, generated files, vet, lint, all tests with the race detector
	@$(NEED) go postgresql chromium fonts gcc
	@$(MAKE) --no-print-directory formatted generated vet lint
	@$(MAKE) --no-print-directory tests FLAGS=-race

# The tests, and then the list of rules in ARCHITECTURE.md against the log of their run.
.PHONY: tests
tests: $(TESTSUM)
	@mkdir -p $(dir $(TEST_LOG))
	$(TESTSUM) --format pkgname --jsonfile $(TEST_LOG) -- $(FLAGS) -count=1 -timeout $(TEST_TIMEOUT) ./...
	go test -count=1 -tags rules -run TestRulesOfTheHandbook ./app/boot

.PHONY: shots
shots: ## make the pictures of the README from the demo site
	@$(NEED) go postgresql chromium fonts
	go test -count=1 -tags shots -run TestShots ./app/boot/journeys

.PHONY: formatted
formatted:
	@wrong=$$(gofmt -l $$(find . -name '*.go' -not -path './bin/*')); \
	if [ -n "$$wrong" ]; then echo "Not formatted; run gofmt -w on:"; echo "$$wrong"; exit 1; fi

.PHONY: generate
generate: ## generate the Go files of the templates
	@$(NEED) go
	go tool templ generate

# The generated files have to be what the templates say, whether or not they are committed yet.
.PHONY: generated
generated:
	@before=$$(find . -name '*_templ.go' | sort | xargs cksum); \
	go tool templ generate >/dev/null || exit 1; \
	after=$$(find . -name '*_templ.go' | sort | xargs cksum); \
	if [ "$$before" != "$$after" ]; then \
		echo "Generated files were stale; they are fresh now, commit them (make generate)."; git status --short -- '*_templ.go'; exit 1; fi

.PHONY: vet
vet:
	go vet ./...

.PHONY: lint
lint: $(LINT) ## run the linters
	$(LINT) run ./...

$(LINT):
	@mkdir -p bin
	GOFLAGS= GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@mv bin/golangci-lint $(LINT)

$(TESTSUM):
	@mkdir -p bin
	GOFLAGS= GOBIN=$(CURDIR)/bin go install gotest.tools/gotestsum@$(TESTSUM_VERSION)
	@mv bin/gotestsum $(TESTSUM)

.PHONY: bench
bench: ## measure the figures of BENCH.md (installs PostgreSQL where missing)
	@$(NEED) go postgresql
	@$(MAKE) --no-print-directory build
	go run ./app/boot/bench

.PHONY: vendor
vendor: ## fetch the vendored browser files again from their npm packages (needs npm)
	@command -v npm >/dev/null || { echo "make vendor needs npm; type: apt-get install npm"; exit 1; }
	@set -eu; \
	work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	fetch() { \
		mkdir -p "$$work/$$2"; \
		tar -xzf "$$work/$$(cd "$$work" && npm pack --silent "$$1@$$3")" -C "$$work/$$2" --strip-components=1; \
	}; \
	fetch htmx.org htmx.org $(HTMX); \
	fetch @picocss/pico pico $(PICO); \
	fetch axe-core axe-core $(AXE); \
	cp "$$work/htmx.org/dist/htmx.min.js" "$$work/htmx.org/dist/ext/hx-ws.min.js" static/vendor/; \
	cp "$$work/htmx.org/LICENSE" static/vendor/htmx.LICENSE; \
	cp "$$work/pico/css/pico.min.css" static/vendor/; \
	cp "$$work"/pico/LICENSE* static/vendor/pico.LICENSE; \
	mkdir -p $(dir $(AXE_FILE)); \
	cp "$$work/axe-core/axe.min.js" $(AXE_FILE); \
	cp "$$work/axe-core/LICENSE" $(dir $(AXE_FILE))axe.LICENSE; \
	git status --short -- static/vendor $(dir $(AXE_FILE))

.PHONY: clean
clean: ## remove what was built (never data)
	rm -rf bin
