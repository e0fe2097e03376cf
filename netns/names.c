/* SPDX-License-Identifier: MIT */
#include "netns/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

struct holder {
	char *owner;
	struct cidr address;
};

struct holders {
	ARRAY(struct holder) list;
	/* Which one begins the next answer, by kind: who asks mostly asks for both kinds, and would
	 * step over one of two with a single turn. */
	size_t turns[2];
};

struct reversed {
	char *owner, *name;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

bool names_valid(const char *name)
{
	size_t len = strlen(name), label = 0;

	if (len == 0 || len > NAMES_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '.' ? label == 0 : !is_letter(name[i]))
			return false;
		label = name[i] == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0;
}

static char *lower(const char *name)
{
	char *key = memory_copy(name);

	for (char *c = key; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return key;
}

static struct holders *reserve(struct names *names, const char *name)
{
	CLEANUP(memory_free) char *key = lower(name);
	struct holders *holders = map_get(&names->table, key);

	if (!holders) {
		holders = memory_zero(1, sizeof(*holders));
		map_set(&names->table, key, holders);
	}
	return holders;
}

void names_reserve(struct names *names, const char *name)
{
	if (names_valid(name))
		reserve(names, name);
}

void names_add(struct names *names, const char *owner, const char *name, const struct cidr *address)
{
	char text[CIDR_TEXT];

	if (!names_valid(name))
		return;
	struct holders *holders = reserve(names, name);

	ARRAY_FOR_EACH (struct holder, it, &holders->list) {
		if (text_same(it->owner, owner) && cidr_same_address(&it->address, address))
			return;
	}
	*array_add(&holders->list) = (struct holder){memory_copy(owner), *address};
	cidr_format_address(address, text);
	if (map_has(&names->reverse, text))
		return;
	struct reversed *reversed = memory_zero(1, sizeof(*reversed));

	*reversed = (struct reversed){memory_copy(owner), lower(name)};
	map_set(&names->reverse, text, reversed);
}

static void drop_reversed(void *value)
{
	struct reversed *reversed = value;

	free(reversed->owner);
	free(reversed->name);
	free(reversed);
}

void names_remove(struct names *names, const char *owner)
{
	MAP_FOR_EACH (entry, &names->table) {
		struct holders *holders = entry->value;

		for (size_t i = holders->list.len; i-- > 0;) {
			if (!text_same(holders->list.items[i].owner, owner))
				continue;
			free(holders->list.items[i].owner);
			array_remove(&holders->list, i);
		}
	}
	for (size_t i = names->reverse.len; i-- > 0;) {
		const struct reversed *reversed = names->reverse.entries[i].value;

		if (text_same(reversed->owner, owner))
			drop_reversed(map_remove(&names->reverse, names->reverse.entries[i].key));
	}
}

/* At most some dozens of addresses have one name. */
static void rotate(struct cidr *items, size_t count, size_t turn)
{
	for (size_t i = turn % count; i > 0; i--) {
		struct cidr first = items[0];

		memmove(items, items + 1, (count - 1) * sizeof(*items));
		items[count - 1] = first;
	}
}

enum names_result names_find(struct names *names, const char *name, bool is_v6, struct cidrs *ret)
{
	CLEANUP(memory_free) char *key = lower(name);
	struct holders *holders = map_get(&names->table, key);

	if (!holders)
		return NAMES_FOREIGN;
	if (holders->list.len == 0)
		return NAMES_NOBODY;
	size_t first = ret->list.len;

	ARRAY_FOR_EACH (struct holder, it, &holders->list) {
		if (it->address.is_v6 == is_v6)
			array_push(&ret->list, it->address);
	}
	if (ret->list.len > first)
		rotate(ret->list.items + first, ret->list.len - first, holders->turns[is_v6]++);
	return NAMES_FOUND;
}

const char *names_reverse(const struct names *names, const struct cidr *address)
{
	char text[CIDR_TEXT];

	cidr_format_address(address, text);
	const struct reversed *reversed = map_get(&names->reverse, text);

	return reversed ? reversed->name : NULL;
}

static void drop_holders(void *value)
{
	struct holders *holders = value;

	ARRAY_FOR_EACH (struct holder, it, &holders->list)
		free(it->owner);
	array_drop(&holders->list);
	free(holders);
}

void names_drop(struct names *names)
{
	map_drop_with(&names->table, drop_holders);
	map_drop_with(&names->reverse, drop_reversed);
}
