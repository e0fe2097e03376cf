/* SPDX-License-Identifier: MIT */
#include "compose/supervise/probe.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

#define REPLY_MAX      512 /* a status line is read, no body */
#define LINE_MAX_BYTES (64 * 1024)
#define LOG_AGAIN_MS   1000 /* after the engine broke the log off */

/* One try of an http or tcp probe: a connection that frees itself. */
struct
try {
	struct probe_runner *runner; /* NULL: nobody wants to know any more */
	uv_tcp_t tcp;
	uv_timer_t timeout;
	uv_connect_t connect;
	uv_write_t write;
	unsigned handles;
	char *request;
	char reply[REPLY_MAX];
	size_t reply_len;
};

struct probe_runner {
	struct engine *engine;
	struct probe probe;
	char *container;
	char *path;
	char *pattern;
	struct sockaddr_storage address;
	bool has_address;
	char host[80];
	uv_timer_t timer; /* the next try */
	struct try *try;
	struct engine_stream *log;
	struct text line;
	bool tty;
	uint64_t opened;
	int failures;
	enum container_health health;
	bool closing;
	void (*changed)(const char *container, enum container_health health, const char *why,
			void *payload);
	void *payload;
	void (*closed)(void *payload);
	void *closed_payload;
};

/* --- what a try's end means */

static void become(struct probe_runner *runner, enum container_health health, const char *why)
{
	if (runner->health == health)
		return;
	runner->health = health;
	runner->changed(runner->container, health, why, runner->payload);
}

static void next_try(struct probe_runner *runner);

static void passed(struct probe_runner *runner)
{
	runner->failures = 0;
	become(runner, HEALTH_HEALTHY, NULL);
}

/* A failure within the start period counts only where the container was healthy before. */
static void failed(struct probe_runner *runner, const char *why)
{
	bool starting = clock_monotonic() - runner->opened < runner->probe.start_period;

	if (starting && runner->health != HEALTH_HEALTHY)
		return;
	if (++runner->failures >= runner->probe.retries)
		become(runner, HEALTH_UNHEALTHY, why);
}

/* --- one try */

static void try_closed(uv_handle_t *handle)
{
	struct try *try = handle->data;

	if (--try->handles)
		return;
	free(try->request);
	free(try);
}

/* why NULL: it passed. */
static void try_end(struct try *try, const char *why)
{
	struct probe_runner *runner = try->runner;

	if (uv_is_closing((uv_handle_t *)&try->tcp))
		return;
	try->runner = NULL;
	uv_close((uv_handle_t *)&try->tcp, try_closed);
	uv_close((uv_handle_t *)&try->timeout, try_closed);
	if (!runner)
		return;
	runner->try = NULL;
	if (why)
		failed(runner, why);
	else
		passed(runner);
	next_try(runner);
}

static void timed_out(uv_timer_t *timer)
{
	try_end(timer->data, "it did not answer in time");
}

static bool wanted_status(const struct probe *probe, int status)
{
	return probe->status ? status == probe->status : status >= 200 && status < 400;
}

static void read_status(struct try *try)
{
	char why[64];
	int status;

	if (sscanf(try->reply, "HTTP/%*d.%*d %d", &status) != 1) {
		try_end(try, "it does not answer as an HTTP server does");
		return;
	}
	snprintf(why, sizeof(why), "it answered with status %d", status);
	try_end(try, wanted_status(&try->runner->probe, status) ? NULL : why);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct try *try = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(try->reply + try->reply_len,
			      (unsigned)(REPLY_MAX - 1 - try->reply_len));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct try *try = stream->data;

	(void)buffer;
	if (!try->runner || count == 0)
		return;
	if (count > 0)
		try->reply_len += (size_t)count;
	try->reply[try->reply_len] = '\0';
	if (strchr(try->reply, '\n') || count < 0 || try->reply_len == REPLY_MAX - 1)
		read_status(try);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct try *try = connect->data;

	if (!try->runner)
		return;
	if (status < 0) {
		try_end(try, uv_strerror(status));
		return;
	}
	if (try->runner->probe.kind == PROBE_TCP) {
		try_end(try, NULL);
		return;
	}
	/* Nobody waits for the write: a server that does not read it does not answer. */
	uv_buf_t bytes = uv_buf_init(try->request, (unsigned)strlen(try->request));
	uv_write(&try->write, (uv_stream_t *)&try->tcp, &bytes, 1, NULL);
	uv_read_start((uv_stream_t *)&try->tcp, give_room, on_read);
}

