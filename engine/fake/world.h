/* SPDX-License-Identifier: MIT */
/* world -- the inside of the fake engine; only engine/fake includes it
 *
 * Everything that takes time is a timer on one queue, fired one at a time in the order of (due,
 * order of arming). Whatever is not static here begins with fake_, as all drivers are linked into
 * one program.
 */
#pragma once

#include "base/array.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/fake/fake.h"
#include "engine/ops.h"

enum call {
	CALL_HOST,
	CALL_PING,
	CALL_LIST,
	CALL_INSPECT,
	CALL_CREATE,
	CALL_START,
	CALL_STOP,
	CALL_RESTART,
	CALL_KILL,
	CALL_PAUSE,
	CALL_REMOVE,
	CALL_RENAME,
	CALL_WAIT,
	CALL_RESIZE,
	CALL_COPY_IN,
	CALL_LOGS,
	CALL_EVENTS,
	CALL_ATTACH,
	CALL_EXEC,
	CALL_COPY_OUT,
	CALL_STATS,
	CALL_PULL,
	CALL_PUSH,
	CALL_BUILD,
	CALL_EXEC_EXIT,
	CALL_IMAGE,
	CALL_IMAGE_REMOVE,
	CALL_NETWORK_CREATE,
	CALL_NETWORK_REMOVE,
	CALL_NETWORK_CONNECT,
	CALL_NETWORK_DISCONNECT,
	CALL_VOLUME_CREATE,
	CALL_VOLUME_REMOVE,
	CALL_COUNT,
};

struct timer {
	struct list link;
	uint64_t due;
	void (*fire)(struct timer *timer);
};

/* An event as the daemon keeps it; streams and the replay share it. */
struct event {
	unsigned users;
	struct engine_event event; /* its strings are owned */
};

struct image_entry {
	struct list link;
	struct fake_image made; /* reference, stop_signal and healthcheck are owned */
	struct image image;
	char *stop_signal;
	bool pulled; /* is there */
};

struct network_entry {
	struct list link;
	struct engine_network network;
	unsigned number; /* the second byte of its subnet */
	unsigned next_address;
};

struct volume_entry {
	struct list link;
	struct engine_volume volume;
	bool anonymous;
};

struct behaviour {
	struct list link;
	struct fake_behaviour how; /* strings and runs are owned */
	size_t run, check;         /* where it is shared */
};

/* One word of a program: see process.c. */
enum op_kind { OP_PRINT, OP_SLEEP, OP_EXIT, OP_CAT, OP_STATUS, OP_WHILE, OP_DONE };
struct op {
	enum op_kind kind;
	char *text; /* PRINT, CAT: a file */
	enum stream_channel channel;
	uint64_t time;
	int code;
	size_t back; /* DONE: its WHILE */
};

struct process;
struct process_owner {
	void (*print)(struct process *process, enum stream_channel channel, const char *bytes,
		      size_t len);
	void (*exit)(struct process *process, int code);
};

struct process {
	struct fake_world *world;
	struct box *box;  /* whose files and environment it sees */
	char *const *env; /* its own on top, or NULL */
	const struct process_owner *owner;
	struct timer timer;
	ARRAY(struct op) ops;
	size_t at;
	int status;
	bool known;       /* the command is one that process.c runs */
	bool runs, reads; /* reads: cat waits for input */
	bool input_ended, has_input;
	bool traps; /* the stop signal ends it with trap_code */
	int trap_code;
	bool ignores; /* trap '' TERM */
};

struct health {
	bool has;
	uint64_t interval, timeout, start_period, start_interval;
	int retries;
	int streak;
	size_t check;
	char *script; /* fake_health's, or NULL */
	bool stopped; /* no monitor */
	struct timer timer;
};

struct endpoint {
	char *network; /* name */
	char *id; /* of the network, from the first start or the connect on: one made anew under
		     the name is another */
	char **aliases;
	char *address;
};

/* A port that is asked for; which one of the host it gets is known while it runs. */
struct wanted {
	char *ip, *published, *protocol; /* published NULL: exposed only */
	unsigned target;
};

struct line {
	int64_t time;
	enum stream_channel channel;
	char *text; /* with its newline */
	size_t len;
};

