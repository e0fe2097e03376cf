# SPDX-License-Identifier: MIT
# Wrong project files, and all that config says of them: tests/wrong/<case>.yaml, .txt.

# Paths differ under Wine: the cases run where they were written.
ifeq ($(PLATFORM),linux)
check: wrong-golden
endif

.PHONY: wrong-golden wrong-update
wrong-golden: $(program)
	@tests/wrong/run $(program)

golden: wrong-update
wrong-update: $(program)
	@tests/wrong/run $(program) --update
