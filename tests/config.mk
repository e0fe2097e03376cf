# SPDX-License-Identifier: MIT
# The flags of config, with the program itself.

# Paths differ under Wine.
ifeq ($(PLATFORM),linux)
check: config-flags
endif

.PHONY: config-flags
config-flags: $(program)
	@tests/config/run $(program)
