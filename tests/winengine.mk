# SPDX-License-Identifier: MIT
# The Windows engine of the tests: make winengine, make winengine-check; with CROSS= under Wine, over the named pipe.
winengine := $(OUT)/tests/winengine/winengine$(EXE)
winengine_actor := $(OUT)/tests/winengine/actor$(EXE)
winengine_sources := $(filter-out %.$(other).c,$(sort $(wildcard tests/winengine/*.c)))
winengine_actor_objects := $(patsubst %.c,$(OUT)/%.o,$(filter tests/winengine/actor%,$(winengine_sources)))
winengine_objects := $(patsubst %.c,$(OUT)/%.o,$(filter-out tests/winengine/actor%,$(winengine_sources)) tests/proxy/message.c)

.PHONY: winengine winengine-check
winengine: $(winengine) $(winengine_actor)

$(winengine): $(winengine_objects) $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(winengine_actor): $(winengine_actor_objects)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(if $(EXE),-lws2_32,-lpthread)

winengine-check: winengine wincompose$(EXE) $(if $(EXE),,$(OUT)/tests/proxy/proxy)
	@$(if $(EXE),,PROXY=$(abspath $(OUT)/tests/proxy/proxy)) WINENGINE=$(abspath $(winengine)) RUNNER="$(RUN)" tests/winengine/run
