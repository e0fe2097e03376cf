/* SPDX-License-Identifier: MIT */
#include "compose/project/diagnostic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "compose/project/excerpt.h"

enum {
	KEPT = 100,      /* findings of each severity; what is beyond is only counted */
	TEXT_KEPT = 500, /* bytes of a message or a path */
	FILE_MAX = 10 * 1024 * 1024,
};

static void drop_one(struct diagnostic *diagnostic)
{
	free(diagnostic->file);
	free(diagnostic->path);
	free(diagnostic->message);
	free(diagnostic->hint);
	free(diagnostic->source);
	ARRAY_FOR_EACH (struct note, note, &diagnostic->notes) {
		free(note->file);
		free(note->message);
	}
	array_drop(&diagnostic->notes);
	*diagnostic = (struct diagnostic){0};
}

void diagnostics_drop(struct diagnostics *diagnostics)
{
	ARRAY_FOR_EACH (struct diagnostic, it, &diagnostics->list)
		drop_one(it);
	array_drop(&diagnostics->list);
	ARRAY_FOR_EACH (struct provenance, place, &diagnostics->from) {
		free(place->file);
		free(place->from);
	}
	array_drop(&diagnostics->from);
	ARRAY_FOR_EACH (struct unknown, unknown, &diagnostics->unknown) {
		free(unknown->file);
		free(unknown->path);
	}
	array_drop(&diagnostics->unknown);
	drop_one(&diagnostics->beyond);
	*diagnostics = (struct diagnostics){0};
}

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) ==
	       0x80; /* the second to fourth byte of a UTF-8 character */
}

/* What the user wrote may be megabytes long. */
static void cut(struct text *text)
{
	if (text->len <= TEXT_KEPT)
		return;
	size_t len = TEXT_KEPT;
	while (len > 0 && is_tail(text->data[len]))
		len--;
	text_remove(text, len, text->len - len);
	text_add(text, "...");
}

static char *cut_copy(const char *string)
{
	CLEANUP(text_drop) struct text text = {0};
	struct text safe = {0};

	text_add_n(&text, string, strnlen(string, TEXT_KEPT + 1));
	cut(&text);
	excerpt_add_safe(&safe, text_string(&text), text.len);
	return text_steal(&safe);
}

/* One line, without control characters: what the user wrote may be in it. */
static char *one_line(const char *format, va_list args)
{
	CLEANUP(text_drop) struct text text = {0};
	struct text safe = {0};

	text_vprintf(&text, format, args);
	cut(&text);
	excerpt_add_safe(&safe, text_string(&text), text.len);
	return text_steal(&safe);
}

struct diagnostic *diagnostics_add(struct diagnostics *diagnostics, enum severity severity,
				   struct position at, const char *path, const char *format, ...)
{
	size_t *count = severity == SEVERITY_ERROR ? &diagnostics->errors : &diagnostics->warnings;
	struct diagnostic *added = &diagnostics->beyond;
	va_list args;

	if (++*count > KEPT)
		drop_one(added);
	else
		added = array_add(&diagnostics->list);
	va_start(args, format);
	*added = (struct diagnostic){
		.severity = severity,
		.file = at.file ? cut_copy(at.file) : NULL,
		.line = at.line,
		.column = at.column,
		.path = path && *path ? cut_copy(path) : NULL,
		.message = one_line(format, args),
	};
	va_end(args);
	return added;
}

void diagnostic_hint(struct diagnostic *diagnostic, const char *format, ...)
{
	va_list args;

	free(diagnostic->hint);
	va_start(args, format);
	diagnostic->hint = one_line(format, args);
	va_end(args);
}

void diagnostic_note(struct diagnostic *diagnostic, struct position at, const char *format, ...)
{
	struct note *note = array_add(&diagnostic->notes);
	va_list args;

	va_start(args, format);
	*note = (struct note){
		.file = at.file ? cut_copy(at.file) : NULL,
		.line = at.line,
		.column = at.column,
		.message = one_line(format, args),
	};
	va_end(args);
}

