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

# Networks on Linux: the process of a network, in network namespaces that the tests make. Root only.
ifeq ($(PLATFORM),linux)
net_program := $(OUT)/wincompose-net

$(net_program): $(OUT)/netns/linux/main.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lmnl -lnftables -luv -lpthread -ldl

net_tests := $(OUT)/tests/netns/stream $(OUT)/tests/netns/contract

$(net_tests): %: %.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: wincompose-net netns-check
wincompose-net: $(net_program)
netns-check: $(net_program) $(net_tests)
	@tests/netns/run $^
endif
