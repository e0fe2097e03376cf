/* SPDX-License-Identifier: MIT */
#include "tests/proxy/link.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "tests/proxy/message.h"

enum { QUEUE_MAX = 1 << 18 };

struct side {
	union {
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tcp_t tcp;
	} handle;
	struct link *link;
	struct text input; /* read and not yet passed on */
	bool open;         /* connected */
	bool reading;
	bool ended;    /* it will send no more */
	bool finished; /* we send it no more */
};

/* A request and its reply. */
struct exchange {
	bool active;
	uint64_t number;
	uint64_t began;
	struct fault fault;
	bool forward;     /* the request goes to the engine */
	bool silent;      /* the reply does not go to the client */
	bool hanging;     /* nothing happens any more */
	bool tunnel;      /* bytes go both ways without being looked at */
	uint64_t swallow; /* ns: until then chunks are lost */
	uint64_t lines;   /* whole lines of the reply's body so far */
	struct text line; /* the unfinished one */
	uint64_t passed;  /* bytes of the body that went to the client */
	int status;
};

struct link {
	struct proxy *proxy;
	struct list peers;
	struct side client;
	struct side engine;
	struct message request;
	struct message reply;
	struct exchange exchange;
	pid_t pid;         /* of the client, or 0 */
	bool hold;         /* neither side is read nor looked at, until the timer ends it */
	bool held_request; /* what the hold holds is the request's head */
	uv_timer_t timer;
	struct text slices; /* waits to be written in pieces */
	uv_timer_t slicer;
	bool ending; /* closes when all is written */
	bool closing;
	unsigned handles;
};

struct output {
	uv_write_t write;
	char bytes[];
};

static void run(struct link *link);

static void journal(struct link *link, const char *word)
{
	const struct exchange *exchange = &link->exchange;
	CLEANUP(text_drop) struct text line = {0};

	if (link->proxy->journal < 0)
		return;
	text_printf(&line, "%llu %s %s %s", (unsigned long long)exchange->number, word,
		    link->request.method, link->request.path);
	if (!strcmp(word, "end")) {
		text_printf(&line, " %d %llu %s", exchange->status,
			    (unsigned long long)((clock_monotonic() - exchange->began) / CLOCK_MS),
			    action_name(exchange->fault.action));
	}
	text_add_char(&line, '\n');
	if (write(link->proxy->journal, line.data, line.len) < 0)
		fprintf(stderr, "proxy: the journal cannot be written\n");
}

/* When a request's head was read, and when a piece of a chunked reply's body was passed on. */
static void trace(struct link *link, const char *word, const char *bytes, size_t len)
{
	CLEANUP(text_drop) struct text line = {0};

	if (link->proxy->trace < 0)
		return;
	text_printf(&line, "%.3f %s %s %s %.*s", (double)clock_monotonic() / CLOCK_MS, word,
		    link->request.method, link->request.path, len > 100 ? 100 : (int)len, bytes);
	for (size_t i = 0; i < line.len; i++) {
		if (line.data[i] == '\n' || line.data[i] == '\r')
			line.data[i] = ' ';
	}
	text_add_char(&line, '\n');
	if (write(link->proxy->trace, line.data, line.len) < 0)
		fprintf(stderr, "proxy: the trace cannot be written\n");
}

/* --- the end of a link */

static void on_closed(uv_handle_t *handle)
{
	struct link *link = handle->data;

	if (--link->handles)
		return;
	list_unlink(&link->peers);
	message_drop(&link->request);
	message_drop(&link->reply);
	text_drop(&link->exchange.line);
	text_drop(&link->client.input);
	text_drop(&link->engine.input);
	text_drop(&link->slices);
	free(link);
}

static void finish_exchange(struct link *link)
{
	if (!link->exchange.active)
		return;
	journal(link, "end");
	text_drop(&link->exchange.line);
	link->exchange = (struct exchange){0};
}

static void link_close(struct link *link)
{
	if (link->closing)
		return;
	link->closing = true;
	finish_exchange(link);
	uv_close((uv_handle_t *)&link->client.handle.stream, on_closed);
	uv_close((uv_handle_t *)&link->engine.handle.stream, on_closed);
	uv_close((uv_handle_t *)&link->timer, on_closed);
	uv_close((uv_handle_t *)&link->slicer, on_closed);
}

