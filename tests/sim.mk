# SPDX-License-Identifier: MIT
# Simulations: the whole supervisor on a virtual clock with seeded faults. make sim DAYS=365 SEED=7
.PHONY: sim
sim_programs := $(patsubst %.c,$(OUT)/%$(EXE),$(sort $(wildcard tests/sim/*.c)))
DAYS ?= 1

$(OUT)/tests/sim/%$(EXE): $(OUT)/tests/sim/%.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CMOCKA) $(LIBS)

sim: $(sim_programs)
	@for program in $(sim_programs); do DAYS=$(DAYS) $(RUN) $$program || exit 1; done

# A day of it belongs to the tests.
ifeq ($(PLATFORM),linux)
check: sim
endif
