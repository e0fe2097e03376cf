# SPDX-License-Identifier: MIT
# Ratios to docker-compose on the same engine in the same run (docs/performance.md): make bench PEER_COMPOSE=...
.PHONY: bench
bench: wincompose$(EXE) $(if $(filter linux,$(PLATFORM)),proxy)
	@PROXY=$(abspath $(OUT)/tests/proxy/proxy) tests/bench/run $(PARTS)