const char *diagnostic_place(struct position at, struct position here, char out[static PLACE_MAX])
{
	if (text_same(at.file, here.file))
		snprintf(out, PLACE_MAX, "line %u", at.line);
	else
		snprintf(out, PLACE_MAX, "%.120s:%u", at.file ? at.file : "?", at.line);
	return out;
}

const char *diagnostic_places(struct position a, struct position b, char out[static TWO_PLACES_MAX])
{
	bool apart = !text_same(a.file, b.file);
	bool in_order = apart || a.line < b.line;
	struct position first = in_order ? a : b, last = in_order ? b : a;

	if (apart)
		snprintf(out, TWO_PLACES_MAX, "%.120s:%u and %.120s:%u", first.file, first.line,
			 last.file, last.line);
	else if (first.line == last.line)
		snprintf(out, TWO_PLACES_MAX, "line %u", first.line);
	else
		snprintf(out, TWO_PLACES_MAX, "lines %u and %u", first.line, last.line);
	return out;
}

static void keep_line(struct diagnostic *it, const char *line, size_t len)
{
	struct text shown = {0};

	it->caret = excerpt_add(&shown, line, len, it->column);
	it->source = text_steal(&shown);
	if (it->column > 0)
		it->end = excerpt_end(line, len, it->column);
}

bool diagnostics_full(const struct diagnostics *diagnostics)
{
	return diagnostics->errors >= KEPT;
}

void diagnostics_doubt(struct diagnostics *diagnostics, const char *file, const char *path)
{
	array_push(&diagnostics->unknown, ((struct unknown){cut_copy(file), cut_copy(path)}));
}

/* In whole names. */
static bool has_path(const char *all, const char *path)
{
	size_t len = strlen(path);

	for (const char *at = all; (at = strstr(at, path)); at++)
		if ((at == all || at[-1] == '.') && (!at[len] || strchr(".[", at[len])))
			return true;
	return false;
}

bool diagnostics_told(const struct diagnostics *diagnostics, size_t len, const char *file,
		      const char *path)
{
	for (size_t i = 0; i < len; i++) {
		const struct diagnostic *it = &diagnostics->list.items[i];

		if (it->severity == SEVERITY_ERROR && it->path && has_path(it->path, path) &&
		    text_same(it->file, file))
			return true;
	}
	ARRAY_FOR_EACH (const struct unknown, it, &diagnostics->unknown)
		if (has_path(it->path, path) && text_same(it->file, file))
			return true;
	return false;
}

/* The bytes of line number (from 1); NULL: there is none. */
static const char *find_line(const char *bytes, size_t len, unsigned number, size_t *line_len)
{
	const char *line = bytes, *end = bytes + len;

	for (unsigned i = 1; i < number; i++) {
		const char *next = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;

		if (!next)
			return NULL;
		line = next + 1;
	}
	const char *stop = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
	*line_len = (size_t)((stop ? stop : end) - line);
	if (*line_len > 0 && line[*line_len - 1] == '\r')
		--*line_len;
	return line;
}

void diagnostics_source(struct diagnostics *diagnostics, const char *file, const char *bytes,
			size_t len)
{
	CLEANUP(text_drop) struct text decoded = {0};

	if (excerpt_decode(&decoded, bytes, len)) {
		bytes = text_string(&decoded);
		len = decoded.len;
	}
	ARRAY_FOR_EACH (struct diagnostic, it, &diagnostics->list) {
		size_t line_len = 0;

		if (it->source || it->line == 0 || !text_same(it->file, file))
			continue;
		const char *line = find_line(bytes, len, it->line, &line_len);
		if (line)
			keep_line(it, line, line_len);
	}
}

/* --- where files come from */

enum { FROM_MAX = 40 }; /* links of a chain */

