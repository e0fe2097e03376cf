# SPDX-License-Identifier: MIT
# Golden cases of the project loader: tests/project/<case>/, compared by tests/project/run.

show := $(OUT)/tests/project/show$(EXE)

$(show): $(OUT)/tests/project/show.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Paths differ under Wine: the cases run where they were written.
ifeq ($(PLATFORM),linux)
check: project-golden
endif

.PHONY: project-golden project-update parity parity-random parity-attributes
project-golden: $(show)
	@tests/project/run $(show)
	@tests/project/again $(show)

golden: project-update
project-update: $(show)
	@tests/project/run $(show) --update

# Optional: PEER_COMPOSE=/path/to/docker-compose make parity; parity-attributes asks it again what it does not know.
parity: $(show)
	@tests/parity/run $(show)

# The same with cases that chance makes: PEER_COMPOSE=... make parity-random [SEED=1] [COUNT=1000] [KINDS="files dotenv interpolation"].
invent := $(OUT)/tests/parity/invent$(EXE)
invent_objects := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/parity/*.c))

$(invent): $(invent_objects) $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

parity-random: $(show) $(invent)
	@SEED=$(SEED) COUNT=$(COUNT) KINDS="$(KINDS)" tests/parity/random $(show) $(invent)

parity-attributes: $(show)
	@tests/parity/attributes $(show)
