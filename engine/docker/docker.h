/* SPDX-License-Identifier: MIT */
/* docker -- the Docker Engine API: what the files of this driver share
 *
 * docker_ops is all that drivers.c sees. Inside, a function of the ops table makes an operation (a
 * request of engine.h: one or several asks to the daemon, then one completion) or a flow (a stream
 * of engine.h). The API version is negotiated by the first ask; all others wait for it, so that
 * docker->api is known in every answer (and in `begin` of a flow).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <uv.h>

#include "base/list.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/http.h"
#include "engine/ops.h"

extern const struct engine_ops docker_ops;

enum {
	DOCKER_API_MIN = 40, /* 1.40: Docker 19.03 */
	DOCKER_API_MAX = 47,
	DOCKER_JSON_MAX = 64 << 20,
};

struct docker {
	struct engine engine; /* first */
	struct http *http;
	struct http_host host;
	char *url, *socket, *ca_file, *cert_file, *key_file; /* what host borrows */
	struct error *refusal;                               /* why no request can be made: npipe */
	unsigned api;              /* minor version in use: 41 for 1.41; 0: not negotiated yet */
	char *os_type;             /* windows, linux: as the ping says it */
	struct http_request *ping; /* the negotiation under way */
	bool slow_told;
	struct list asks; /* that wait for the negotiation */
	struct list operations;
	struct list flows;
	struct list labels; /* of images, kept by image id */
	uv_idle_t soon;     /* ends operations and flows in a later turn */
	bool closing;
	void (*closed)(void *payload);
	void *closed_payload;
};

/* --- asks: one short request to the daemon, for an operation or before a flow */

/* The answer. err is set for a transport error and for a status of 400 and more, with the daemon's
 * own sentence; status tells normal outcomes apart (0: no answer came). json is the body where it
 * is JSON, else NULL. */
struct answer {
	int status;
	const cJSON *json;
	const char *body;
	size_t len;
	const struct error *err;
};
typedef void docker_answered(const struct answer *answer, void *payload);

struct ask_options {
	const char *method; /* NULL: GET */
	const char *path;   /* without the version: /containers/json?all=1 */
	const cJSON *json;  /* body; borrowed for the call */
	const char *bytes;  /* or raw body (a tar); borrowed for the call */
	size_t len;
	const char *header; /* one more "Name: value" (X-Registry-Auth), or NULL */
	const char *what;   /* "container shop-web-1": context of errors; NULL: none */
	bool unbounded;     /* stop, wait, restart: not bounded by the engine's timeout */
	bool bare;          /* without the version: the ping itself */
};

/* Sends it; answered is called once in a later turn, unless docker_drop_asks(owner) comes before.
 */
void docker_ask(struct docker *docker, struct list *owner, const struct ask_options *options,
		docker_answered *answered, void *payload);
void docker_drop_asks(struct list *owner);
/* The error that a status of 400 and more means: ERROR_* with the daemon's "message". */
int docker_refused(int status, const char *body, size_t len, const char *what, struct error **err);

/* --- paths: /containers/ + escaped name + /start, then queries */
void docker_path(struct text *path, const char *before, const char *name, const char *after);
void docker_query(struct text *path, const char *key, const char *value); /* NULL value: nothing */
void docker_query_int(struct text *path, const char *key, int64_t value);
/* {"label":["k=v"],...} of NULL-ended pairs kind, value as the query "filters". */
void docker_query_filters(struct text *path, const char *const *pairs);

/* --- operations */
struct operation {
	struct engine_request request; /* first */
	struct docker *docker;
	struct list link;
	struct list asks;
	struct error *err; /* to be told by end in a later turn */
	bool ending;
	void (*finish)(struct operation *operation,
		       const struct error *err);   /* calls the completion; exactly once, last */
	void (*drop)(struct operation *operation); /* what the embedding structure owns; or NULL */
	void *done; /* the completion, of whatever type finish knows */
	void *payload;
};

/* Makes a zeroed structure of size bytes that begins with a struct operation. */
void *operation_new(struct engine *engine, size_t size,
		    void (*finish)(struct operation *operation, const struct error *err),
		    void *done, void *payload);
/* Drops its asks, calls finish, then frees it. err may be NULL; borrowed. From an answer only
 * (never inside the call that made it). */
void operation_end(struct operation *operation, const struct error *err);
/* The same in a later turn: takes *err, which may hold NULL. */
void operation_end_soon(struct operation *operation, struct error **err);
/* docker_ask for it; answered gets the operation as its payload. */
void operation_ask(struct operation *operation, const struct ask_options *options,
		   docker_answered *answered);
