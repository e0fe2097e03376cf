# SPDX-License-Identifier: MIT
# What the tests of compose/plan share: projects made by hand, and an engine's state in memory.
$(OUT)/tests/unit/test_plan$(EXE): $(OUT)/tests/plan/stage.o $(OUT)/tests/plan/world.o
$(OUT)/tests/unit/test_plan_golden$(EXE): $(OUT)/tests/plan/scene.o
$(OUT)/tests/unit/test_spec$(EXE) $(OUT)/tests/unit/test_preflight$(EXE): $(OUT)/tests/plan/stage.o

# Writes tests/plan/*/plan.txt anew, to be read in review.
golden: golden-plan
golden-plan: $(OUT)/tests/unit/test_plan_golden$(EXE)
	@GOLDEN=1 $(RUN) $< 2>/dev/null
.PHONY: golden-plan
