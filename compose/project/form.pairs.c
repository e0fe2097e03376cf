/* SPDX-License-Identifier: MIT */
/* Mappings of plain values, and the lists that stand for them. */
#include "compose/project/form.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/own.h"
#include "compose/project/comment.h"

/* --- pairs */

/* What is wrong with a list's item "k=v", if anything, has been said. */
static bool check_pair(struct shaper *shaper, const struct node *item, const struct trail *trail)
{
	if (item->lost)
		return false;
	if (item->kind != NODE_STRING) {
		shape_refuse(shaper, item, trail, "a string KEY=VALUE");
		return false;
	}
	size_t len = strcspn(item->text, "=");
	if (len > 0 && item->text[len] && item->text[len - 1] == ' ')
		diagnostic_hint(shape_warn(shaper, item->at, trail,
					   "the name in \"%s\" ends with a blank", item->text),
				"write KEY=VALUE without blanks around the =");
	return true;
}

static struct node *pairs_of_list(struct shaper *shaper, struct node *in, bool labels,
				  const struct trail *trail)
{
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);
	CLEANUP(map_drop) struct map seen = {0};

	for (size_t i = 0; i < in->sequence.len; i++) {
		const struct node *item = in->sequence.items[i];
		struct trail at = {trail, NULL, i};

		if (!check_pair(shaper, item, &at))
			continue;
		const char *equals = strchr(item->text, '=');
		size_t len = equals ? (size_t)(equals - item->text) : strlen(item->text);
		const char *key = arena_copy_n(shaper->arena, item->text, len);
		struct node *value = node_new(shaper->arena,
					      equals || labels ? NODE_STRING : NODE_NULL, item->at);
		if (equals)
			value->text = equals + 1;
		size_t there = (size_t)map_get(&seen, key);
		if (there) {
			out->mapping.entries[there - 1].value = value;
			continue;
		}
		node_add(shaper->arena, out, key, value, item->at);
		map_set(&seen, key, (void *)(size_t)out->mapping.len);
	}
	return out;
}

/* PASSWORD: #secret */
static void warn_of_comment(struct shaper *shaper, const struct node_entry *entry,
			    const struct trail *trail)
{
	struct position at = entry->value->at;

	at.column += entry->value->lead;
	diagnostic_hint(shape_warn(shaper, at, trail, "\"%s\" is a comment: \"%s\" has no value",
				   entry->value->comment, entry->key),
			"as a value it needs quotes: %s: %s", entry->key,
			comment_quoted(shaper->arena, entry->value));
}

struct node *form_pairs(struct shaper *shaper, const struct row *row, struct node *in,
			const struct trail *trail)
{
	bool labels = row->shape == SHAPE_LABELS;

	if (in->kind == NODE_SEQUENCE)
		return pairs_of_list(shaper, in, labels, trail);
	if (in->kind != NODE_MAPPING)
		return shape_refuse(shaper, in, trail, "a mapping or a list of KEY=VALUE");
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);
	for (size_t i = 0; i < in->mapping.len; i++) {
		struct node_entry *entry = &in->mapping.entries[i];
		struct trail at = {trail, entry->key, 0};
		struct node *value = entry->value;

		/* In a list it is one, as docker compose has it. */
		if (!*entry->key) {
			shape_complain(shaper, entry->at, trail, "a name is empty");
			continue;
		}
		if (value->kind >= NODE_SEQUENCE) {
			shape_refuse(shaper, value, &at, "a string, a number, a boolean or null");
			continue;
		}
		if (value->kind == NODE_FLOAT && !isfinite(value->real)) {
			shape_refuse(shaper, value, &at, "a string or a finite number");
			continue;
		}
		if (value->kind == NODE_NULL && value->comment)
			warn_of_comment(shaper, entry, &at);
		if (value->tag != NODE_RESET && (value->kind != NODE_NULL || labels))
			value = form_as_string(shaper, value, &at);
		node_add(shaper->arena, out, entry->key, value, entry->at);
	}
	return out;
}

/* Whether an option may have such a value. */
static bool may_be(const struct row *row, const struct node *value)
{
	switch (value->kind) {
	case NODE_NULL:
		return value->tag == NODE_RESET || row->flags & ROW_NULL_ITEM;
	case NODE_INT:
	case NODE_FLOAT:
		return row->shape == SHAPE_OPTIONS;
	case NODE_STRING:
		return true;
	default:
		return value->tag == NODE_RESET;
	}
}

