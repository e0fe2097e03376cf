/* SPDX-License-Identifier: MIT */
/* The client's side. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/hatch.h"
#include "netns/linux/space.h"

enum { ANSWER_BYTES = 64 << 20, PIECE = 65536 };

static int dial(const char *path, int *ret, struct error **err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(space_close) int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, ERROR_INVALID, "the path of the socket is too long: %s",
				 path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_set(err, ERROR_UNAVAILABLE, "no network process answers at %s", path);
	*ret = descriptor;
	descriptor = -1;
	return 0;
}

static int send_all(int descriptor, const char *bytes, size_t len, struct error **err)
{
	while (len > 0) {
		ssize_t written = send(descriptor, bytes, len, MSG_NOSIGNAL);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_errno(err, errno, "cannot ask the network process");
		bytes += written;
		len -= (size_t)written;
	}
	return 0;
}

/* The last line of what has come: NULL while none is whole. */
static char *last_line(const struct text *text)
{
	size_t start = text->len - (text->len > 0);

	if (text->len == 0 || text->data[text->len - 1] != '\n')
		return NULL;
	while (start > 0 && text->data[start - 1] != '\n')
		start--;
	return text->data + start;
}

static bool is_end(const char *line)
{
	return text_same(line, "ok\n") || text_starts(line, "ok ") || text_starts(line, "error ");
}

static int receive(int descriptor, struct text *text, struct error **err)
{
	const char *line;

	while (!(line = last_line(text)) || !is_end(line)) {
		ssize_t len = read(descriptor, text_reserve(text, PIECE), PIECE);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0 || text->len > ANSWER_BYTES)
			return error_set(err, ERROR_UNAVAILABLE,
					 "the network process ended before it answered");
		text->len += (size_t)len;
		text->data[text->len] = '\0';
	}
	return 0;
}

/* "error <code>: <message>" */
static int take_error(char *line, struct error **err)
{
	char *code = line + strlen("error ");
	char *message = strstr(code, ": ");

	line[strcspn(line, "\n")] = '\0';
	if (!message)
		return error_set(err, ERROR_SYSTEM, "the network process answered \"%s\"", line);
	*message = '\0';
	int number = error_code_named(code);

	return error_set(err, number ? number : ERROR_SYSTEM, "%s", message + 2);
}

int hatch_ask(const char *path, const char *line, struct text *answer, struct error **err)
{
	CLEANUP(space_close) int descriptor = -1;
	CLEANUP(text_drop) struct text request = {0};
	CLEANUP(text_drop) struct text text = {0};
	int status = dial(path, &descriptor, err);

	text_printf(&request, "%s\n", line);
	if (status == 0)
		status = send_all(descriptor, request.data, request.len, err);
	if (status == 0)
		status = receive(descriptor, &text, err);
	if (status < 0)
		return status;
	char *last = last_line(&text);

	if (text_starts(last, "error "))
		return take_error(last, err);
	text_add_n(answer, text.data, (size_t)(last - text.data));
	if (last[2] == ' ')
		text_add(answer, last + 3);
	return 0;
}
