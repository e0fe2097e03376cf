/* SPDX-License-Identifier: MIT */
#include "compose/project/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Adds what stands between quotes and gives the place behind the closing one, or NULL. */
static const char *add_quoted(const char *at, struct text *word)
{
	char quote = *at++;

	for (; *at && *at != quote; at++) {
		if (quote == '"' && *at == '\\' && at[1] && strchr("\"\\$`\n", at[1]))
			at++;
		text_add_char(word, *at);
	}
	return *at ? at + 1 : NULL;
}

/* Adds one word and gives the place behind it, or NULL where it is not closed. */
static const char *add_word(const char *at, struct text *word)
{
	while (at && *at && !is_blank(*at)) {
		if (*at == '"' || *at == '\'') {
			at = add_quoted(at, word);
		} else if (*at == '\\') {
			if (!at[1])
				return NULL;
			text_add_char(word, at[1]);
			at += 2;
		} else {
			text_add_char(word, *at++);
		}
	}
	return at;
}

bool words_split(const char *line, struct words *words)
{
	for (;;) {
		struct text word = {0};

		while (is_blank(*line))
			line++;
		if (!*line)
			return true;
		line = add_word(line, &word);
		array_push(&words->list, text_steal(&word));
		if (!line)
			return false;
	}
}

void words_drop(struct words *words)
{
	ARRAY_FOR_EACH (char *, word, &words->list)
		free(*word);
	array_drop(&words->list);
}
