/* SPDX-License-Identifier: MIT */
#include "netns/linux/upstream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/dns.h"
#include "netns/linux/spot.h"

enum { PENDING = 512, SERVERS = 8, ROUNDS = 2, FILE_BYTES = 65536, TCP_FACTOR = 3 };

struct upstream {
	struct upstream_options options;
	char *file;
	struct list asked;
	size_t count;
	bool is_closing;
	struct cidr servers[SERVERS];
	size_t server_count;
	struct timespec read_at;
};

struct inquiry {
	struct list link;
	struct upstream *upstream;
	struct dns_question question;
	uint16_t id;      /* the asker's */
	uint8_t *message; /* two bytes of length, and the question with our id */
	size_t len;
	bool is_tcp, is_over;
	unsigned tries;
	union {
		uv_handle_t handle;
		uv_udp_t udp;
		uv_tcp_t tcp;
	};
	uv_timer_t timer;
	unsigned open;
	uv_connect_t connect;
	uv_write_t write;
	struct text received;
	void (*done)(const uint8_t *answer, size_t len, void *payload);
	void *payload;
};

static void add_server(struct upstream *upstream, const char *line, size_t len)
{
	static const char key[] = "nameserver";
	CLEANUP(memory_free) char *copy = memory_copy_n(line, len);
	char *at = copy + strspn(copy, " \t");

	if (!text_starts(at, key) || upstream->server_count == SERVERS)
		return;
	at += sizeof(key) - 1;
	at += strspn(at, " \t");
	at[strcspn(at, " \t\r#;%")] = '\0';
	if (cidr_parse(at, &upstream->servers[upstream->server_count]))
		upstream->server_count++;
}

/* Reads the servers where the file has changed. */
static void refresh(struct upstream *upstream)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct stat info;

	if (stat(upstream->file, &info) < 0)
		return;
	if (info.st_mtim.tv_sec == upstream->read_at.tv_sec &&
	    info.st_mtim.tv_nsec == upstream->read_at.tv_nsec)
		return;
	if (file_read(upstream->file, FILE_BYTES, &text, &err) < 0)
		return;
	upstream->read_at = info.st_mtim;
	upstream->server_count = 0;
	for (const char *line = text_string(&text); *line;) {
		size_t len = strcspn(line, "\n");

		add_server(upstream, line, len);
		line += len + (line[len] == '\n');
	}
	/* resolv.conf(5): with none named it is this host. */
	if (upstream->server_count == 0 && cidr_parse("127.0.0.1", &upstream->servers[0]))
		upstream->server_count = 1;
}

struct upstream *upstream_new(const struct upstream_options *options)
{
	struct upstream *upstream = memory_zero(1, sizeof(*upstream));

	upstream->options = *options;
	upstream->file = memory_copy(options->file);
	list_init(&upstream->asked);
	return upstream;
}

static void drop_unused(struct upstream *upstream)
{
	if (!upstream->is_closing || upstream->count > 0)
		return;
	free(upstream->file);
	free(upstream);
}

static void inquiry_closed(uv_handle_t *handle)
{
	struct inquiry *inquiry = handle->data;
	struct upstream *upstream = inquiry->upstream;

	if (--inquiry->open > 0)
		return;
	text_drop(&inquiry->received);
	free(inquiry->message);
	free(inquiry);
	upstream->count--;
	drop_unused(upstream);
}

static void attempt(struct inquiry *inquiry);

static void socket_closed(uv_handle_t *handle)
{
	struct inquiry *inquiry = handle->data;

	if (inquiry->is_over) {
		inquiry_closed(handle);
		return;
	}
	inquiry->open--;
	attempt(inquiry);
}

/* Tells the answer, and closes what is open. */
static void finish(struct inquiry *inquiry, uint8_t *answer, size_t len)
{
	if (inquiry->is_over)
		return;
	inquiry->is_over = true;
	list_unlink(&inquiry->link);
	if (answer) {
		answer[0] = (uint8_t)(inquiry->id >> 8);
		answer[1] = (uint8_t)inquiry->id;
	}
	inquiry->done(answer, answer ? len : 0, inquiry->payload);
	if (inquiry->open > 1 && !uv_is_closing(&inquiry->handle))
		uv_close(&inquiry->handle, socket_closed);
	uv_close((uv_handle_t *)&inquiry->timer, inquiry_closed);
}

/* The next server, once this one's socket is closed. */
static void go_on(struct inquiry *inquiry)
{
	uv_timer_stop(&inquiry->timer);
	if (!inquiry->is_over && !uv_is_closing(&inquiry->handle))
		uv_close(&inquiry->handle, socket_closed);
}

static void on_timeout(uv_timer_t *timer)
{
	struct inquiry *inquiry = timer->data;

	if (inquiry->open == 1)
		finish(inquiry, NULL, 0);
	else
		go_on(inquiry);
}

/* A broken server's answers are passed over for another's, as a resolver does. */
static bool is_wanted(const struct inquiry *inquiry, const uint8_t *answer, size_t len)
{
	unsigned code = len > 3 ? answer[3] & 15u : DNS_FAILED;

	return code != DNS_FAILED && code != DNS_REFUSED && code != DNS_UNKNOWN &&
	       inquiry->upstream->server_count > 0;
}

static void on_answer(struct inquiry *inquiry, uint8_t *answer, size_t len)
{
	struct upstream *upstream = inquiry->upstream;

	if (!dns_answers(answer, len, inquiry->message + 2, &inquiry->question))
		return;
	if (is_wanted(inquiry, answer, len) || inquiry->tries >= upstream->server_count * ROUNDS)
		finish(inquiry, answer, len);
	else
		go_on(inquiry);
}