static void try_start(uv_timer_t *timer)
{
	struct probe_runner *runner = timer->data;
	struct try *try = memory_zero(1, sizeof(*try));

	try->runner = runner;
	runner->try = try;
	uv_tcp_init(timer->loop, &try->tcp);
	uv_timer_init(timer->loop, &try->timeout);
	try->handles = 2;
	try->tcp.data = try;
	try->timeout.data = try;
	try->connect.data = try;
	if (runner->probe.kind == PROBE_HTTP)
		try->request = memory_format("GET %s HTTP/1.1\r\nHost: %s\r\n"
					     "User-Agent: wincompose\r\nConnection: close\r\n\r\n",
					     runner->path, runner->host);
	uv_timer_start(&try->timeout, timed_out, runner->probe.timeout / CLOCK_MS, 0);
	if (!runner->has_address) {
		try_end(try, "its port is not published, and its address cannot be dialled here");
		return;
	}
	int status = uv_tcp_connect(&try->connect, &try->tcp,
				    (const struct sockaddr *)&runner->address, on_connected);
	if (status < 0)
		try_end(try, uv_strerror(status));
}

static void next_try(struct probe_runner *runner)
{
	if (!runner->closing)
		uv_timer_start(&runner->timer, try_start, runner->probe.interval / CLOCK_MS, 0);
}

/* --- the log */

static void end_line(struct probe_runner *runner)
{
	if (runner->line.data && strstr(runner->line.data, runner->pattern))
		passed(runner);
	text_clear(&runner->line);
}

static void on_log(struct engine_stream *stream, enum stream_channel channel, const char *bytes,
		   size_t len, void *payload)
{
	struct probe_runner *runner = payload;

	(void)channel;
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' || runner->line.len >= LINE_MAX_BYTES)
			end_line(runner);
		else
			text_add_char(&runner->line, bytes[i]);
	}
	/* Once true it stays true: nothing more is read. */
	if (runner->health == HEALTH_HEALTHY)
		engine_stream_close(stream);
	else
		engine_stream_read(stream);
}

static void maybe_closed(struct probe_runner *runner);
static void read_again(uv_timer_t *timer);

static void on_log_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct probe_runner *runner = payload;

	(void)stream;
	runner->log = NULL;
	text_clear(&runner->line);
	if (runner->closing)
		maybe_closed(runner);
	else if (err && runner->health != HEALTH_HEALTHY)
		uv_timer_start(&runner->timer, read_again, LOG_AGAIN_MS, 0);
}

static void read_log(struct probe_runner *runner)
{
	static const struct engine_reader reader = {.data = on_log, .end = on_log_end};
	struct logs_options options = {.follow = true, .tail = -1, .tty = runner->tty};

	runner->log = engine_logs(runner->engine, runner->container, &options, &reader, runner);
	engine_stream_read(runner->log);
}

static void read_again(uv_timer_t *timer)
{
	read_log(timer->data);
}

/* --- whom to dial */

static bool take_address(struct probe_runner *runner, const char *ip, unsigned port)
{
	snprintf(runner->host, sizeof(runner->host), strchr(ip, ':') ? "[%s]:%u" : "%s:%u", ip,
		 port);
	if (uv_ip4_addr(ip, (int)port, (struct sockaddr_in *)&runner->address) == 0)
		return true;
	return uv_ip6_addr(ip, (int)port, (struct sockaddr_in6 *)&runner->address) == 0;
}

static bool is_any(const char *ip)
{
	return !ip || !*ip || strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0;
}