static const struct provenance *find_from(const struct diagnostics *diagnostics, const char *file)
{
	ARRAY_FOR_EACH (const struct provenance, place, &diagnostics->from)
		if (text_same(place->file, file))
			return place;
	return NULL;
}

void diagnostics_from(struct diagnostics *diagnostics, const char *file, struct position at)
{
	if (!at.file || find_from(diagnostics, file))
		return;
	/* A file that is named in a circle has its place already. */
	const char *above = at.file;
	while (above && strcmp(above, file) != 0) {
		const struct provenance *up = find_from(diagnostics, above);

		above = up ? up->from : NULL;
	}
	if (above)
		return;
	struct provenance *place = array_add(&diagnostics->from);
	*place = (struct provenance){cut_copy(file), cut_copy(at.file), at.line, at.column};
}

static int compare(const void *a, const void *b)
{
	const struct diagnostic *x = a, *y = b;
	int order = 0;

	if (x->file && y->file)
		order = strcmp(x->file, y->file);
	else
		order = (x->file != NULL) - (y->file != NULL);
	if (order == 0)
		order = (x->line > y->line) - (x->line < y->line);
	if (order == 0)
		order = (x->column > y->column) - (x->column < y->column);
	if (order == 0)
		order = strcmp(x->message, y->message);
	return order;
}

static bool is_same(const struct diagnostic *a, const struct diagnostic *b)
{
	return a->severity == b->severity && a->line > 0 && compare(a, b) == 0;
}

/* What an anchor brings into several places is wrong once. */
static void drop_doubles(struct diagnostics *diagnostics)
{
	struct diagnostic *items = diagnostics->list.items;
	size_t kept = 1;

	for (size_t i = 1; i < diagnostics->list.len; i++) {
		if (!is_same(&items[kept - 1], &items[i])) {
			items[kept++] = items[i];
			continue;
		}
		if (items[i].severity == SEVERITY_ERROR)
			diagnostics->errors--;
		else
			diagnostics->warnings--;
		drop_one(&items[i]);
	}
	diagnostics->list.len = kept;
}

void diagnostics_sort(struct diagnostics *diagnostics)
{
	if (diagnostics->list.len < 2)
		return;
	qsort(diagnostics->list.items, diagnostics->list.len, sizeof(*diagnostics->list.items),
	      compare);
	drop_doubles(diagnostics);
}

/* --- printing */

struct printer {
	struct text *out;
	bool colour;
	struct map texts; /* by file: struct text of what was read for its lines */
};

static void drop_text(void *value)
{
	text_drop(value);
	free(value);
}

static const char *paint(const struct printer *printer, const char *code)
{
	return printer->colour ? code : "";
}

/* The line from its file, where the finding has none. */
static const char *read_line(struct printer *printer, const struct diagnostic *it, size_t *len)
{
	if (!it->file || it->line == 0)
		return NULL;
	struct text *text = map_get(&printer->texts, it->file);
	if (!text) {
		CLEANUP(error_drop) struct error *err = NULL;

		text = memory_zero(1, sizeof(*text));
		if (strcmp(it->file, "-") != 0)
			file_read(it->file, FILE_MAX, text, &err);
		map_set(&printer->texts, it->file, text);
	}
	return text->len > 0 ? find_line(text->data, text->len, it->line, len) : NULL;
}

static void print_source(struct printer *printer, const struct diagnostic *it)
{
	CLEANUP(text_drop) struct text shown = {0};
	size_t caret = it->caret, len = 0;
	const char *line = it->source ? NULL : read_line(printer, it, &len);

	if (line)
		caret = excerpt_add(&shown, line, len, it->column);
	else if (!it->source)
		return;
	text_printf(printer->out, "%s%5u |%s %s\n", paint(printer, "\033[2m"), it->line,
		    paint(printer, "\033[0m"), it->source ? it->source : text_string(&shown));
	if (it->column == 0)
		return;
	text_printf(printer->out, "%s      |%s ", paint(printer, "\033[2m"),
		    paint(printer, "\033[0m"));
	text_add_repeat(printer->out, ' ', caret);
	text_printf(printer->out, "%s^%s\n", paint(printer, "\033[1;32m"),
		    paint(printer, "\033[0m"));
}

