/* SPDX-License-Identifier: MIT */
/* The first line is a variable's value, the rest is interpolated with it. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/project/interpolate.h"

static const char *look(const char *name, void *payload)
{
	return strlen(name) % 2 ? payload : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(memory_free) char *text = memory_copy_n((const char *)data, size);
	CLEANUP(text_drop) struct text out = {0};
	CLEANUP(memory_free) char *problem = NULL;
	size_t at = 0;
	char *rest = strchr(text, '\n');

	if (!rest)
		return 0;
	*rest++ = '\0';
	const struct interpolate how = {.lookup = look, .payload = text};
	bool well = interpolate(&how, rest, &out, &problem, &at);
	if (well == (problem != NULL) || at > strlen(rest) || out.len > (1 << 20) + size)
		abort();
	return 0;
}
