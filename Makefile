# Everything goes through here; "make" alone lists it.
.DEFAULT_GOAL := help
.PHONY: deps env build demo test test-golden test-cuda race lint bench interop fuzz fmt tidy docs readme dist dist-test help

# Where native dependencies lie, and how to link them; see .ci/env.sh.
export ORTRAIN_DEPS := $(shell . ./.ci/lib.sh && deps_dir)
LIB := $(shell . ./.ci/lib.sh && lib_dir)
with = $(if $(findstring $(1),$(2)),$(2),$(strip $(1) $(2)))
export CGO_LDFLAGS := $(call with,-L$(LIB),$(CGO_LDFLAGS))
export CGO_CPPFLAGS := $(call with,-I$(LIB),$(CGO_CPPFLAGS))

# A test that needs ONNX Runtime fails without one, rather than being skipped.
TEST := ORTRAIN_REQUIRE_ORT=1 go test -timeout 30m
PACKAGES ?= ./...

deps: ## install the native dependencies (CUDA=1: ONNX Runtime with CUDA)
	@$(if $(CUDA),ORTRAIN_CUDA=1) ./.ci/deps.sh

env: ## print what a plain go build or go test needs: eval "$$(make -s env)"
	@./.ci/env.sh

build: deps ## build bin/ortrain
	@. ./.ci/lib.sh && waiting "the build of bin/ortrain" go build -trimpath -o bin/ortrain ./cmd/ortrain

dist: ## pack dist/*.tar.gz: program, ONNX Runtime, licences, manual, completions (see docs/DISTRIBUTION.md)
	@./.ci/dist.sh

dist-test: ## unpack and run that archive in an empty Debian (needs root and debootstrap)
	@./.ci/dist_test.sh

demo: build ## run testdata/demo/recipe.yaml on generated data: clean, train, test, attack, report, export
	./examples/demo.sh

test: deps ## run all tests
	go vet $(PACKAGES)
	$(TEST) $(PACKAGES)
	cd examples/embed && go vet . && $(TEST) . && go run .

test-golden: deps ## run the tests against stored vectors and official artifacts
	$(TEST) -count=1 -run Golden $(PACKAGES)

test-cuda: ## run the tests that need a CUDA device
	@./.ci/test-cuda.sh

race: deps ## run all tests with the race detector
	$(TEST) -race -timeout 60m $(PACKAGES)

docs: deps ## write docs/cli, a page for each command, and docs/ortrain.1 from the program itself
	go test ./cmd/internal/cli -run 'TestPages|TestManual$$' -count=1 -update

readme: build ## paste the demo's output and a picture of its page into the READMEs (FRESH=1: run the demo anew)
	@./.ci/readme.sh

lint: ## go vet, gofmt, golangci-lint and shellcheck (the last two if installed)
	@./.ci/lint.sh

bench: build ## measure against the peers; the table goes to docs
	./bench/run.sh

interop: build ## hand exports and artifacts to other runtimes and compare
	./interop/run.sh

fuzz: deps ## run every fuzz target for FUZZTIME (60s)
	@./.ci/fuzz.sh

fmt: ## format the Go sources
	gofmt -s -w $$(git ls-files --cached --others --exclude-standard '*.go')

tidy: ## bring go.mod of the module and of the examples up to date
	for dir in . examples/embed examples/serve-go; do (cd $$dir && go mod tidy) || exit 1; done

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | tr -s '$$' | expand -t 20
