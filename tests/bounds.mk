# SPDX-License-Identifier: MIT
# What hostile files cost (tests/bounds), and that config gives its memory back (tests/leaks).

.PHONY: bounds leaks leaks-valgrind
bounds: $(program)
	@tests/bounds $(program)

leaks: $(program)
	@tests/leaks "" $(program)

leaks-valgrind: $(program)
	@tests/leaks "valgrind -q --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all --error-exitcode=99" $(program) 4

# A limit of the address space and AddressSanitizer's shadow exclude each other; under Wine thousands of services only take long.
ifeq ($(PLATFORM),linux)
ifeq ($(SAN),)
check: bounds
endif
ifneq ($(findstring address,$(SAN)),)
check: leaks
endif
valgrind: leaks-valgrind
endif
