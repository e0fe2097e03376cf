/* SPDX-License-Identifier: MIT */
/* judge -- whether a document obeys a JSON schema
 *
 * Knows the words that outline.c writes, and no other: an unknown one fails.
 */
#pragma once

#include <stdbool.h>

#include "base/json.h"
#include "base/text.h"
#include "compose/project/node.h"

/* Adds a line to why where it does not. */
bool judge(const cJSON *schema, const struct node *node, struct text *why);
