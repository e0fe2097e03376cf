/* SPDX-License-Identifier: MIT */
#include "compose/project/hash.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/scalar.h"

static int by_key(const void *a, const void *b)
{
	const struct node_entry *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

static void add_string(struct text *out, char kind, const char *text)
{
	char digits[24];
	size_t len = strlen(text), at = sizeof(digits);

	/* By hand, for this is half of the work that a large project makes. */
	digits[--at] = ':';
	for (size_t rest = len; at == sizeof(digits) - 1 || rest > 0; rest /= 10)
		digits[--at] = (char)('0' + rest % 10);
	digits[--at] = kind;
	text_add_n(out, digits + at, sizeof(digits) - at);
	text_add_n(out, text, len);
}

static void add_scalar(struct text *out, const struct node *node)
{
	CLEANUP(text_drop) struct text real = {0};

	switch (node->kind) {
	case NODE_NULL:
		text_add(out, "n");
		break;
	case NODE_BOOL:
		text_add(out, node->boolean ? "t" : "f");
		break;
	case NODE_INT:
		text_printf(out, "i%lld;", (long long)node->integer);
		break;
	case NODE_FLOAT:
		/* 1.0 is 1 here too. */
		if (node->real > -1e15 && node->real < 1e15 &&
		    node->real == (double)(int64_t)node->real) {
			text_printf(out, "i%lld;", (long long)node->real);
			break;
		}
		scalar_add_real(&real, node->real);
		add_string(out, 'r', text_string(&real));
		break;
	default:
		add_string(out, 's', node->text);
	}
}

/* level 0 is the service itself, 1 what is in deploy. */
static bool is_left_out(const struct node_entry *entry, const char *parent, unsigned level)
{
	const char *key = entry->key;

	static const char *const keys[] = {"build",  "pull_policy", "pull_refresh_after",
					   "scale",  "depends_on",  "profiles",
					   "attach", "develop"};

	if (level == 0 && text_starts(key, "x-"))
		return true;
	/* replicas alone must not leave an empty deploy behind. */
	if (level == 0 && strcmp(key, "deploy") == 0 && entry->value->mapping.len == 1 &&
	    node_get(entry->value, "replicas"))
		return true;
	for (size_t i = 0; level == 0 && i < ARRAY_LEN(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return level == 1 && strcmp(parent, "deploy") == 0 && strcmp(key, "replicas") == 0;
}

static void add_node(struct text *out, const struct node *node, const char *parent, unsigned level)
{
	if (node->kind < NODE_SEQUENCE) {
		add_scalar(out, node);
		return;
	}
	if (node->kind == NODE_SEQUENCE) {
		text_add_char(out, '[');
		for (size_t i = 0; i < node->sequence.len; i++)
			add_node(out, node->sequence.items[i], "", level + 1);
		text_add_char(out, ']');
		return;
	}
	size_t len = 0;
	CLEANUP(memory_free)
	const struct node_entry **entries = memory_alloc(node->mapping.len * sizeof(*entries));
	for (size_t i = 0; i < node->mapping.len; i++)
		if (!is_left_out(&node->mapping.entries[i], parent, level))
			entries[len++] = &node->mapping.entries[i];
	qsort(entries, len, sizeof(*entries), by_key);
	text_add_char(out, '{');
	for (size_t i = 0; i < len; i++) {
		add_string(out, 'k', entries[i]->key);
		add_node(out, entries[i]->value, entries[i]->key, level + 1);
	}
	text_add_char(out, '}');
}

void hash_node(const struct node *node, char hex[static 65])
{
	CLEANUP(text_drop) struct text text = {0};

	add_node(&text, node, "", 0);
	digest_hex(text.data, text.len, hex);
}
