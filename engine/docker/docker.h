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
	DOCKER_API_MAX = 49,
	DOCKER_JSON_MAX = 64 << 20,
};

struct docker {
	struct engine engine; /* first */
	struct http *http;
	struct http_host host;
	char *url, *socket, *ca_file, *cert_file, *key_file; /* what host borrows */
	unsigned api;     /* minor version in use: 41 for 1.41; 0: not negotiated yet */
	char *os_type;    /* windows, linux: as the ping says it */
	char *server;     /* Docker/20.10.24 (linux): the same */
	char *memo;       /* the folder of memo.c; NULL: nothing is kept */
	struct list ping; /* the negotiation's own ask */
	bool slow_told;
	struct list waiting; /* asks that wait for it */
	struct list operations;
	struct list flows;
	struct list labels; /* of images, kept by image id */
	size_t labels_len;
	uv_idle_t soon; /* ends operations and flows in a later turn */
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
	bool fresh;         /* on a new connection, so that it is never sent twice: restart, exec */
};

/* Sends it; answered is called once in a later turn, unless docker_drop_asks(owner) comes before.
 */
void docker_ask(struct docker *docker, struct list *owner, const struct ask_options *options,
		docker_answered *answered, void *payload);
void docker_drop_asks(struct list *owner);
/* Negotiates if need be, then answers with nothing but an error or none: docker->api is known. */
void docker_negotiate(struct docker *docker, struct list *owner, docker_answered *answered,
		      void *payload);
/* The error that a status of 400 and more means: ERROR_* with the daemon's "message". */
int docker_refused(int status, const char *body, size_t len, const char *what, struct error **err);

/* --- memo: what the engine said of its host, kept in a file for the next process */
/* Fills both where what is kept is still true of the engine that answered the ping. */
bool memo_read(const struct docker *docker, struct engine_host *host, char **name);
void memo_write(const struct docker *docker, struct engine_host *host, const char *name);

/* --- paths: /containers/ + escaped name + /start, then queries */
void docker_path(struct text *path, const char *before, const char *name, const char *after);
void docker_query(struct text *path, const char *key, const char *value); /* NULL value: nothing */
void docker_query_int(struct text *path, const char *key, int64_t value);
void docker_query_time(struct text *path, const char *key, int64_t wall_ns); /* 0: nothing */
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
void operation_gone(const struct answer *answer, void *operation); /* 404 is well */

/* An operation whose one answer has an id or a name in the field. */
struct id_operation {
	struct operation operation; /* first */
	const char *field;
	char *id;
};
struct engine_request *operation_id(struct engine *engine, const struct ask_options *options,
				    const char *field, engine_id_done *done, void *payload);

/* --- flows: what engine.h calls streams */
struct flow;
struct flow_begin;
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
	/* The request is under way: from now on an upload's body may be given by
	 * http_write(flow->http). */
	void (*begun)(struct flow *flow);
	/* http_write's completion for an upload. Absent: engine_stream_write is the writer. */
	void (*written)(struct flow *flow, const struct error *err);
	/* The reader permits a call and there is no request: for a flow that is fed otherwise. It
	 * tells in a later turn. */
	void (*wanted)(struct flow *flow);
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
	bool permitted;           /* the reader may be called once */
	struct flow_begin *begin; /* the request, while the negotiation is waited for */
	bool ending;
	struct error *err;    /* to be told by end */
	engine_done *written; /* engine_stream_write's or _shutdown's completion */
	void *written_payload;
	const char *out; /* what it gave before the request was begun */
	size_t out_len;
	bool out_end, out_waits;
};

struct flow_options {
	const char *method; /* NULL: GET */
	const char *path;   /* without the version */
	const cJSON *json;  /* body; borrowed for the call */
	const char *header; /* one more, or NULL */
	const char *type;   /* Content-Type of an upload */
	bool upload;    /* http_write(flow->http, ...) sends the body; kind->written says when */
	bool upgrade;   /* attach and exec: engine_stream_write writes, _shutdown half-closes */
	bool unbounded; /* the head may take longer than the engine's timeout: pull, push, build */
};

/* Makes a zeroed structure of size bytes that begins with a struct flow. Nothing is sent yet: asks
 * may come first. */
void *flow_new(struct engine *engine, size_t size, const struct flow_kind *kind, const char *what,
	       const struct engine_reader *reader, void *payload);
void flow_ask(struct flow *flow, const struct ask_options *options, docker_answered *answered);
/* Sends the request whose reply is the stream. The version need not be negotiated yet. kind->begun
 * says when an upload may be written. */
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

/* --- the functions of docker_ops, by file */

/* docker.c */
void docker_soon(struct docker *docker); /* ends what is to be ended in a later turn */
void docker_cancel(struct engine_request *request);
void flow_tell_end(struct flow *flow);

/* inspect.c: labels of images, which never change under an image id */
const struct labels *labels_cache_get(const struct docker *docker, const char *image_id);
void labels_cache_put(struct docker *docker, const char *image_id, const cJSON *image);
void labels_cache_fill(const struct docker *docker, struct container *container);
void labels_cache_drop(struct docker *docker);

/* spec.c: what is asked for, as the API wants it. Yours. */
/* A file's path in a tar of the root folder: without a drive, with slashes. Yours. */
char *docker_archive_path(const char *target);
cJSON *docker_container_json(const struct container_spec *spec, unsigned api);
cJSON *docker_endpoint_json(const struct spec_endpoint *endpoint, unsigned api);
cJSON *docker_network_json(const struct network_spec *spec);
cJSON *docker_volume_json(const struct volume_spec *spec);
void docker_labels_json(cJSON *object, const char *key, const struct labels *labels);

