/* SPDX-License-Identifier: MIT */
/* date -- plain scalars that YAML 1.1 takes for a point in time (yaml.org/type/timestamp.html)
 *
 * docker compose reads 2020-01-01 so, and writes it out long where a string is wanted: the value of
 * an environment variable or of a label that looks like a date is not what was written, unless it
 * stands in quotes.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

bool date_is(const char *text);
/* 2020-01-01 becomes 2020-01-01 00:00:00 +0000 UTC. False: it is no date. */
bool date_long(const char *text, struct text *out);
