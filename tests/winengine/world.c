/* SPDX-License-Identifier: MIT */
#include "tests/winengine/world.h"

#include <string.h>

#include "base/digest.h"
#include "base/text.h"

void world_init(struct world *world)
{
	struct list *lists[] = {
		&world->images, &world->networks,  &world->volumes,     &world->containers,
		&world->execs,  &world->processes, &world->subscribers, &world->events,
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		list_init(lists[i]);
	world_id(world->id);
}

static void note(struct world *world, const char *word, const char *format, va_list args)
{
	CLEANUP(text_drop) struct text line = {0};

	if (!world->journal)
		return;
	text_add(&line, word);
	text_vprintf(&line, format, args);
	text_add_char(&line, '\n');
	fwrite(line.data, 1, line.len, world->journal);
	fflush(world->journal);
}

void world_note(struct world *world, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(world, "", format, args);
	va_end(args);
}

void world_broken(struct world *world, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	world->broken++;
	note(world, "strict ", format, args);
	va_end(args);
}

void world_id(char id[static ID_LEN])
{
	unsigned char bytes[32];

	digest_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

bool world_named(const char *word, const char *id, const char *name)
{
	return text_same(word, name) || text_same(word, id) ||
	       (strlen(word) >= 4 && text_starts(id, word));
}

unsigned long world_fault(struct world *world, const char *what)
{
	if (!world->fault.left || !text_same(world->fault.what, what))
		return 0;
	world->fault.left--;
	return world->fault.code;
}
