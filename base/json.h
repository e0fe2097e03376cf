/* SPDX-License-Identifier: MIT */
/* json -- small things on cJSON documents: what is read is checked for its type, what is absent has
 * a default
 *
 * Numbers in cJSON are doubles: whole numbers are exact up to 2^53.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct error;

void json_drop(cJSON **json); /* for CLEANUP */
/* Parses exactly one document of len bytes. ERROR_INVALID names what and the offset. */
int json_parse(const char *bytes, size_t len, const char *what, cJSON **ret, struct error **err);
char *json_print(const cJSON *json);        /* compact; yours */
char *json_print_pretty(const cJSON *json); /* two spaces of indentation; yours */

const cJSON *json_get(const cJSON *object,
		      const char *key); /* NULL: absent, null, or not an object. Case-sensitive */
const char *json_string(const cJSON *object,
			const char *key); /* NULL: absent or no string; borrowed */
int64_t json_int(const cJSON *object, const char *key, int64_t fallback);
double json_double(const cJSON *object, const char *key, double fallback);
bool json_bool(const cJSON *object, const char *key);          /* absent is false */
const cJSON *json_path(const cJSON *object, const char *path); /* "State.Health.Status" */

cJSON *
json_strings(const char *const *vector); /* a NULL-ended vector as an array; NULL gives NULL */
char **
json_vector(const cJSON *array); /* an array's strings, NULL-ended; yours. No array gives NULL */
void json_set_string(cJSON *object, const char *key,
		     const char *value); /* nothing where value is NULL */
void json_set_int(cJSON *object, const char *key, int64_t value);
void json_set_bool(cJSON *object, const char *key, bool value);
