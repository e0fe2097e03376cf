# SPDX-License-Identifier: MIT
# Scenarios on a real engine: make scenario, or make scenario ONLY="read restart".
ifeq ($(PLATFORM),linux)
.PHONY: scenario
scenario: wincompose
	@tests/scenario/run $(ONLY)
endif
