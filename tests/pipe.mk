# SPDX-License-Identifier: MIT
# The conformance suite of engines over a named pipe: the programs for Windows, under Wine, against a private Docker Engine
# (root) that a relay puts at a pipe. make CROSS=x86_64-w64-mingw32- pipe-conformance
.PHONY: pipe-conformance
ifeq ($(PLATFORM),windows)
relay := $(OUT)/tests/pipe/relay$(EXE)

pipe-conformance: $(suite_tests) $(relay) $(program)
	@tests/pipe/run "$(RUN)" $(relay) $(program) $(suite_tests)

$(relay): $(OUT)/tests/pipe/relay.windows.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
else
pipe-conformance:
	@$(MAKE) -s CROSS=x86_64-w64-mingw32- $@
endif
