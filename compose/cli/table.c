/* SPDX-License-Identifier: MIT */
#include "compose/cli/table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

#define GAP 3 /* blanks between columns */

/* --- a grid of cells becomes lines */

struct grid {
	ARRAY(char *) cells; /* NULL ends a line */
};

static void grid_drop(struct grid *grid)
{
	ARRAY_FOR_EACH (char *, cell, &grid->cells)
		free(*cell);
	array_drop(&grid->cells);
}

static size_t width_of(const char *cell)
{
	size_t width = 0;

	for (; *cell; cell++)
		width += ((unsigned char)*cell & 0xc0) != 0x80;
	return width;
}

/* The last cell of a line has no blanks behind it, and does not make its column wider. */
static void grid_print(const struct grid *grid, size_t min_width, struct text *out)
{
	ARRAY(size_t) widths = {0};
	size_t column = 0;

	for (size_t i = 0; i < grid->cells.len; i++) {
		if (!grid->cells.items[i]) {
			column = 0;
			continue;
		}
		bool is_last = !grid->cells.items[i + 1];
		size_t width = width_of(grid->cells.items[i]) + GAP;
		if (column >= widths.len)
			array_push(&widths, min_width);
		if (!is_last && width > widths.items[column])
			widths.items[column] = width;
		column++;
	}
	column = 0;
	for (size_t i = 0; i < grid->cells.len; i++) {
		const char *cell = grid->cells.items[i];
		if (!cell) {
			text_add_char(out, '\n');
			column = 0;
			continue;
		}
		text_add(out, cell);
		if (grid->cells.items[i + 1])
			text_add_repeat(out, ' ', widths.items[column] - width_of(cell));
		column++;
	}
	array_drop(&widths);
}

/* --- a row's value as text */

static void add_json(struct text *out, const cJSON *value)
{
	CLEANUP(memory_free) char *printed = value ? json_print(value) : memory_copy("null");

	text_add(out, printed);
}

static void add_value(struct text *out, const cJSON *row, const char *field)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(row, field);

	if (cJSON_IsString(value))
		text_add(out, value->valuestring);
	else if (value && !cJSON_IsNull(value))
		add_json(out, value);
}

static char *value_of(const cJSON *row, const char *field)
{
	CLEANUP(text_drop) struct text text = {0};

	add_value(&text, row, field);
	return text_steal(&text);
}

/* --- patterns: what a template becomes */

enum part_kind { PART_TEXT, PART_VALUE, PART_JSON, PART_UPPER, PART_LOWER };

struct part {
	enum part_kind kind;
	char *text; /* TEXT: itself; else the field, "" for the whole row */
};

struct pattern {
	ARRAY(struct part) parts;
};

static void pattern_drop(struct pattern *pattern)
{
	ARRAY_FOR_EACH (struct part, part, &pattern->parts)
		free(part->text);
	array_drop(&pattern->parts);
}

static void add_part(struct pattern *pattern, enum part_kind kind, char *text)
{
	struct part *part = array_add(&pattern->parts);

	part->kind = kind;
	part->text = text;
}

static const struct table_column *column_of(const struct table *table, const char *field)
{
	for (const struct table_column *column = table->columns; column->title; column++) {
		if (strcmp(column->field, field) == 0)
			return column;
	}
	return NULL;
}

static int unknown_field(const struct table *table, const char *field, struct error **err)
{
	const char *names[64];
	size_t count = 0;

	for (const struct table_column *column = table->columns; column->title; column++) {
		if (count < ARRAY_LEN(names))
			names[count++] = column->field;
	}
	const char *meant = text_nearest(field, names, count);
	CLEANUP(text_drop) struct text list = {0};
	for (size_t i = 0; i < count; i++)
		text_printf(&list, "%s%s", i ? " " : "", names[i]);
	error_set(err, ERROR_INVALID, "--format: there is no field .%s%s%s%s", field,
		  meant ? " (did you mean ." : "", meant ? meant : "", meant ? "?)" : "");
	error_detail(err, "Fields: %s", text_string(&list));
	return ERROR_INVALID;
}

/* What stands between {{ and }}: an optional function and a field. */
static int parse_action(const struct table *table, const char *action, size_t len,
			struct pattern *pattern, struct error **err)
{
	static const struct {
		const char *name;
		enum part_kind kind;
	} functions[] = {
		{"json ", PART_JSON},
		{"upper ", PART_UPPER},
		{"lower ", PART_LOWER},
	};
	enum part_kind kind = PART_VALUE;
	CLEANUP(memory_free) char *copy = memory_copy_n(action, len);
	char *word = copy;

	word += strspn(word, " ");
	for (size_t i = len; i > 0 && copy[i - 1] == ' '; i--)
		copy[i - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		if (!text_starts(word, functions[i].name))
			continue;
		kind = functions[i].kind;
		word += strlen(functions[i].name);
		word += strspn(word, " ");
		break;
	}
	bool is_field =
		word[0] == '.' && strspn(word + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
						   "mnopqrstuvwxyz0123456789") == strlen(word + 1);
	if (!is_field || (!word[1] && kind != PART_JSON))
		return error_set(err, ERROR_INVALID,
				 "--format: {{%.*s}} is not understood; {{.Field}}, {{json .}}, "
				 "{{json .Field}}, {{upper .Field}} and {{lower .Field}} are",
				 (int)len, action);
	if (word[1] && !column_of(table, word + 1))
		return unknown_field(table, word + 1, err);
	add_part(pattern, kind, memory_copy(word + 1));
	return 0;
}

