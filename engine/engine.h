/* SPDX-License-Identifier: MIT */
/* engine -- what is asked of whatever runs containers
 *
 * All requests are asynchronous on the loop that the engine was opened with. Each request's
 * completion is called exactly once, never from inside the call that took it; its reply and error
 * are borrowed until it returns; what was passed in is borrowed for the call only (drivers copy
 * what they need). engine_close completes whatever is pending with ERROR_CANCELLED, then calls
 * closed.
 *
 * Errors are of the closed set of base/error.h with the engine's own sentence: no such container,
 * image, network: ERROR_NOT_FOUND; name in use, state forbids it: ERROR_CONFLICT; engine not
 * reachable, connection lost, engine restarting: ERROR_UNAVAILABLE; bad parameter: ERROR_INVALID;
 * what an engine has no function for: ERROR_UNSUPPORTED. A short request that has no answer within
 * the engine's timeout: ERROR_TIMEOUT. Normal outcomes that are no errors: starting what runs,
 * stopping what is stopped, removing what is absent where the function says so.
 *
 * Containers, networks and volumes are named by name or id.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "engine/model.h"

struct engine;
struct engine_request; /* one short request under way; gone when its completion is called */
struct engine_stream;
struct error;

typedef void engine_done(const struct error *err, void *payload);
typedef void engine_id_done(const char *id, const struct error *err, void *payload);
typedef void engine_host_done(const struct engine_host *host, const struct error *err,
			      void *payload);
typedef void engine_observed_done(struct observed *observed, const struct error *err,
				  void *payload);
typedef void engine_container_done(const struct container *container, const struct error *err,
				   void *payload);
typedef void engine_image_done(const struct image *image, const struct error *err, void *payload);
typedef void engine_exit_done(int64_t exit_code, const struct error *err, void *payload);

struct engine_options {
	const char *driver; /* docker, fake, ... */
	const char
		*address; /* unix:///path, tcp://host:port, npipe:////./pipe/name; fake: a script */
	const char *tls_folder; /* holds ca.pem, cert.pem, key.pem; NULL: no TLS */
	bool tls_skip_verify;
	bool trust_pipe;  /* of Windows, whoever listens at it */
	const char *memo; /* a folder, made if need be, where the driver may keep what the engine
			     said of its host, for ten minutes; NULL: it is asked each time */
	uint64_t timeout; /* ns for short requests; 0: 30 s */
	/* Told once when a request has waited 2 s for a silent engine: what it waits for. May be
	 * NULL. */
	void (*slow)(const char *what, void *payload);
	void *slow_payload;
};

/* What list is asked for. A project's own: by label; names of others (external networks, images)
 * are looked up as well. */
struct engine_filter {
	const char *project; /* com.docker.compose.project; NULL: every project's containers */
	bool containers, networks, volumes;
	bool inspect; /* containers with all that needs an inspect */
	bool origin;  /* of that, only image_labels: one question for each image, not for each
			 container */
	const char *const *
		network_names; /* looked up by name: external ones, and names that might be taken */
	const char *const *volume_names;
	const char *const *images; /* looked up by reference */
};

enum engine_event_kind {
	EVENT_CREATE,
	EVENT_START,
	EVENT_DIE,
	EVENT_STOP,
	EVENT_KILL,
	EVENT_OOM,
	EVENT_PAUSE,
	EVENT_UNPAUSE,
	EVENT_RESTART,
	EVENT_RENAME,
	EVENT_DESTROY,
	EVENT_HEALTH,
	EVENT_EXEC,
	EVENT_NETWORK_DESTROY,
	EVENT_VOLUME_DESTROY,
	EVENT_OTHER,
};

struct engine_event {
	enum engine_event_kind kind;
	const char *action; /* the engine's own word: "health_status: healthy" */
	const char *type;   /* container, network, volume, image */
	const char *id;
	const char *name;
	const char *image;
	struct labels labels; /* of the container, borrowed: com.docker.compose.service, ... */
	enum container_health health; /* EVENT_HEALTH */
	int64_t exit_code;            /* EVENT_DIE */
	int signal;                   /* EVENT_KILL; 0: not known */
	int64_t time;                 /* wall ns by the engine's clock */
};

