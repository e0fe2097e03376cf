/* SPDX-License-Identifier: MIT */
#include "netns/linux/hatch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/field.h"
#include "netns/linux/router.h"
#include "netns/network.h"

enum { BACKLOG = 128, CLIENTS = 512 };

struct hatch {
	uv_pipe_t pipe;
	struct router *router;
	struct list clients;
	size_t count, open;
	bool is_closing, has_ended;
	void (*ended)(void *payload);
	void *payload;
};

struct client {
	struct list link;
	struct hatch *hatch;
	uv_pipe_t pipe;
	struct text received;
};

struct answer {
	uv_write_t write;
	struct hatch *hatch;
	struct text text;
};

/* --- what can be asked */

struct subject {
	char *id, *also;
	bool is_gone;
};

static bool read_id(void *target, const char *value)
{
	struct subject *subject = target;

	if (subject->id || !field_name(value))
		return false;
	subject->id = memory_copy(value);
	return true;
}

static bool read_also(void *target, const char *value)
{
	struct subject *subject = target;

	if (subject->also)
		return false;
	subject->also = memory_copy(value);
	return true;
}

static bool read_gone(void *target, const char *value)
{
	((struct subject *)target)->is_gone = text_same(value, "1");
	return text_same(value, "1") || text_same(value, "0");
}

static const struct field_row subject_rows[] = {
	{"id", read_id}, {"also", read_also}, {"gone", read_gone}};

static void drop_subject(struct subject *subject)
{
	free(subject->id);
	free(subject->also);
}

static int read_subject(const char *line, struct subject *ret, struct error **err)
{
	int status = field_read(line, subject_rows, ARRAY_LEN(subject_rows), ret, err);

	return status == 0 && !ret->id ? error_set(err, ERROR_INVALID, "an id is needed") : status;
}

static int attach(struct hatch *hatch, const char *line, struct text *lines, struct text *fields,
		  struct error **err)
{
	(void)lines;
	return router_attach(hatch->router, line, fields, err);
}

static int detach(struct hatch *hatch, const char *line, struct text *lines, struct text *fields,
		  struct error **err)
{
	CLEANUP(drop_subject) struct subject subject = {0};
	int status = read_subject(line, &subject, err);

	(void)lines;
	(void)fields;
	return status < 0 ? status : router_detach(hatch->router, subject.id, subject.is_gone, err);
}

static int also(struct hatch *hatch, const char *line, struct text *lines, struct text *fields,
		struct error **err)
{
	CLEANUP(drop_subject) struct subject subject = {0};
	int status = read_subject(line, &subject, err);

	(void)lines;
	(void)fields;
	return status < 0 ? status
			  : router_also(hatch->router, subject.id, subject.also ? subject.also : "",
					err);
}

static int list(struct hatch *hatch, const char *line, struct text *lines, struct text *fields,
		struct error **err)
{
	(void)line;
	(void)fields;
	(void)err;
	router_list(hatch->router, lines);
	return 0;
}

static int network(struct hatch *hatch, const char *line, struct text *lines, struct text *fields,
		   struct error **err)
{
	(void)line;
	(void)lines;
	(void)err;
	network_write(router_network(hatch->router), fields);
	return 0;
}

static int ping(struct hatch *hatch, const char *line, struct text *lines, struct text *fields,
		struct error **err)
{
	(void)hatch;
	(void)line;
	(void)lines;
	(void)err;
	field_write_number(fields, "process", (uint64_t)getpid());
	return 0;
}

static int end(struct hatch *hatch, const char *line, struct text *lines, struct text *fields,
	       struct error **err)
{
	int status = router_end(hatch->router, err);

	(void)line;
	(void)lines;
	(void)fields;
	hatch->has_ended = status == 0;
	return status;
}

static const struct verb {
	const char *name;
	int (*run)(struct hatch *hatch, const char *line, struct text *lines, struct text *fields,
		   struct error **err);
} verbs[] = {
	{"attach", attach},   {"detach", detach}, {"also", also}, {"list", list},
	{"network", network}, {"ping", ping},     {"end", end},
};

static void run(struct hatch *hatch, const char *line, struct text *out)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text fields = {0};
	size_t len = strcspn(line, " ");
	int status = 1;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strlen(verbs[i].name) == len && memcmp(verbs[i].name, line, len) == 0)
			status = verbs[i].run(hatch, line + len, out, &fields, &err);
	if (status > 0)
		status = error_set(&err, ERROR_INVALID, "nothing is known of \"%.*s\"", (int)len,
				   line);
	if (status < 0) {
		text_clear(out);
		text_printf(out, "error %s: %s\n", error_code_name(err->code), err->message);
	} else {
		text_printf(out, "ok%s%s\n", fields.len ? " " : "", text_string(&fields));
	}
}

