/* SPDX-License-Identifier: MIT */
#include "compose/project/form.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/own.h"
#include "compose/project/date.h"
#include "compose/project/scalar.h"
#include "compose/project/unit.h"
#include "compose/project/words.h"

static bool is_number(const struct node *in)
{
	return in->kind == NODE_INT || in->kind == NODE_FLOAT;
}

static struct node *long_date(struct shaper *shaper, const struct node *in, const char *date)
{
	diagnostic_hint(diagnostics_add(shaper->diagnostics, SEVERITY_WARNING, in->at, NULL,
					"a date becomes \"%s\"", date),
			"quotes keep it as it is: \"%s\"", in->text);
	return node_string(shaper->arena, date, in->at);
}

/* The value as a string node at its own place. */
static struct node *as_string(struct shaper *shaper, struct node *in)
{
	CLEANUP(text_drop) struct text date = {0};

	if (in->date && date_long(in->text, &date))
		return long_date(shaper, in, text_string(&date));
	if (in->kind == NODE_STRING)
		return in;
	struct node *out = node_new(shaper->arena, NODE_STRING, in->at);
	out->text = scalar_string(shaper->arena, in);
	return out;
}

/* A date is no string to docker compose where nothing but a string is wanted. */
static bool is_string(struct shaper *shaper, const struct node *in, const struct trail *trail)
{
	if (in->kind != NODE_STRING || !in->date)
		return in->kind == NODE_STRING;
	diagnostic_hint(shape_complain(shaper, in->at, trail, "must be a string, not a date"),
			"quotes make it one: \"%s\"", in->text);
	return false;
}

/* --- scalars */

struct node *form_string(struct shaper *shaper, const struct row *row, struct node *in,
			 const struct trail *trail)
{
	if (in->kind != NODE_STRING)
		return shape_refuse(shaper, in, trail, "a string");
	if (!is_string(shaper, in, trail))
		return NULL;
	if (!row->words || shape_is_open(shaper, in))
		return in;
	size_t count = 0;
	CLEANUP(text_drop) struct text list = {0};
	for (; row->words[count]; count++) {
		if (strcmp(row->words[count], in->text) == 0)
			return in;
		text_printf(&list, "%s%s", count ? ", " : "", row->words[count]);
	}
	const char *near = text_nearest(in->text, row->words, count);
	struct diagnostic *d = shape_complain(shaper, in->at, trail, "\"%s\" is none of %s",
					      in->text, text_string(&list));
	if (near)
		diagnostic_hint(d, "did you mean \"%s\"?", near);
	return NULL;
}

struct node *form_text(struct shaper *shaper, const struct row *row, struct node *in,
		       const struct trail *trail)
{
	(void)row;
	if (in->kind != NODE_STRING && !is_number(in))
		return shape_refuse(shaper, in, trail, "a string or a number");
	return as_string(shaper, in);
}

struct node *form_int(struct shaper *shaper, const struct row *row, struct node *in,
		      const struct trail *trail)
{
	int64_t value = 0;

	(void)row;
	if (in->kind == NODE_INT || shape_is_open(shaper, in))
		return in;
	if (in->kind == NODE_FLOAT && in->real == (double)(int64_t)in->real)
		return node_int(shaper->arena, (int64_t)in->real, in->at);
	if (in->kind == NODE_STRING && scalar_int(in->text, &value))
		return node_int(shaper->arena, value, in->at);
	if (in->kind == NODE_STRING || in->kind == NODE_FLOAT) {
		shape_complain(shaper, in->at, trail, "\"%s\" is not a whole number", in->text);
		return NULL;
	}
	return shape_refuse(shaper, in, trail, "a whole number");
}

struct node *form_number(struct shaper *shaper, const struct row *row, struct node *in,
			 const struct trail *trail)
{
	double real = 0;
	int64_t whole = 0;

	(void)row;
	if (is_number(in) || shape_is_open(shaper, in))
		return in;
	if (in->kind != NODE_STRING)
		return shape_refuse(shaper, in, trail, "a number");
	if (scalar_int(in->text, &whole))
		return node_int(shaper->arena, whole, in->at);
	if (scalar_real(in->text, &real))
		return node_real(shaper->arena, real, in->at);
	shape_complain(shaper, in->at, trail, "\"%s\" is not a number", in->text);
	return NULL;
}

