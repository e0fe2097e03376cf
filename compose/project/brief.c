/* SPDX-License-Identifier: MIT */
#include "compose/project/brief.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "compose/project/shape.h"

static void add_part(struct arena *arena, struct node *item, const char *key, const char *bytes,
		     size_t len)
{
	struct node *part = node_new(arena, NODE_STRING, item->at);

	part->text = arena_copy_n(arena, bytes, len);
	node_add(arena, item, key, part, item->at);
}

bool brief_device(struct shaper *shaper, const struct node *brief, const struct trail *trail,
		  struct node *items)
{
	struct arena *arena = shaper->arena;
	struct node *item = node_new(arena, NODE_MAPPING, brief->at);
	static const char no_device[] = "\"%s\" is not a device";
	static const char form[] = "the short form is source[:target[:permissions]]";
	const char *source = brief->text;
	const char *colon = strchr(source, ':');
	const char *second = colon ? strchr(colon + 1, ':') : NULL;

	if (second && strchr(second + 1, ':')) {
		diagnostic_hint(shape_complain(shaper, brief->at, trail, no_device, source), form);
		return false;
	}
	size_t len = colon ? (size_t)(colon - source) : strlen(source);
	/* Mostly of a variable that is not set: the engine is who refuses it. */
	if (!len)
		diagnostic_hint(shape_warn(shaper, brief->at, trail, no_device, source), form);
	add_part(arena, item, "source", source, len);
	/* vendor.com/class=name is a CDI name: it has no target and no permissions. */
	if (!colon && (source[0] != '/' && strchr(source, '='))) {
		add_part(arena, item, "target", source, len);
		node_append(arena, items, item);
		return true;
	}
	size_t target = second ? (size_t)(second - colon - 1) : colon ? strlen(colon + 1) : 0;
	if (target)
		add_part(arena, item, "target", colon + 1, target);
	else
		add_part(arena, item, "target", source, len);
	add_part(arena, item, "permissions", second ? second + 1 : "rwm",
		 strlen(second ? second + 1 : "rwm"));
	node_append(arena, items, item);
	return true;
}

bool brief_gpu(struct shaper *shaper, const struct node *brief, const struct trail *trail,
	       struct node *items)
{
	struct arena *arena = shaper->arena;

	/* It stands for the whole list, and not for an item of one. */
	if (!trail->key || !text_same(node_text(brief), "all")) {
		diagnostic_hint(
			shape_complain(shaper, brief->at, trail, "\"%s\" is no GPU", brief->text),
			"gpus: all, or a list: [{driver: nvidia, count: 1}]");
		return false;
	}
	struct node *item = node_new(arena, NODE_MAPPING, brief->at);
	node_add(arena, item, "count",
		 shaper->written ? (struct node *)brief : node_int(arena, -1, brief->at),
		 brief->at);
	node_append(arena, items, item);
	return true;
}

static char *text_of(struct arena *arena, const struct node *item, const char *key)
{
	return arena_copy(arena, node_text(node_get(item, key)));
}

char *brief_path(struct arena *arena, const struct node *item)
{
	return text_of(arena, item, "path");
}

char *brief_target(struct arena *arena, const struct node *item)
{
	return text_of(arena, item, "target");
}

char *brief_subnet(struct arena *arena, const struct node *item)
{
	return text_of(arena, item, "subnet");
}

static char *file_target(struct arena *arena, const struct node *item, const char *folder)
{
	const char *target = node_text(node_get(item, "target"));
	const char *source = node_text(node_get(item, "source"));

	if (target && *target)
		return arena_copy(arena, target);
	return source ? arena_format(arena, "%s%s", folder, source) : NULL;
}

char *brief_secret(struct arena *arena, const struct node *item)
{
	return file_target(arena, item, "/run/secrets/");
}

char *brief_config(struct arena *arena, const struct node *item)
{
	return file_target(arena, item, "/");
}
