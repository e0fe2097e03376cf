/* SPDX-License-Identifier: MIT */
#include "compose/project/interpolate.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

enum { DEPTH_MAX = 32, OUTPUT_MAX = 1024 * 1024 };

struct run {
	const struct interpolate *how;
	const char *start; /* of the whole text, for offsets */
	struct text *out;
	size_t limit; /* of out->len */
	bool *wrong;
};

/* These give false where nothing that follows can be looked at. */
static bool run_text(struct run *run, const char *in, size_t len, unsigned depth);

static size_t name_len(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && (text[i] == '_' || isalpha((unsigned char)text[i]) ||
			   (i > 0 && isdigit((unsigned char)text[i]))))
		i++;
	return i;
}

static void tell(struct run *run, const char *where, const char *problem)
{
	*run->wrong = true;
	if (run->how->wrong)
		run->how->wrong(problem, (size_t)(where - run->start), run->how->payload);
}

static bool stop(struct run *run, const char *where, const char *problem)
{
	tell(run, where, problem);
	return false;
}

static bool add(struct run *run, const char *where, const char *bytes, size_t len)
{
	text_add_n(run->out, bytes, len);
	if (run->out->len > run->limit)
		return stop(run, where, "the result is longer than 1 MiB");
	return true;
}

/* The offset of the brace that closes the one before text, in its line; len: none. Behind an operator any brace
 * opens another, and hides what follows it; where they do not come out even it is the last one. That is
 * docker compose's way, which lets {} and JSON be a default. */
static size_t closing_brace(const char *text, size_t len)
{
	size_t open = 1, last = len, n = name_len(text, len);

	if (n < len && text[n] == '}')
		return n;
	for (size_t i = n; i < len && text[i] != '\n'; i++) {
		if (text[i] == '}' && --open == 0)
			return i;
		if (text[i] == '}')
			last = i;
		if (text[i] == '{') {
			open++;
			if (i + 1 < len && text[++i] == '}')
				last = i;
		}
	}
	return last;
}

static bool put_variable(struct run *run, const char *where, const char *name)
{
	const char *value = run->how->lookup(name, run->how->payload);

	if (!value && run->how->unset)
		run->how->unset(name, (size_t)(where - run->start), run->how->payload);
	return !value || add(run, where, value, strlen(value));
}

/* T of ${N?T}, or one that does not count: it must be right all the same. used: what is unset in it is
 * told. */
static bool run_aside(struct run *run, const char *text, size_t len, unsigned depth, bool used,
		      struct text *out)
{
	struct interpolate how = *run->how;
	struct run inner = *run;

	if (!used)
		how.unset = NULL;
	inner.how = &how;
	inner.out = out;
	inner.limit = OUTPUT_MAX;
	return run_text(&inner, text, len, depth + 1);
}

/* ${N?T}: T becomes the sentence. */
static bool put_required(struct run *run, const char *where, const char *name, const char *text,
			 size_t len, unsigned depth)
{
	CLEANUP(text_drop) struct text message = {0};

	*run->wrong = false;
	bool more = run_aside(run, text, len, depth, true, &message);
	if (*run->wrong)
		return more;
	CLEANUP(memory_free)
	char *problem = memory_format("the required variable %s has no value%s%s", name,
				      message.len > 0 ? ": " : "", text_string(&message));
	tell(run, where, problem);
	return true;
}

/* The text between { and }. where is the dollar. */
static bool put_braced(struct run *run, const char *where, const char *text, size_t len,
		       unsigned depth)
{
	size_t n = name_len(text, len);
	const char *op = text + n, *end = text + len;
	bool or_empty = n < len && *op == ':';

	op += or_empty;
	if (n == 0 || (n < len && (op >= end || !strchr("-+?", *op)))) {
		CLEANUP(memory_free)
		char *problem = memory_format("\"${%.*s}\" is no variable; write $$ for a dollar",
					      (int)(len > 60 ? 60 : len), text);
		tell(run, where, problem);
		return true;
	}
	CLEANUP(memory_free) char *name = memory_copy_n(text, n);
	if (n == len)
		return put_variable(run, where, name);
	const char *value = run->how->lookup(name, run->how->payload);
	bool there = value && (!or_empty || *value);
	const char *other = op + 1;
	size_t other_len = (size_t)(end - other);
	if (*op == '+' ? !there : there) {
		CLEANUP(text_drop) struct text ignored = {0};

		if (!run_aside(run, other, other_len, depth, false, &ignored))
			return false;
		return *op == '+' || add(run, where, value, strlen(value));
	}
	if (*op == '+')
		return run_text(run, other, other_len, depth + 1);
	if (*op == '?')
		return put_required(run, where, name, other, other_len, depth);
	return run_text(run, other, other_len, depth + 1);
}

/* What begins with the dollar at in; *used is its length. */
static bool put_dollar(struct run *run, const char *in, size_t len, unsigned depth, size_t *used)
{
	size_t n = name_len(in + 1, len - 1);

	*used = 1;
	if (len > 1 && in[1] == '$') {
		*used = 2;
		return add(run, in, "$", 1);
	}
	if (n > 0) {
		CLEANUP(memory_free) char *name = memory_copy_n(in + 1, n);

		*used = 1 + n;
		return put_variable(run, in, name);
	}
	if (len < 2 || in[1] != '{')
		return add(run, in, "$", 1);
	size_t inside = closing_brace(in + 2, len - 2);
	if (inside == len - 2)
		return stop(run, in, "${ is not closed by }; write $$ for a dollar");
	*used = 2 + inside + 1;
	return put_braced(run, in, in + 2, inside, depth);
}

static bool run_text(struct run *run, const char *in, size_t len, unsigned depth)
{
	if (depth > DEPTH_MAX)
		return stop(run, in, "variables are nested deeper than 32 levels");
	while (len > 0) {
		const char *dollar = memchr(in, '$', len);
		size_t plain = dollar ? (size_t)(dollar - in) : len;
		size_t used = 0;

		if (!add(run, in, in, plain))
			return false;
		in += plain;
		len -= plain;
		if (len > 0 && !put_dollar(run, in, len, depth, &used))
			return false;
		in += used;
		len -= used;
	}
	return true;
}

bool interpolate(const struct interpolate *how, const char *in, struct text *out)
{
	bool wrong = false;
	struct run run = {
		.how = how,
		.start = in,
		.out = out,
		.limit = out->len + OUTPUT_MAX,
		.wrong = &wrong,
	};

	return run_text(&run, in, strlen(in), 0) && !wrong;
}
