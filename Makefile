# What people type. `make help` lists it; the build itself is Meson's (meson.build).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Debian 12 packages: what the server and the client need, and what the test suites need besides. COMMAND/PACKAGE
# is for a command that may be there from elsewhere.
SERVER_PACKAGES := meson ninja-build pkg-config cmake g++ python3 libgrpc++-dev libprotobuf-dev \
  protobuf-compiler protobuf-compiler-grpc libnghttp2-dev libssl-dev libcxxopts-dev libexpected-dev \
  libspdlog-dev libabsl-dev zlib1g-dev libsodium-dev libtomlplusplus-dev \
  prometheus-cpp-dev
TEST_PACKAGES := doctest-dev git procps clang clang-format clang-tidy libclang-rt-14-dev valgrind \
  nghttp2-client openssl python3-grpcio python3-protobuf systemd-analyze/systemd node/nodejs npm/npm chromium/chromium
# Guests for the tests of VSOCK. There is none for other machines.
TEST_PACKAGES += $(if $(filter x86_64,$(shell uname -m)),linux.uml/user-mode-linux)
# perf, and Brendan Gregg's flamegraph.pl.
FLAME_PACKAGES := linux-perf libdevel-nytprof-perl

JOBS ?= $(shell nproc)
LISTEN ?= 127.0.0.1:50051
TARGET ?= 127.0.0.1:50051
PAYLOAD ?= hello
SERVER_ARGS ?=
CLIENT_ARGS ?=
BENCH_ARGS ?=
STOCK_ARGS ?= $(filter --quick,$(BENCH_ARGS))
CALLGRIND_ARGS ?=
CRYPTO_BENCH_ARGS ?= $(filter --quick,$(BENCH_ARGS))
EDGE_ARGS ?= $(filter --quick,$(BENCH_ARGS))
VSOCK_BENCH_ARGS ?= $(filter --quick,$(BENCH_ARGS))
# clang-tidy takes minutes: `make lint` runs it, and `make test TIDY=1`.
TIDY ?= 0

ninja = ninja -C $(1) -j $(JOBS)
meson_test = meson test -C $(1) --num-processes $(JOBS) --print-errorlogs
TEST_DIRS := build-test build-asan build-tsan
# Of the debugging information what stacks of reports need; compiling and linking the rest takes long.
LINES_ONLY := -Ddebug=false -Dcpp_args=-g1

.PHONY: help
help: ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS=$$'\t' read -r name text; do \
	  printf '  make %-11s %s\n' "$$name" "$$text"; done

.PHONY: deps server-deps
deps: ## Install every Debian package that is missing (server, client, tests, lint, benchmark)
	@tools/install_packages.sh $(SERVER_PACKAGES) $(TEST_PACKAGES)
server-deps:
	@tools/install_packages.sh $(SERVER_PACKAGES)

.PHONY: build
build: server-deps ## Build the release programs in build/
	@tools/configure.sh build -Dbuildtype=release -Dtests=false -Dprograms=enabled
	@$(call ninja,build)

.PHONY: server
server: build ## Run the server (LISTEN=127.0.0.1:50051, SERVER_ARGS=)
	@tools/server_hint.sh $$$$ $(LISTEN) & exec build/src/hawser-server --listen $(LISTEN) $(SERVER_ARGS)

.PHONY: client
client: build ## Call the server once (TARGET=127.0.0.1:50051, PAYLOAD=hello, CLIENT_ARGS=)
	@build/tools/client/hawser-client echo --target $(TARGET) --payload '$(PAYLOAD)' $(CLIENT_ARGS)

.PHONY: benchmark
benchmark: deps build ## Measure against stock gRPC C++ on two cores (BENCH_ARGS=--quick for a first look)
	@tools/configure.sh build -Dbenchmarks=true
	@$(call ninja,build)
	@# When its load lagged, as it may on a busy machine, the others still have something to say.
	@status=0; rm -f build/benchmark.html; \
	build/tools/profile/hawser-profile stock --progress --html build/benchmark.html \
	  --json-file build/stock_benchmark.json $(STOCK_ARGS) || status=$$?; \
	[ ! -f build/benchmark.html ] || printf 'The same as a page, with plots: build/benchmark.html\n\n'; \
	python3 tests/bench/bench.py --build build --markdown build/benchmark.md \
	  --json build/benchmark.json $(BENCH_ARGS); \
	python3 tests/bench/edge.py --build build --markdown build/edge.md $(EDGE_ARGS); \
	python3 tests/bench/callgrind.py --build build $(CALLGRIND_ARGS); \
	python3 tests/bench/crypto_bench.py --build build --markdown build/crypto_benchmark.md \
	  --json build/crypto_benchmark.json $(CRYPTO_BENCH_ARGS); \
	python3 tests/bench/vsock_bench.py --build build --markdown build/vsock_benchmark.md $(VSOCK_BENCH_ARGS); \
	exit $$status

