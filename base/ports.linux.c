/* SPDX-License-Identifier: MIT */
#include "base/ports.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

#define TABLE_MAX ((size_t)64 * 1024 * 1024)

int ports_read(struct ports_sockets *ret, struct error **err)
{
	static const struct {
		const char *path;
		enum ports_protocol protocol;
	} tables[] = {
		{"/proc/net/tcp", PORTS_TCP},
		{"/proc/net/tcp6", PORTS_TCP},
		{"/proc/net/udp", PORTS_UDP},
		{"/proc/net/udp6", PORTS_UDP},
	};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		CLEANUP(text_drop) struct text text = {0};
		CLEANUP(error_drop) struct error *missing = NULL;

		if (file_read(tables[i].path, TABLE_MAX, &text, &missing) == 0) {
			ports_parse_proc_(text_string(&text), tables[i].protocol, ret);
			continue;
		}
		/* Without IPv6 there are no tables of it. */
		if (missing->code == ERROR_NOT_FOUND && i % 2)
			continue;
		array_drop(ret);
		return error_move(err, &missing);
	}
	return 0;
}

/* Whether a process has the socket open. */
static bool has_socket(const char *process, const char *link)
{
	char path[300], target[64];

	snprintf(path, sizeof(path), "/proc/%s/fd", process);
	DIR *folder = opendir(path);
	if (!folder)
		return false;
	bool found = false;
	for (const struct dirent *entry; !found && (entry = readdir(folder));) {
		ssize_t len = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
		if (len > 0) {
			target[len] = '\0';
			found = strcmp(target, link) == 0;
		}
	}
	closedir(folder);
	return found;
}

static char *describe(const char *process)
{
	CLEANUP(text_drop) struct text name = {0};
	CLEANUP(error_drop) struct error *gone = NULL;
	CLEANUP(memory_free) char *path = memory_format("/proc/%s/comm", process);

	if (file_read(path, 4096, &name, &gone) < 0)
		return NULL;
	return memory_format("%.*s (process %s)", (int)strcspn(text_string(&name), "\n"),
			     text_string(&name), process);
}

char *ports_holder(const struct ports_socket *socket)
{
	CLEANUP(memory_free) char *link = memory_format("socket:[%" PRIu64 "]", socket->inode);
	DIR *folder = socket->inode ? opendir("/proc") : NULL;
	char *holder = NULL;

	if (!folder)
		return NULL;
	for (const struct dirent *entry; !holder && (entry = readdir(folder));) {
		if (entry->d_name[0] > '0' && entry->d_name[0] <= '9' &&
		    has_socket(entry->d_name, link))
			holder = describe(entry->d_name);
	}
	closedir(folder);
	return holder;
}

/* --- there are no ranges, and that is told in a later turn all the same */

struct question {
	uv_timer_t timer;
	void (*done)(const struct ports_ranges *ranges, const struct error *err, void *payload);
	void *payload;
};

static void answer(uv_handle_t *handle)
{
	struct question *question = handle->data;
	const struct ports_ranges none = {0};

	question->done(&none, NULL, question->payload);
	free(question);
}

void ports_ask_ranges(uv_loop_t *loop, enum ports_protocol protocol,
		      void (*done)(const struct ports_ranges *ranges, const struct error *err,
				   void *payload),
		      void *payload)
{
	struct question *question = memory_zero(1, sizeof(*question));

	(void)protocol;
	question->done = done;
	question->payload = payload;
	uv_timer_init(loop, &question->timer);
	question->timer.data = question;
	uv_close((uv_handle_t *)&question->timer, answer);
}
