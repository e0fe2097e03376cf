/* SPDX-License-Identifier: MIT */
/* shape -- what fields a request may have, and of what type each is
 *
 * dockerd ignores what it does not know; this engine does not, so that a misspelt or ill-typed field
 * of ours is found. null is as good as absent, as Go's decoder has it.
 */
#pragma once

#include <cjson/cJSON.h>

#include "base/text.h"

enum shape_kind { SHAPE_TEXT, SHAPE_WHOLE, SHAPE_BOOL, SHAPE_OBJECT };
enum shape_many { SHAPE_ONE, SHAPE_LIST, SHAPE_LISTS, SHAPE_MAP, SHAPE_MAP_LIST };

struct shape {
	const char *name; /* NULL ends a table */
	enum shape_kind kind;
	enum shape_many many;
	const struct shape *of; /* SHAPE_OBJECT: its fields */
};

extern const struct shape shape_container[], shape_network[], shape_volume[], shape_exec[],
	shape_exec_start[], shape_connect[], shape_disconnect[], shape_update[];

/* Adds a sentence for each field that is wrong; shape NULL: nothing may be there. */
void shape_check(const struct shape *shape, const cJSON *json, struct text *wrong);
