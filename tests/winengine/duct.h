/* SPDX-License-Identifier: MIT */
/* duct -- a connection of bytes, whatever carries it: a unix socket, TCP, or Windows' named pipe
 *
 * A duct frees itself after duct_close. Nothing is called from inside a function of this header.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

struct error;
struct duct;
struct duct_server;

struct duct_events {
	void (*received)(const char *bytes, size_t len, void *payload);
	void (*ended)(void *payload);   /* the other side sends no more, or is gone; once */
	void (*drained)(void *payload); /* all that was written has been sent */
};

typedef void duct_accepted(struct duct *duct, void *payload);

/* unix:///path, tcp://127.0.0.1:PORT (0: a free one) or, on Windows, npipe:////./pipe/NAME. */
int duct_listen(uv_loop_t *loop, const char *address, duct_accepted *accepted, void *payload,
		struct duct_server **ret, struct error **err);
const char *duct_server_address(const struct duct_server *server); /* with the port it has */
void duct_server_close(struct duct_server *server);

/* Reading begins. */
void duct_start(struct duct *duct, const struct duct_events *events, void *payload);
void duct_read(struct duct *duct, bool on);
void duct_write(struct duct *duct, const char *bytes, size_t len); /* copies and queues */
size_t duct_queued(const struct duct *duct);                       /* bytes not sent yet */
void duct_finish(struct duct *duct); /* no events any more; closes when all has been sent */
void duct_close(struct duct *duct);  /* at once */

/* --- within duct: what a carrier is. duct is its first member. */

struct duct_ops {
	void (*read)(struct duct *duct, bool on);
	/* One at a time; duct_wrote_ follows. */
	void (*write)(struct duct *duct, const char *bytes, size_t len);
	void (*close)(struct duct *duct); /* ends in free() */
};

struct duct {
	const struct duct_ops *ops;
	struct duct_events events;
	void *payload;
	char *queue; /* not given to the carrier yet */
	size_t len, cap;
	size_t sending; /* bytes that the carrier has */
	bool finishing, closed, ended;
};

struct duct_server {
	char *address;
	duct_accepted *accepted;
	void *payload;
	void (*close)(struct duct_server *server); /* ends in free() */
};

void duct_wrote_(struct duct *duct, bool failed);
void duct_received_(struct duct *duct, const char *bytes, size_t len);
void duct_ended_(struct duct *duct);
/* The listener of addresses that only one platform knows. ERROR_UNSUPPORTED: none. */
int duct_listen_other_(uv_loop_t *loop, const char *address, struct duct_server **ret,
		       struct error **err);