static void take_published(struct probe_runner *runner, const struct container *container)
{
	ARRAY_FOR_EACH (const struct container_port, port, &container->ports) {
		if (port->target == runner->probe.port && port->published &&
		    text_same(port->protocol, "tcp") && !runner->has_address)
			runner->has_address = take_address(
				runner, is_any(port->ip) ? "127.0.0.1" : port->ip, port->published);
	}
}

static void take_own(struct probe_runner *runner, const struct container *container)
{
	const struct engine_host *host = engine_host_known(runner->engine);

	if (!host || !(host->capabilities & ENGINE_ROUTABLE))
		return;
	ARRAY_FOR_EACH (const struct container_network, network, &container->networks) {
		if (network->address && *network->address && !runner->has_address)
			runner->has_address =
				take_address(runner, network->address, runner->probe.port);
	}
}

/* The published port, else the container's own address where that can be dialled. On Windows the
 * other way round: not every build forwards a published port to who dials it on the host itself
 * (WinNAT before 1809, and with other filters since). */
static void find_address(struct probe_runner *runner, const struct container *container)
{
	const struct engine_host *host = engine_host_known(runner->engine);
	bool windows = host && text_same(host->os_type, "windows");

	if (windows)
		take_own(runner, container);
	if (!runner->has_address)
		take_published(runner, container);
	if (!runner->has_address)
		take_own(runner, container);
}

/* --- life */

struct probe_runner *probe_open(struct engine *engine, const struct probe *probe,
				const struct container *container,
				void (*changed)(const char *container, enum container_health health,
						const char *why, void *payload),
				void *payload)
{
	struct probe_runner *runner = memory_zero(1, sizeof(*runner));

	runner->engine = engine;
	runner->probe = *probe;
	runner->container = memory_copy(container->name);
	runner->path = memory_copy(probe->path ? probe->path : "/");
	runner->pattern = memory_copy(probe->pattern);
	runner->health = HEALTH_STARTING;
	runner->tty = container->tty;
	runner->opened = clock_monotonic();
	runner->changed = changed;
	runner->payload = payload;
	uv_timer_init(engine_loop(engine), &runner->timer);
	runner->timer.data = runner;
	if (probe->kind == PROBE_LOG) {
		read_log(runner);
	} else {
		find_address(runner, container);
		next_try(runner);
	}
	return runner;
}

bool probe_is(const struct probe_runner *runner, const struct probe *probe)
{
	const struct probe *own = &runner->probe;

	return own->kind == probe->kind && own->port == probe->port &&
	       own->status == probe->status && own->interval == probe->interval &&
	       own->timeout == probe->timeout && own->retries == probe->retries &&
	       own->start_period == probe->start_period &&
	       text_same(runner->path, probe->path ? probe->path : "/") &&
	       text_same(runner->pattern, probe->pattern);
}

enum container_health probe_health(const struct probe_runner *runner)
{
	return runner->health;
}

static void timer_closed(uv_handle_t *handle)
{
	struct probe_runner *runner = handle->data;
	void (*closed)(void *payload) = runner->closed;
	void *payload = runner->closed_payload;

	free(runner->container);
	free(runner->path);
	free(runner->pattern);
	text_drop(&runner->line);
	free(runner);
	closed(payload);
}

static void maybe_closed(struct probe_runner *runner)
{
	if (!runner->log && !uv_is_closing((uv_handle_t *)&runner->timer))
		uv_close((uv_handle_t *)&runner->timer, timer_closed);
}

void probe_close(struct probe_runner *runner, void (*closed)(void *payload), void *payload)
{
	assert(!runner->closing);
	runner->closing = true;
	runner->closed = closed;
	runner->closed_payload = payload;
	uv_timer_stop(&runner->timer);
	if (runner->try) {
		struct try *try = runner->try;

		/* It closes by itself, and tells nobody. */
		runner->try = NULL;
		try->runner = NULL;
		try_end(try, NULL);
	}
	if (runner->log)
		engine_stream_close(runner->log);
	maybe_closed(runner);
}
