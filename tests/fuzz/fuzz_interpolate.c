/* SPDX-License-Identifier: MIT */
/* The first line is a variable's value, the rest is interpolated with it. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/project/interpolate.h"

static size_t most, problems;

static const char *look(const char *name, void *payload)
{
	return strlen(name) % 2 ? payload : NULL;
}

/* The places of problems are in the text. */
static void wrong(const char *problem, size_t at, void *payload)
{
	(void)payload;
	if (!*problem || at > most)
		abort();
	problems++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(memory_free) char *text = memory_copy_n((const char *)data, size);
	CLEANUP(text_drop) struct text out = {0};
	char *rest = strchr(text, '\n');

	if (!rest)
		return 0;
	*rest++ = '\0';
	const struct interpolate how = {.lookup = look, .wrong = wrong, .payload = text};
	most = strlen(rest);
	problems = 0;
	bool well = interpolate(&how, rest, &out);
	if (well == (problems > 0) || out.len > (1 << 20) + size)
		abort();
	return 0;
}