struct node *form_options(struct shaper *shaper, const struct row *row, struct node *in,
			  const struct trail *trail)
{
	const bool numbers = row->shape == SHAPE_OPTIONS;

	if (in->kind != NODE_MAPPING)
		return shape_refuse(shaper, in, trail, "a mapping");
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);
	for (size_t i = 0; i < in->mapping.len; i++) {
		struct node_entry *entry = &in->mapping.entries[i];
		struct trail at = {trail, entry->key, 0};

		if (!may_be(row, entry->value))
			shape_refuse(shaper, entry->value, &at,
				     numbers ? "a string or a number" : "a string");
		else
			node_add(shaper->arena, out, entry->key,
				 entry->value->tag == NODE_RESET
					 ? entry->value
					 : form_as_string(shaper, entry->value, &at),
				 entry->at);
	}
	return out;
}

static void add_host(struct shaper *shaper, struct node *out, const char *host, size_t host_len,
		     const char *ip, size_t len, struct position at)
{
	struct node *item = node_new(shaper->arena, NODE_STRING, at);

	if (len > 2 && ip[0] == '[' && ip[len - 1] == ']') {
		ip++;
		len -= 2;
	}
	item->text = arena_format(shaper->arena, "%.*s=%.*s", (int)host_len, host, (int)len, ip);
	node_append(shaper->arena, out, item);
}

#define NO_ADDRESS "\"%s\" gives no address for a host"

static void host_of_list(struct shaper *shaper, struct node *out, const struct node *item,
			 const struct trail *trail)
{
	if (item->lost)
		return;
	if (item->kind != NODE_STRING) {
		shape_refuse(shaper, item, trail, "a string host=address");
		return;
	}
	size_t len = strcspn(item->text, "=");
	if (!item->text[len])
		len = strcspn(item->text, ":");
	if (len == 0 || !item->text[len]) {
		diagnostic_hint(shape_complain(shaper, item->at, trail, NO_ADDRESS, item->text),
				"write host=address");
		return;
	}
	/* Mostly of a variable that is not set: the engine is who refuses it. */
	if (!item->text[len + 1])
		diagnostic_hint(shape_warn(shaper, item->at, trail, NO_ADDRESS, item->text),
				"write host=address");
	for (const char *ip = item->text + len; *ip;) {
		size_t ip_len = strcspn(++ip, ",");

		add_host(shaper, out, item->text, len, ip, ip_len, item->at);
		ip += ip_len;
	}
}

struct node *form_hosts(struct shaper *shaper, const struct row *row, struct node *in,
			const struct trail *trail)
{
	static const struct row list = {.shape = SHAPE_ONE_OR_MORE};
	struct node *out = node_new(shaper->arena, NODE_SEQUENCE, in->at);

	(void)row;
	if (in->kind != NODE_SEQUENCE && in->kind != NODE_MAPPING)
		return shape_refuse(shaper, in, trail, "a mapping or a list of host=address");
	for (size_t i = 0; in->kind == NODE_SEQUENCE && i < in->sequence.len; i++) {
		struct trail at = {trail, NULL, i};

		host_of_list(shaper, out, in->sequence.items[i], &at);
	}
	for (size_t i = 0; in->kind == NODE_MAPPING && i < in->mapping.len; i++) {
		struct node_entry *entry = &in->mapping.entries[i];
		struct trail at = {trail, entry->key, 0};
		if (!*entry->key) {
			shape_complain(shaper, entry->at, trail, "a name is empty");
			continue;
		}
		struct node *addresses = form_strings(shaper, &list, entry->value, &at);

		for (size_t j = 0; addresses && j < addresses->sequence.len; j++)
			add_host(shaper, out, entry->key, strlen(entry->key),
				 addresses->sequence.items[j]->text,
				 strlen(addresses->sequence.items[j]->text),
				 addresses->sequence.items[j]->at);
	}
	return out;
}

/* --- ulimits */

static struct node *ulimit(struct shaper *shaper, struct node *in, const struct trail *trail)
{
	static const struct row whole = {.shape = SHAPE_INT};
	static const char *const names[] = {"soft", "hard"};

	if (in->kind != NODE_MAPPING)
		return form_int(shaper, &whole, in, trail);
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct node_entry *entry = node_entry(in, names[i]);
		struct trail at = {trail, names[i], 0};

