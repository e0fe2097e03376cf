# SPDX-License-Identifier: MIT
# The shells' completion, by the shells themselves.
ifeq ($(PLATFORM),linux)
check: completion-check
endif

.PHONY: completion-check
completion-check: $(program)
	@tests/completion/run $(program)
