# SPDX-License-Identifier: MIT
# The conformance suite of engines: one program a file of tests/engine. make check runs it against the engine in memory,
# make conformance against a private Docker Engine (root) or the one that WINCOMPOSE_TEST_ENGINE names.
suite_tests := $(patsubst %.c,$(OUT)/%$(EXE),$(sort $(wildcard tests/engine/*.c)))
unit_tests += $(suite_tests)

.PHONY: conformance
unit: $(suite_tests)

conformance: $(suite_tests)
	@tests/engine/run $(suite_tests)

$(OUT)/tests/engine/%$(EXE): $(OUT)/tests/engine/%.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CMOCKA) $(LIBS)
