/* SPDX-License-Identifier: MIT */
#include "netns/linux/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

enum { FILE_BYTES = 64 << 20 };

static void forget(struct endpoints *endpoints, const char *id)
{
	for (size_t i = endpoints->list.len; i-- > 0;) {
		if (!text_same(endpoints->list.items[i].id, id))
			continue;
		endpoint_drop(&endpoints->list.items[i]);
		array_remove(&endpoints->list, i);
	}
}

static void take_line(struct endpoints *endpoints, const char *line)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct endpoint endpoint;

	if (line[0] == '-')
		forget(endpoints, line + 1);
	if (line[0] != '+' || endpoint_parse(line + 1, &endpoint, &err) < 0)
		return;
	forget(endpoints, endpoint.id);
	array_push(&endpoints->list, endpoint);
}

int journal_load(const char *path, struct endpoints *ret, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};

	if (file_kind(path) == FILE_ABSENT)
		return 0;
	int status = file_read(path, FILE_BYTES, &text, err);

	if (status < 0)
		return status;
	for (char *line = text.data, *end; line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		take_line(ret, line);
	}
	return 0;
}

void endpoints_drop(struct endpoints *endpoints)
{
	ARRAY_FOR_EACH (struct endpoint, it, &endpoints->list)
		endpoint_drop(it);
	array_drop(&endpoints->list);
}

static void write_line(struct text *text, const struct endpoint *endpoint)
{
	CLEANUP(text_drop) struct text line = {0};

	endpoint_write(endpoint, &line);
	text_printf(text, "+%s\n", text_string(&line));
}

int journal_open(const char *path, const struct endpoints *endpoints, int *ret, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};

	ARRAY_FOR_EACH (const struct endpoint, it, &endpoints->list)
		write_line(&text, it);
	int status = file_write(path, text_string(&text), text.len, true, err);

	if (status < 0)
		return status;
	int journal = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (journal < 0)
		return error_errno(err, errno, "cannot open %s", path);
	*ret = journal;
	return 0;
}

/* A line that a full disk took only a part of is ended, so that the next one is a line. */
static int append(int journal, const char *line, size_t len, struct error **err)
{
	ssize_t written = write(journal, line, len);

	if (written == (ssize_t)len)
		return 0;
	int number = written < 0 ? errno : ENOSPC;

	if (written > 0 && write(journal, "\n", 1) < 0)
		number = errno;
	return error_errno(err, number, "cannot write the network's journal");
}

int journal_add(int journal, const struct endpoint *endpoint, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};

	write_line(&text, endpoint);
	return append(journal, text_string(&text), text.len, err);
}

int journal_remove(int journal, const char *id, struct error **err)
{
	CLEANUP(memory_free) char *line = memory_format("-%s\n", id);

	return append(journal, line, strlen(line), err);
}
