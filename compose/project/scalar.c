/* SPDX-License-Identifier: MIT */
#include "compose/project/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "compose/project/date.h"

static bool is_one_of(const char *text, const char *const *words, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool is_null(const char *text)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	return is_one_of(text, words, ARRAY_LEN(words));
}

/* true, True, TRUE: the three ways in which a word may be written. */
static bool is_word(const char *text, const char *word)
{
	if (!text_same_nocase(text, word))
		return false;
	bool rest_lower = true, rest_upper = true;
	for (const char *c = text + 1; *c; c++) {
		rest_lower &= !isupper((unsigned char)*c);
		rest_upper &= !islower((unsigned char)*c);
	}
	return rest_lower || (rest_upper && isupper((unsigned char)text[0]));
}

bool scalar_bool(const char *text, bool *ret, bool *old)
{
	static const struct {
		const char *word;
		bool value, old;
	} words[] = {
		{"true", true, false}, {"false", false, false}, {"yes", true, true},
		{"no", false, true},   {"on", true, true},      {"off", false, true},
		{"y", true, true},     {"n", false, true},
	};

	if (!*text || !strchr("tfynoTFYNO", *text) || strlen(text) > 5)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!is_word(text, words[i].word))
			continue;
		*ret = words[i].value;
		*old = words[i].old;
		return true;
	}
	return false;
}

/* The base that a number's prefix names; *digits is left behind the prefix. */
static int base_of(const char **digits)
{
	const char *d = *digits;

	if (d[0] != '0' || d[1] == '\0')
		return 10;
	switch (d[1]) {
	case 'x':
	case 'X':
		*digits += 2;
		return 16;
	case 'o':
	case 'O':
		*digits += 2;
		return 8;
	case 'b':
	case 'B':
		*digits += 2;
		return 2;
	default:
		*digits += 1;
		return 8;
	}
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

bool scalar_int(const char *text, int64_t *ret)
{
	bool negative = *text == '-';
	const char *d = text + (*text == '-' || *text == '+');
	int base = base_of(&d);
	uint64_t value = 0;
	size_t digits = 0;

	for (; *d; d++) {
		if (*d == '_' && d > text && digits > 0)
			continue;
		int digit = digit_of(*d);
		if (digit >= base)
			return false;
		if (value > (UINT64_MAX - (unsigned)digit) / (unsigned)base)
			return false;
		value = value * (unsigned)base + (unsigned)digit;
		digits++;
	}
	if (digits == 0 || value > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

static size_t skip_digits(const char **at)
{
	const char *start = *at;

	while (isdigit((unsigned char)**at))
		++*at;
	return (size_t)(*at - start);
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool looks_real(const char *text)
{
	const char *at = text + (*text == '-' || *text == '+');
	size_t digits = skip_digits(&at);

	if (*at == '.') {
		at++;
		digits += skip_digits(&at);
	}
	if (digits == 0)
		return false;
	if (*at == 'e' || *at == 'E') {
		at += 1 + (at[1] == '-' || at[1] == '+');
		if (skip_digits(&at) == 0)
			return false;
	}
	return *at == '\0';
}

static bool is_infinite(const char *text)
{
	static const char *const words[] = {".inf", ".Inf", ".INF"};

	return is_one_of(text, words, ARRAY_LEN(words));
}

bool scalar_real(const char *text, double *ret)
{
	const char *unsigned_text = text + (*text == '-' || *text == '+');

	if (is_infinite(unsigned_text)) {
		*ret = *text == '-' ? -INFINITY : INFINITY;
		return true;
	}
	if (strcmp(text, ".nan") == 0 || strcmp(text, ".NaN") == 0 || strcmp(text, ".NAN") == 0) {
		*ret = NAN;
		return true;
	}
	if (!looks_real(text))
		return false;
	errno = 0;
	double value = strtod(text, NULL);
	if (errno == ERANGE && isinf(value))
		return false;
	*ret = value;
	return true;
}

/* 1_000.5, 0_7: a number whose digits are parted, told by what begins it. */
static bool resolve_parted(struct node *node)
{
	char plain[100];
	size_t len = 0;

	if (!strchr(node->text, '_') || strlen(node->text) >= sizeof(plain))
		return false;
	for (const char *c = node->text; *c; c++)
		if (*c != '_')
			plain[len++] = *c;
	plain[len] = '\0';
	if (scalar_int(plain, &node->integer))
		node->kind = NODE_INT;
	else if (scalar_real(plain, &node->real))
		node->kind = NODE_FLOAT;
	else
		return false;
	return true;
}

void scalar_resolve(struct node *node)
{
	const char *text = node->text;
	bool old = false;

	node->date = false;
	/* Nearly all scalars are words: they are strings by their first character. */
	if (!strchr("0123456789+-.~nNtTfF", *text)) {
		node->kind = NODE_STRING;
	} else if (is_null(text)) {
		node->kind = NODE_NULL;
	} else if (scalar_bool(text, &node->boolean, &old) && !old) {
		node->kind = NODE_BOOL;
	} else if (scalar_int(text, &node->integer)) {
		node->kind = NODE_INT;
	} else if (scalar_real(text, &node->real)) {
		node->kind = NODE_FLOAT;
	} else if (!resolve_parted(node)) {
		node->kind = NODE_STRING;
		node->date = date_is(text);
	}
}

/* 2020-01-01 and what follows, 1:30: other readers' dates and numbers to the base 60. */
static bool is_old_number(const char *text)
{
	const char *at = text + (*text == '-' || *text == '+');
	size_t digits = skip_digits(&at);

	if (digits == 4 && *at == '-' && isdigit((unsigned char)at[1]))
		return true;
	if (digits == 0 || *at != ':')
		return false;
	return strspn(at, ":0123456789_.") == strlen(at);
}

bool scalar_is_ambiguous(const char *text)
{
	struct node node = {.text = text};
	bool value, old;

	scalar_resolve(&node);
	return node.kind != NODE_STRING || scalar_bool(text, &value, &old) || is_old_number(text) ||
	       strcmp(text, "<<") == 0 || strcmp(text, "=") == 0;
}

void scalar_add_real(struct text *out, double value)
{
	char digits[40];

	if (isnan(value) || isinf(value)) {
		text_add(out, isnan(value) ? ".nan" : value < 0 ? "-.inf" : ".inf");
		return;
	}
	int precision = 0;
	do {
		snprintf(digits, sizeof(digits), "%.*e", precision, value);
	} while (strtod(digits, NULL) != value && ++precision < 17);
	int exponent = atoi(strchr(digits, 'e') + 1);
	if (exponent < -4 || exponent >= 6)
		text_add(out, digits);
	else
		text_printf(out, "%.*f", precision > exponent ? precision - exponent : 0, value);
}

bool scalar_is_large(const char *text)
{
	errno = 0;
	return *text != '0' && strspn(text, "0123456789") == strlen(text) &&
	       strtoull(text, NULL, 10) > 0 && errno == 0;
}

static const char *real_string(struct arena *arena, const struct node *node)
{
	CLEANUP(text_drop) struct text text = {0};

	if (scalar_is_large(node->text))
		return node->text;
	scalar_add_real(&text, node->real);
	return arena_copy(arena, text_string(&text));
}

const char *scalar_string(struct arena *arena, const struct node *node)
{
	switch (node->kind) {
	case NODE_BOOL:
		return node->boolean ? "true" : "false";
	case NODE_INT:
		return arena_format(arena, "%lld", (long long)node->integer);
	case NODE_FLOAT:
		return real_string(arena, node);
	case NODE_STRING:
		return node->text;
	default:
		return "";
	}
}
