/* SPDX-License-Identifier: MIT */
#include "compose/project/mention.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 }; /* as interpolation has it */

struct scan {
	struct mentions *mentions;
	struct arena *arena;
};

static size_t name_len(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && (text[i] == '_' || isalpha((unsigned char)text[i]) ||
			   (i > 0 && isdigit((unsigned char)text[i]))))
		i++;
	return i;
}

/* The offset of the brace that closes what is open before text; len: none does. */
static size_t closing_brace(const char *text, size_t len)
{
	size_t open = 1;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '$' && i + 1 < len && text[i + 1] == '{') {
			open++;
			i++;
		} else if (text[i] == '}' && --open == 0) {
			return i;
		}
	}
	return len;
}

static struct mention *mention(struct scan *scan, const char *bytes, size_t len)
{
	struct mentions *mentions = scan->mentions;
	const char *name = arena_copy_n(scan->arena, bytes, len);
	uintptr_t place = (uintptr_t)map_get(&mentions->places, name);

	if (place)
		return &mentions->list.items[place - 1];
	struct mention *added = array_add(&mentions->list);
	*added = (struct mention){.name = name, .fallback = "", .alternate = ""};
	map_set(&mentions->places, name, (void *)(uintptr_t)mentions->list.len);
	return added;
}

static void scan_text(struct scan *scan, const char *in, size_t len, unsigned depth);

/* What stands between { and }. */
static void scan_braced(struct scan *scan, const char *text, size_t len, unsigned depth)
{
	size_t n = name_len(text, len);

	if (n == 0)
		return;
	struct mention *it = mention(scan, text, n);
	n += n < len && text[n] == ':';
	if (n >= len)
		return;
	const char *operand = text + n + 1;
	size_t operand_len = len - n - 1;
	if (text[n] == '?')
		it->required = true;
	else if (text[n] == '-' && !*it->fallback)
		it->fallback = arena_copy_n(scan->arena, operand, operand_len);
	else if (text[n] == '+' && !*it->alternate)
		it->alternate = arena_copy_n(scan->arena, operand, operand_len);
	scan_text(scan, operand, operand_len, depth + 1);
}

static void scan_text(struct scan *scan, const char *in, size_t len, unsigned depth)
{
	const char *end = in + len;

	while (depth <= DEPTH_MAX && in < end) {
		const char *dollar = memchr(in, '$', (size_t)(end - in));

		if (!dollar || dollar + 1 >= end)
			return;
		const char *next = dollar + 1;
		size_t left = (size_t)(end - next);
		size_t n = name_len(next, left);
		if (*next == '{') {
			size_t inside = closing_brace(next + 1, left - 1);

			scan_braced(scan, next + 1, inside, depth);
			in = next + 1 + inside;
			continue;
		}
		if (n > 0)
			mention(scan, next, n);
		in = next + n + (*next == '$');
	}
}

static void scan_node(struct scan *scan, const struct node *node)
{
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->sequence.len; i++)
		scan_node(scan, node->sequence.items[i]);
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->mapping.len; i++)
		scan_node(scan, node->mapping.entries[i].value);
	if (node->kind == NODE_STRING)
		scan_text(scan, node->text, strlen(node->text), 0);
}

void mentions_add(struct mentions *mentions, struct arena *arena, const struct node *node)
{
	struct scan scan = {mentions, arena};

	scan_node(&scan, node);
}

static int compare(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void mentions_sort(struct mentions *mentions)
{
	if (mentions->list.len > 1)
		qsort(mentions->list.items, mentions->list.len, sizeof(*mentions->list.items),
		      compare);
	for (size_t i = 0; i < mentions->list.len; i++)
		map_set(&mentions->places, mentions->list.items[i].name,
			(void *)(uintptr_t)(i + 1));
}

void mentions_drop(struct mentions *mentions)
{
	array_drop(&mentions->list);
	map_drop(&mentions->places);
}