/* A line of progress of a pull, a push or a build. */
struct engine_progress {
	const char *id;   /* layer or step; NULL: of the whole */
	const char *text; /* "Downloading", or a line of build output */
	uint64_t current;
	uint64_t total; /* 0: not known */
};

struct engine_stats {
	double cpu_percent;
	uint64_t memory, memory_limit; /* bytes */
	uint64_t network_received, network_sent, block_read, block_written;
	uint64_t pids;
};

enum stream_channel { STREAM_OUTPUT = 1, STREAM_ERRORS = 2 };

/* What a stream tells its reader. One of the first four, by the kind of stream, at most once for
 * each engine_stream_read, then exactly one end, always last, also after engine_stream_close. err
 * of end is NULL where the stream ended as it should. */
struct engine_reader {
	void (*data)(struct engine_stream *stream, enum stream_channel channel, const char *bytes,
		     size_t len, void *payload); /* at most 64 KiB; logs, attach, exec, copy_out */
	void (*event)(struct engine_stream *stream, const struct engine_event *event,
		      void *payload);
	void (*progress)(struct engine_stream *stream, const struct engine_progress *progress,
			 void *payload);
	void (*stats)(struct engine_stream *stream, const struct engine_stats *stats,
		      void *payload);
	void (*end)(struct engine_stream *stream, const struct error *err, void *payload);
	/* Told once, before anything else, when the engine has accepted: events arrive from now on,
	 * attach is connected. May be NULL. */
	void (*open)(struct engine_stream *stream, void *payload);
};

struct logs_options {
	bool follow, timestamps; /* timestamps: each line begins with RFC 3339 and a space */
	bool output, errors;     /* which channels; neither: both */
	int64_t since, until;    /* wall ns; 0: from the start, to the end */
	int64_t tail;            /* lines; -1: all */
	bool tty;                /* the container has one: the log is one raw channel */
};

struct events_options {
	const char *project;  /* NULL: all */
	int64_t since, until; /* wall ns; 0: from now, for ever */
	bool all_types;       /* networks, volumes and images too */
	bool no_exec; /* containers without what exec does: a health check makes three events each time */
};

struct attach_options {
	bool input, output, errors;
	bool tty;
	bool logs; /* replay from the start */
};

struct exec_options {
	const char *const *command;
	const char *const *env;
	const char *user, *folder;
	bool tty, input, privileged, detach;
	unsigned width, height;
};

struct credentials {
	const char *user, *secret; /* or */
	const char *identity_token;
	const char *server;
};

struct pull_options {
	const char *platform; /* NULL: the engine's */
	const struct credentials
		*credentials; /* NULL: the driver looks into ~/.docker/config.json itself */
};

/* A file that RUN --mount=type=secret may read: a file here, or a variable and its value. */
struct build_secret {
	const char *id;
	const char *file;     /* or NULL */
	const char *variable; /* where file is NULL */
	const char *value;    /* of variable; NULL: it is not set */
};

struct build_options {
	const char *context;    /* folder, or a URL that the engine fetches */
	const char *dockerfile; /* path inside the context; NULL: Dockerfile */
	const char *dockerfile_inline;
	const char *const *tags;
	const char *target, *network, *platform, *isolation;
	struct labels args; /* value NULL: the process environment's was absent */
	struct labels labels;
	const char *const *cache_from, *const *extra_hosts;
	bool pull, no_cache;
	int64_t shm_size;
	int64_t memory; /* bytes that a step may use; BuildKit has no such limit. 0: none */
	struct spec_ulimit *ulimits;
	size_t ulimit_count;

