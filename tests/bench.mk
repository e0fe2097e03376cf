# SPDX-License-Identifier: MIT
# Ratios to docker-compose on the same engine in the same run (docs/performance.md): make bench PEER_COMPOSE=...
.PHONY: bench
bench: wincompose$(EXE) $(if $(filter linux,$(PLATFORM)),proxy) $(OUT)/tests/bench/cost
	@PROXY=$(abspath $(OUT)/tests/proxy/proxy) COST=$(abspath $(OUT)/tests/bench/cost) tests/bench/run $(PARTS)

$(OUT)/tests/bench/cost: $(OUT)/tests/bench/cost.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^