/* compose.yaml:12:5: error: services.web.ports[0]: "80x" is not a port */
static void print_head(struct printer *printer, const struct diagnostic *it)
{
	bool bad = it->severity == SEVERITY_ERROR;

	text_add(printer->out, paint(printer, "\033[1m"));
	if (it->file)
		text_printf(printer->out, "%s:", it->file);
	if (it->file && it->line > 0)
		text_printf(printer->out, "%u:", it->line);
	if (it->file && it->line > 0 && it->column > 0)
		text_printf(printer->out, "%u:", it->column);
	text_printf(printer->out, "%s%s%s:%s ", it->file ? " " : "",
		    paint(printer, bad ? "\033[31m" : "\033[33m"), bad ? "error" : "warning",
		    paint(printer, "\033[0m"));
	if (it->path)
		text_printf(printer->out, "%s: ", it->path);
	text_printf(printer->out, "%s\n", it->message);
}

static void print_below(struct printer *printer, const struct diagnostic *it)
{
	print_source(printer, it);
	if (it->hint)
		text_printf(printer->out, "   %s\n", it->hint);
	ARRAY_FOR_EACH (const struct note, note, &it->notes) {
		text_add(printer->out, "   ");
		if (note->file && note->line > 0)
			text_printf(printer->out, "%s:%u:%u: ", note->file, note->line,
				    note->column);
		text_printf(printer->out, "%s\n", note->message);
	}
}

static void print_from(struct printer *printer, const struct diagnostics *all,
		       const struct diagnostic *it)
{
	const struct provenance *place = find_from(all, it->file);

	for (int i = 0; place && i < FROM_MAX; i++, place = find_from(all, place->from))
		text_printf(printer->out, "   from %s:%u:%u\n", place->from, place->line,
			    place->column);
}

static void print_one(struct printer *printer, const struct diagnostics *all,
		      const struct diagnostic *it)
{
	print_head(printer, it);
	print_below(printer, it);
	print_from(printer, all, it);
}

static void print_all(struct printer *printer, const struct diagnostics *diagnostics)
{
	size_t beyond = diagnostics->errors + diagnostics->warnings - diagnostics->list.len;

	ARRAY_FOR_EACH (const struct diagnostic, it, &diagnostics->list)
		print_one(printer, diagnostics, it);
	if (beyond > 0)
		text_printf(printer->out, "... and %zu more\n", beyond);
}

void diagnostics_print(const struct diagnostics *diagnostics, bool colour, struct text *out)
{
	struct printer printer = {.out = out, .colour = colour};

	print_all(&printer, diagnostics);
	map_drop_with(&printer.texts, drop_text);
}

void diagnostics_take(struct diagnostics *diagnostics, const struct error *err)
{
	struct diagnostic *taken = diagnostics_add(diagnostics, SEVERITY_ERROR,
						   (struct position){0}, NULL, "%s", err->message);

	if (err->detail)
		diagnostic_hint(taken, "%s", err->detail);
}

static void add_from(cJSON *one, const struct diagnostics *all, const char *file)
{
	const struct provenance *place = find_from(all, file);
	cJSON *chain = place ? cJSON_AddArrayToObject(one, "from") : NULL;

	for (int i = 0; place && i < FROM_MAX; i++, place = find_from(all, place->from)) {
		cJSON *link = cJSON_CreateObject();

		json_set_string(link, "file", place->from);
		json_set_int(link, "line", place->line);
		json_set_int(link, "column", place->column);
		cJSON_AddItemToArray(chain, link);
	}
}

