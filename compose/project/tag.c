/* SPDX-License-Identifier: MIT */
#include "compose/project/tag.h"

#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/scalar.h"

/* What YAML can hold (1.2.2, 5.1): UTF-8 without a NUL, and of the control characters only tabs and
 * line ends. */
static bool is_text(const char *bytes, size_t len)
{
	static const struct {
		unsigned char mask, is;
		unsigned min;
	} leads[] = {
		{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	const unsigned char *at = (const unsigned char *)bytes, *end = at + len;

	while (at < end) {
		size_t more = 0;

		while (more < ARRAY_LEN(leads) && (*at & leads[more].mask) != leads[more].is)
			more++;
		if (more == ARRAY_LEN(leads) || (size_t)(end - at) <= more)
			return false;
		unsigned code = *at++ & (unsigned char)~leads[more].mask;

		for (size_t i = 0; i < more; i++, at++) {
			if ((*at & 0xc0) != 0x80)
				return false;
			code = code << 6 | (*at & 0x3f);
		}
		if (code < leads[more].min || code > 0x10ffff ||
		    (code >= 0xd800 && code < 0xe000) ||
		    (code < 0x20 && !strchr("\t\n\r", (int)code)) || code == 0 ||
		    (code >= 0x7f && code < 0xa0 && code != 0x85) || code == 0xfffe ||
		    code == 0xffff)
			return false;
	}
	return true;
}

/* !!binary: the bytes that the text stands for; NULL: it stands for none, or for no text. */
static const char *read_binary(struct arena *arena, const char *text)
{
	CLEANUP(text_drop) struct text packed = {0};
	size_t len = 0;

	for (const char *c = text; *c; c++)
		if (!strchr(" \t\r\n", *c))
			text_add_char(&packed, *c);
	CLEANUP(memory_free) char *bytes = digest_unbase64(text_string(&packed), &len);
	return bytes && is_text(bytes, len) ? arena_copy(arena, bytes) : NULL;
}

/* What an explicit tag of YAML's own makes of a scalar. False: it cannot be that. */
static bool apply_core_tag(struct arena *arena, struct node *node, const char *name)
{
	static const struct {
		const char *name;
		enum node_kind kind;
	} kinds[] = {{"null", NODE_NULL}, {"bool", NODE_BOOL}, {"int", NODE_INT}};

	if (strcmp(name, "str") == 0)
		return true;
	if (strcmp(name, "binary") == 0) {
		const char *bytes = read_binary(arena, node->text);

		node->text = bytes ? bytes : node->text;
		return bytes != NULL;
	}
	if (strcmp(name, "float") == 0 && scalar_real(node->text, &node->real)) {
		node->kind = NODE_FLOAT;
		return true;
	}
	scalar_resolve(node);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(name, kinds[i].name) == 0)
			return node->kind == kinds[i].kind;
	if (strcmp(name, "float") == 0)
		return node->kind == NODE_FLOAT || node->kind == NODE_INT;
	return strcmp(name, "timestamp") != 0 || node->date;
}

bool tag_apply(struct arena *arena, struct node *node, const char *tag, bool plain)
{
	static const char core[] = "tag:yaml.org,2002:";

	node->kind = NODE_STRING;
	if (tag && text_starts(tag, core))
		return apply_core_tag(arena, node, tag + strlen(core));
	if (plain && (!tag || strcmp(tag, "!") == 0 || node->tag != NODE_PLAIN))
		scalar_resolve(node);
	return true;
}
