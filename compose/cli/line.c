/* SPDX-License-Identifier: MIT */
#include "compose/cli/line.h"

#include <string.h>

#include "base/clock.h"

/* Docker keeps a line as messages of at most 16 KiB and writes the time before each of them, also
 * where the line goes on (moby, daemon/logger/copier.go: defaultBufSize). */
#define MESSAGE  (16 << 10)
#define TIME_MAX 40

/* The length of a timestamp with its blank at the start of bytes, or 0. */
static size_t time_at(const char *bytes, size_t len, int64_t *time)
{
	char copy[TIME_MAX];
	const char *blank = memchr(bytes, ' ', len < TIME_MAX ? len : TIME_MAX);

	if (!blank || len < 20 || bytes[4] != '-' || bytes[10] != 'T')
		return 0;
	size_t size = (size_t)(blank - bytes);
	memcpy(copy, bytes, size);
	copy[size] = '\0';
	return clock_parse(copy, time) ? size + 1 : 0;
}

/* Takes out the times that stand within a line. */
static void unstitch(struct text *text, size_t start)
{
	int64_t time;

	for (size_t at = start + MESSAGE; at < text->len; at += MESSAGE) {
		size_t size = time_at(text->data + at, text->len - at, &time);
		if (!size)
			return;
		text_remove(text, at, size);
	}
}

/* Whether a line of this time was shown before the stream broke; counts it if not. */
static bool was_shown(struct line_mark *mark, int64_t time)
{
	if (mark->skip && time == mark->last) {
		mark->skip--;
		return true;
	}
	if (mark->skip && time < mark->last)
		return true;
	mark->skip = 0;
	mark->count = time == mark->last ? mark->count + 1 : 1;
	mark->last = time;
	return false;
}

static void show_line(struct line *line, struct line_mark *mark, bool is_cut, line_show *show,
		      void *payload)
{
	struct text *text = &line->text;
	struct line_view view = {.is_cut = is_cut, .continues = line->continues};
	int64_t time = 0;

	view.time_len = text->len ? time_at(text->data, text->len, &time) : 0;
	if (!line->continues)
		line->skips = view.time_len && was_shown(mark, time);
	unstitch(text, view.time_len);
	view.time = text->data;
	view.bytes = text_string(text) + view.time_len;
	view.len = text->len - view.time_len;
	if (view.time_len)
		view.time_len--;
	if (view.len && !is_cut && view.bytes[view.len - 1] == '\r')
		view.len--;
	if (!line->skips)
		show(&view, payload);
	line->continues = is_cut;
	text_clear(text);
}

void line_feed(struct line *line, struct line_mark *mark, const char *bytes, size_t len,
	       line_show *show, void *payload)
{
	while (len) {
		const char *newline = memchr(bytes, '\n', len);
		size_t take = newline ? (size_t)(newline - bytes) : len;
		size_t room = LINE_MAX_BYTES - line->text.len;
		bool is_long = take > room;

		if (is_long)
			take = room;
		text_add_n(&line->text, bytes, take);
		bytes += take;
		len -= take;
		if (is_long) {
			show_line(line, mark, true, show, payload);
		} else if (newline) {
			show_line(line, mark, false, show, payload);
			bytes++;
			len--;
		}
	}
}

void line_end(struct line *line, struct line_mark *mark, bool is_whole, line_show *show,
	      void *payload)
{
	if (is_whole && line->text.len)
		show_line(line, mark, false, show, payload);
	text_clear(&line->text);
	line->continues = false;
	line->skips = false;
}

void line_resume(struct line_mark *mark)
{
	mark->skip = mark->count;
}

void line_drop(struct line *line)
{
	text_drop(&line->text);
}
