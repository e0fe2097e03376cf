/* SPDX-License-Identifier: MIT */
#include "netns/linux/resolver.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/space.h"
#include "netns/linux/spot.h"
#include "netns/linux/upstream.h"

enum {
	TTL = 5, /* seconds: a replica that is gone is forgotten soon */
	LISTENERS = 4,
	CLIENTS = 128,
	BACKLOG = 64,
	IDLE_MS = 10000,
	CLASS_INTERNET = 1,
};

struct resolver {
	struct resolver_options options;
	union listener {
		uv_handle_t handle;
		uv_udp_t udp;
		uv_tcp_t tcp;
	} listeners[LISTENERS];
	size_t count, open;
	unsigned port;
	struct list clients;
	size_t client_count;
	bool is_closing;
	uint8_t in[DNS_MESSAGE], out[DNS_MESSAGE];
};

/* One that asks by TCP. */
struct client {
	struct list link;
	struct resolver *resolver;
	uv_tcp_t tcp;
	uv_timer_t timer;
	struct text received;
	uint8_t *sent;
	uv_write_t write;
	struct cidr address;
	bool is_busy;  /* a question is being answered */
	unsigned uses; /* open handles, and a question that is asked elsewhere */
};

/* A question that is asked elsewhere. */
struct errand {
	struct resolver *resolver;
	struct client *client; /* NULL: it came by UDP */
	uv_udp_t *udp;
	struct sockaddr_storage from;
	struct dns_question question;
	uint8_t head[DNS_HEADER + DNS_NAME + 4]; /* the question's bytes to its end */
};

static void drop_unused(struct resolver *resolver)
{
	if (resolver->is_closing && resolver->open == 0)
		free(resolver);
}

static void release(struct client *client)
{
	struct resolver *resolver = client->resolver;

	if (--client->uses > 0)
		return;
	text_drop(&client->received);
	free(client->sent);
	free(client);
	resolver->client_count--;
	resolver->open--;
	drop_unused(resolver);
}

static void client_closed(uv_handle_t *handle)
{
	release(handle->data);
}

static void hang_up(struct client *client)
{
	if (uv_is_closing((uv_handle_t *)&client->tcp))
		return;
	list_unlink(&client->link);
	uv_close((uv_handle_t *)&client->tcp, client_closed);
	uv_close((uv_handle_t *)&client->timer, client_closed);
}

static void on_idle(uv_timer_t *timer)
{
	hang_up(timer->data);
}

static void take_next(struct client *client);

static void on_written(uv_write_t *request, int status)
{
	struct client *client = request->data;

	memory_free(&client->sent);
	client->is_busy = false;
	if (status < 0)
		hang_up(client);
	else
		take_next(client);
}

static void send_stream(struct client *client, const uint8_t *bytes, size_t len)
{
	uv_buf_t buffer;

	if (uv_is_closing((uv_handle_t *)&client->tcp))
		return;
	client->sent = memory_alloc(len + 2);
	client->sent[0] = (uint8_t)(len >> 8);
	client->sent[1] = (uint8_t)len;
	memcpy(client->sent + 2, bytes, len);
	buffer = uv_buf_init((char *)client->sent, (unsigned)len + 2);
	client->write.data = client;
	if (uv_write(&client->write, (uv_stream_t *)&client->tcp, &buffer, 1, on_written) < 0)
		hang_up(client);
}

static void reply(struct errand *errand, const uint8_t *bytes, size_t len)
{
	uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)len);

	if (errand->client)
		send_stream(errand->client, bytes, len);
	else if (!errand->resolver->is_closing)
		uv_udp_try_send(errand->udp, &buffer, 1, (const struct sockaddr *)&errand->from);
}

static void answer(struct errand *errand, enum dns_code code, const struct dns_record *records,
		   size_t count)
{
	struct resolver *resolver = errand->resolver;
	size_t max = errand->client ? sizeof(resolver->out) : errand->question.size;

	reply(errand, resolver->out,
	      dns_answer(errand->head, &errand->question, code, records, count, TTL, resolver->out,
			 max));
}

static void on_upstream(const uint8_t *bytes, size_t len, void *payload)
{
	struct errand *errand = payload;
	struct resolver *resolver = errand->resolver;

	if (bytes)
		reply(errand, bytes, len);
	else
		answer(errand, DNS_FAILED, NULL, 0);
	if (errand->client)
		release(errand->client);
	free(errand);
	resolver->open--;
	drop_unused(resolver);
}

