# SPDX-License-Identifier: MIT
# Fuzzers of the parsers: tests/fuzz/fuzz_<name>.c with its corpus in tests/fuzz/corpus/<name>/. make check replays the corpora;
# make fuzz TIME=60 lets clang's libFuzzer run each for so many seconds (FUZZ=name: only that one).

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
	@for name in $(fuzz_names); do \
		$(RUN) $(OUT)/tests/fuzz/replay_$$name$(EXE) tests/fuzz/corpus/$$name/* || \
			{ echo "replay of $$name failed"; exit 1; }; \
	done; echo "$(words $(fuzz_names)) corpora replayed"

TIME ?= 60
FUZZ ?= $(fuzz_names)
fuzz:
	@$(MAKE) -s CC=clang SAN=fuzzer-no-link,address,undefined TIME=$(TIME) FUZZ="$(FUZZ)" fuzz-run

# What is found new is kept under build/; a crash stays there as a file and ends the run.
fuzz-run: $(patsubst %,$(OUT)/tests/fuzz/libfuzzer_%,$(FUZZ))
	@for name in $(FUZZ); do \
		mkdir -p $(OUT)/tests/fuzz/found/$$name; \
		$(OUT)/tests/fuzz/libfuzzer_$$name -max_total_time=$(TIME) -timeout=10 -rss_limit_mb=2048 \
			-max_len=4096 -print_final_stats=0 -verbosity=0 -artifact_prefix=$(OUT)/tests/fuzz/ \
			$(OUT)/tests/fuzz/found/$$name tests/fuzz/corpus/$$name || exit 1; \
		echo "$$name: $(TIME) s, nothing found"; \
	done
