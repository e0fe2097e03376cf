# SPDX-License-Identifier: MIT
# The Host Network Service in memory (tests/netns), which netns/ is tested against.
$(OUT)/tests/unit/test_hns$(EXE) $(OUT)/tests/unit/test_diagnosis$(EXE): $(OUT)/tests/netns/simulator.o

# The same as a vmcompute.dll, for the program under Wine.
ifeq ($(PLATFORM),windows)
vmcompute := $(OUT)/tests/netns/vmcompute.dll

$(vmcompute): $(OUT)/tests/netns/vmcompute.windows.o $(OUT)/tests/netns/simulator.o $(library)
	$(CC) $(ALL_LDFLAGS) -shared -o $@ $^ $(LIBS)

check: doctor-check
.PHONY: doctor-check
doctor-check: $(program) $(vmcompute)
	@tests/netns/wine $(program) $(vmcompute)
endif
