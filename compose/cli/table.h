/* SPDX-License-Identifier: MIT */
/* table -- columns for people, and the formats that scripts ask for
 *
 * --format table | json | TEMPLATE | "table TEMPLATE": of Go's templates the fields {{.Name}},
 * {{json .}}, {{json .Name}}, {{upper .Name}}, {{lower .Name}}, text, \\t and \\n are known; what
 * is not is an error that says so.
 */
#pragma once

#include "base/json.h"
#include "base/text.h"

struct error;

struct table_column {
	const char *title; /* "SERVICE" */
	const char *field; /* key of the row's JSON */
};

/* rows: an array of objects. columns: NULL-ended title, for the plain table. json_lines: one object
 * per line, else one array. */
int table_print(const struct table_column *columns, const cJSON *rows, const char *format,
		bool json_lines, struct text *out, struct error **err);
