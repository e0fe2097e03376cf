/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/winengine/actor.h"

static intptr_t listener;

/* GET of a file of /www: 200 with what is in it, or 404. */
static void answer(intptr_t socket)
{
	char request[2048], path[1200], body[1024], reply[2048];
	char *end;
	size_t len = 0, more, size = 0;

	do {
		more = actor_receive(socket, request + len, sizeof(request) - 1 - len);
		len += more;
		request[len] = '\0';
	} while (more && len < sizeof(request) - 1 && !strstr(request, "\r\n\r\n"));
	if (strncmp(request, "GET /", 5) != 0 || !(end = strchr(request + 5, ' ')))
		return;
	*end = '\0';
	snprintf(path, sizeof(path), "/www/%.1000s", request + 5);
	FILE *file = fopen(actor_path(path), "rb");

	if (file) {
		size = fread(body, 1, sizeof(body), file);
		fclose(file);
	}
	int head = snprintf(reply, sizeof(reply),
			    "HTTP/1.1 %s\r\nContent-Length: %u\r\nConnection: close\r\n\r\n",
			    file ? "200 OK" : "404 Not Found", (unsigned)size);

	memcpy(reply + head, body, size);
	actor_send(socket, reply, (size_t)head + size);
}

static void serve(void)
{
	for (;;) {
		intptr_t socket = actor_accept(listener);

		if (socket == -1)
			return;
		answer(socket);
		actor_close(socket);
	}
}

bool actor_serve(unsigned port)
{
	const char *address = getenv("ACTOR_ADDRESS");

	listener = actor_listen(address && *address ? address : "0.0.0.0", port);
	return listener != -1 && actor_thread(serve);
}
