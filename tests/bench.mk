# SPDX-License-Identifier: MIT
# Ratios to docker-compose on the same engine in the same run (docs/performance.md): make bench PEER_COMPOSE=...
.PHONY: bench
bench: wincompose$(EXE)
	@tests/bench/run $(PARTS)
