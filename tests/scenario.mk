# SPDX-License-Identifier: MIT
# Scenarios on a real engine: make scenario, or make scenario ONLY="read restart".
ifeq ($(PLATFORM),linux)
.PHONY: scenario
scenario: wincompose $(OUT)/tests/proxy/proxy
	@PROXY=$(abspath $(OUT)/tests/proxy/proxy) tests/scenario/run $(ONLY)
endif