static void link_reset(struct link *link)
{
	uv_handle_t *client = (uv_handle_t *)&link->client.handle.stream;
	int fd;
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (client->type == UV_TCP && !uv_fileno(client, &fd))
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	link_close(link);
}

static void link_kill(struct link *link)
{
	pid_t pid = link->exchange.fault.number ? (pid_t)link->exchange.fault.number : link->pid;

	if (pid > 1 && pid != getpid())
		kill(pid, SIGKILL);
	else
		fprintf(stderr, "proxy: the client's pid is not known\n");
	link_close(link);
}

/* --- writing */

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
	struct link *link = shutdown->handle->data;

	(void)status;
	free(shutdown);
	if (link->closing)
		return;
	if (link->ending || (link->client.finished && link->engine.finished))
		link_close(link);
}

static void side_finish(struct side *side)
{
	if (side->finished || !side->open)
		return;
	side->finished = true;
	uv_shutdown_t *shutdown = memory_zero(1, sizeof(*shutdown));
	if (uv_shutdown(shutdown, &side->handle.stream, on_shutdown)) {
		free(shutdown);
		link_close(side->link);
	}
}

static void on_written(uv_write_t *write, int status)
{
	struct link *link = write->handle->data;

	free(container_of(write, struct output, write));
	if (link->closing)
		return;
	if (status < 0)
		link_close(link);
	else
		run(link);
}

static void side_write(struct side *side, const char *bytes, size_t len)
{
	if (!len || side->finished || side->link->closing)
		return;
	struct output *output = memory_alloc(sizeof(*output) + len);
	memcpy(output->bytes, bytes, len);
	uv_buf_t buffer = uv_buf_init(output->bytes, (unsigned)len);
	if (uv_write(&output->write, &side->handle.stream, &buffer, 1, on_written)) {
		free(output);
		link_close(side->link);
	}
}

/* Ends the link once everything is written. */
static void link_end(struct link *link)
{
	link->ending = true;
	if (!link->slices.len)
		side_finish(&link->client);
}

/* One write in each turn of the loop, so that the client can see them apart. */
static void on_slice(uv_timer_t *timer)
{
	struct link *link = timer->data;
	size_t size = link->exchange.fault.action == ACTION_SLICE ? link->exchange.fault.number : 0;

	if (!size || size > link->slices.len)
		size = link->slices.len;
	side_write(&link->client, link->slices.data, size);
	text_remove(&link->slices, 0, size);
	if (link->closing)
		return;
	if (link->slices.len)
		uv_timer_start(timer, on_slice, 0, 0);
	else if (link->ending)
		side_finish(&link->client);
	else
		run(link);
}

static void answer(struct link *link, const char *bytes, size_t len)
{
	bool sliced = link->exchange.fault.action == ACTION_SLICE;

	if (!sliced && !link->slices.len) {
		side_write(&link->client, bytes, len);
		return;
	}
	text_add_n(&link->slices, bytes, len);
	if (!uv_is_active((uv_handle_t *)&link->slicer))
		uv_timer_start(&link->slicer, on_slice, 0, 0);
}

/* --- the reply's way to the client */

static void answer_chunk(struct link *link, const char *bytes, size_t len)
{
	char size[32];

	if (!len)
		return;
	trace(link, "data", bytes, len);
	int digits = snprintf(size, sizeof(size), "%zx\r\n", len);
	answer(link, size, (size_t)digits);
	answer(link, bytes, len);
	answer(link, "\r\n", 2);
}

/* Passes data on line by line, and the wanted line once more. */
static void answer_twice(struct link *link, const char *bytes, size_t len)
{
	struct exchange *exchange = &link->exchange;

	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) + 1 : len;
		answer_chunk(link, bytes, part);
		text_add_n(&exchange->line, bytes, part);
		if (end) {
			exchange->lines++;
			if (!exchange->fault.number || exchange->fault.number == exchange->lines)
				answer_chunk(link, exchange->line.data, exchange->line.len);
			text_clear(&exchange->line);
		}
		bytes += part;
		len -= part;
	}
}

