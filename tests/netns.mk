# SPDX-License-Identifier: MIT
# The Host Network Service in memory (tests/netns), which netns/ is tested against.
$(OUT)/tests/unit/test_hns$(EXE): $(OUT)/tests/netns/simulator.o