struct node *form_bool(struct shaper *shaper, const struct row *row, struct node *in,
		       const struct trail *trail)
{
	bool value, old;

	(void)row;
	if (in->kind == NODE_BOOL || shape_is_open(shaper, in))
		return in;
	if (in->kind != NODE_STRING)
		return shape_refuse(shaper, in, trail, "true or false");
	if (!scalar_bool(in->text, &value, &old)) {
		shape_complain(shaper, in->at, trail, "\"%s\" is neither true nor false", in->text);
		return NULL;
	}
	if (old) {
		CLEANUP(text_drop) struct text path = {0};

		trail_add(trail, &path);
		diagnostic_hint(diagnostics_add(shaper->diagnostics, SEVERITY_WARNING, in->at,
						text_string(&path),
						"\"%s\" is no boolean in YAML "
						"1.2",
						in->text),
				"write %s", value ? "true" : "false");
	}
	return node_bool(shaper->arena, value, in->at);
}

struct node *form_bytes(struct shaper *shaper, const struct row *row, struct node *in,
			const struct trail *trail)
{
	int64_t bytes = 0;

	(void)row;
	if (shape_is_open(shaper, in))
		return in;
	if (in->kind != NODE_STRING && in->kind != NODE_INT)
		return shape_refuse(shaper, in, trail, "an amount of memory");
	if (!unit_bytes(scalar_string(shaper->arena, in), &bytes) ||
	    (in->kind == NODE_STRING && bytes < 0 && strcmp(in->text, "-1") != 0)) {
		diagnostic_hint(shape_complain(shaper, in->at, trail,
					       "\"%s\" is not an amount of memory", in->text),
				"a number of bytes or one with a unit: 512m, 1.5g, 64kb");
		return NULL;
	}
	struct node *out = node_new(shaper->arena, NODE_STRING, in->at);
	out->text = arena_format(shaper->arena, "%lld", (long long)bytes);
	return out;
}

struct node *form_duration(struct shaper *shaper, const struct row *row, struct node *in,
			   const struct trail *trail)
{
	CLEANUP(text_drop) struct text text = {0};
	int64_t value = 0;

	(void)row;
	if (shape_is_open(shaper, in))
		return in;
	if (in->kind != NODE_STRING && !is_number(in))
		return shape_refuse(shaper, in, trail, "a duration");
	bool is_zero = in->kind == NODE_INT && in->integer == 0;
	if ((in->kind != NODE_STRING && !is_zero) || !unit_duration(in->text, &value) ||
	    value < 0) {
		diagnostic_hint(
			shape_complain(shaper, in->at, trail, "\"%s\" is not a duration", in->text),
			"numbers with units: 90s, 1m30s, 500ms, 1h");
		return NULL;
	}
	unit_add_duration(&text, value);
	return node_string(shaper->arena, text_string(&text), in->at);
}

/* A number is a mode as it is (written 0440, YAML has read it as octal); a string has octal digits.
 */
struct node *form_mode(struct shaper *shaper, const struct row *row, struct node *in,
		       const struct trail *trail)
{
	long long mode = in->kind == NODE_INT ? in->integer : -1;

	(void)row;
	if (shape_is_open(shaper, in))
		return in;
	if (in->kind == NODE_STRING) {
		const char *digits = in->text + (text_starts(in->text, "0o") ? 2 : 0);

		if (*digits && strspn(digits, "01234567") == strlen(digits))
			mode = strtoll(digits, NULL, 8);
	}
	if (mode < 0 || mode > 07777) {
		diagnostic_hint(shape_complain(shaper, in->at, trail, "\"%s\" is not a file mode",
					       in->kind < NODE_SEQUENCE ? in->text : "this"),
				"octal digits: 0440");
		return NULL;
	}
	return node_int(shaper->arena, mode, in->at);
}

/* --- lists */

