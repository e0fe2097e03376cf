# SPDX-License-Identifier: MIT
# Which files make a project: tests/discovery. PEER_COMPOSE=... has docker compose read them as well.

# Paths and links differ under Wine.
ifeq ($(PLATFORM),linux)
check: discovery
endif

.PHONY: discovery discovery-update
discovery: $(program)
	@tests/discovery/run $(program)

golden: discovery-update
discovery-update: $(program)
	@tests/discovery/run $(program) --update
