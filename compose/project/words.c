/* SPDX-License-Identifier: MIT */
#include "compose/project/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* What is open at a place of the line. The kinds close on their own: within `...` a quote may open
 * and outlive it, as docker compose has it. */
struct split {
	struct words *words;
	struct text word;
	bool started; /* there is a word, though it may be empty */
	bool single, twice, back, substitution;
};

static bool is_open(const struct split *split)
{
	return split->single || split->twice || split->back || split->substitution;
}

static void end_word(struct split *split)
{
	if (!split->started)
		return;
	array_push(&split->words->list, text_steal(&split->word));
	split->word = (struct text){0};
	split->started = false;
}

static void add(struct split *split, char c)
{
	text_add_char(&split->word, c);
	split->started = true;
}

/* A quote that is only a mark: true where it opened or closed something and is no part of the word.
 */
static bool take_quote(struct split *split, char c)
{
	if (split->substitution || (c == '"' ? split->single : split->twice))
		return false;
	bool *open = c == '"' ? &split->twice : &split->single;
	split->started |= *open;
	*open = !*open;
	return true;
}

/* A parenthesis outside of quotes; false where it makes no sense. */
static bool take_parenthesis(struct split *split, char c)
{
	bool quoted = split->single || split->twice || split->back;

	if (quoted)
		return true;
	if (c == ')')
		split->substitution = !split->substitution;
	else if (split->substitution || split->word.len == 0 ||
		 split->word.data[split->word.len - 1] != '$')
		return false;
	else
		split->substitution = true;
	return true;
}

/* 2>file: the number is part of the operator. */
static void end_line(struct split *split, const char *at)
{
	split->words->end = at;
	if (*at == '>' && split->word.len > 0 && isdigit((unsigned char)split->word.data[0]))
		split->started = false;
	end_word(split);
}

bool words_split(const char *line, struct words *words)
{
	struct split split = {.words = words};
	bool good = true;

	for (; good && *line; line++) {
		if (*line == '\\' && !split.single) {
			good = line[1] != '\0';
			if (good)
				add(&split, *++line);
		} else if (strchr(" \t\r\n", *line)) {
			if (is_open(&split))
				text_add_char(&split.word, *line);
			else
				end_word(&split);
		} else if ((*line == '"' || *line == '\'') && take_quote(&split, *line)) {
			continue;
		} else if (strchr(";&|<>", *line) && !is_open(&split)) {
			end_line(&split, line);
			break;
		} else {
			if (*line == '`' && !split.single && !split.twice && !split.substitution)
				split.back = !split.back;
			else if (*line == '(' || *line == ')')
				good = take_parenthesis(&split, *line);
			add(&split, *line);
		}
	}
	end_word(&split);
	text_drop(&split.word);
	return good && !is_open(&split);
}

void words_drop(struct words *words)
{
	ARRAY_FOR_EACH (char *, word, &words->list)
		free(*word);
	array_drop(&words->list);
}
