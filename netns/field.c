/* SPDX-License-Identifier: MIT */
#include "netns/field.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

static int read_word(const char *word, size_t len, const struct field_row *rows, size_t count,
		     void *target, struct error **err)
{
	CLEANUP(memory_free) char *copy = memory_copy_n(word, len);
	char *value = strchr(copy, '=');

	if (!value)
		return error_set(err, ERROR_INVALID, "\"%s\" is no key with a value", copy);
	*value++ = '\0';
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].key, copy) != 0)
			continue;
		if (rows[i].read(target, value))
			return 0;
		return error_set(err, ERROR_INVALID, "\"%s\" is no value of %s", value, copy);
	}
	return error_set(err, ERROR_INVALID, "\"%s\" is no key that is known", copy);
}

int field_read(const char *line, const struct field_row *rows, size_t count, void *target,
	       struct error **err)
{
	if (strlen(line) >= FIELD_LINE)
		return error_set(err, ERROR_INVALID, "the line is longer than %d bytes",
				 FIELD_LINE);
	while (*line) {
		size_t len = strcspn(line, " ");
		int status = len ? read_word(line, len, rows, count, target, err) : 0;

		if (status < 0)
			return status;
		line += len + (line[len] == ' ');
	}
	return 0;
}

void field_write(struct text *line, const char *key, const char *value)
{
	text_printf(line, "%s%s=%s", line->len ? " " : "", key, value);
}

void field_write_number(struct text *line, const char *key, uint64_t value)
{
	text_printf(line, "%s%s=%llu", line->len ? " " : "", key, (unsigned long long)value);
}

bool field_number(const char *value, uint64_t max, uint64_t *ret)
{
	uint64_t number = 0;

	if (!*value)
		return false;
	for (; *value; value++) {
		if (*value < '0' || *value > '9')
			return false;
		uint64_t digit = (uint64_t)(*value - '0');

		if (number > (max - digit) / 10 || digit > max)
			return false;
		number = number * 10 + digit;
	}
	*ret = number;
	return true;
}

bool field_name(const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len > 64 || value[0] == '.')
		return false;
	for (; *value; value++)
		if (!((*value >= 'a' && *value <= 'z') || (*value >= 'A' && *value <= 'Z') ||
		      (*value >= '0' && *value <= '9') || strchr(".-_", *value)))
			return false;
	return true;
}