/* A container. */
struct box {
	struct list link;
	struct fake_world *world;
	struct container seen; /* as inspect tells it */
	struct image_entry *image;
	struct behaviour *behaviour; /* or NULL */
	char *policy;                /* no, always, ... */
	int policy_max;
	char *stop_signal; /* NULL: SIGTERM */
	int stop_timeout;  /* -1: 10 */
	bool auto_remove, open_stdin, stdin_once, init, publish_all;
	char **command;
	char **env;
	ARRAY(struct wanted) ports;
	ARRAY(struct endpoint) endpoints;
	char **volumes_from;
	char *network_mode;
	char *isolation;         /* as asked; NULL: not */
	ARRAY(char *) anonymous; /* names of its anonymous volumes */
	struct map files;        /* path -> struct text * */
	ARRAY(struct line) log;
	struct process process;
	struct timer exit; /* the end of a run by behaviour, by stop signal */
	int64_t exit_code;
	struct timer again;               /* the policy's back-off */
	uint64_t exit_left, process_left; /* paused: what was left to wait; CLOCK_NEVER: nothing */
	uint64_t backoff;
	uint64_t run_began;
	size_t run;           /* how many runs were begun */
	bool stopped_by_hand; /* HasBeenManuallyStopped */
	bool last_run;        /* no policy after this exit: ExitOnNext */
	bool ever_started, ever_healthy, ever_completed;
	struct spec_healthcheck wanted_check; /* numbers only */
	char **test;
	struct health health;
	bool stopping;   /* a stop or restart by call is under way */
	bool then_start; /* it is a restart */
	struct timer grace;
	struct list waiters; /* requests */
	struct list streams; /* attached and following ones */
	struct list execs;
};

struct exec {
	struct list link; /* in its box */
	struct list all;  /* in the world */
	char *id;
	struct box *box; /* NULL: gone */
	struct process process;
	struct stream *stream; /* or NULL */
	char **env;
	bool tty, running;
	int64_t exit_code;
};

struct handle {
	struct engine engine; /* first */
	struct fake_world *world;
	struct list link;
	struct list requests;
	struct list streams;
	uv_idle_t idle;
	uv_timer_t timer;
	unsigned open_handles;
	unsigned alarms; /* of its client, that are set: time goes on for them */
	bool killed, closing, owns_world;
	char name[24]; /* the actor: "client 1" */
	void (*closed)(void *payload);
	void *closed_payload;
};

union done {
	engine_done *plain;
	engine_id_done *id;
	engine_host_done *host;
	engine_observed_done *observed;
	engine_container_done *container;
	engine_image_done *image;
	engine_exit_done *exit;
};

enum waits_for { WAITS_STOP = 1, WAITS_EXIT };

struct request {
	struct engine_request base; /* first */
	struct fake_world *world;
	struct handle *handle; /* NULL: given up by its client, takes effect all the same */
	struct list link;
	enum call call;
	struct fake_request told;
	char *subject;
	char *name; /* rename: the new one; kill: the signal; connect: the network */
	struct timer timer;
	struct timer patience;
	bool arrived, finished, slow_told, lose, kept;
	enum error_code lose_code;
	struct error *err;
	int timeout;
	bool force, volumes, pause;
	struct box *box; /* create: not yet in the world */
	struct network_entry *network;
	struct volume_entry *volume;
	struct endpoint endpoint;
	struct text bytes; /* copy_in */
	struct filter {
		char *project;
		bool containers, networks, volumes, inspect, origin;
		char **network_names, **volume_names, **images;
	} filter;
	struct list waiting; /* in box.waiters */
	enum waits_for waits;
	union done done;
	void *payload;
	char *id; /* replies */
	struct observed observed;
	struct container container;
	struct image image;
	bool has_image;
	int64_t exit_code;
};

struct chunk {
	struct list link;
	enum stream_channel channel;
	char *bytes;
	size_t len;
	struct event *event;
	struct engine_progress progress; /* id and text are owned */
	struct engine_stats stats;
	bool is_stats;
};

struct stream {
	struct engine_stream base; /* first */
	struct fake_world *world;
	struct handle *handle;
	struct list link;
	enum call call;
	struct fake_request told;
	char *subject;
	struct timer timer;  /* arrival, then deliveries */
	struct timer source; /* stats, pull: the next piece */
	bool arrived, opened, permitted, ended, closing, told_after;
	struct error *err;
	struct list queue;
	struct list in_box; /* in box.streams */
	struct box *box;
	struct exec *exec;
	char *exec_id;
	struct logs_options logs;
	struct attach_options attach;
	struct events_options events;
	char *project; /* events */
	char *path;    /* copy_out */
	bool once, detach, tty, input;
	char **command, **env; /* exec */
	char **tags;           /* build */
	struct labels labels;  /* build */
	bool has_credentials;
	unsigned step;
	const char *write_bytes;
	size_t write_len;
	bool write_ends;
	engine_done *write_done;
	void *write_payload;
	struct timer write;
};

struct fault {
	struct list link;
	struct fake_fault fault; /* strings are owned */
	unsigned seen;
};

struct fake_alarm {
	struct handle *handle; /* whose client waits for it; or NULL */
	struct list link;
	struct timer timer;
	struct fake_world *world;
	void (*call)(void *payload);
	void *payload;
};