static void ask_on(const struct errand *errand, const uint8_t *bytes, size_t len)
{
	struct errand *kept = memory_alloc(sizeof(*kept));

	*kept = *errand;
	kept->resolver->open++;
	if (kept->client)
		kept->client->uses++;
	upstream_ask(kept->resolver->options.upstream, bytes, len, kept->client, on_upstream, kept);
}

static enum dns_code code_of(enum names_result result)
{
	return result == NAMES_FOUND ? DNS_GOOD : DNS_NOBODY;
}

/* From the zone. False: it is not its matter. */
static bool answer_own(struct errand *errand, const struct cidr *asker)
{
	const struct dns_question *question = &errand->question;
	const struct resolver_zone *zone = &errand->resolver->options.zone;
	struct dns_record records[DNS_MESSAGE / 16];
	char name[DNS_NAME];
	struct cidrs found = {0};
	struct cidr address;
	enum names_result result;
	size_t count = 0;

	if (question->class != CLASS_INTERNET)
		return false;
	if (dns_reverse(question->name, &address)) {
		result = zone->reverse(asker, &address, name, zone->payload);
		records[0] = (struct dns_record){.name = name};
		count = result == NAMES_FOUND &&
			(question->type == DNS_PTR || question->type == DNS_ANY);
	} else {
		/* Of another type than an address: the name is there, with no such record. */
		result = zone->find(asker, question->name, question->type == DNS_AAAA, &found,
				    zone->payload);
		bool is_address = question->type == DNS_A || question->type == DNS_AAAA ||
				  question->type == DNS_ANY;

		for (; is_address && count < found.list.len && count < ARRAY_LEN(records); count++)
			records[count] = (struct dns_record){.address = found.list.items[count]};
	}
	if (result != NAMES_FOREIGN)
		answer(errand, code_of(result), records, count);
	cidrs_drop(&found);
	return result != NAMES_FOREIGN;
}

/* One question. False: nothing is answered to it. */
static bool serve(struct errand *errand, const struct cidr *asker, const uint8_t *bytes, size_t len)
{
	const struct resolver_options *options = &errand->resolver->options;
	int code = dns_parse(bytes, len, &errand->question);

	if (code < 0)
		return false;
	memcpy(errand->head, bytes, errand->question.end);
	if (code != DNS_GOOD)
		answer(errand, code, NULL, 0);
	else if (answer_own(errand, asker))
		return true;
	else if (options->upstream && options->zone.goes_on(asker, options->zone.payload))
		ask_on(errand, bytes, len);
	else
		answer(errand, DNS_FAILED, NULL, 0);
	return true;
}

static void lend_datagram(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct resolver *resolver = handle->data;

	(void)suggested;
	*ret = uv_buf_init((char *)resolver->in, sizeof(resolver->in));
}

