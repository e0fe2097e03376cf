/* SPDX-License-Identifier: MIT */
#include "engine/ignore.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#define PATTERNS_MAX 10000

/* How a pattern is compared, as moby tells them apart: without special characters as a whole; "a/"
 * and all below for "a/" + "**", the end for "**" + "/a"; all others by tokens. */
enum kind { EXACT, PREFIX, SUFFIX, TOKENS };

enum token_kind {
	ONE,    /* this character */
	ANY,    /* "?": one but a slash */
	STAR,   /* "*": any number but slashes */
	CLASS,  /* "[a-z]" */
	ENTER,  /* "**" with more behind it: nothing, or what INSIDE takes */
	INSIDE, /* anything that ends in a slash */
	REST,   /* "**" at the end: anything */
};

struct range {
	uint32_t low, high;
};

struct token {
	enum token_kind kind;
	uint32_t character;
	bool negated;        /* CLASS */
	size_t first, count; /* CLASS: its ranges */
};

struct pattern {
	char *text; /* cleaned, without "!" */
	bool excepts;
	enum kind kind;
	ARRAY(struct token) tokens;
	ARRAY(struct range) ranges;
};

struct ignore {
	ARRAY(struct pattern) patterns;
	bool is_windows;
	bool *states; /* two rows of state_count, for the matching of tokens */
	size_t state_count;
};

/* --- reading */

/* The character at *s, which is moved behind it. What is not UTF-8 counts as single bytes. */
static uint32_t next_character(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	size_t more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
	uint32_t c = more ? *p & (0x3fU >> more) : *p;

	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			(*s)++;
			return *p;
		}
		c = c << 6 | (p[i] & 0x3f);
	}
	*s += more + 1;
	return c;
}

/* One end of a range in brackets. False: there is none. */
static bool next_in_class(const char **s, bool escapes, uint32_t *c)
{
	if (!**s || **s == '-' || **s == ']')
		return false;
	if (escapes && **s == '\\')
		(*s)++;
	if (!**s)
		return false;
	*c = next_character(s);
	return true;
}

/* What follows "[" up to its "]". False: it is not closed, or empty. */
static bool add_class(struct pattern *pattern, const char **s, bool escapes)
{
	struct token token = {.kind = CLASS, .first = pattern->ranges.len};

	if (**s == '^') {
		token.negated = true;
		(*s)++;
	}
	while (**s != ']' || !token.count) {
		struct range range;

		if (!next_in_class(s, escapes, &range.low))
			return false;
		range.high = range.low;
		if (**s == '-') {
			(*s)++;
			if (!next_in_class(s, escapes, &range.high))
				return false;
		}
		array_push(&pattern->ranges, range);
		token.count++;
	}
	(*s)++;
	array_push(&pattern->tokens, token);
	return true;
}

static void add_token(struct pattern *pattern, enum token_kind kind, uint32_t character)
{
	*array_add(&pattern->tokens) = (struct token){.kind = kind, .character = character};
}

static void add_stars(struct pattern *pattern, const char **s)
{
	bool is_first = *s == pattern->text + 1;

	if (**s != '*') {
		add_token(pattern, STAR, 0);
		pattern->kind = TOKENS;
		return;
	}
	(*s)++;
	if (**s == '/')
		(*s)++;
	if (!**s) {
		if (pattern->kind == EXACT)
			pattern->kind = PREFIX;
		else
			pattern->kind = TOKENS;
		add_token(pattern, REST, 0);
	} else {
		add_token(pattern, ENTER, 0);
		add_token(pattern, INSIDE, 0);
		pattern->kind = TOKENS;
	}
	if (is_first)
		pattern->kind = SUFFIX;
}

/* Makes tokens of the text and finds the kind. False: the syntax is wrong. */
static bool compile(struct pattern *pattern, bool escapes)
{
	const char *s = pattern->text;

	while (*s) {
		bool is_escaped = escapes && *s == '\\';
		uint32_t c;

		if (is_escaped && !*++s)
			return false;
		c = next_character(&s);
		if (is_escaped) {
			add_token(pattern, ONE, c);
			pattern->kind = TOKENS;
		} else if (c == '*') {
			add_stars(pattern, &s);
		} else if (c == '?') {
			add_token(pattern, ANY, 0);
			pattern->kind = TOKENS;
		} else if (c == '[') {
			if (!add_class(pattern, &s, escapes))
				return false;
			pattern->kind = TOKENS;
		} else {
			add_token(pattern, ONE, c);
		}
	}
	return true;
}

