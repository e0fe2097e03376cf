/* SPDX-License-Identifier: MIT */
/* outline -- the tables of compose/project/schema.h as a JSON schema (draft 7) for editors, and as
 * the tables of docs/project-file.md
 */
#pragma once

#include "base/json.h"
#include "base/text.h"

/* Attributes without a line in words.c are added to missing, a line each. */
cJSON *outline_schema(struct text *missing);
void outline_tables(struct text *out);