struct node *form_strings(struct shaper *shaper, const struct row *row, struct node *in,
			  const struct trail *trail)
{
	struct node *out = node_new(shaper->arena, NODE_SEQUENCE, in->at);
	bool texts = row->shape == SHAPE_TEXTS;

	if (in->kind == NODE_STRING && (row->shape == SHAPE_ONE_OR_MORE ||
					(shaper->no_interpolate && shape_is_open(shaper, in)))) {
		if (*in->text)
			node_append(shaper->arena, out, in);
		return out;
	}
	if (in->kind != NODE_SEQUENCE)
		return shape_refuse(shaper, in, trail,
				    row->shape == SHAPE_ONE_OR_MORE ? "a string or a list"
								    : "a list");
	node_room(shaper->arena, out, in->sequence.len);
	for (size_t i = 0; i < in->sequence.len; i++) {
		struct node *item = in->sequence.items[i];
		struct trail at = {trail, NULL, i};

		if (item->kind == NODE_STRING && item->date)
			is_string(shaper, item, &at);
		else if (item->kind == NODE_STRING || (texts && is_number(item)))
			node_append(shaper->arena, out, as_string(shaper, item));
		else
			shape_refuse(shaper, item, &at,
				     texts ? "a string or a number" : "a string");
	}
	return out;
}

/* What stands behind an operator is not run, as docker compose has it, and there only in silence. */
static void warn_of_operator(struct shaper *shaper, const struct node *in, const char *end,
			     const struct trail *trail)
{
	CLEANUP(text_drop) struct text path = {0};

	trail_add(trail, &path);
	diagnostic_hint(diagnostics_add(shaper->diagnostics, SEVERITY_WARNING, in->at,
					text_string(&path),
					"the command ends before \"%c\": there is no shell", *end),
			"[\"sh\", \"-c\", \"...\"] runs one");
}

struct node *form_command(struct shaper *shaper, const struct row *row, struct node *in,
			  const struct trail *trail)
{
	static const struct row list = {.shape = SHAPE_STRINGS};
	CLEANUP(words_drop) struct words words = {0};

	(void)row;
	if (in->kind != NODE_STRING && in->kind != NODE_SEQUENCE)
		return shape_refuse(shaper, in, trail, "a string or a list of strings");
	if (in->kind == NODE_SEQUENCE)
		return form_strings(shaper, &list, in, trail);
	if (shape_is_open(shaper, in))
		return in;
	if (!words_split(in->text, &words)) {
		diagnostic_hint(shape_complain(shaper, in->at, trail,
					       "the command line has an open quote, a parenthesis "
					       "outside of quotes or a backslash at its end"),
				"as a list no quotes are needed: [\"echo\", \"it's\"]");
		return NULL;
	}
	if (words.end)
		warn_of_operator(shaper, in, words.end, trail);
	struct node *out = node_new(shaper->arena, NODE_SEQUENCE, in->at);
	ARRAY_FOR_EACH (char *, word, &words.list)
		node_append(shaper->arena, out, node_string(shaper->arena, *word, in->at));
	return out;
}

struct node *form_test(struct shaper *shaper, const struct row *row, struct node *in,
		       const struct trail *trail)
{
	static const struct row list = {.shape = SHAPE_STRINGS};

	(void)row;
	if (in->kind == NODE_STRING) {
		struct node *out = node_new(shaper->arena, NODE_SEQUENCE, in->at);

		node_append(shaper->arena, out, node_string(shaper->arena, "CMD-SHELL", in->at));
		node_append(shaper->arena, out, in);
		return out;
	}
	if (in->kind != NODE_SEQUENCE)
		return shape_refuse(shaper, in, trail, "a string or a list of strings");
	struct node *out = form_strings(shaper, &list, in, trail);
	const char *first = out->sequence.len > 0 ? out->sequence.items[0]->text : NULL;
	if (first && strcmp(first, "CMD") != 0 && strcmp(first, "CMD-SHELL") != 0 &&
	    strcmp(first, "NONE") != 0) {
		diagnostic_hint(
			shape_complain(shaper, in->at, trail,
				       "the list begins neither with CMD nor with CMD-SHELL "
				       "or NONE"),
			"[\"CMD\", \"curl\", \"-f\", \"http://localhost\"] or one string for a "
			"shell");
		return NULL;
	}
	return out;
}

/* --- pairs */

