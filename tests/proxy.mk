# SPDX-License-Identifier: MIT
# The fault proxy of the scenarios: make proxy. It stands before a Linux engine's socket, so it is not built for Windows.
ifeq ($(PLATFORM),linux)
proxy := $(OUT)/tests/proxy/proxy
proxy_objects := $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard tests/proxy/*.c)))

.PHONY: proxy proxy-check
proxy: $(proxy)

$(proxy): $(proxy_objects) $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Every fault against a real engine; skipped where there is none.
proxy-check: $(proxy)
	@tests/proxy/check $(proxy)
endif
