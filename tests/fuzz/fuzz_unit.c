/* SPDX-License-Identifier: MIT */
/* Any text as a duration and as an amount of memory: what is understood is printed and read as the
 * same. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/project/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(memory_free) char *text = memory_copy_n((const char *)data, size);
	CLEANUP(text_drop) struct text printed = {0};
	int64_t value = 0, again = 0;
	char digits[32];

	if (unit_duration(text, &value)) {
		unit_add_duration(&printed, value);
		if (!unit_duration(text_string(&printed), &again) || again != value)
			abort();
	}
	if (unit_bytes(text, &value)) {
		snprintf(digits, sizeof(digits), "%lld", (long long)value);
		if (value < -1 || !unit_bytes(digits, &again))
			abort();
		/* From 2^53 on not every whole number is a double. */
		if (value < (1LL << 53) && again != value)
			abort();
	}
	return 0;
}