static void lend(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct inquiry *inquiry = handle->data;

	(void)suggested;
	*ret = uv_buf_init(text_reserve(&inquiry->received, DNS_MESSAGE), DNS_MESSAGE);
}

static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *buffer,
			const struct sockaddr *from, unsigned flags)
{
	struct inquiry *inquiry = udp->data;

	(void)flags;
	if (len < 0)
		go_on(inquiry);
	else if (from && len > 0)
		on_answer(inquiry, (uint8_t *)buffer->base, (size_t)len);
}

static void on_bytes(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct inquiry *inquiry = stream->data;
	struct text *received = &inquiry->received;

	(void)buffer;
	if (len < 0) {
		go_on(inquiry);
		return;
	}
	received->len += (size_t)len;
	uint8_t *bytes = (uint8_t *)received->data;
	size_t whole = received->len < 2 ? 0 : ((size_t)bytes[0] << 8 | bytes[1]) + 2u;

	if (whole && received->len >= whole)
		on_answer(inquiry, bytes + 2, whole - 2);
	/* An answer to something else would be followed by nothing that is ours. */
	if (whole && received->len >= whole && !inquiry->is_over)
		go_on(inquiry);
}

static void on_written(uv_write_t *request, int status)
{
	if (status < 0 && status != UV_ECANCELED)
		go_on(request->data);
}

static void on_connected(uv_connect_t *request, int status)
{
	struct inquiry *inquiry = request->data;
	uv_buf_t buffer = uv_buf_init((char *)inquiry->message, (unsigned)inquiry->len + 2);

	if (status == UV_ECANCELED)
		return;
	inquiry->write.data = inquiry;
	if (status < 0 || uv_read_start((uv_stream_t *)&inquiry->tcp, lend, on_bytes) < 0 ||
	    uv_write(&inquiry->write, (uv_stream_t *)&inquiry->tcp, &buffer, 1, on_written) < 0)
		go_on(inquiry);
}

static int send_datagram(struct inquiry *inquiry, const struct sockaddr *to)
{
	uv_buf_t buffer = uv_buf_init((char *)inquiry->message + 2, (unsigned)inquiry->len);
	int status = uv_udp_connect(&inquiry->udp, to);

	if (status == 0)
		status = uv_udp_recv_start(&inquiry->udp, lend, on_datagram);
	return status < 0 ? status : uv_udp_try_send(&inquiry->udp, &buffer, 1, NULL);
}

/* Asks the next server. */
static void attempt(struct inquiry *inquiry)
{
	struct upstream *upstream = inquiry->upstream;
	uv_loop_t *loop = upstream->options.loop;
	unsigned timeout = upstream->options.timeout_ms * (inquiry->is_tcp ? TCP_FACTOR : 1);
	struct sockaddr_storage spot;
	const struct sockaddr *to = (const struct sockaddr *)&spot;
	int status = 0;

	if (inquiry->tries >= upstream->server_count * ROUNDS || upstream->is_closing) {
		/* Never from inside of who asked: by the timer. */
		uv_timer_start(&inquiry->timer, on_timeout, 0, 0);
		return;
	}
	spot_of(&upstream->servers[inquiry->tries++ % upstream->server_count],
		upstream->options.port, &spot);
	text_clear(&inquiry->received);
	digest_random(inquiry->message + 2, 2);
	inquiry->question.id = (uint16_t)(inquiry->message[2] << 8 | inquiry->message[3]);
	if (inquiry->is_tcp)
		uv_tcp_init(loop, &inquiry->tcp);
	else
		uv_udp_init(loop, &inquiry->udp);
	inquiry->handle.data = inquiry;
	inquiry->open++;
	uv_timer_start(&inquiry->timer, on_timeout, timeout, 0);
	inquiry->connect.data = inquiry;
	if (status == 0)
		status = inquiry->is_tcp ? uv_tcp_connect(&inquiry->connect, &inquiry->tcp, to,
							  on_connected)
					 : send_datagram(inquiry, to);
	if (status < 0)
		go_on(inquiry);
}

void upstream_ask(struct upstream *upstream, const uint8_t *question, size_t len, bool is_tcp,
		  void (*done)(const uint8_t *answer, size_t len, void *payload), void *payload)
{
	struct inquiry *inquiry = memory_zero(1, sizeof(*inquiry));
	bool is_whole = len <= DNS_MESSAGE && dns_parse(question, len, &inquiry->question) == 0;

	inquiry->upstream = upstream;
	inquiry->id = inquiry->question.id;
	inquiry->is_tcp = is_tcp;
	inquiry->len = is_whole ? len : 0;
	inquiry->message = memory_zero(1, inquiry->len + 4);
	inquiry->message[0] = (uint8_t)(inquiry->len >> 8);
	inquiry->message[1] = (uint8_t)inquiry->len;
	memcpy(inquiry->message + 2, question, inquiry->len);
	inquiry->done = done;
	inquiry->payload = payload;
	list_init(&inquiry->link);
	list_append(&upstream->asked, &inquiry->link);
	uv_timer_init(upstream->options.loop, &inquiry->timer);
	inquiry->timer.data = inquiry;
	inquiry->open = 1;
	refresh(upstream);
	if (++upstream->count > PENDING || !is_whole || upstream->server_count == 0)
		uv_timer_start(&inquiry->timer, on_timeout, 0, 0);
	else
		attempt(inquiry);
}

void upstream_close(struct upstream *upstream)
{
	upstream->is_closing = true;
	LIST_FOR_EACH (struct inquiry, inquiry, &upstream->asked, link)
		finish(inquiry, NULL, 0);
	drop_unused(upstream);
}
