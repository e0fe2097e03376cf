# SPDX-License-Identifier: MIT
# The launcher of the embedded engine with real containers: make launch-check (root; ONLY="name ...": only these).
ifeq ($(PLATFORM),linux)
.PHONY: launch-check
launch_tools := $(patsubst %.c,$(OUT)/%,$(sort $(wildcard tests/launch/*.c)))

# What runs in a container has no libraries there, and no sanitizer.
$(OUT)/tests/launch/calls: tests/launch/calls.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -D_GNU_SOURCE -static -o $@ $<

$(filter-out %/calls,$(launch_tools)): %: %.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(INIT_LIBS)

launch-check: wincompose-init $(launch_tools)
	@TOOLS=$(abspath $(OUT)/tests/launch) INIT=$(abspath $(OUT)/wincompose-init) tests/launch/run $(ONLY)
endif
