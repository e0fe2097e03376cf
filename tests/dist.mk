# SPDX-License-Identifier: MIT
# What a Windows user is given, made twice and looked into.
ifeq ($(PLATFORM),windows)
check: dist-check

.PHONY: dist-check
dist-check: $(program)
	@SYSROOT=$(SYSROOT) tests/dist/run $(program) $(VERSION)
endif