		if (!entry) {
			shape_complain(shaper, in->at, trail, "\"%s\" is missing", names[i]);
			return NULL;
		}
		struct node *value = form_int(shaper, &whole, entry->value, &at);
		if (value)
			node_add(shaper->arena, out, names[i], value, entry->at);
	}
	for (size_t i = 0; i < in->mapping.len; i++) {
		struct node_entry *entry = &in->mapping.entries[i];
		struct trail at = {trail, entry->key, 0};

		if (!node_entry(out, entry->key) && !text_starts(entry->key, "x-"))
			shape_complain(shaper, entry->at, &at,
				       "\"%s\" is not an attribute of a ulimit: soft and hard are",
				       entry->key);
	}
	return out;
}

struct node *form_ulimits(struct shaper *shaper, const struct row *row, struct node *in,
			  const struct trail *trail)
{
	(void)row;
	if (in->kind != NODE_MAPPING)
		return shape_refuse(shaper, in, trail, "a mapping");
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);
	for (size_t i = 0; i < in->mapping.len; i++) {
		struct node_entry *entry = &in->mapping.entries[i];
		struct trail at = {trail, entry->key, 0};
		struct node *value = entry->value;

		if (value->tag != NODE_RESET)
			value = ulimit(shaper, value, &at);
		if (value)
			node_add(shaper->arena, out, entry->key, value, entry->at);
	}
	return out;
}

/* --- mappings of lists */

/* One value of a mapping of lists: NULL after a finding. */
static struct node *list_of(struct shaper *shaper, struct node *in, const struct trail *trail)
{
	struct node *out = node_new(shaper->arena, NODE_SEQUENCE, in->at);
	bool list = in->kind == NODE_SEQUENCE;

	for (size_t i = 0; i < (list ? in->sequence.len : 1); i++) {
		struct node *item = list ? in->sequence.items[i] : in;
		struct trail at = {trail, NULL, i};

		if (item->kind == NODE_NULL || item->kind >= NODE_SEQUENCE)
			return shape_refuse(shaper, item, list ? &at : trail,
					    list ? "a string, a number or a boolean"
						 : "a scalar or a list of them");
		node_append(shaper->arena, out, form_as_string(shaper, item, list ? &at : trail));
	}
	return out;
}

struct node *form_lists(struct shaper *shaper, const struct row *row, struct node *in,
			const struct trail *trail)
{
	(void)row;
	if (in->kind != NODE_MAPPING)
		return shape_refuse(shaper, in, trail, "a mapping");
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);
	for (size_t i = 0; i < in->mapping.len; i++) {
		struct node_entry *entry = &in->mapping.entries[i];
		struct trail at = {trail, entry->key, 0};
		struct node *value = entry->value;
		enum node_tag tag = value->tag;

		if (tag != NODE_RESET)
			value = list_of(shaper, value, &at);
		if (!value)
			continue;
		value->tag = tag;
		node_add(shaper->arena, out, entry->key, value, entry->at);
	}
	return out;
}

static void add_key(struct shaper *shaper, struct node *out, const char *id, const char *path,
		    struct position at, const struct trail *trail)
{
	if (path && *path) {
		node_append(shaper->arena, out,
			    node_string(shaper->arena,
					arena_format(shaper->arena, "%s=%s", id, path), at));
		return;
	}
	/* Without interpolation a variable may be the whole of it. */
	if (strcmp(id, "default") == 0 || (shaper->no_interpolate && strchr(id, '$')))
		node_append(shaper->arena, out, node_string(shaper->arena, id, at));
	else
		diagnostic_hint(
			shape_complain(shaper, at, trail, "the SSH key \"%s\" has no path", id),
			"write %s=path; only default may stand alone", id);
}

struct node *form_ssh(struct shaper *shaper, const struct row *row, struct node *in,
		      const struct trail *trail)
{
	static const struct row pairs = {.shape = SHAPE_PAIRS};
	struct node *out = node_new(shaper->arena, NODE_SEQUENCE, in->at);
	struct node *keys = form_pairs(shaper, &pairs, in, trail);

	(void)row;
	for (size_t i = 0; keys && i < keys->mapping.len; i++) {
		const struct node_entry *entry = &keys->mapping.entries[i];
		struct trail at = {trail, in->kind == NODE_MAPPING ? entry->key : NULL, i};

		add_key(shaper, out, entry->key, node_text(entry->value), entry->value->at, &at);
	}
	return keys ? out : NULL;
}