static void pattern_drop(struct pattern *pattern)
{
	memory_free(&pattern->text);
	array_drop(&pattern->tokens);
	array_drop(&pattern->ranges);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The line without spaces around; its new length is written. */
static const char *trim(const char *s, size_t *len)
{
	while (*len && is_space(*s))
		s++, (*len)--;
	while (*len && is_space(s[*len - 1]))
		(*len)--;
	return s;
}

static char *clean(const char *s, size_t len, bool is_windows)
{
	CLEANUP(memory_free) char *raw = memory_copy_n(s, len);
	CLEANUP(text_drop) struct text out = {0};

	for (char *p = raw; is_windows && *p; p++)
		if (*p == '\\')
			*p = '/';
	/* path_clean would take a backslash for a separator on its own account, so parts are walked
	 * here. */
	for (char *part = raw, *end; part; part = end) {
		size_t n = strcspn(part, "/");

		end = part[n] ? part + n + 1 : NULL;
		part[n] = '\0';
		if (!n || text_same(part, "."))
			continue;
		if (text_same(part, "..") && out.len && !text_same(out.data, "..") &&
		    !text_ends(out.data, "/..")) {
			char *slash = strrchr(out.data, '/');

			text_remove(&out, slash ? (size_t)(slash - out.data) : 0,
				    out.len - (slash ? (size_t)(slash - out.data) : 0));
			continue;
		}
		if (text_same(part, "..") && *s == '/')
			continue;
		if (out.len)
			text_add_char(&out, '/');
		text_add(&out, part);
	}
	if (!out.len)
		text_add_char(&out, *s == '/' ? '/' : '.');
	return text_steal(&out);
}

/* One pattern without comments; nothing where it is empty. */
static int add(struct ignore *ignore, const char *s, size_t len, struct error **err)
{
	struct pattern pattern = {0};

	s = trim(s, &len);
	if (!len)
		return 0;
	if (*s == '!') {
		pattern.excepts = true;
		s++, len--;
		s = trim(s, &len);
		if (!len)
			return error_set(err, ERROR_INVALID, "\"!\" needs a pattern behind it");
	}
	if (ignore->patterns.len >= PATTERNS_MAX)
		return error_set(err, ERROR_INVALID, "more than %d patterns", PATTERNS_MAX);
	pattern.text = clean(s, len, ignore->is_windows);
	if (!compile(&pattern, !ignore->is_windows)) {
		pattern_drop(&pattern);
		return error_set(err, ERROR_INVALID, "\"%.*s\" is not a pattern",
				 (int)(len > 200 ? 200 : len), s);
	}
	if (pattern.tokens.len + 1 > ignore->state_count)
		ignore->state_count = pattern.tokens.len + 1;
	array_push(&ignore->patterns, pattern);
	return 0;
}

int ignore_add(struct ignore *ignore, const char *pattern, struct error **err)
{
	int status = add(ignore, pattern, strlen(pattern), err);

	if (!status)
		ignore->states =
			memory_grow(ignore->states, 2 * ignore->state_count + 1, sizeof(bool));
	return status;
}

int ignore_parse(const char *bytes, size_t len, const char *name, bool is_windows,
		 struct ignore **ret, struct error **err)
{
	CLEANUP(ignore_drop) struct ignore *ignore = memory_zero(1, sizeof(*ignore));
	const char *end = bytes + len;
	unsigned line = 0;

	ignore->is_windows = is_windows;
	if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3))
		bytes += 3;
	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = newline ? newline : end;

		line++;
		if (memchr(bytes, '\0', (size_t)(stop - bytes)))
			return error_set(err, ERROR_INVALID, "%s:%u: a NUL byte", name, line);
		if (*bytes != '#' && add(ignore, bytes, (size_t)(stop - bytes), err))
			return error_wrap(err, "%s:%u", name, line);
		bytes = newline ? newline + 1 : end;
	}
	ignore->states = memory_zero(2 * ignore->state_count + 1, sizeof(bool));
	*ret = steal(&ignore);
	return 0;
}