static void add_notes(cJSON *one, const struct diagnostic *it)
{
	cJSON *notes = it->notes.len > 0 ? cJSON_AddArrayToObject(one, "notes") : NULL;

	ARRAY_FOR_EACH (const struct note, note, &it->notes) {
		cJSON *object = cJSON_CreateObject();

		if (note->file && note->line > 0) {
			json_set_string(object, "file", note->file);
			json_set_int(object, "line", note->line);
			json_set_int(object, "column", note->column);
		}
		json_set_string(object, "message", note->message);
		cJSON_AddItemToArray(notes, object);
	}
}

static cJSON *json_of(const struct diagnostics *all, const struct diagnostic *it)
{
	cJSON *one = cJSON_CreateObject();

	json_set_string(one, "severity", it->severity == SEVERITY_ERROR ? "error" : "warning");
	json_set_string(one, "file", it->file);
	if (it->line > 0)
		json_set_int(one, "line", it->line);
	if (it->column > 0)
		json_set_int(one, "column", it->column);
	if (it->end > it->column)
		json_set_int(one, "end", it->end);
	json_set_string(one, "path", it->path);
	json_set_string(one, "message", it->message);
	json_set_string(one, "hint", it->hint);
	add_notes(one, it);
	add_from(one, all, it->file);
	return one;
}

static size_t count_beyond(const struct diagnostics *diagnostics)
{
	return diagnostics->errors + diagnostics->warnings - diagnostics->list.len;
}

cJSON *diagnostics_json(const struct diagnostics *diagnostics)
{
	cJSON *array = cJSON_CreateArray();
	size_t beyond = count_beyond(diagnostics);

	ARRAY_FOR_EACH (const struct diagnostic, it, &diagnostics->list)
		cJSON_AddItemToArray(array, json_of(diagnostics, it));
	if (beyond > 0) {
		CLEANUP(memory_free) char *message = memory_format("%zu more", beyond);
		const struct diagnostic more = {
			.severity = diagnostics->beyond.severity,
			.message = message,
		};

		cJSON_AddItemToArray(array, json_of(diagnostics, &more));
	}
	return array;
}

/* "3 errors, 1 warning" */
static void add_count(const struct diagnostics *diagnostics, struct text *out)
{
	size_t errors = diagnostics->errors, warnings = diagnostics->warnings;

	if (errors + warnings < 2)
		return;
	text_printf(out, "%zu error%s", errors, errors == 1 ? "" : "s");
	if (warnings > 0)
		text_printf(out, ", %zu warning%s", warnings, warnings == 1 ? "" : "s");
	text_add_char(out, '\n');
}

int diagnostics_fail(const struct diagnostics *diagnostics, struct error **err)
{
	CLEANUP(text_drop) struct text head = {0};
	CLEANUP(text_drop) struct text rest = {0};
	struct printer printer = {.out = &head};
	const struct diagnostic *first = NULL;

	if (diagnostics->errors == 0)
		return 0;
	ARRAY_FOR_EACH (const struct diagnostic, it, &diagnostics->list)
		if (!first && it->severity == SEVERITY_ERROR)
			first = it;
	print_head(&printer, first);
	printer.out = &rest;
	printer.colour = diagnostics->colour;
	print_below(&printer, first);
	print_from(&printer, diagnostics, first);
	for (int severity = SEVERITY_ERROR; severity >= SEVERITY_WARNING; severity--)
		ARRAY_FOR_EACH (const struct diagnostic, it, &diagnostics->list)
			if (it != first && (int)it->severity == severity)
				print_one(&printer, diagnostics, it);
	if (count_beyond(diagnostics) > 0)
		text_printf(&rest, "... and %zu more\n", count_beyond(diagnostics));
	add_count(diagnostics, &rest);
	map_drop_with(&printer.texts, drop_text);

	error_set(err, ERROR_INVALID, "%.*s", (int)strcspn(head.data, "\n"), head.data);
	if (rest.len > 0 && rest.data[rest.len - 1] == '\n')
		text_remove(&rest, rest.len - 1, 1);
	if (rest.len > 0)
		error_detail(err, "%s", rest.data);
	return ERROR_INVALID;
}
