# SPDX-License-Identifier: MIT
# make reference: docs/compose.schema.json and the tables of docs/project-file.md, from compose/project/schema.c. check compares, and has
# the schema judge the golden cases.

reference := $(OUT)/tests/reference/reference$(EXE)

$(reference): $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/reference/*.c)) $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

ifeq ($(PLATFORM),linux)
check: reference-check
endif

.PHONY: reference reference-check
reference: $(reference)
	@$(reference) write .

golden: reference

reference-check: $(reference)
	@$(reference) check .
	@tests/reference/run $(reference)
