/* SPDX-License-Identifier: MIT */
/* table -- columns for people, and the formats that scripts ask for
 *
 * --format table | json | TEMPLATE | "table TEMPLATE": of Go's templates the fields {{.Name}},
 * {{json .}}, {{json .Name}}, {{upper .Name}}, {{lower .Name}}, text, \t and \n are known; what is
 * not is an error that says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/text.h"

struct error;

struct table_column {
	const char *title; /* "SERVICE" */
	const char *field; /* key of the row's JSON */
	bool extra;        /* for templates only */
};

struct table {
	const struct table_column *columns; /* ended by one without a title */
	size_t min_width;                   /* of a column with the gap behind it */
	bool json_lines;                    /* one object per line, else one array */
};

/* rows: an array of objects. format NULL: table. ERROR_INVALID: a template that is not understood,
 * or one of a field that is no column. */
int table_print(const struct table *table, const cJSON *rows, const char *format, struct text *out,
		struct error **err);