.PHONY: flame-graph
flame-graph: deps build ## Draw where hawser-server's processor time goes: build/flame_graph.svg
	@tools/install_packages.sh $(FLAME_PACKAGES)
	@tools/configure.sh build -Dbenchmarks=true
	@$(call ninja,build)
	@python3 tests/bench/flame_graph.py --build build --out build/flame_graph.svg

.PHONY: check
check: deps ## The inner loop: unit tests and lint, under a minute after the first build
	@tools/configure.sh build-debug -Dbuildtype=debug -Dwerror=true -Dtests=true
	@$(call ninja,build-debug)
	@$(call meson_test,build-debug) --suite unit --suite lint

.PHONY: test test-debug test-asan test-tsan
test: deps ## Everything CI runs: all suites, then under ASan+UBSan, then the threads under TSan
	@# Old results go first: a directory whose build fails has none, instead of yesterday's.
	@rm -f $(TEST_DIRS:%=%/meson-logs/testlog.json)
	@status=0; \
	for kind in debug asan tsan; do $(MAKE) test-$$kind || status=1; done; \
	python3 .ci/summary.py --table $(TEST_DIRS) || status=1; \
	exit $$status

test-debug:
	@tools/configure.sh build-test -Doptimization=2 -Db_ndebug=false $(LINES_ONLY) -Dwerror=true -Dtests=true \
	  -Dmerged_tests=true -Dbenchmarks=true -Dprograms=enabled
	@$(call ninja,build-test)
	@$(call meson_test,build-test) $(if $(filter 1,$(TIDY)),--setup everything)

# Without optimisation, and by clang, which is quicker with the sanitizers than GCC; all files of a library as one.
SANITIZER_OPTIONS := -Dunity=on -Dunity_size=1000 -Doptimization=0 $(LINES_ONLY) -Db_ndebug=false -Dtests=true -Dprograms=enabled -Db_lundef=false

test-asan:
	@CC=clang CXX=clang++ tools/configure.sh build-asan $(SANITIZER_OPTIONS) -Db_sanitize=address,undefined
	@$(call meson_test,build-asan) --no-suite lint --no-suite bench --no-suite stacks \
	  --no-suite unsanitized --timeout-multiplier 3

test-tsan:
	@CC=clang CXX=clang++ tools/configure.sh build-tsan $(SANITIZER_OPTIONS) -Db_sanitize=thread
	@$(call meson_test,build-tsan) --suite threads --timeout-multiplier 5

.PHONY: lint tidy
lint: deps ## The lint suite and clang-tidy over transport/, src/ and tools/
	@tools/configure.sh build-debug -Dbuildtype=debug -Dwerror=true -Dtests=true
	@$(call meson_test,build-debug) --suite lint --suite tidy
tidy: deps ## clang-tidy alone
	@tools/configure.sh build-debug -Dbuildtype=debug -Dwerror=true -Dtests=true
	@python3 tools/lint/tidy.py --build build-debug --jobs $(JOBS)

.PHONY: format
format: ## Format every C++ file in place
	@find transport src tools tests -name '*.h' -o -name '*.cc' | xargs clang-format -i

.PHONY: fuzz
fuzz: deps ## Run each fuzz target for 30 seconds (clang, build-fuzz/)
	@CC=clang CXX=clang++ tools/configure.sh build-fuzz -Ddebug=true -Doptimization=1 -Db_ndebug=false \
	  -Dfuzz=true -Dprograms=disabled -Db_sanitize=address,undefined -Db_lundef=false
	@$(call meson_test,build-fuzz) --suite fuzz

.PHONY: clean
clean: ## Remove every build directory
	rm -rf build build-*/