/* An operation that ends with its one answer: engine_done. */
struct engine_request *operation_simple(struct engine *engine, const struct ask_options *options,
					docker_answered *answered, engine_done *done,
					void *payload);
void operation_answered(const struct answer *answer,
			void *operation); /* ends it with answer->err */
void operation_finish(struct operation *operation,
		      const struct error *err); /* for done of type engine_done */

/* --- flows: what engine.h calls streams */
struct flow;
struct flow_kind {
	/* Called while the reader permits a call and there are bytes: takes as many as make one
	 * call of the reader, or as it wants to skip, and gives their number; 0: needs more;
	 * negative: *err is set and the flow ends with it. Tells the reader by one of the
	 * flow_tell_ functions, at most once a call. NULL: bytes are data of STREAM_OUTPUT. */
	int64_t (*parse)(struct flow *flow, const char *bytes, size_t len, struct error **err);
	/* The peer ended the body, rest bytes were never parsed; may set *err. NULL: a rest is an
	 * error. */
	void (*ended)(struct flow *flow, size_t rest, struct error **err);
	void (*drop)(struct flow *flow); /* what the embedding structure owns; or NULL */
	/* The body that we send can take more: build and copy upload. Absent: engine_stream_write
	 * is the writer. */
	void (*written)(struct flow *flow, const struct error *err);
};

struct flow {
	struct engine_stream stream; /* first */
	struct docker *docker;
	const struct flow_kind *kind;
	struct list link;
	struct list asks;          /* asks before it is open */
	struct http_request *http; /* NULL: not begun, or ended */
	char *what;                /* context of errors, or NULL */
	char *id;                  /* engine_stream_id, or NULL */
	size_t window;
	bool permitted; /* the reader may be called once */
	bool ending;
	struct error *err;    /* to be told by end */
	engine_done *written; /* engine_stream_write's completion */
	void *written_payload;
	struct error *written_err;
	bool write_failed; /* the completion is due in a later turn with written_err */
};

struct flow_options {
	const char *method; /* NULL: GET */
	const char *path;   /* without the version */
	const cJSON *json;  /* body; borrowed for the call */
	const char *header; /* one more, or NULL */
	const char *type;   /* Content-Type of an upload */
	bool upload;  /* http_write(flow->http, ...) sends the body; kind->written says when */
	bool upgrade; /* attach and exec: engine_stream_write writes, _shutdown half-closes */
};

/* Makes a zeroed structure of size bytes that begins with a struct flow. Nothing is sent yet: asks
 * may come first. */
void *flow_new(struct engine *engine, size_t size, const struct flow_kind *kind, const char *what,
	       const struct engine_reader *reader, void *payload);
void flow_ask(struct flow *flow, const struct ask_options *options, docker_answered *answered);
/* Sends the request whose reply is the stream. The version need not be negotiated yet. Uploads:
 * begin from an answer only (flow->http is set on return). */
void flow_begin(struct flow *flow, const struct flow_options *options);
/* Ends it in a later turn: takes *err, which may hold NULL (ended as it should). */
void flow_end(struct flow *flow, struct error **err);

void flow_tell_data(struct flow *flow, enum stream_channel channel, const char *bytes, size_t len);
void flow_tell_event(struct flow *flow, const struct engine_event *event);
void flow_tell_progress(struct flow *flow, const struct engine_progress *progress);
void flow_tell_stats(struct flow *flow, const struct engine_stats *stats);

/* Parsers for flow_kind: 8-byte multiplexed frames (attach, exec and logs without a tty), and one
 * JSON document a line. */
struct frames {
	enum stream_channel channel;
	size_t left; /* of the frame's payload */
};
int64_t frames_parse(struct frames *frames, struct flow *flow, const char *bytes, size_t len,
		     struct error **err);
/* Finds one line of JSON, gives it parsed (yours; NULL for an empty line) and the bytes that it
 * took; 0: needs more. */
int64_t flow_json_line(const char *bytes, size_t len, cJSON **ret, struct error **err);

/* engine.h's functions on flows */
void docker_stream_read(struct engine_stream *stream);
void docker_stream_write(struct engine_stream *stream, const char *bytes, size_t len,
			 engine_done *done, void *payload);
void docker_stream_shutdown(struct engine_stream *stream, engine_done *done, void *payload);
void docker_stream_close(struct engine_stream *stream);
const char *docker_stream_id(const struct engine_stream *stream);

/* --- who has written what: the functions of docker_ops, by file */