	/* What follows can be done by BuildKit alone. needs_buildkit: where the first of it is
	 * written and what it is, NULL: there is none. Without BuildKit such a build is
	 * ERROR_UNSUPPORTED with these words. */
	const char *needs_buildkit;
	const char *builder; /* of those that `docker buildx ls` lists; NULL: the current one */
	const char *const *platforms; /* several at once, instead of platform */
	const char *const *ssh;       /* default, or id=path */
	struct build_secret *secrets;
	size_t secret_count;
	struct labels contexts; /* name: folder, URL, docker-image://... */
	const char *const *cache_to, *const *no_cache_filter, *const *allow;
	const char *provenance, *sbom; /* true, false, mode=max, ...; NULL: none */
};

/* The table that a driver fills. An absent function means unsupported; the functions below answer
 * ERROR_UNSUPPORTED for it. Contracts stand beside the functions of the same names below. */
struct engine_ops;

/* --- life. Opening does not dial; the first request does. */
int engine_open(uv_loop_t *loop, const struct engine_options *options, struct engine **ret,
		struct error **err);
void engine_close(struct engine *engine, void (*closed)(void *payload), void *payload);
void engine_cancel(
	struct engine_request *request); /* completes with ERROR_CANCELLED in a later turn */
uv_loop_t *engine_loop(const struct engine *engine);
const char *engine_driver(const struct engine *engine);
const char *engine_address(const struct engine *engine);

/* --- the host. Negotiates the API version; kept after the first answer. */
struct engine_request *engine_host(struct engine *engine, engine_host_done *done, void *payload);
/* The kept answer, or NULL before the first. */
const struct engine_host *engine_host_known(const struct engine *engine);

/* Whether it answers now: never from what is kept. */
struct engine_request *engine_ping(struct engine *engine, engine_done *done, void *payload);

/* --- observing. The reply's observed may be taken over by zeroing it (*observed = (struct
 * observed){0}). */
struct engine_request *engine_list(struct engine *engine, const struct engine_filter *filter,
				   engine_observed_done *done, void *payload);
struct engine_request *engine_inspect(struct engine *engine, const char *container,
				      engine_container_done *done, void *payload);

/* --- containers */
struct engine_request *
engine_create(struct engine *engine, const struct container_spec *spec, engine_id_done *done,
	      void *payload); /* with its files copied in and further networks connected: one
				 operation to the caller */
struct engine_request *engine_start(struct engine *engine, const char *container, engine_done *done,
				    void *payload); /* already running: well */
struct engine_request *engine_stop(struct engine *engine, const char *container, int timeout,
				   engine_done *done,
				   void *payload); /* seconds, -1: its own; not running: well. Not
						      bounded by the engine's timeout */
struct engine_request *engine_restart(struct engine *engine, const char *container, int timeout,
				      engine_done *done, void *payload);
struct engine_request *engine_kill(struct engine *engine, const char *container, const char *signal,
				   engine_done *done,
				   void *payload); /* not running: ERROR_CONFLICT */
struct engine_request *engine_pause(struct engine *engine, const char *container, bool pause,
				    engine_done *done, void *payload);
struct engine_request *
engine_remove(struct engine *engine, const char *container, bool force, bool volumes,
	      engine_done *done,
	      void *payload); /* absent, or being removed: well. volumes: its anonymous ones */
struct engine_request *engine_rename(struct engine *engine, const char *container, const char *name,
				     engine_done *done, void *payload);
struct engine_request *
engine_wait(struct engine *engine, const char *container, engine_exit_done *done,
	    void *payload); /* until it does not run; not bounded by the timeout */
struct engine_request *engine_resize(struct engine *engine, const char *container_or_exec,
				     bool is_exec, unsigned width, unsigned height,
				     engine_done *done, void *payload);

/* Puts files in, or a whole tar stream's bytes at the folder path. */
struct engine_request *engine_copy_in(struct engine *engine, const char *container,
				      const char *path, const char *tar, size_t len,
				      engine_done *done, void *payload);

