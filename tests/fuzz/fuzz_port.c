/* SPDX-License-Identifier: MIT */
/* Any text as a short form of ports: ports that exist, or one finding. Of the ports that ranges
 * may have together all but 500 are spent before, or most of the time would go to writing out long
 * ones. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/project/port.h"
#include "compose/project/shape.h"

static void check(const struct node *item)
{
	const struct node *target = node_get(item, "target");
	const char *published = node_text(node_get(item, "published"));
	const char *address = node_text(node_get(item, "host_ip"));
	unsigned first, last;

	if (!target || target->kind != NODE_INT || target->integer < 1 || target->integer > 65535)
		abort();
	if (published && !port_range(published, true, &first, &last))
		abort();
	if (address && !port_is_address(address))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(memory_free) char *text = memory_copy_n((const char *)data, size);
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	struct arena arena = {0};
	const struct position at = {"f", 1, 1};
	struct shaper shaper = {
		.arena = &arena, .diagnostics = &diagnostics, .ports = PORTS_MAX - 500};
	const struct node *brief = node_string(&arena, text, at);
	struct node *items = node_new(&arena, NODE_SEQUENCE, at);

	bool well = port_expand(&shaper, brief, NULL, items);
	if (well == (diagnostics.errors > 0) || well == (items->sequence.len == 0))
		abort();
	for (size_t i = 0; i < items->sequence.len; i++)
		check(items->sequence.items[i]);
	if (well && !port_identity(&arena, items->sequence.items[0]))
		abort();
	arena_drop(&arena);
	return 0;
}
