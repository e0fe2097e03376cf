/* SPDX-License-Identifier: MIT */
#include "compose/cli/flag.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

#define WIDTH 80

struct parse {
	const struct flag *flags;
	void *values;
	int argc;
	char **argv;
	int next; /* index of the next argument that was not looked at */
};

static const struct flag *by_letter(const struct flag *flags, char letter)
{
	for (const struct flag *flag = flags; flag && flag->name; flag++) {
		if (flag->letter == letter)
			return flag;
	}
	return NULL;
}

static const struct flag *by_name(const struct flag *flags, const char *name, size_t len)
{
	for (const struct flag *flag = flags; flag && flag->name; flag++) {
		if (strlen(flag->name) == len && memcmp(flag->name, name, len) == 0)
			return flag;
	}
	return NULL;
}

bool flag_known(const struct flag *flags, const char *word)
{
	if (word[0] != '-' || !word[1])
		return false;
	if (word[1] != '-')
		return by_letter(flags, word[1]);
	return word[2] && by_name(flags, word + 2, strcspn(word + 2, "="));
}

bool flag_takes_value(const struct flag *flag)
{
	return flag->kind != FLAG_SET && flag->kind != FLAG_SWITCH;
}

const struct flag *flag_find(const struct flag *flags, const char *word)
{
	if (word[0] != '-' || !word[1])
		return NULL;
	if (word[1] != '-')
		return word[2] ? NULL : by_letter(flags, word[1]);
	return word[2] ? by_name(flags, word + 2, strlen(word + 2)) : NULL;
}

static const char *nearest(const struct flag *flags, const char *name)
{
	const char *names[64];
	size_t count = 0;

	for (const struct flag *flag = flags; flag && flag->name; flag++) {
		if (flag->help && count < ARRAY_LEN(names))
			names[count++] = flag->name;
	}
	return text_nearest(name, names, count);
}

static int unknown_name(const struct flag *flags, const char *name, size_t len, struct error **err)
{
	CLEANUP(memory_free) char *word = memory_copy_n(name, len);
	const char *meant = nearest(flags, word);

	if (meant)
		return error_set(err, ERROR_INVALID, "unknown flag: --%s (did you mean --%s?)",
				 word, meant);
	return error_set(err, ERROR_INVALID, "unknown flag: --%s", word);
}

static int set_number(const struct flag *flag, int *at, const char *value, struct error **err)
{
	char *end;

	errno = 0;
	long number = strtol(value, &end, 10);
	if (!*value || *end || errno || number > INT_MAX || number < INT_MIN)
		return error_set(err, ERROR_INVALID, "--%s: \"%s\" is not a whole number",
				 flag->name, value);
	*at = (int)number;
	return 0;
}

static int set_switch(const struct flag *flag, bool *at, const char *value, struct error **err)
{
	if (text_same(value, "true") || text_same(value, "1")) {
		*at = true;
	} else if (text_same(value, "false") || text_same(value, "0")) {
		*at = false;
	} else {
		return error_set(err, ERROR_INVALID, "--%s: \"%s\" is neither true nor false",
				 flag->name, value);
	}
	return 0;
}

static int set_value(const struct parse *parse, const struct flag *flag, const char *value,
		     struct error **err)
{
	void *at = (char *)parse->values + flag->offset;

	switch (flag->kind) {
	case FLAG_SET:
	case FLAG_SWITCH:
		return set_switch(flag, at, value, err);
	case FLAG_STRING:
		*(const char **)at = value;
		return 0;
	case FLAG_STRINGS: {
		struct flag_strings *strings = at;
		/* The NULL behind the last is there at every time. */
		if (!strings->len)
			array_push(strings, NULL);
		strings->items[strings->len - 1] = value;
		array_push(strings, NULL);
		return 0;
	}
	case FLAG_NUMBER:
		return set_number(flag, at, value, err);
	}
	return 0;
}