static void answer_data(struct link *link, const char *bytes, size_t len)
{
	struct exchange *exchange = &link->exchange;
	bool cut = false;

	if (exchange->fault.action == ACTION_TRUNCATE) {
		uint64_t room = exchange->fault.number > exchange->passed
					? exchange->fault.number - exchange->passed
					: 0;
		cut = len >= room;
		len = cut ? (size_t)room : len;
	}
	exchange->passed += len;
	if (!link->reply.chunked)
		answer(link, bytes, len);
	else if (exchange->swallow && clock_monotonic() < exchange->swallow)
		; /* lost */
	else if (exchange->fault.action == ACTION_DUPLICATE)
		answer_twice(link, bytes, len);
	else
		answer_chunk(link, bytes, len);
	if (cut)
		link_end(link);
}

static void answer_instead(struct link *link)
{
	const struct fault *fault = &link->exchange.fault;
	CLEANUP(text_drop) struct text text = {0};

	text_printf(&text,
		    "HTTP/1.1 %llu Fault\r\nContent-Type: application/json\r\n"
		    "Content-Length: %zu\r\n\r\n%s",
		    (unsigned long long)fault->number, strlen(fault->body), fault->body);
	link->exchange.status = (int)fault->number;
	answer(link, text.data, text.len);
}

/* --- deciding */

static void on_hold_over(uv_timer_t *timer)
{
	struct link *link = timer->data;

	link->hold = false;
	if (link->held_request)
		side_write(&link->engine, link->request.head.data, link->request.head.len);
	link->held_request = false;
	if (!link->closing)
		run(link);
}

static void hold(struct link *link, uint64_t ms)
{
	link->hold = true;
	uv_timer_start(&link->timer, on_hold_over, ms, 0);
}

static void begin_exchange(struct link *link)
{
	struct exchange *exchange = &link->exchange;

	*exchange = (struct exchange){
		.active = true,
		.number = ++link->proxy->number,
		.began = clock_monotonic(),
		.fault = rules_meet(link->proxy->rules, link->request.method, link->request.path),
		.forward = true,
	};
	journal(link, "begin");
	trace(link, "begin", "", 0);
	message_begin(&link->reply, true, !strcmp(link->request.method, "HEAD"));
	switch (exchange->fault.action) {
	case ACTION_KILL_BEFORE:
		link_kill(link);
		return;
	case ACTION_DROP:
		link_close(link);
		return;
	case ACTION_RESET:
		link_reset(link);
		return;
	case ACTION_HANG:
		exchange->hanging = true;
		return;
	case ACTION_REPLY:
		exchange->forward = false;
		return;
	case ACTION_DELAY:
		link->held_request = true;
		hold(link, exchange->fault.number);
		return;
	case ACTION_KILL_AFTER:
	case ACTION_DROP_AFTER:
	case ACTION_HANG_AFTER:
	case ACTION_REPLY_AFTER:
		exchange->silent = true;
		break;
	default:
		break;
	}
	side_write(&link->engine, link->request.head.data, link->request.head.len);
}

/* The request and what answers it are at their end; the connection waits for the next. */
static void next_exchange(struct link *link)
{
	finish_exchange(link);
	message_begin(&link->request, false, false);
	message_begin(&link->reply, true, false);
}

static void end_reply(struct link *link)
{
	switch (link->exchange.fault.action) {
	case ACTION_KILL_AFTER:
		link_kill(link);
		return;
	case ACTION_DROP_AFTER:
		link_close(link);
		return;
	case ACTION_HANG_AFTER:
		link->exchange.hanging = true;
		return;
	case ACTION_REPLY_AFTER:
		answer_instead(link);
		break;
	default:
		if (link->reply.chunked && !link->ending)
			answer(link, "0\r\n\r\n", 5);
	}
	/* A request whose body is not yet at its end (the engine answered early) ends the
	 * connection. */
	if (link->request.state != MESSAGE_DONE)
		link_end(link);
	else if (!link->slices.len)
		next_exchange(link);
}

static void begin_reply(struct link *link)
{
	struct exchange *exchange = &link->exchange;

	if (exchange->status == 0 || link->reply.status >= 200)
		exchange->status = link->reply.status;
	if (!exchange->silent)
		answer(link, link->reply.head.data, link->reply.head.len);
	if (link->reply.status == 101 ||
	    (link->request.upgrade && link->reply.state == MESSAGE_UNTIL_CLOSE)) {
		exchange->tunnel = true;
		return;
	}
	if (link->reply.status < 200) { /* 100 Continue: the reply is still to come */
		message_begin(&link->reply, true, !strcmp(link->request.method, "HEAD"));
		return;
	}
	if (exchange->fault.action == ACTION_SWALLOW)
		exchange->swallow = clock_monotonic() + exchange->fault.number * CLOCK_MS;
	if (exchange->fault.action == ACTION_STALL)
		hold(link, exchange->fault.number);
	if (exchange->fault.action == ACTION_TRUNCATE && !exchange->fault.number)
		link_end(link);
}