/* --- streams. NULL is never returned; what fails at once ends in a later turn. */
struct engine_stream *engine_logs(struct engine *engine, const char *container,
				  const struct logs_options *options,
				  const struct engine_reader *reader, void *payload);
struct engine_stream *engine_events(struct engine *engine, const struct events_options *options,
				    const struct engine_reader *reader, void *payload);
struct engine_stream *engine_attach(struct engine *engine, const char *container,
				    const struct attach_options *options,
				    const struct engine_reader *reader, void *payload);
struct engine_stream *engine_exec(struct engine *engine, const char *container,
				  const struct exec_options *options,
				  const struct engine_reader *reader, void *payload);
struct engine_stream *engine_copy_out(struct engine *engine, const char *container,
				      const char *path, const struct engine_reader *reader,
				      void *payload); /* a tar */
struct engine_stream *engine_container_stats(struct engine *engine, const char *container,
					     bool once, const struct engine_reader *reader,
					     void *payload);
struct engine_stream *engine_pull(struct engine *engine, const char *reference,
				  const struct pull_options *options,
				  const struct engine_reader *reader, void *payload);
/* To the registry that the reference names, with the credentials of the user's docker config.json.
 * Not there: ERROR_NOT_FOUND. */
struct engine_stream *engine_push(struct engine *engine, const char *reference,
				  const struct engine_reader *reader, void *payload);
struct engine_stream *engine_build(struct engine *engine, const struct build_options *options,
				   const struct engine_reader *reader, void *payload);

void engine_stream_read(struct engine_stream *stream); /* permits one more call of the reader; more
							  than one does not add up */
/* Borrows the bytes until done; one write at a time. ERROR_UNAVAILABLE: the other side is gone. */
void engine_stream_write(struct engine_stream *stream, const char *bytes, size_t len,
			 engine_done *done, void *payload);
void engine_stream_shutdown(struct engine_stream *stream, engine_done *done,
			    void *payload); /* half-close: the end of our input */
void engine_stream_close(
	struct engine_stream *stream); /* end follows with ERROR_CANCELLED where it had not ended;
					  the stream is gone after end */
const char *engine_stream_id(const struct engine_stream *stream); /* exec: the exec's id, for resize
								     and exit code; else NULL */
struct engine_request *engine_exec_exit(struct engine *engine, const char *exec_id,
					engine_exit_done *done, void *payload);

/* --- images, networks, volumes */
struct engine_request *engine_image(struct engine *engine, const char *reference,
				    engine_image_done *done,
				    void *payload); /* image NULL without an error: not there */
/* The digest (sha256:...) that the registry has for a reference now, asked with the credentials of
 * the user's docker config.json. id: the digest. */
struct engine_request *engine_image_digest(struct engine *engine, const char *reference,
					   engine_id_done *done, void *payload);
struct engine_request *engine_image_remove(struct engine *engine, const char *reference, bool force,
					   engine_done *done, void *payload); /* absent: well */
struct engine_request *
engine_network_create(struct engine *engine, const struct network_spec *spec, engine_id_done *done,
		      void *payload); /* a network of that name is there: ERROR_CONFLICT */
struct engine_request *
engine_network_remove(struct engine *engine, const char *network, engine_done *done,
		      void *payload); /* absent: well; has endpoints: ERROR_CONFLICT */
struct engine_request *engine_network_connect(struct engine *engine, const char *network,
					      const char *container,
					      const struct spec_endpoint *endpoint,
					      engine_done *done, void *payload);
struct engine_request *engine_network_disconnect(struct engine *engine, const char *network,
						 const char *container, bool force,
						 engine_done *done, void *payload);
struct engine_request *engine_volume_create(struct engine *engine, const struct volume_spec *spec,
					    engine_id_done *done, void *payload);
struct engine_request *
engine_volume_remove(struct engine *engine, const char *volume, engine_done *done,
		     void *payload); /* absent: well; in use: ERROR_CONFLICT */