static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *buffer,
			const struct sockaddr *from, unsigned flags)
{
	struct errand errand = {.resolver = udp->data, .udp = udp};
	struct cidr asker;
	unsigned port;

	(void)flags;
	if (len <= 0 || !from || !spot_read(from, &asker, &port))
		return;
	memcpy(&errand.from, from,
	       asker.is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	serve(&errand, &asker, (const uint8_t *)buffer->base, (size_t)len);
}

/* The next question that has come whole; one at a time. */
static void take_next(struct client *client)
{
	struct errand errand = {.resolver = client->resolver, .client = client};
	const uint8_t *bytes = (const uint8_t *)client->received.data;
	size_t whole;

	if (client->is_busy || client->received.len < 2)
		return;
	whole = ((size_t)bytes[0] << 8 | bytes[1]) + 2u;
	if (client->received.len < whole)
		return;
	client->is_busy = true;
	uv_timer_again(&client->timer);
	/* Answered within, the bytes are used up before they are removed. */
	if (!serve(&errand, &client->address, bytes + 2, whole - 2))
		hang_up(client);
	else
		text_remove(&client->received, 0, whole);
}

static void lend_stream(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct client *client = handle->data;
	/* A message and its length: who sends more before an answer is cut off. */
	size_t room = DNS_MESSAGE + 2 - client->received.len;

	(void)suggested;
	*ret = uv_buf_init(text_reserve(&client->received, room), (unsigned)room);
}

static void on_bytes(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct client *client = stream->data;

	(void)buffer;
	if (len < 0) {
		hang_up(client);
		return;
	}
	client->received.len += (size_t)len;
	take_next(client);
}

static void on_client(uv_stream_t *stream, int status)
{
	struct resolver *resolver = stream->data;
	struct client *client;
	struct sockaddr_storage from;
	int len = sizeof(from);
	unsigned port;

	if (status < 0)
		return;
	if (resolver->client_count >= CLIENTS)
		hang_up(list_first(&resolver->clients, struct client, link));
	client = memory_zero(1, sizeof(*client));
	client->resolver = resolver;
	client->uses = 2;
	resolver->open++;
	resolver->client_count++;
	list_init(&client->link);
	list_append(&resolver->clients, &client->link);
	uv_tcp_init(resolver->options.loop, &client->tcp);
	uv_timer_init(resolver->options.loop, &client->timer);
	client->tcp.data = client->timer.data = client;
	uv_timer_start(&client->timer, on_idle, IDLE_MS, IDLE_MS);
	if (uv_accept(stream, (uv_stream_t *)&client->tcp) < 0 ||
	    uv_tcp_getpeername(&client->tcp, (struct sockaddr *)&from, &len) < 0 ||
	    !spot_read((const struct sockaddr *)&from, &client->address, &port) ||
	    uv_read_start((uv_stream_t *)&client->tcp, lend_stream, on_bytes) < 0)
		hang_up(client);
}

static int bind_socket(const struct resolver *resolver, const struct cidr *address, int type,
		       unsigned port)
{
	struct sockaddr_storage spot;
	int descriptor =
		space_socket(resolver->options.space, address->is_v6 ? AF_INET6 : AF_INET, type);
	int on = 1;

	if (descriptor < 0)
		return descriptor;
	spot_of(address, port, &spot);
	/* Connections of a process that was killed may linger. */
	if (type == SOCK_STREAM)
		setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(descriptor, (const struct sockaddr *)&spot,
		 address->is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)) < 0) {
		int number = errno;

		space_close(&descriptor);
		return -number;
	}
	return descriptor;
}

static int listen_one(struct resolver *resolver, const struct cidr *address, int type)
{
	union listener *listener = &resolver->listeners[resolver->count];
	int descriptor = bind_socket(resolver, address, type, resolver->port);
	int status;

	if (descriptor < 0)
		return descriptor;
	if (type == SOCK_DGRAM)
		uv_udp_init(resolver->options.loop, &listener->udp);
	else
		uv_tcp_init(resolver->options.loop, &listener->tcp);
	listener->handle.data = resolver;
	resolver->count++;
	resolver->open++;
	if (type == SOCK_DGRAM) {
		status = uv_udp_open(&listener->udp, descriptor);
		if (status == 0)
			status = uv_udp_recv_start(&listener->udp, lend_datagram, on_datagram);
	} else {
		status = uv_tcp_open(&listener->tcp, descriptor);
		if (status == 0)
			status = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_client);
	}
	return status;
}

static void learn_port(struct resolver *resolver)
{
	struct sockaddr_storage spot;
	struct cidr address;
	int len = sizeof(spot);

	if (resolver->port == 0 &&
	    uv_udp_getsockname(&resolver->listeners[0].udp, (struct sockaddr *)&spot, &len) == 0)
		spot_read((const struct sockaddr *)&spot, &address, &resolver->port);
}

int resolver_open(const struct resolver_options *options, struct resolver **ret, struct error **err)
{
	struct resolver *resolver = memory_zero(1, sizeof(*resolver));
	char text[CIDR_TEXT];

	resolver->options = *options;
	resolver->port = options->port;
	list_init(&resolver->clients);
	for (size_t i = 0; i < options->count; i++) {
		int status = listen_one(resolver, &options->addresses[i], SOCK_DGRAM);

		learn_port(resolver);
		if (status == 0)
			status = listen_one(resolver, &options->addresses[i], SOCK_STREAM);
		if (status == 0)
			continue;
		resolver_close(resolver);
		cidr_format_address(&options->addresses[i], text);
		return error_uv(err, status, "cannot serve DNS at %s", text);
	}
	*ret = resolver;
	return 0;
}

unsigned resolver_port(const struct resolver *resolver)
{
	return resolver->port;
}

static void listener_closed(uv_handle_t *handle)
{
	struct resolver *resolver = handle->data;

	resolver->open--;
	drop_unused(resolver);
}

void resolver_close(struct resolver *resolver)
{
	resolver->is_closing = true;
	for (size_t i = 0; i < resolver->count; i++)
		uv_close(&resolver->listeners[i].handle, listener_closed);
	LIST_FOR_EACH (struct client, client, &resolver->clients, link)
		hang_up(client);
	drop_unused(resolver);
}