/* parse.c: what the API gives, as values of engine/model.h. The targets are zero before. */
void docker_parse_status(const char *status,
			 struct container *container); /* Up 3 minutes (healthy) */
void docker_parse_listed(const cJSON *json, struct container *container);
void docker_parse_inspected(const cJSON *json, struct container *container);
void docker_parse_network(const cJSON *json, struct engine_network *network);
void docker_parse_volume(const cJSON *json, struct engine_volume *volume);
void docker_parse_image(const cJSON *json, struct image *image);
void docker_parse_labels(const cJSON *json, struct labels *labels); /* owned strings, sorted */
enum container_state docker_parse_state(const char *state);
/* events.c: one document of /events; borrows from it. */
void docker_parse_event(const cJSON *json, struct engine_event *event);

struct engine_request *docker_ping(struct engine *engine, engine_done *done, void *payload);
struct engine_request *docker_host(struct engine *engine, engine_host_done *done, void *payload);
struct engine_request *docker_list(struct engine *engine, const struct engine_filter *filter,
				   engine_observed_done *done, void *payload);
struct engine_request *docker_inspect(struct engine *engine, const char *container,
				      engine_container_done *done, void *payload);
struct engine_request *docker_create(struct engine *engine, const struct container_spec *spec,
				     engine_id_done *done, void *payload);
struct engine_request *docker_start(struct engine *engine, const char *container, engine_done *done,
				    void *payload);
struct engine_request *docker_stop(struct engine *engine, const char *container, int timeout,
				   engine_done *done, void *payload);
struct engine_request *docker_restart(struct engine *engine, const char *container, int timeout,
				      engine_done *done, void *payload);
struct engine_request *docker_kill(struct engine *engine, const char *container, const char *signal,
				   engine_done *done, void *payload);
struct engine_request *docker_pause(struct engine *engine, const char *container, bool pause,
				    engine_done *done, void *payload);
struct engine_request *docker_remove(struct engine *engine, const char *container, bool force,
				     bool volumes, engine_done *done, void *payload);
struct engine_request *docker_rename(struct engine *engine, const char *container, const char *name,
				     engine_done *done, void *payload);
struct engine_request *docker_wait(struct engine *engine, const char *container,
				   engine_exit_done *done, void *payload);
struct engine_request *docker_resize(struct engine *engine, const char *container_or_exec,
				     bool is_exec, unsigned width, unsigned height,
				     engine_done *done, void *payload);
struct engine_request *docker_network_create(struct engine *engine, const struct network_spec *spec,
					     engine_id_done *done, void *payload);
struct engine_request *docker_network_remove(struct engine *engine, const char *network,
					     engine_done *done, void *payload);
struct engine_request *docker_network_connect(struct engine *engine, const char *network,
					      const char *container,
					      const struct spec_endpoint *endpoint,
					      engine_done *done, void *payload);
struct engine_request *docker_network_disconnect(struct engine *engine, const char *network,
						 const char *container, bool force,
						 engine_done *done, void *payload);
struct engine_request *docker_volume_create(struct engine *engine, const struct volume_spec *spec,
					    engine_id_done *done, void *payload);
struct engine_request *docker_volume_remove(struct engine *engine, const char *volume,
					    engine_done *done, void *payload);
struct engine_request *docker_image(struct engine *engine, const char *reference,
				    engine_image_done *done, void *payload);
struct engine_request *docker_image_digest(struct engine *engine, const char *reference,
					   engine_id_done *done, void *payload);
struct engine_request *docker_image_remove(struct engine *engine, const char *reference, bool force,
					   engine_done *done, void *payload);
struct engine_stream *docker_logs(struct engine *engine, const char *container,
				  const struct logs_options *options,
				  const struct engine_reader *reader, void *payload);
struct engine_stream *docker_events(struct engine *engine, const struct events_options *options,
				    const struct engine_reader *reader, void *payload);
struct engine_stream *docker_attach(struct engine *engine, const char *container,
				    const struct attach_options *options,
				    const struct engine_reader *reader, void *payload);
struct engine_stream *docker_exec(struct engine *engine, const char *container,
				  const struct exec_options *options,
				  const struct engine_reader *reader, void *payload);
/* A newer size is asked for: what exec still does for the size of its start must not undo it. */
void docker_exec_sized(struct docker *docker, const char *id, unsigned width, unsigned height);
struct engine_request *docker_exec_exit(struct engine *engine, const char *exec_id,
					engine_exit_done *done, void *payload);
struct engine_request *docker_copy_in(struct engine *engine, const char *container,
				      const char *path, const char *tar, size_t len,
				      engine_done *done, void *payload);
struct engine_stream *docker_copy_out(struct engine *engine, const char *container,
				      const char *path, const struct engine_reader *reader,
				      void *payload);
struct engine_stream *docker_container_stats(struct engine *engine, const char *container,
					     bool once, const struct engine_reader *reader,
					     void *payload);
struct engine_stream *docker_pull(struct engine *engine, const char *reference,
				  const struct pull_options *options,
				  const struct engine_reader *reader, void *payload);
struct engine_stream *docker_push(struct engine *engine, const char *reference,
				  const struct engine_reader *reader, void *payload);
struct engine_stream *docker_build(struct engine *engine, const struct build_options *options,
				   const struct engine_reader *reader, void *payload);
