/* SPDX-License-Identifier: MIT */
/* Any text as a command line: its words, put in quotes, are split into the same words. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/words.h"

static void quote(const char *word, struct text *out)
{
	text_add_char(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			text_add(out, "'\\'");
		text_add_char(out, *word);
	}
	text_add(out, "' ");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(memory_free) char *line = memory_copy_n((const char *)data, size);
	CLEANUP(text_drop) struct text quoted = {0};
	struct words words = {0}, again = {0};

	words_split(line, &words);
	ARRAY_FOR_EACH (char *, word, &words.list)
		quote(*word, &quoted);
	if (!words_split(text_string(&quoted), &again) || again.list.len != words.list.len)
		abort();
	for (size_t i = 0; i < words.list.len; i++)
		if (strcmp(words.list.items[i], again.list.items[i]) != 0)
			abort();
	words_drop(&words);
	words_drop(&again);
	return 0;
}
