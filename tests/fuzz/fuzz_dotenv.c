/* SPDX-License-Identifier: MIT */
/* The first byte says whether the file is raw, and how much it may take. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/dotenv.h"

enum { COLUMNS = 1 << 20 };

static const char *look(const char *name, void *payload)
{
	return map_get(payload, name);
}

static void set(const char *name, const char *value, struct position at, void *payload)
{
	if (!*name || at.line == 0 || at.column == 0 || at.column > COLUMNS)
		abort();
	if (value)
		free(map_set(payload, name, memory_copy(value)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	struct map map = {0};
	size_t budget = size > 0 && data[0] & 2 ? 300 : 1 << 20;

	if (size == 0)
		return 0;
	const struct dotenv how = {
		.file = "f",
		.raw = data[0] & 1,
		.lookup = look,
		.set = set,
		.payload = &map,
		.budget = &budget,
	};
	bool well = dotenv_read(&how, (const char *)data + 1, size - 1, &diagnostics);
	if (well == (diagnostics.errors > 0))
		abort();
	if (!well && diagnostics.list.items[0].column > COLUMNS)
		abort();
	map_drop_with(&map, free);
	return 0;
}
