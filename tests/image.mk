# SPDX-License-Identifier: MIT
# The verb image against Debian's registry, with skopeo and umoci as those who judge: make image-check. Linux only.
ifeq ($(PLATFORM),linux)
.PHONY: image-check
image-check: $(program)
	@tests/image/run $(program)
endif