struct fake_world {
	struct fake_options options;
	char *id, *os_type, *os_version, *isolation;
	uint64_t now;
	int64_t wall_offset; /* wall = now + this */
	struct list timers;
	struct list handles, boxes, networks, volumes, images, behaviours, faults, alarms, execs;
	struct list orphans;          /* requests whose client gave up */
	uint64_t latency[CALL_COUNT]; /* CLOCK_NEVER: the world's */
	unsigned calls[CALL_COUNT];
	unsigned requests, mutations, failed, handle_count, network_count;
	uint64_t ids, fired;
	ARRAY(struct event *) replay;
	ARRAY(struct fake_entry) journal;
	struct text violations;
	const char *actor;
	bool hung, down, quiet, dropping; /* quiet: no events at all (a crash) */
	enum fake_restart restart;
	struct timer boot;
	unsigned port; /* the last that was chosen for a client */
	void (*hook)(const struct fake_request *request, enum fake_moment moment, void *payload);
	void *hook_payload;
};

/* world.c */
void fake_timer_set(struct fake_world *world, struct timer *timer, uint64_t due,
		    void (*fire)(struct timer *timer));
void fake_timer_stop(struct fake_world *world, struct timer *timer);
bool fake_fire(struct fake_world *world, uint64_t horizon); /* one timer due until then */
void fake_arm(struct fake_world *world);     /* tells the handles when the next one is due */
char *fake_new_id(struct fake_world *world); /* 64 hex digits */
void fake_note(struct fake_world *world, const char *what, const char *name, const char *service);
void fake_check_start(struct box *box);
void fake_handle_arm(struct handle *handle); /* fake.c */

/* store.c */
void fake_labels_copy(struct labels *to, const struct labels *from); /* adds and overrides, owned */
void fake_labels_drop(struct labels *labels);
char *fake_reference(const char *reference); /* its full form */
struct image_entry *fake_image_find(struct fake_world *world, const char *reference);
bool fake_image_there(struct fake_world *world, const char *reference);
struct network_entry *fake_network_find(const struct fake_world *world, const char *network);
struct volume_entry *fake_volume_find(const struct fake_world *world, const char *volume);
struct network_entry *fake_network_new(struct fake_world *world, const struct network_spec *spec);
struct volume_entry *fake_volume_new(struct fake_world *world, const struct volume_spec *spec);
int fake_network_add(struct fake_world *world, struct network_entry *network, struct error **err);
void fake_volume_add(struct fake_world *world, struct volume_entry *volume);
int fake_network_gone(struct fake_world *world, const char *network, struct error **err);
int fake_volume_gone(struct fake_world *world, const char *volume, struct error **err);
int fake_image_gone(struct fake_world *world, const char *reference, bool force,
		    struct error **err);
void fake_image_drop(struct image_entry *entry);
void fake_network_drop(struct network_entry *entry);
void fake_volume_drop(struct volume_entry *entry);
void fake_network_copy(struct engine_network *to, const struct engine_network *from);
void fake_volume_copy(struct engine_volume *to, const struct engine_volume *from);
void fake_image_copy(struct image *to, const struct image *from);
void fake_store_open(struct fake_world *world); /* bridge, host, none */

/* event.c */
void fake_event_box(struct box *box, enum engine_event_kind kind, const char *action, int value);
void fake_event_object(struct fake_world *world, enum engine_event_kind kind, const char *type,
		       const char *action, const char *id, const char *name,
		       const struct labels *labels);
void fake_event_drop(struct event *event);
void fake_event_replay(struct stream *stream);
void fake_event_forget(struct fake_world *world);

/* box.c, life.c */
struct box *fake_box_new(struct fake_world *world, const struct container_spec *spec);
void fake_box_free(struct box *box);
struct box *fake_box_find(const struct fake_world *world, const char *container);
int fake_box_need(struct fake_world *world, const char *container, struct box **ret,
		  struct error **err);
int fake_box_add(struct fake_world *world, struct box *box,
		 struct error **err); /* the create call */
int fake_box_name_free(struct fake_world *world, const char *name, const struct box *except,
		       struct error **err);
int fake_box_connect(struct box *box, const char *network, const struct endpoint *endpoint,
		     struct error **err);
int fake_box_disconnect(struct box *box, const char *network, struct error **err);
void fake_box_publish(struct box *box);                 /* networks into seen */
int fake_box_bind(struct box *box, struct error **err); /* ports of the host, while it runs */
void fake_box_unbind(struct box *box);
bool fake_box_runs(const struct box *box); /* running or paused */
void fake_endpoint_drop(struct endpoint *endpoint);
int fake_box_start(struct box *box, bool by_client, struct error **err);
int fake_box_stop(struct box *box, int timeout,
		  bool then_start); /* 1: under way; 0: it did not run */
