# SPDX-License-Identifier: ISC
# The front door. The building itself is Meson's; this only names what people want.
#
#   make              release build, leaves build/noroshi; no test, no download
#   make run          install what is missing, build, show one drill day as incidents
#   make test         install what is missing, build, run every suite
#   make test-long PART=drill|fuzz|soak|sanitize|fault|fresh
#   make fuzz         each fuzz target for SECONDS=60
#   make bench        install the peers, measure noroshi beside them; BENCH_FLAGS=--quick to try it
#   make install      DESTDIR= PREFIX=/usr/local
#   make help         the same list

PREFIX ?= /usr/local
DESTDIR ?=
SECONDS ?= 60
SEED ?= 1
OUT ?= out
SCENARIO ?= 2008q3-day
# A warning is an error where nobody reads warnings.
WERROR := $(if $(CI),--werror,)
PYTHON := python3
NOROSHI := build/noroshi

.PHONY: all run test test-long fuzz bench install uninstall check-form packages help clean FORCE
.DEFAULT_GOAL := all

all: $(NOROSHI)

build/build.ninja:
	@command -v meson >/dev/null && command -v ninja >/dev/null || { \
		echo "meson or ninja is missing: 'make packages' installs what the build needs." >&2; \
		exit 1; }
	meson setup build --buildtype=release -Db_lto=true -Dtests=false $(WERROR)

# Ninja knows what is out of date; a copy that is the same file is left alone.
$(NOROSHI): build/build.ninja FORCE
	@ninja -C build
	@[ $@ -ef build/src/cli/noroshi ] || ln -f build/src/cli/noroshi $@ || \
		cp -f build/src/cli/noroshi $@

FORCE:

build-test/build.ninja:
	meson setup build-test --buildtype=release -Dtests=true $(WERROR)

build-fuzz/build.ninja:
	CC=clang meson setup build-fuzz --buildtype=debugoptimized -Dtests=false -Dfuzz=true \
		-Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link

packages:
	@tools/packages.sh build

run:
	@tools/packages.sh build
	@$(MAKE) --no-print-directory all
	@tools/show.sh $(NOROSHI) $(SCENARIO) $(SEED) $(OUT)

test:
	@tools/packages.sh build test
	@$(MAKE) --no-print-directory build-test/build.ninja
	@ninja -C build-test
	@$(PYTHON) test/run.py --build build-test $(TEST_FLAGS)

test-long:
	@tools/packages.sh build test long $(if $(filter fuzz sanitize,$(PART)),fuzz,)
	@$(PYTHON) test/long.py $(PART) $(LONG_FLAGS)

fuzz:
	@tools/packages.sh build fuzz
	@$(MAKE) --no-print-directory build-fuzz/build.ninja
	@ninja -C build-fuzz fuzz_programs
	@$(PYTHON) test/fuzz.py --build build-fuzz --seconds $(SECONDS)

# The bench's own programs: small, and of src only the headers of base.
BENCH_C := $(addprefix bench/,traffic.c mix.c frame.c format.c format_template.c write.c send.c)
BENCH_CFLAGS := -std=gnu17 -O2 -D_GNU_SOURCE -fno-strict-aliasing -Wall -Wextra -Wshadow \
	-Wno-unused-parameter -Wno-missing-field-initializers $(if $(CI),-Werror,) -Isrc -Ibench

build/bench/traffic: $(BENCH_C) bench/traffic.h | $(NOROSHI)
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) $(BENCH_C) -o $@

build/bench/reference: bench/reference.c | $(NOROSHI)
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) $< -lpcap -o $@

bench:
	@tools/packages.sh build bench
	@$(MAKE) --no-print-directory all build/bench/traffic build/bench/reference
	@ninja -C build src/place/bench_place
	@build/src/place/bench_place
	@$(PYTHON) bench/run.py $(BENCH_FLAGS)

check-form:
	@$(PYTHON) test/test_form.py
	@$(PYTHON) test/test_includes.py

install: all
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 $(NOROSHI) '$(DESTDIR)$(PREFIX)/bin/noroshi'
	@tools/install.sh $(NOROSHI) '$(DESTDIR)' '$(PREFIX)'

uninstall:
	@tools/install.sh --remove '$(DESTDIR)' '$(PREFIX)'

help:
	@sed -n 's/^#   make/  make/p' Makefile

clean:
	rm -rf build build-test build-fuzz