void ignore_drop(struct ignore **ignore)
{
	if (!*ignore)
		return;
	ARRAY_FOR_EACH (struct pattern, pattern, &(*ignore)->patterns)
		pattern_drop(pattern);
	array_drop(&(*ignore)->patterns);
	free((*ignore)->states);
	memory_free(ignore);
}

/* --- matching */

static bool class_holds(const struct pattern *pattern, const struct token *token, uint32_t c)
{
	for (size_t i = token->first; i < token->first + token->count; i++)
		if (c >= pattern->ranges.items[i].low && c <= pattern->ranges.items[i].high)
			return !token->negated;
	return token->negated;
}

/* Adds the states that are reached from set ones without a character. */
static void close_over(const struct pattern *pattern, bool *states)
{
	for (size_t i = 0; i < pattern->tokens.len; i++) {
		enum token_kind kind = pattern->tokens.items[i].kind;

		if (!states[i])
			continue;
		if (kind == STAR || kind == REST || kind == ENTER)
			states[i + 1] = true;
		if (kind == ENTER)
			states[i + 2] = true;
	}
}

static void advance(const struct pattern *pattern, const bool *from, bool *to, uint32_t c)
{
	memset(to, 0, (pattern->tokens.len + 1) * sizeof(*to));
	for (size_t i = 0; i < pattern->tokens.len; i++) {
		const struct token *token = &pattern->tokens.items[i];

		if (!from[i])
			continue;
		switch (token->kind) {
		case ONE:
			to[i + 1] |= token->character == c;
			break;
		case ANY:
			to[i + 1] |= c != '/';
			break;
		case CLASS:
			to[i + 1] |= class_holds(pattern, token, c);
			break;
		case STAR:
			to[i] |= c != '/';
			break;
		case INSIDE:
			to[i] = true;
			to[i + 1] |= c == '/';
			break;
		case REST:
			to[i] = true;
			break;
		case ENTER:
			break;
		}
	}
	close_over(pattern, to);
}

/* All states at once, so that the time is the product of both lengths whatever the pattern. */
static bool tokens_match(const struct ignore *ignore, const struct pattern *pattern,
			 const char *path)
{
	bool *now = ignore->states, *next = now + ignore->state_count;

	memset(now, 0, (pattern->tokens.len + 1) * sizeof(*now));
	now[0] = true;
	close_over(pattern, now);
	while (*path) {
		bool *done = now;

		advance(pattern, now, next, next_character(&path));
		now = next;
		next = done;
	}
	return now[pattern->tokens.len];
}

static bool pattern_matches(const struct ignore *ignore, const struct pattern *pattern,
			    const char *path)
{
	const char *text = pattern->text;
	size_t len = strlen(text);

	switch (pattern->kind) {
	case EXACT:
		return !strcmp(text, path);
	case PREFIX:
		return !strncmp(text, path, len - 2);
	case SUFFIX:
		return text_ends(path, text + 2) || (text[2] == '/' && !strcmp(text + 3, path));
	case TOKENS:
		return tokens_match(ignore, pattern, path);
	}
	return false;
}

size_t ignore_size(const struct ignore *ignore)
{
	return ignore->patterns.len;
}

bool ignore_step(const struct ignore *ignore, const char *path, const bool *parent, bool *own)
{
	bool matched = false;

	for (size_t i = 0; i < ignore->patterns.len; i++) {
		const struct pattern *pattern = &ignore->patterns.items[i];

		own[i] = (parent && parent[i]) || pattern_matches(ignore, pattern, path);
		if (own[i])
			matched = !pattern->excepts;
	}
	return matched;
}

bool ignore_matches(const struct ignore *ignore, const char *path)
{
	CLEANUP(memory_free) bool *flags = memory_zero(ignore->patterns.len + 1, sizeof(*flags));
	CLEANUP(memory_free) char *part = memory_copy(path);

	for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ignore_step(ignore, part, flags, flags);
		*slash = '/';
	}
	return ignore_step(ignore, path, flags, flags);
}

bool ignore_descends(const struct ignore *ignore, const char *path)
{
	size_t len = strlen(path);

	ARRAY_FOR_EACH (struct pattern, pattern, &ignore->patterns) {
		if (pattern->excepts && !strncmp(pattern->text, path, len) &&
		    (!pattern->text[len] || pattern->text[len] == '/'))
			return true;
	}
	return false;
}
