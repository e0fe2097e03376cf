/* SPDX-License-Identifier: MIT */
/* Any text as a short form of volumes: one mount that has a target, or one finding. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/mount.h"
#include "compose/project/shape.h"

static void check(const struct node *item)
{
	const char *type = node_text(node_get(item, "type"));
	const char *source = node_text(node_get(item, "source"));
	const char *target = node_text(node_get(item, "target"));

	if (!target || !*target || (source && !*source))
		abort();
	if (!text_same(type, "bind") && !text_same(type, "volume") && !text_same(type, "npipe"))
		abort();
	if (!text_same(type, "volume") && !source)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(memory_free) char *text = memory_copy_n((const char *)data, size);
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	struct arena arena = {0};
	const struct position at = {"f", 1, 1};
	struct shaper shaper = {.arena = &arena, .diagnostics = &diagnostics};
	const struct node *brief = node_string(&arena, text, at);
	struct node *items = node_new(&arena, NODE_SEQUENCE, at);

	bool well = mount_expand(&shaper, brief, NULL, items);
	if (well == (diagnostics.errors > 0) || items->sequence.len != (well ? 1 : 0))
		abort();
	if (well)
		check(items->sequence.items[0]);
	arena_drop(&arena);
	return 0;
}
