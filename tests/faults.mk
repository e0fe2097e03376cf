# SPDX-License-Identifier: MIT
# Faults between us and a real engine (docs/reliability.md): make faults tries a seeded tenth, make soak the whole.
.PHONY: faults soak
faults: wincompose$(EXE) $(proxy)
	@PROXY=$(abspath $(proxy)) tests/faults/run 10

soak: wincompose$(EXE) $(proxy)
	@PROXY=$(abspath $(proxy)) tests/faults/run 1
