/* SPDX-License-Identifier: MIT */
#include "compose/project/form.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/own.h"
#include "compose/project/advice.h"
#include "compose/project/date.h"
#include "compose/project/scalar.h"
#include "compose/project/unit.h"
#include "compose/project/words.h"

static bool is_number(const struct node *in)
{
	return in->kind == NODE_INT || in->kind == NODE_FLOAT;
}

static struct node *long_date(struct shaper *shaper, const struct node *in, const char *date,
			      const struct trail *trail)
{
	CLEANUP(text_drop) struct text path = {0};

	trail_add(trail, &path);
	diagnostic_hint(diagnostics_add(shaper->diagnostics, SEVERITY_WARNING, in->at,
					text_string(&path), "a date becomes \"%s\"", date),
			"quotes keep it as it is: \"%s\"", in->text);
	return node_string(shaper->arena, date, in->at);
}

struct node *form_as_string(struct shaper *shaper, struct node *in, const struct trail *trail)
{
	CLEANUP(text_drop) struct text date = {0};

	if (in->date && date_long(in->text, &date))
		return long_date(shaper, in, text_string(&date), trail);
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
	if (!row->words || shape_is_open(shaper, in) || (!*in->text && row->flags & ROW_FILLED))
		return in;
	size_t count = 0;
	CLEANUP(text_drop) struct text list = {0};
	for (; row->words[count]; count++) {
		if (strcmp(row->words[count], in->text) == 0)
			return in;
		text_printf(&list, "%s%s", count ? ", " : "", row->words[count]);
	}
	const char *near = text_nearest(in->text, row->words, count);
	struct diagnostic *d = shape_complain(shaper, in->at, trail,
					      count == 1 ? "\"%s\" is not \"%s\", the only value"
							 : "\"%s\" is none of %s",
					      in->text, text_string(&list));
	if (near)
		diagnostic_hint(d, "did you mean \"%s\"?", near);
	return NULL;
}

struct node *form_text(struct shaper *shaper, const struct row *row, struct node *in,
		       const struct trail *trail)
{
	(void)row;
	if (in->kind != NODE_STRING && in->kind != NODE_INT)
		return shape_refuse(shaper, in, trail, "a string or a whole number");
	return form_as_string(shaper, in, trail);
}

struct node *form_int(struct shaper *shaper, const struct row *row, struct node *in,
		      const struct trail *trail)
{
	int64_t value = 0;

	if (shape_is_open(shaper, in))
		return in;
	if (in->kind == NODE_STRING && row->flags & ROW_STRICT) {
		diagnostic_hint(
			shape_complain(shaper, in->at, trail, "must be a number, not a string"),
			"remove the quotes");
		return NULL;
	}
	bool whole =
		in->kind == NODE_INT || (in->kind == NODE_STRING && scalar_int(in->text, &value));
	if (in->kind == NODE_INT)
		value = in->integer;
	if (whole && value < 0 && row->flags & ROW_UNSIGNED) {
		shape_complain(shaper, in->at, trail, "%s is less than 0", in->text);
		return NULL;
	}
	if (in->kind == NODE_INT)
		return in;
	if (in->kind == NODE_FLOAT && in->real == (double)(int64_t)in->real)
		return node_int(shaper->arena, (int64_t)in->real, in->at);
	if (whole)
		return node_int(shaper->arena, value, in->at);
	if (in->kind == NODE_STRING || in->kind == NODE_FLOAT) {
		diagnostic_hint(shape_complain(shaper, in->at, trail,
					       "\"%s\" is not a whole number", in->text),
				"digits alone: 3");
		return NULL;
	}
	return shape_refuse(shaper, in, trail, "a whole number");
}

/* docker compose keeps numbers in 32 bits: of the decimals that stand for the same one, the shortest. */
static double narrowed(double real)
{
	char text[32];

	for (int digits = 6; digits <= 9; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, real);
		if (strtof(text, NULL) == (float)real)
			break;
	}
	return strtod(text, NULL);
}

static struct node *number(struct shaper *shaper, const struct node *in, double real,
			   const struct trail *trail)
{
	if (fabs(real) <= (double)FLT_MAX)
		return node_real(shaper->arena, narrowed(real), in->at);
	shape_complain(shaper, in->at, trail, "%s is too large", in->text);
	return NULL;
}

struct node *form_number(struct shaper *shaper, const struct row *row, struct node *in,
			 const struct trail *trail)
{
	double real = 0;
	int64_t whole = 0;

	(void)row;
	if (in->kind == NODE_FLOAT)
		return number(shaper, in, in->real, trail);
	if (in->kind == NODE_INT || shape_is_open(shaper, in))
		return in;
	if (in->kind != NODE_STRING)
		return shape_refuse(shaper, in, trail, "a number");
	if (scalar_int(in->text, &whole))
		return node_int(shaper->arena, whole, in->at);
	if (scalar_real(in->text, &real))
		return number(shaper, in, real, trail);
	advise_number(shape_complain(shaper, in->at, trail, "\"%s\" is not a number", in->text),
		      in->text);
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
		diagnostic_hint(shape_complain(shaper, in->at, trail,
					       "\"%s\" is neither true nor false", in->text),
				"write true or false");
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

	if (shape_is_open(shaper, in))
		return in;
	if (in->kind == NODE_INT && row->flags & ROW_STRICT) {
		diagnostic_hint(
			shape_complain(shaper, in->at, trail, "must be a string, not a number"),
			"in quotes, with its unit: \"512m\"");
		return NULL;
	}
	if (in->kind != NODE_STRING && in->kind != NODE_INT)
		return shape_refuse(shaper, in, trail, "an amount of memory");
	if (!unit_bytes(scalar_string(shaper->arena, in), &bytes) ||
	    (in->kind == NODE_STRING && bytes < 0 &&
	     (row->flags & ROW_STRICT || strcmp(in->text, "-1") != 0))) {
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
	if (in->kind != NODE_STRING || !unit_duration(in->text, &value) || value < 0) {
		advise_duration(
			shape_complain(shaper, in->at, trail, "\"%s\" is not a duration", in->text),
			in->text);
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
		if (*in->text || !(row->flags & ROW_FILLED))
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

		if (item->lost ||
		    (row->flags & ROW_FILLED && item->kind == NODE_STRING && !*item->text))
			continue;
		if (item->kind == NODE_STRING && item->date)
			is_string(shaper, item, &at);
		else if (item->kind == NODE_STRING || (texts && item->kind == NODE_INT))
			node_append(shaper->arena, out, form_as_string(shaper, item, &at));
		else
			shape_refuse(shaper, item, &at,
				     texts ? "a string or a whole number" : "a string");
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

/* --- what few attributes have */

struct node *form_switch(struct shaper *shaper, const struct row *row, struct node *in,
			 const struct trail *trail)
{
	(void)row;
	if (in->kind != NODE_STRING && in->kind != NODE_BOOL)
		return shape_refuse(shaper, in, trail, "true, false or a string");
	return form_as_string(shaper, in, trail);
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
