/* SPDX-License-Identifier: MIT */
/* Any bytes become trees or findings; a tree that is written as YAML is read as the same tree. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/own.h"
#include "compose/project/document.h"

static bool has_merge_key(const struct node *node)
{
	bool found = false;

	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->sequence.len; i++)
		found |= has_merge_key(node->sequence.items[i]);
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->mapping.len; i++)
		found |= has_merge_key(node->mapping.entries[i].value);
	return found || node->tag != NODE_PLAIN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct documents documents = {0}, again = {0};
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	CLEANUP(text_drop) struct text printed = {0};

	bool well = document_read(&arena, "f", (const char *)data, size, &documents, &diagnostics);
	diagnostics_source(&diagnostics, "f", (const char *)data, size);
	diagnostics_sort(&diagnostics);
	diagnostics_print(&diagnostics, true, &printed);
	if (!well && diagnostics.errors == 0)
		abort();
	ARRAY_FOR_EACH (struct node *, root, &documents.list) {
		CLEANUP(text_drop) struct text yaml = {0};

		if (diagnostics.errors > 0 || has_merge_key(*root))
			continue;
		node_to_yaml(*root, &yaml);
		again.list.len = 0;
		if (!document_read(&arena, "g", text_string(&yaml), yaml.len, &again,
				   &diagnostics) ||
		    again.list.len != 1 || !node_same(*root, again.list.items[0]))
			abort();
	}
	array_drop(&documents.list);
	array_drop(&again.list);
	arena_drop(&arena);
	return 0;
}