int fake_box_kill(struct box *box, const char *signal, struct error **err);
int fake_box_pause(struct box *box, bool pause, struct error **err);
int fake_box_remove(struct box *box, bool force, bool volumes, struct error **err);
int fake_box_rename(struct box *box, const char *name, struct error **err);
void fake_box_exit(struct box *box, int code); /* its process has ended */
void fake_box_destroy(struct box *box, bool volumes);
void fake_box_print(struct box *box, enum stream_channel channel, const char *bytes, size_t len);
void fake_engine_lost(struct fake_world *world, const char *why); /* every connection ends */

/* health.c */
void fake_health_begin(struct box *box);
void fake_health_stop(struct box *box);
void fake_health_resume(struct box *box);

/* process.c */
void fake_process_load(struct process *process, char *const *command);
void fake_process_run(struct process *process);
void fake_process_input(struct process *process, const char *bytes, size_t len);
void fake_process_input_end(struct process *process);
void fake_process_stop(struct process *process);
void fake_process_drop(struct process *process);
/* What a command would end with, at once and unseen: a health check. */
int fake_process_try(struct box *box, char *const *command);

/* request.c */
enum reply {
	REPLY_NONE, /* a stream */
	REPLY_PLAIN,
	REPLY_ID,
	REPLY_HOST,
	REPLY_OBSERVED,
	REPLY_CONTAINER,
	REPLY_IMAGE,
	REPLY_EXIT,
};
struct call_row {
	const char *name;
	bool mutates, is_long;
	enum reply reply;
};
extern const struct call_row fake_call_rows[CALL_COUNT];
int fake_call_named(const char *name); /* -1: none */
uint64_t fake_call_latency(const struct fake_world *world, enum call call);
void fake_call_count(struct handle *handle, enum call call, const char *subject,
		     struct fake_request *told);
/* What stands against a call that has just arrived; 0: nothing. lose: let it take effect, then fail
 * it with that code. */
int fake_call_met(struct handle *handle, const struct fake_request *told, enum error_code *lose,
		  struct error **err);
void fake_call_hook(struct fake_world *world, const struct fake_request *told,
		    enum fake_moment moment);
struct request *fake_request_new(struct engine *engine, enum call call, const char *subject,
				 void *payload);
void fake_request_finish(struct request *request, struct error **err); /* takes *err */
void fake_request_cancel(struct engine_request *request);
void fake_request_lost(struct request *request, enum error_code code, const char *why);
void fake_request_resume(struct request *request); /* after a hang */
void fake_request_wake(struct box *box, enum waits_for waits, int64_t exit_code,
		       const struct error *err);
void fake_handle_settle(struct handle *handle); /* fake.c: closes it when nothing is left */

/* call.c: what requests do. 0: done; 1: will be finished later; else the code of the error. */
int fake_effect(struct request *request, struct error **err);
int fake_observe(struct request *request,
		 struct error **err); /* observe.c: host, list, inspect, image */

/* stream.c, feed.c */
struct stream *fake_stream_new(struct engine *engine, enum call call, const char *subject,
			       const struct engine_reader *reader, void *payload);
int fake_feed(struct stream *stream,
	      struct error **err); /* begins the source of a stream that arrived */
void fake_feed_line(struct box *box, const struct line *line); /* to whom follows or is attached */
void fake_feed_input(struct stream *stream, const char *bytes, size_t len, bool end);
void fake_stream_bytes(struct stream *stream, enum stream_channel channel, const char *bytes,
		       size_t len);
void fake_stream_chunk(struct stream *stream, struct chunk *chunk); /* takes it */
void fake_stream_end(struct stream *stream,
		     struct error **err); /* takes *err; what is queued comes first */
void fake_stream_lost(struct stream *stream, enum error_code code,
		      const char *why); /* what is queued is lost */
void fake_stream_wake(struct stream *stream);
void fake_stream_resume(struct stream *stream); /* after a hang */
void fake_stream_read(struct engine_stream *stream);
void fake_stream_write(struct engine_stream *stream, const char *bytes, size_t len,
		       engine_done *done, void *payload);
void fake_stream_shutdown(struct engine_stream *stream, engine_done *done, void *payload);
void fake_stream_close(struct engine_stream *stream);
const char *fake_stream_id(const struct engine_stream *stream);
void fake_feed_exited(struct box *box); /* its process ended: streams end, execs die */
void fake_exec_free(struct exec *exec);

/* archive.c */
int fake_archive_read(const char *tar, size_t len, const char *folder, struct map *files,
		      struct error **err);
bool fake_archive_write(const struct map *files, const char *path, struct text *out);
void fake_archive_put(struct map *files, const char *path, const char *bytes, size_t len);