/* --- the bytes' way; each step consumes some input and says whether it did */

static bool step_client(struct link *link)
{
	struct side *client = &link->client;
	struct exchange *exchange = &link->exchange;
	enum piece piece;

	if (!client->input.len || !link->engine.open)
		return false;
	if (exchange->hanging) { /* read, so that the client's end is seen */
		text_clear(&client->input);
		return false;
	}
	if (exchange->tunnel || (exchange->active && link->request.state == MESSAGE_DONE)) {
		if (!exchange->tunnel && !link->request.upgrade)
			return false;
		side_write(&link->engine, client->input.data, client->input.len);
		text_clear(&client->input);
		return true;
	}
	size_t used = message_feed(&link->request, client->input.data, client->input.len, &piece);
	if (piece == PIECE_BROKEN)
		link_close(link);
	else if (piece == PIECE_HEAD)
		begin_exchange(link);
	else if (piece != PIECE_MORE && exchange->forward)
		side_write(&link->engine, client->input.data, used);
	if (link->closing)
		return false;
	text_remove(&client->input, 0, used);
	if (exchange->active && !exchange->forward && link->request.state == MESSAGE_DONE) {
		answer_instead(link);
		next_exchange(link);
	}
	return true;
}

static bool step_engine(struct link *link)
{
	struct side *engine = &link->engine;
	struct exchange *exchange = &link->exchange;
	enum piece piece;

	if (!engine->input.len)
		return false;
	if (exchange->hanging || link->ending || !exchange->active) {
		text_clear(&engine->input);
		return false;
	}
	if (exchange->tunnel) {
		answer(link, engine->input.data, engine->input.len);
		text_clear(&engine->input);
		return true;
	}
	if (exchange->fault.action == ACTION_DELAY_REPLY && link->reply.state == MESSAGE_HEAD &&
	    exchange->fault.number) {
		hold(link, exchange->fault.number);
		exchange->fault.number = 0;
		return false;
	}
	/* An exchange whose last slices are not yet written is not over. */
	if (link->reply.state == MESSAGE_DONE)
		return false;
	size_t used = message_feed(&link->reply, engine->input.data, engine->input.len, &piece);
	if (piece == PIECE_BROKEN)
		link_close(link);
	else if (piece == PIECE_HEAD)
		begin_reply(link);
	else if (piece == PIECE_DATA && !exchange->silent)
		answer_data(link, engine->input.data, used);
	if (link->closing)
		return false;
	text_remove(&engine->input, 0, used);
	if (link->reply.state == MESSAGE_DONE && !exchange->tunnel)
		end_reply(link);
	return !link->closing;
}

/* What an end of either side means, once its bytes are passed on. */
static void pass_ends(struct link *link)
{
	struct exchange *exchange = &link->exchange;

	if (link->engine.ended && !link->engine.input.len) {
		if (exchange->active && link->reply.state == MESSAGE_UNTIL_CLOSE &&
		    exchange->silent)
			end_reply(link);
		else if (exchange->tunnel)
			side_finish(&link->client);
		else if (!exchange->hanging)
			link_end(link);
	}
	if (link->closing || !link->client.ended || link->client.input.len)
		return;
	if (exchange->hanging || (!exchange->active && link->engine.open))
		link_close(link);
	else
		side_finish(&link->engine);
}

static void read_side(struct side *side, bool wanted);

