/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void text_drop(struct text *text)
{
	free(text->data);
	*text = (struct text){0};
}

void text_clear(struct text *text)
{
	text->len = 0;
	if (text->data)
		text->data[0] = '\0';
}

char *text_reserve(struct text *text, size_t more)
{
	size_t need = text->len + 1;

	/* An impossible size is handed on, so that running out of memory has one place. */
	if (__builtin_add_overflow(need, more, &need))
		need = SIZE_MAX;
	if (need > text->cap) {
		size_t cap = text->cap < SIZE_MAX / 2 ? text->cap * 2 : SIZE_MAX;

		if (cap < 32)
			cap = 32;
		if (cap < need)
			cap = need;
		text->data = memory_grow(text->data, cap, 1);
		text->cap = cap;
		text->data[text->len] = '\0';
	}
	return text->data + text->len;
}

void text_add(struct text *text, const char *string)
{
	text_add_n(text, string, strlen(string));
}

void text_add_n(struct text *text, const char *bytes, size_t len)
{
	char *end = text_reserve(text, len);

	if (len)
		memcpy(end, bytes, len);
	end[len] = '\0';
	text->len += len;
}

void text_add_char(struct text *text, char c)
{
	text_add_n(text, &c, 1);
}

void text_add_repeat(struct text *text, char c, size_t count)
{
	char *end = text_reserve(text, count);

	memset(end, c, count);
	end[count] = '\0';
	text->len += count;
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(text, format, args);
	va_end(args);
}

void text_vprintf(struct text *text, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	char *end = text_reserve(text, 0);
	size_t room = text->cap - text->len;
	int len = vsnprintf(end, room, format, args);

	/* It fails only for a format or a length that no caller of ours gives. */
	assert(len >= 0);
	if ((size_t)len >= room) {
		end = text_reserve(text, len);
		len = vsnprintf(end, (size_t)len + 1, format, again);
		assert(len >= 0);
	}
	text->len += len;
	va_end(again);
}

void text_remove(struct text *text, size_t start, size_t len)
{
	assert(start <= text->len && len <= text->len - start);
	if (!len)
		return;
	memmove(text->data + start, text->data + start + len, text->len - start - len + 1);
	text->len -= len;
}

const char *text_string(const struct text *text)
{
	return text->data ? text->data : "";
}

char *text_steal(struct text *text)
{
	char *data = text->data ? text->data : memory_copy("");

	*text = (struct text){0};
	return data;
}

bool text_starts(const char *string, const char *prefix)
{
	return strncmp(string, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *string, const char *suffix)
{
	size_t len = strlen(string);
	size_t end = strlen(suffix);

	return len >= end && memcmp(string + len - end, suffix, end) == 0;
}

bool text_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool text_same_nocase(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

enum { WORD_MAX = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that make b of a (optimal string
 * alignment). Three rows of the table are kept: this one, the one before and, for swaps, the one
 * before that. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *above_that = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1);
			row[j] = least(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], above_that[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t len = strlen(word);
	size_t best = len / 3 + 1;
	const char *nearest = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t other = strlen(candidates[i]);

		if (other > WORD_MAX)
			continue;
		size_t far = distance(word, len, candidates[i], other);

		if (far < best) {
			best = far;
			nearest = candidates[i];
		}
	}
	return nearest;
}