/* What is wrong with a list's item "k=v", if anything, has been said. */
static bool check_pair(struct shaper *shaper, const struct node *item, const struct trail *trail)
{
	if (item->kind != NODE_STRING) {
		shape_refuse(shaper, item, trail, "a string KEY=VALUE");
		return false;
	}
	size_t len = strcspn(item->text, "=");
	if (len > 0 && item->text[len] && item->text[len - 1] == ' ') {
		diagnostic_hint(shape_complain(shaper, item->at, trail,
					       "the name in \"%s\" ends with a blank", item->text),
				"write KEY=VALUE without blanks around the =");
		return false;
	}
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

		if (value->kind >= NODE_SEQUENCE) {
			shape_refuse(shaper, value, &at, "a string, a number, a boolean or null");
			continue;
		}
		if (value->kind == NODE_FLOAT && !isfinite(value->real)) {
			shape_refuse(shaper, value, &at, "a string or a finite number");
			continue;
		}
		if (value->tag != NODE_RESET && (value->kind != NODE_NULL || labels))
			value = as_string(shaper, value);
		node_add(shaper->arena, out, entry->key, value, entry->at);
	}
	return out;
}

struct node *form_options(struct shaper *shaper, const struct row *row, struct node *in,
			  const struct trail *trail)
{
	(void)row;
	if (in->kind != NODE_MAPPING)
		return shape_refuse(shaper, in, trail, "a mapping");
	struct node *out = node_new(shaper->arena, NODE_MAPPING, in->at);
	for (size_t i = 0; i < in->mapping.len; i++) {
		struct node_entry *entry = &in->mapping.entries[i];
		struct trail at = {trail, entry->key, 0};

		if (entry->value->kind >= NODE_SEQUENCE || entry->value->kind == NODE_BOOL)
			shape_refuse(shaper, entry->value, &at, "a string or a number");
		else
			node_add(shaper->arena, out, entry->key,
				 entry->value->tag == NODE_RESET ? entry->value
								 : as_string(shaper, entry->value),
				 entry->at);
	}
	return out;
}

static void add_host(struct shaper *shaper, struct node *out, const char *host, size_t host_len,
		     const char *ip, struct position at)
{
	size_t len = strlen(ip);
	struct node *item = node_new(shaper->arena, NODE_STRING, at);

	if (len > 2 && ip[0] == '[' && ip[len - 1] == ']') {
		ip++;
		len -= 2;
	}
	item->text = arena_format(shaper->arena, "%.*s=%.*s", (int)host_len, host, (int)len, ip);
	node_append(shaper->arena, out, item);
}

static void host_of_list(struct shaper *shaper, struct node *out, const struct node *item,
			 const struct trail *trail)
{
	if (item->kind != NODE_STRING) {
		shape_refuse(shaper, item, trail, "a string host=address");
		return;
	}
	size_t len = strcspn(item->text, "=");
	if (!item->text[len])
		len = strcspn(item->text, ":");
	if (len == 0 || !item->text[len] || !item->text[len + 1]) {
		diagnostic_hint(shape_complain(shaper, item->at, trail,
					       "\"%s\" gives no address for a host", item->text),
				"write host=address");
		return;
	}
	add_host(shaper, out, item->text, len, item->text + len + 1, item->at);
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
		struct node *addresses = form_strings(shaper, &list, entry->value, &at);

		for (size_t j = 0; addresses && j < addresses->sequence.len; j++)
			add_host(shaper, out, entry->key, strlen(entry->key),
				 addresses->sequence.items[j]->text,
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

/* --- what few attributes have */

struct node *form_switch(struct shaper *shaper, const struct row *row, struct node *in,
			 const struct trail *trail)
{
	(void)row;
	if (in->kind != NODE_STRING && in->kind != NODE_BOOL)
		return shape_refuse(shaper, in, trail, "true, false or a string");
	return as_string(shaper, in);
}

struct node *form_count(struct shaper *shaper, const struct row *row, struct node *in,
			const struct trail *trail)
{
	int64_t value = 0;

	(void)row;
	if (in->kind == NODE_INT || shape_is_open(shaper, in))
		return in;
	if (in->kind != NODE_STRING)
		return shape_refuse(shaper, in, trail, "a whole number or \"all\"");
	if (strcmp(in->text, "all") != 0 && !scalar_int(in->text, &value)) {
		shape_complain(shaper, in->at, trail, "\"%s\" is neither a whole number nor all",
			       in->text);
		return NULL;
	}
	return node_int(shaper->arena, strcmp(in->text, "all") == 0 ? -1 : value, in->at);
}

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
		node_append(shaper->arena, out, as_string(shaper, item));
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