/* The value behind a flag: the rest of its word, or the next argument. */
static int value_of(struct parse *parse, const struct flag *flag, const char *attached,
		    const char **value, struct error **err)
{
	if (attached) {
		*value = attached;
		return 0;
	}
	if (parse->next >= parse->argc)
		return error_set(err, ERROR_INVALID, "flag needs a value: --%s %s", flag->name,
				 flag->argument ? flag->argument : "VALUE");
	*value = parse->argv[parse->next++];
	return 0;
}

static int parse_long(struct parse *parse, const char *word, struct error **err)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct flag *flag = by_name(parse->flags, word, len);
	const char *value = equals ? equals + 1 : NULL;

	if (!flag)
		return unknown_name(parse->flags, word, len, err);
	if (!flag_takes_value(flag))
		return set_value(parse, flag, value ? value : "true", err);
	if (value_of(parse, flag, value, &value, err) < 0)
		return (*err)->code;
	return set_value(parse, flag, value, err);
}

static int parse_letters(struct parse *parse, const char *letters, struct error **err)
{
	for (; *letters; letters++) {
		const struct flag *flag = by_letter(parse->flags, *letters);
		const char *value = NULL;

		if (!flag)
			return error_set(err, ERROR_INVALID, "unknown flag: -%c", *letters);
		if (!flag_takes_value(flag)) {
			if (letters[1] == '=')
				return set_value(parse, flag, letters + 2, err);
			set_value(parse, flag, "true", err);
			continue;
		}
		if (letters[1])
			value = letters[1] == '=' ? letters + 2 : letters + 1;
		if (value_of(parse, flag, value, &value, err) < 0)
			return (*err)->code;
		return set_value(parse, flag, value, err);
	}
	return 0;
}

int flag_parse(const struct flag *flags, void *values, int argc, char **argv, bool in_order,
	       char ***rest, struct error **err)
{
	struct parse parse = {flags, values, argc, argv, 0};
	int kept = 0;

	while (parse.next < argc) {
		char *word = argv[parse.next++];
		int status = 0;

		if (strcmp(word, "--") == 0)
			break;
		if (word[0] != '-' || !word[1]) {
			argv[kept++] = word;
			if (in_order)
				break;
			continue;
		}
		if (word[1] == '-')
			status = parse_long(&parse, word + 2, err);
		else
			status = parse_letters(&parse, word + 1, err);
		if (status < 0)
			return status;
	}
	while (parse.next < argc)
		argv[kept++] = argv[parse.next++];
	argv[kept] = NULL;
	*rest = argv;
	return 0;
}

/* Words of a help text from a column on, in lines that a terminal of 80 shows whole. */
static void add_wrapped(struct text *out, const char *help, size_t indent)
{
	size_t column = indent;

	while (*help) {
		size_t len = strcspn(help, " ");

		if (column > indent && column + 1 + len > WIDTH) {
			text_add_char(out, '\n');
			text_add_repeat(out, ' ', indent);
			column = indent;
		} else if (column > indent) {
			text_add_char(out, ' ');
			column++;
		}
		text_add_n(out, help, len);
		column += len;
		help += len + (help[len] == ' ');
	}
	text_add_char(out, '\n');
}

void flag_help(const struct flag *flags, struct text *out)
{
	size_t widest = 0;

	for (const struct flag *flag = flags; flag && flag->name; flag++) {
		size_t len = strlen(flag->name) + (flag->argument ? strlen(flag->argument) + 1 : 0);
		if (flag->help && len > widest)
			widest = len;
	}
	for (const struct flag *flag = flags; flag && flag->name; flag++) {
		if (!flag->help)
			continue;
		size_t start = out->len;
		if (flag->letter)
			text_printf(out, "  -%c, --%s", flag->letter, flag->name);
		else
			text_printf(out, "      --%s", flag->name);
		if (flag->argument)
			text_printf(out, " %s", flag->argument);
		text_add_repeat(out, ' ', widest + 11 - (out->len - start));
		add_wrapped(out, flag->help, widest + 11);
	}
}

void flag_drop(const struct flag *flags, void *values)
{
	for (const struct flag *flag = flags; flag && flag->name; flag++) {
		if (flag->kind == FLAG_STRINGS) {
			struct flag_strings *strings = (void *)((char *)values + flag->offset);
			array_drop(strings);
		}
	}
}
