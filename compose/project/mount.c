/* SPDX-License-Identifier: MIT */
#include "compose/project/mount.h"

#include <ctype.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/shape.h"

struct parts {
	char *part[3];
	size_t len;
	bool more; /* there was a fourth */
};

static bool is_drive(const char *part)
{
	return isalpha((unsigned char)part[0]) && part[1] == ':';
}

/* The end of the part that begins at text: a colon or the end. What is inside of ${...} does not
 * part. */
static char *part_end(char *text)
{
	unsigned open = 0;

	if (is_drive(text))
		text += 2;
	for (; *text && (open > 0 || *text != ':'); text++) {
		if (text[0] == '$' && text[1] == '{')
			open++;
		else if (*text == '}' && open > 0)
			open--;
	}
	return text;
}

static void split(char *text, struct parts *parts)
{
	for (;;) {
		char *end = part_end(text);
		bool last = !*end;

		if (parts->len == ARRAY_LEN(parts->part)) {
			parts->more = true;
			return;
		}
		parts->part[parts->len++] = text;
		*end = '\0';
		if (last)
			return;
		text = end + 1;
	}
}

bool mount_is_pipe(const char *path)
{
	static const char prefix[] = "\\\\.\\pipe\\";
	size_t i = 0;
	for (; path && prefix[i]; i++) {
		char given = path[i] == '/' ? '\\' : (char)tolower((unsigned char)path[i]);
		if (given != prefix[i])
			return false;
	}
	return path && path[i];
}

static bool is_path(const char *source)
{
	return strchr("./~", source[0]) || text_starts(source, "\\\\") || is_drive(source);
}

static struct node *set(struct shaper *shaper, struct node *item, const char *key,
			struct node *value)
{
	node_add(shaper->arena, item, key, value, item->at);
	return value;
}

static void set_text(struct shaper *shaper, struct node *item, const char *key, const char *text)
{
	set(shaper, item, key, node_string(shaper->arena, text, item->at));
}

/* The engine knows pipes by their backslashes alone. */
static void set_pipe(struct shaper *shaper, struct node *item, const char *key, const char *path)
{
	char *pipe = arena_copy(shaper->arena, path);

	for (char *c = pipe; *c; c++)
		*c = *c == '/' ? '\\' : *c;
	set_text(shaper, item, key, pipe);
}

/* The block of a mount that holds a key of its options; an option may be one of another type of
 * mount, as docker compose has it (SELinux's labels are for volumes, too). */
static void set_option(struct shaper *shaper, struct node *item, const char *block, const char *key,
		       struct node *value)
{
	struct node *options = node_get(item, block);

	if (!options)
		options = set(shaper, item, block, node_new(shaper->arena, NODE_MAPPING, item->at));
	node_set(shaper->arena, options, key, value, item->at);
}

/* What is no option that we know is let pass, as docker compose does: there are drivers that have
 * their own. */
static void set_options(struct shaper *shaper, struct node *item, char *options)
{
	static const struct {
		const char *option, *key;
	} binds[] = {
		{"z", "selinux"},           {"Z", "selinux"},
		{"private", "propagation"}, {"rprivate", "propagation"},
		{"shared", "propagation"},  {"rshared", "propagation"},
		{"slave", "propagation"},   {"rslave", "propagation"},
	};
	bool read_only = false;

	for (char *next = options; next; options = next) {
		next = strchr(options, ',');
		if (next)
			*next++ = '\0';
		if (strcmp(options, "ro") == 0)
			read_only = true;
		else if (strcmp(options, "rw") == 0)
			read_only = false;
		else if (strcmp(options, "nocopy") == 0)
			set_option(shaper, item, "volume", "nocopy",
				   node_bool(shaper->arena, true, item->at));
		for (size_t i = 0; i < ARRAY_LEN(binds); i++)
			if (strcmp(options, binds[i].option) == 0)
				set_option(shaper, item, "bind", binds[i].key,
					   node_string(shaper->arena, options, item->at));
	}
	if (read_only)
		set(shaper, item, "read_only", node_bool(shaper->arena, true, item->at));
}

static bool check(struct shaper *shaper, const struct node *brief, const struct trail *trail,
		  const struct parts *parts)
{
	static const char hint[] = "the short form is [source:]target[:options]";
	struct diagnostic *d = NULL;

	if (!*brief->text)
		d = shape_complain(shaper, brief->at, trail, "a mount is empty");
	else if (parts->more)
		d = shape_complain(shaper, brief->at, trail, "\"%s\" has too many colons",
				   brief->text);
	for (size_t i = 0; !d && i < parts->len; i++)
		if (!*parts->part[i])
			d = shape_complain(shaper, brief->at, trail,
					   "\"%s\" has nothing between two colons", brief->text);
	if (d)
		diagnostic_hint(d, hint);
	return !d;
}

bool mount_expand(struct shaper *shaper, const struct node *brief, const struct trail *trail,
		  struct node *items)
{
	CLEANUP(memory_free) char *text = memory_copy(brief->text);
	struct node *item = node_new(shaper->arena, NODE_MAPPING, brief->at);
	struct parts parts = {0};

	split(text, &parts);
	if (!check(shaper, brief, trail, &parts))
		return false;
	/* An option that is not known yet has no place in the long form. */
	if (parts.len > 2 && strchr(parts.part[2], '$') && shape_is_open(shaper, brief)) {
		node_append(shaper->arena, items, (struct node *)brief);
		return true;
	}
	node_room(shaper->arena, item, 6);
	const char *source = parts.len > 1 ? parts.part[0] : NULL;
	const char *target = parts.part[parts.len > 1 ? 1 : 0];
	if (mount_is_pipe(source) && mount_is_pipe(target)) {
		set_text(shaper, item, "type", "npipe");
		set_pipe(shaper, item, "source", source);
		set_pipe(shaper, item, "target", target);
		if (parts.len > 2)
			set_options(shaper, item, parts.part[2]);
		node_append(shaper->arena, items, item);
		return true;
	}
	bool bind = source && is_path(source);
	struct node *own = node_new(shaper->arena, NODE_MAPPING, brief->at);
	if (bind)
		node_add(shaper->arena, own, "create_host_path",
			 node_bool(shaper->arena, true, brief->at), brief->at);
	set_text(shaper, item, "type", bind ? "bind" : "volume");
	if (source)
		set_text(shaper, item, "source", source);
	set_text(shaper, item, "target", target);
	/* docker compose has none for one or two characters, which no drive and colon can be. */
	if (strlen(brief->text) > 2)
		set(shaper, item, bind ? "bind" : "volume", own);
	if (parts.len > 2)
		set_options(shaper, item, parts.part[2]);
	node_append(shaper->arena, items, item);
	return true;
}