static void run(struct link *link)
{
	bool moved = true;

	/* The last slice of a reply was written: now the exchange is over. */
	if (link->exchange.active && !link->slices.len &&
	    link->exchange.fault.action == ACTION_SLICE && link->reply.state == MESSAGE_DONE &&
	    link->request.state == MESSAGE_DONE && !link->exchange.tunnel)
		next_exchange(link);
	while (moved && !link->hold && !link->closing) {
		moved = step_client(link);
		if (!link->hold && !link->closing && step_engine(link))
			moved = true;
	}
	if (!link->hold && !link->closing)
		pass_ends(link);
	if (link->closing)
		return;
	read_side(&link->client, !link->hold && link->client.input.len < QUEUE_MAX &&
					 link->engine.handle.stream.write_queue_size < QUEUE_MAX);
	read_side(&link->engine, !link->hold && link->engine.input.len < QUEUE_MAX &&
					 link->slices.len < QUEUE_MAX &&
					 link->client.handle.stream.write_queue_size < QUEUE_MAX);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct link *link = handle->data;
	struct side *side = (uv_stream_t *)handle == &link->client.handle.stream ? &link->client
										 : &link->engine;

	*buffer = uv_buf_init(text_reserve(&side->input, suggested), (unsigned)suggested);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct link *link = stream->data;
	struct side *side = stream == &link->client.handle.stream ? &link->client : &link->engine;

	(void)buffer; /* the room behind side->input */
	if (len > 0) {
		side->input.len += (size_t)len;
		side->input.data[side->input.len] = '\0';
	} else if (len < 0) {
		side->ended = true;
		read_side(side, false);
	}
	run(link);
}

static void read_side(struct side *side, bool wanted)
{
	wanted = wanted && side->open && !side->ended;
	if (wanted == side->reading)
		return;
	side->reading = wanted;
	if (wanted)
		uv_read_start(&side->handle.stream, on_alloc, on_read);
	else
		uv_read_stop(&side->handle.stream);
}

/* --- the beginning of a link */

static void on_connected(uv_connect_t *connect, int status)
{
	struct link *link = connect->handle->data;

	free(connect);
	if (link->closing)
		return;
	if (status < 0) {
		link_close(link);
		return;
	}
	link->engine.open = true;
	run(link);
}

static void find_client(struct link *link)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int fd;

	if (!uv_fileno((uv_handle_t *)&link->client.handle.stream, &fd) &&
	    !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		link->pid = peer.pid;
}

static void init_handles(struct link *link, bool tcp)
{
	uv_loop_t *loop = link->proxy->loop;

	if (tcp)
		uv_tcp_init(loop, &link->client.handle.tcp);
	else
		uv_pipe_init(loop, &link->client.handle.pipe, 0);
	uv_pipe_init(loop, &link->engine.handle.pipe, 0);
	uv_timer_init(loop, &link->timer);
	uv_timer_init(loop, &link->slicer);
	link->handles = 4;
	link->client.handle.stream.data = link->engine.handle.stream.data = link;
	link->timer.data = link->slicer.data = link;
}

void link_open(struct proxy *proxy, uv_stream_t *server)
{
	struct link *link = memory_zero(1, sizeof(*link));

	link->proxy = proxy;
	link->client.link = link->engine.link = link;
	list_init(&link->peers);
	list_append(&proxy->links, &link->peers);
	init_handles(link, server->type == UV_TCP);
	message_begin(&link->request, false, false);
	if (uv_accept(server, &link->client.handle.stream)) {
		link_close(link);
		return;
	}
	link->client.open = true;
	find_client(link);
	uv_connect_t *connect = memory_zero(1, sizeof(*connect));
	uv_pipe_connect(connect, &link->engine.handle.pipe, proxy->engine, on_connected);
}

static void meet_now(struct link *link)
{
	struct exchange *exchange = &link->exchange;
	struct fault fault =
		rules_meet_now(link->proxy->rules, link->request.method, link->request.path);

	if (fault.action == ACTION_PASS)
		return;
	exchange->fault = fault;
	if (fault.action == ACTION_KILL_BEFORE)
		link_kill(link);
	else if (fault.action == ACTION_DROP)
		link_close(link);
	else if (fault.action == ACTION_RESET)
		link_reset(link);
	else if (fault.action == ACTION_HANG)
		exchange->hanging = true;
	else if (fault.action == ACTION_SWALLOW)
		exchange->swallow = clock_monotonic() + fault.number * CLOCK_MS;
	else if (fault.action == ACTION_STALL && !link->hold)
		hold(link, fault.number);
	else if (fault.action == ACTION_TRUNCATE && fault.number <= exchange->passed)
		link_end(link);
	if (!link->closing)
		run(link);
}

void links_meet_now(struct proxy *proxy)
{
	LIST_FOR_EACH (struct link, link, &proxy->links, peers) {
		if (link->exchange.active && !link->closing)
			meet_now(link);
	}
}

void links_close(struct proxy *proxy)
{
	LIST_FOR_EACH (struct link, link, &proxy->links, peers) {
		link_close(link);
	}
}
