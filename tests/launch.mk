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

# The time of a start beside runc's, which make bench prints as well.
.PHONY: launch-bench
launch-bench: $(OUT)/wincompose-init $(launch_tools)
	@TOOLS=$(abspath $(OUT)/tests/launch) INIT=$(abspath $(OUT)/wincompose-init) tests/launch/bench
ifeq ($(PARTS),)
bench: launch-bench
endif

launch-check: $(OUT)/wincompose-init $(launch_tools)
	@TOOLS=$(abspath $(OUT)/tests/launch) INIT=$(abspath $(OUT)/wincompose-init) tests/launch/run $(ONLY)
endif
