/* SPDX-License-Identifier: MIT */
#include "compose/cli/transcript.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"

enum { TAIL_LINES = 20, TAIL_MAX = 4 << 10, LINE_MAX_LEN = 500, STEPS_MAX = 1000 };

void transcript_drop(struct transcript *transcript)
{
	text_drop(&transcript->tail);
	map_drop_with(&transcript->steps, free);
	free(transcript->step);
	*transcript = (struct transcript){0};
}

static void set_step(struct transcript *transcript, const char *title)
{
	char *copy = memory_copy(title);

	free(transcript->step);
	transcript->step = copy;
}

/* "Step 2/3 : RUN make" */
static bool note_step(struct transcript *transcript, const char *line)
{
	const char *title = strstr(line, " : ");

	if (!text_starts(line, "Step ") || !title)
		return false;
	set_step(transcript, title + strlen(" : "));
	return true;
}

/* "#7 [2/3] RUN make", "#7 [build 2/3] RUN make"; "#7 ERROR: ..." */
static void note_vertex(struct transcript *transcript, const char *line)
{
	size_t len = strcspn(line, " ");
	const char *rest = line + len;

	if (*line != '#' || *rest != ' ')
		return;
	CLEANUP(memory_free) char *vertex = memory_copy_n(line, len);
	const char *end = strstr(rest, "] ");

	rest++;
	if (*rest == '[' && end && transcript->steps.len < STEPS_MAX) {
		free(map_set(&transcript->steps, vertex, memory_copy(end + 2)));
		set_step(transcript, end + 2);
	} else if (text_starts(rest, "ERROR") && map_get(&transcript->steps, vertex)) {
		set_step(transcript, map_get(&transcript->steps, vertex));
		transcript->settled = true;
	}
}

static void cut_tail(struct text *tail)
{
	size_t lines = 0;

	for (size_t i = tail->len; i > 0; i--) {
		lines += tail->data[i - 1] == '\n';
		if (lines < TAIL_LINES && tail->len - i < TAIL_MAX)
			continue;
		const char *next = memchr(tail->data + i - 1, '\n', tail->len - i + 1);
		text_remove(tail, 0, next ? (size_t)(next + 1 - tail->data) : i);
		return;
	}
}

void transcript_add(struct transcript *transcript, const char *line)
{
	size_t len = strlen(line);

	if (!transcript->settled && !note_step(transcript, line))
		note_vertex(transcript, line);
	if (!len)
		return;
	if (transcript->tail.len)
		text_add_char(&transcript->tail, '\n');
	text_add_n(&transcript->tail, line, len < LINE_MAX_LEN ? len : LINE_MAX_LEN);
	cut_tail(&transcript->tail);
}

const char *transcript_step(const struct transcript *transcript)
{
	return transcript->step;
}

const char *transcript_tail(const struct transcript *transcript)
{
	return text_string(&transcript->tail);
}
