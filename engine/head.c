/* SPDX-License-Identifier: MIT */
#include "engine/head.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 64 << 10 };

void head_drop(struct head *head)
{
	text_drop(&head->text);
	*head = (struct head){0};
}

static void split(struct text *text)
{
	for (char *end = strstr(text->data, "\r\n"); end; end = strstr(end + 2, "\r\n"))
		*end = '\0';
}

enum head_step head_take(struct head *head, const char **bytes, size_t *len)
{
	struct text *text = &head->text;
	size_t before = text->len;

	text_add_n(text, *bytes, *len);
	const char *start = text_string(text);
	/* The end may have come in two pieces. */
	const char *end = strstr(start + (before < 3 ? 0 : before - 3), "\r\n\r\n");

	if (!end) {
		*bytes += *len;
		*len = 0;
		return text->len > HEAD_MAX ? HEAD_BAD : HEAD_MORE;
	}
	size_t whole = (size_t)(end + 4 - start);
	const char *space = strchr(start, ' ');

	*bytes += whole - before;
	*len -= whole - before;
	text_remove(text, whole, text->len - whole);
	if (!text_starts(text->data, "HTTP/1.") || !space)
		return HEAD_BAD;
	head->status = (int)strtol(space, NULL, 10);
	head->old = text_starts(text->data, "HTTP/1.0");
	split(text);
	return head->status >= 100 && head->status < 1000 ? HEAD_WHOLE : HEAD_BAD;
}

const char *head_get(const struct head *head, const char *name)
{
	const char *line = head->text.data;
	const char *end = line + head->text.len;
	size_t len = strlen(name);

	for (; line && line < end; line += strlen(line) + 2) {
		bool same = strlen(line) > len && line[len] == ':';

		for (size_t i = 0; same && i < len; i++)
			same = (line[i] | 0x20) == (name[i] | 0x20);
		if (same)
			return line + len + 1 + strspn(line + len + 1, " \t");
	}
	return NULL;
}
