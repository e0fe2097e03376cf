/* SPDX-License-Identifier: MIT */
/* The grammars of .env files and of variables in values. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "tests/parity/invent.h"

enum { VALUES = 6, LINES = 6, DEEP = 4 };

static const char *const variables[] = {"A", "B", "EMPTY", "UNSET", "_x1", "a"};

/* --- variables in values */

static void add_expression(struct chance *chance, struct text *out, unsigned depth);

static void add_variable(struct chance *chance, struct text *out, unsigned depth)
{
	static const char *const operators[] = {":-", "-", ":?", "?", ":+", "+"};

	if (chance_of(chance, 25)) {
		text_printf(out, "$%s", chance_pick(chance, variables));
		return;
	}
	text_printf(out, "${%s", chance_pick(chance, variables));
	if (chance_of(chance, 70)) {
		text_add(out, chance_pick(chance, operators));
		add_expression(chance, out, depth + 1);
	}
	text_add_char(out, '}');
}

static void add_expression(struct chance *chance, struct text *out, unsigned depth)
{
	static const char *const literals[] = {"x", " ", "a b", "$$", "$${A}", ":", "-",  "?", "+",
					       "/", "é", ".",   "=",  "#",     "5", "\\", "[", ","};
	static const char *const odd[] = {"$1",    "$ ",    "$",   "${}",  "${1}",   "${A",
					  "}",     "{",     "{}",  "$-",   "${A!x}", "${A:x}",
					  "${ A}", "${A }", "$$$", "$$$A", "${A-$}"};

	for (size_t i = chance_below(chance, 4); i > 0; i--) {
		if (depth < DEEP && chance_of(chance, 50))
			add_variable(chance, out, depth);
		else if (chance_of(chance, 6))
			text_add(out, chance_pick(chance, odd));
		else
			text_add(out, chance_pick(chance, literals));
	}
}

void invent_interpolation(struct invention *in)
{
	static const char before[] = "services:\n  a:\n    image: app\n    environment:\n";
	static const char set[] = "A=one\nB=t w o\nEMPTY=\n_x1=\"$$\"\n";
	CLEANUP(text_drop) struct text out = {0};

	text_add(&out, before);
	for (size_t i = 0; i < VALUES; i++) {
		text_printf(&out, "      V%zu: '", i);
		add_expression(&in->chance, &out, 0);
		text_add(&out, "'\n");
	}
	invent_file(in, "compose.yaml", text_string(&out), out.len);
	invent_file(in, ".env", set, strlen(set));
	static const char process[] = "--env a=process\n";
	if (chance_of(&in->chance, 50))
		invent_file(in, "args", process, strlen(process));
}

/* --- .env files */

static void add_dotenv_value(struct chance *chance, struct text *out)
{
	static const char *const pieces[] = {
		"x",    "a b", " ",    "  ",      "#",   " # c",     "\\n", "\\$",
		"\\",   "$A",  "${A}", "${B:-d}", "$$",  "é",        "=",   ":",
		"\\\"", "\\'", "'",    "\"",      "\t",  "${UNSET}", "\\t", "5",
		"$(x)", "`y`", "\\\\", "${A-$B}", "\\u", ",",        ";",   "\\0101"};
	static const char *const quotes[] = {"", "", "", "\"", "\"", "'", "'"};
	const char *quote = chance_pick(chance, quotes);

	text_add(out, quote);
	for (size_t i = chance_below(chance, 4); i > 0; i--) {
		const char *piece = chance_pick(chance, pieces);

		/* A quote within itself mostly opens what is never closed. */
		if (strcmp(piece, quote) == 0 && !chance_of(chance, 5))
			continue;
		text_add(out, piece);
		if (*quote && chance_of(chance, 5))
			text_add(out, "\n");
	}
	if (!chance_of(chance, 1))
		text_add(out, quote);
}

static void add_line(struct chance *chance, struct text *out, const char *key)
{
	static const char *const separators[] = {"=", "=", "=", "=", ":", " = ", "= ", " =", ": "};
	static const char *const after[] = {"", "", "", "", " ", " # comment", "#x", "\t"};
	static const char *const ends[] = {"\n", "\n", "\n", "\r\n", "\n\n"};
	static const char *const others[] = {
		"# comment", "",      "  ",   "#",       "BARE",   "export BARE", "=",      "a b",
		"A.B=1",     "A-B=1", "1A=1", "export ", "A[0]=1", "É=1",         "\"Q\"=1"};

	if (chance_of(chance, 10))
		text_add(out, chance_pick(chance, others));
	else {
		if (chance_of(chance, 10))
			text_add(out, chance_of(chance, 50) ? "export " : "  ");
		text_printf(out, "%s%s", key, chance_pick(chance, separators));
		add_dotenv_value(chance, out);
		text_add(out, chance_pick(chance, after));
	}
	text_add(out, chance_pick(chance, ends));
}

static void add_lines(struct chance *chance, struct text *out, char letter)
{
	if (chance_of(chance, 3))
		text_add(out, "\xef\xbb\xbf");
	for (size_t i = 0; i < LINES; i++) {
		char key[8];

		snprintf(key, sizeof(key), "%c%zu", letter, i);
		add_line(chance, out, chance_of(chance, 20) ? chance_pick(chance, variables) : key);
	}
}

void invent_dotenv(struct invention *in)
{
	CLEANUP(text_drop) struct text out = {0};
	CLEANUP(text_drop) struct text project = {0};

	add_lines(&in->chance, &out, 'K');
	invent_file(in, ".env", text_string(&out), out.len);
	text_clear(&out);
	add_lines(&in->chance, &out, 'E');
	invent_file(in, "e.env", text_string(&out), out.len);
	text_add(&project,
		 "services:\n  a:\n    image: app\n    env_file: e.env\n    environment:\n");
	for (size_t i = 0; i < LINES; i++)
		text_printf(&project, "      K%zu: \"${K%zu-unset}\"\n", i, i);
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		text_printf(&project, "      %s_: \"${%s-unset}\"\n", variables[i], variables[i]);
	invent_file(in, "compose.yaml", text_string(&project), project.len);
	static const char process[] = "--env A=process --env UNSET_NOT=1\n";
	if (chance_of(&in->chance, 50))
		invent_file(in, "args", process, strlen(process));
}