/* --- the loop */

static void released(struct hatch *hatch)
{
	if (--hatch->open == 0 && hatch->is_closing)
		free(hatch);
}

static void client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;
	struct hatch *hatch = client->hatch;

	text_drop(&client->received);
	free(client);
	hatch->count--;
	released(hatch);
}

static void hang_up(struct client *client)
{
	if (uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	list_unlink(&client->link);
	uv_close((uv_handle_t *)&client->pipe, client_closed);
}

static void on_written(uv_write_t *request, int status)
{
	struct answer *answer = request->data;
	struct hatch *hatch = answer->hatch;

	(void)status;
	text_drop(&answer->text);
	free(answer);
	if (hatch->has_ended && !hatch->is_closing)
		hatch->ended(hatch->payload);
}

static void serve(struct client *client, const char *line)
{
	struct answer *answer = memory_zero(1, sizeof(*answer));
	uv_buf_t buffer;

	answer->hatch = client->hatch;
	run(client->hatch, line, &answer->text);
	buffer = uv_buf_init(answer->text.data, (unsigned)answer->text.len);
	answer->write.data = answer;
	if (uv_write(&answer->write, (uv_stream_t *)&client->pipe, &buffer, 1, on_written) == 0)
		return;
	on_written(&answer->write, UV_EPIPE);
	hang_up(client);
}

static void lend(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct client *client = handle->data;

	(void)suggested;
	*ret = uv_buf_init(text_reserve(&client->received, FIELD_LINE), FIELD_LINE);
}

static void on_bytes(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct client *client = stream->data;
	struct text *received = &client->received;
	char *newline;

	(void)buffer;
	if (len < 0) {
		hang_up(client);
		return;
	}
	received->len += (size_t)len;
	while (!client->hatch->has_ended &&
	       (newline = memchr(received->data, '\n', received->len))) {
		*newline = '\0';
		serve(client, received->data);
		text_remove(received, 0, (size_t)(newline - received->data) + 1);
	}
	if (received->len > FIELD_LINE)
		hang_up(client);
}

static void on_client(uv_stream_t *stream, int status)
{
	struct hatch *hatch = stream->data;
	struct client *client;

	if (status < 0)
		return;
	client = memory_zero(1, sizeof(*client));
	client->hatch = hatch;
	list_init(&client->link);
	list_append(&hatch->clients, &client->link);
	hatch->open++;
	hatch->count++;
	uv_pipe_init(stream->loop, &client->pipe, 0);
	client->pipe.data = client;
	if (uv_accept(stream, (uv_stream_t *)&client->pipe) < 0 || hatch->count > CLIENTS ||
	    uv_read_start((uv_stream_t *)&client->pipe, lend, on_bytes) < 0)
		hang_up(client);
}

static void hatch_closed(uv_handle_t *handle)
{
	released(handle->data);
}

int hatch_open(uv_loop_t *loop, const char *path, struct router *router,
	       void (*ended)(void *payload), void *payload, struct hatch **ret, struct error **err)
{
	struct hatch *hatch = memory_zero(1, sizeof(*hatch));
	mode_t before;
	int status;

	*hatch = (struct hatch){.router = router, .ended = ended, .payload = payload, .open = 1};
	list_init(&hatch->clients);
	uv_pipe_init(loop, &hatch->pipe, 0);
	hatch->pipe.data = hatch;
	/* One of a process that was killed; that there is no other one, the network's lock says. */
	unlink(path);
	before = umask(0177);
	status = uv_pipe_bind(&hatch->pipe, path);
	umask(before);
	if (status == 0)
		status = uv_listen((uv_stream_t *)&hatch->pipe, BACKLOG, on_client);
	if (status < 0) {
		hatch_close(hatch);
		return error_uv(err, status, "cannot listen at %s", path);
	}
	*ret = hatch;
	return 0;
}

void hatch_close(struct hatch *hatch)
{
	hatch->is_closing = true;
	LIST_FOR_EACH (struct client, client, &hatch->clients, link)
		hang_up(client);
	uv_close((uv_handle_t *)&hatch->pipe, hatch_closed);
}
