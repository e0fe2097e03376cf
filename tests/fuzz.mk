# SPDX-License-Identifier: MIT
# Fuzzers of the parsers: tests/fuzz/fuzz_<name>.c with its corpus in tests/fuzz/corpus/<name>/. make check replays the corpora;
# make fuzz TIME=60 lets clang's libFuzzer run each for so many seconds (FUZZ="name ...": only these; RUNS=, SEED=, JOBS=: tests/fuzz/run).

fuzz_names := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
fuzz_replays := $(patsubst %,$(OUT)/tests/fuzz/replay_%$(EXE),$(fuzz_names))

$(OUT)/tests/fuzz/replay_%$(EXE): $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/tests/fuzz/replay.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/tests/fuzz/libfuzzer_%: $(OUT)/tests/fuzz/fuzz_%.o $(library)
	$(CC) -fsanitize=fuzzer $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# The parsers are the same on every platform; under Wine thousands of loads would only take long.
ifeq ($(PLATFORM),linux)
check: fuzz-replay
endif
.PHONY: fuzz-replay fuzz-run
fuzz-replay: $(fuzz_replays)
	@TMPDIR=$$(mktemp -d) && export TMPDIR && trap 'rm -rf "$$TMPDIR"' EXIT && trap 'exit 130' INT TERM && \
	for name in $(fuzz_names); do \
		$(RUN) $(OUT)/tests/fuzz/replay_$$name$(EXE) tests/fuzz/corpus/$$name/* || \
			{ echo "replay of $$name failed"; exit 1; }; \
	done; echo "$(words $(fuzz_names)) corpora replayed"

TIME ?= 60
FUZZ ?= $(fuzz_names)
fuzz:
	@$(MAKE) -s CC=clang SAN=fuzzer-no-link,address,undefined fuzz-run

export TIME FUZZ
fuzz-run: $(patsubst %,$(OUT)/tests/fuzz/libfuzzer_%,$(FUZZ))
	@tests/fuzz/run $(OUT)/tests/fuzz $(FUZZ)