/* \t and \n are written with a backslash on the command line. */
static char *unescape(const char *text, size_t len)
{
	CLEANUP(text_drop) struct text out = {0};

	for (size_t i = 0; i < len; i++) {
		bool escape = text[i] == '\\' && i + 1 < len;
		if (escape && (text[i + 1] == 't' || text[i + 1] == 'n'))
			text_add_char(&out, text[++i] == 't' ? '\t' : '\n');
		else
			text_add_char(&out, text[i]);
	}
	return text_steal(&out);
}

static int parse_template(const struct table *table, const char *format, struct pattern *pattern,
			  struct error **err)
{
	while (*format) {
		const char *open = strstr(format, "{{");
		size_t len = open ? (size_t)(open - format) : strlen(format);

		if (len)
			add_part(pattern, PART_TEXT, unescape(format, len));
		if (!open)
			return 0;
		const char *close = strstr(open, "}}");
		if (!close)
			return error_set(err, ERROR_INVALID, "--format: {{ is not closed by }}");
		if (parse_action(table, open + 2, (size_t)(close - open - 2), pattern, err) < 0)
			return (*err)->code;
		format = close + 2;
	}
	return 0;
}

static void add_cased(struct text *out, const char *value, int (*change)(int c))
{
	for (; *value; value++)
		text_add_char(out, (char)change((unsigned char)*value));
}

/* One row by the template; row NULL: the titles. */
static void apply(const struct table *table, const struct pattern *pattern, const cJSON *row,
		  struct text *out)
{
	ARRAY_FOR_EACH (const struct part, part, &pattern->parts) {
		if (part->kind == PART_TEXT) {
			text_add(out, part->text);
			continue;
		}
		if (!row) {
			text_add(out, *part->text ? column_of(table, part->text)->title : "");
			continue;
		}
		if (part->kind == PART_JSON) {
			add_json(out, *part->text
					      ? cJSON_GetObjectItemCaseSensitive(row, part->text)
					      : row);
			continue;
		}
		CLEANUP(memory_free) char *value = value_of(row, part->text);
		if (part->kind == PART_VALUE)
			text_add(out, value);
		else
			add_cased(out, value, part->kind == PART_UPPER ? toupper : tolower);
	}
}

static void add_cells(struct grid *grid, const char *line)
{
	for (;;) {
		size_t len = strcspn(line, "\t");
		array_push(&grid->cells, memory_copy_n(line, len));
		if (!line[len])
			break;
		line += len + 1;
	}
	array_push(&grid->cells, NULL);
}

static int print_template(const struct table *table, const cJSON *rows, const char *format,
			  bool with_titles, struct text *out, struct error **err)
{
	CLEANUP(pattern_drop) struct pattern pattern = {0};
	CLEANUP(grid_drop) struct grid grid = {0};
	CLEANUP(text_drop) struct text line = {0};
	const cJSON *row;

	if (parse_template(table, format, &pattern, err) < 0)
		return (*err)->code;
	if (with_titles) {
		apply(table, &pattern, NULL, &line);
		add_cells(&grid, text_string(&line));
	}
	cJSON_ArrayForEach (row, rows) {
		text_clear(&line);
		apply(table, &pattern, row, with_titles ? &line : out);
		if (with_titles)
			add_cells(&grid, text_string(&line));
		else
			text_add_char(out, '\n');
	}
	grid_print(&grid, table->min_width, out);
	return 0;
}

/* --- the formats */

static void print_plain(const struct table *table, const cJSON *rows, struct text *out)
{
	CLEANUP(grid_drop) struct grid grid = {0};
	const cJSON *row;

	for (const struct table_column *column = table->columns; column->title; column++) {
		if (!column->extra)
			array_push(&grid.cells, memory_copy(column->title));
	}
	array_push(&grid.cells, NULL);
	cJSON_ArrayForEach (row, rows) {
		for (const struct table_column *column = table->columns; column->title; column++) {
			if (!column->extra)
				array_push(&grid.cells, value_of(row, column->field));
		}
		array_push(&grid.cells, NULL);
	}
	grid_print(&grid, table->min_width, out);
}

static void print_json(const struct table *table, const cJSON *rows, struct text *out)
{
	const cJSON *row;

	if (!table->json_lines) {
		add_json(out, rows);
		text_add_char(out, '\n');
		return;
	}
	cJSON_ArrayForEach (row, rows) {
		add_json(out, row);
		text_add_char(out, '\n');
	}
}

int table_print(const struct table *table, const cJSON *rows, const char *format, struct text *out,
		struct error **err)
{
	if (!format || !*format || strcmp(format, "table") == 0)
		print_plain(table, rows, out);
	else if (strcmp(format, "json") == 0)
		print_json(table, rows, out);
	else if (text_starts(format, "table "))
		return print_template(table, rows, format + strlen("table "), true, out, err);
	else
		return print_template(table, rows, format, false, out, err);
	return 0;
}
