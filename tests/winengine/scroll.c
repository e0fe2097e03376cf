/* SPDX-License-Identifier: MIT */
#include "tests/winengine/scroll.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

struct follower {
	struct list link;
	struct call *call;
	struct scroll_options options;
};

void scroll_init(struct scroll *scroll)
{
	list_init(&scroll->followers);
}

void scroll_drop(struct scroll *scroll)
{
	ARRAY_FOR_EACH (struct line, line, &scroll->lines)
		free(line->bytes);
	array_drop(&scroll->lines);
	text_drop(&scroll->partial[0]);
	text_drop(&scroll->partial[1]);
}

/* windows.md 1.1.7: stream, three zero bytes, the length in network order. */
void scroll_piece(struct call *call, bool framed, int channel, const char *bytes, size_t len)
{
	CLEANUP(text_drop) struct text piece = {0};
	char head[8] = {(char)channel,    0,        0, 0, (char)(len >> 24), (char)(len >> 16),
			(char)(len >> 8), (char)len};

	if (framed)
		text_add_n(&piece, head, sizeof(head));
	text_add_n(&piece, bytes, len);
	call_write(call, piece.data, piece.len);
}

static void show_line(struct call *call, const struct scroll_options *options,
		      const struct line *line)
{
	CLEANUP(text_drop) struct text text = {0};
	char time[40];

	if (!options->channels[line->channel] || line->time < options->since ||
	    (options->until && line->time > options->until))
		return;
	if (options->timestamps) {
		clock_format(line->time, time);
		text_printf(&text, "%s ", time);
	}
	text_add_n(&text, line->bytes, line->len);
	scroll_piece(call, options->framed, line->channel, text.data, text.len);
}

static void add_line(struct scroll *scroll, int channel, const char *bytes, size_t len)
{
	struct line *line = array_add(&scroll->lines);

	line->time = clock_wall();
	line->channel = channel;
	line->bytes = memory_copy_n(bytes, len);
	line->len = len;
	LIST_FOR_EACH (struct follower, follower, &scroll->followers, link)
		if (follower->options.whole)
			show_line(follower->call, &follower->options, line);
}

void scroll_add(struct scroll *scroll, int channel, const char *bytes, size_t len)
{
	struct text *partial = &scroll->partial[channel - 1];
	char *end;

	LIST_FOR_EACH (struct follower, follower, &scroll->followers, link)
		if (!follower->options.whole && follower->options.channels[channel])
			scroll_piece(follower->call, follower->options.framed, channel, bytes, len);
	text_add_n(partial, bytes, len);
	while (partial->len && (end = memchr(partial->data, '\n', partial->len))) {
		size_t used = (size_t)(end - partial->data) + 1;

		add_line(scroll, channel, partial->data, used);
		text_remove(partial, 0, used);
	}
}

static void follower_drop(struct follower *follower)
{
	list_unlink(&follower->link);
	free(follower);
}

void scroll_end(struct scroll *scroll)
{
	for (int i = 0; i < 2; i++) {
		if (scroll->partial[i].len)
			add_line(scroll, i + 1, scroll->partial[i].data, scroll->partial[i].len);
		text_clear(&scroll->partial[i]);
	}
	LIST_FOR_EACH (struct follower, follower, &scroll->followers, link) {
		struct call *call = follower->call;

		follower_drop(follower);
		call_end(call);
	}
}

void scroll_show(struct scroll *scroll, struct call *call, const struct scroll_options *options)
{
	size_t first = 0;

	if (options->tail >= 0 && (size_t)options->tail < scroll->lines.len)
		first = scroll->lines.len - (size_t)options->tail;
	for (size_t i = first; i < scroll->lines.len; i++)
		show_line(call, options, &scroll->lines.items[i]);
}

static void gone(struct call *call)
{
	follower_drop(call->payload);
}

void scroll_follow(struct scroll *scroll, struct call *call, const struct scroll_options *options)
{
	struct follower *follower = memory_zero(1, sizeof(*follower));

	follower->call = call;
	follower->options = *options;
	call->payload = follower;
	call->gone = gone;
	list_append(&scroll->followers, &follower->link);
}
