/* SPDX-License-Identifier: MIT */
/* fake -- an engine in memory, with a clock of its own and faults
 *
 * A world is the daemon: containers, networks, volumes, images, events, a clock. Engine handles are
 * its clients; several may share a world, and it outlives them, so that a test can lose one client
 * and begin with another. The driver "fake" of engine.h opens a world of its own (script.c reads
 * the address) and drops it when it is closed.
 *
 * Strict as dockerd is: what it refuses, this refuses with the same code and much the same
 * sentence. Events come in dockerd's order: a self exit is die; a stop is kill, (kill 9), die,
 * stop; a restart by policy is die, start; a restart by call is kill, die, stop, start, restart; a
 * forced removal of what runs is kill, die, destroy. Restart policies have Docker's numbers (100
 * ms, doubled, at most 60 s, from the beginning after a run of 10 s).
 *
 * All completions are delivered by the loop of their handle, one a turn of the loop, in the order
 * of (time, order of coming up): the same test always sees the same order. Effects take place at
 * the time a request arrives (its latency after it was made); its events come before its
 * completion.
 *
 * Programs: a container or exec whose command is sh -c SCRIPT, echo, sleep, cat, true or false runs
 * it (cmd ends at once with 0), as far as process.c understands (echo, >&2, $VAR, sleep, exit, cat, trap, while :). Any other
 * command runs until it is told to stop, and ends then at once with 0. As process 1 in a container
 * a program without a trap ignores the stop signal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/error.h"
#include "engine/engine.h"

extern const struct engine_ops fake_ops;

struct fake_world;

enum fake_clock {
	FAKE_VIRTUAL, /* time moves by fake_advance alone */
	FAKE_JUMP,    /* time moves to what is due next, whenever a client waits for something */
	FAKE_REAL,    /* the machine's own clock */
};

/* Zero is the default for each. */
struct fake_options {
	enum fake_clock clock;
	uint64_t latency;      /* ns from a request to its effect */
	uint64_t capabilities; /* 0: those of a local Linux Docker Engine of API 1.44 */
	const char *os_type;   /* NULL: linux */
	const char *os_version;
	const char *isolation; /* windows: the default; NULL: process */
	bool is_client;        /* windows: no Server SKU */
	const char *id;        /* the engine's identity; NULL: one is made */
	bool any_image;        /* every reference is there, without a pull */
	unsigned event_limit;  /* how many events since can replay; 0: 256, as dockerd */
	size_t chop; /* data of streams comes in pieces of at most so many bytes; 0: 64 KiB */
};

struct fake_world *fake_world_new(const struct fake_options *options); /* options may be NULL */
void fake_world_drop(struct fake_world **world); /* every handle is closed (asserted) */

/* A client of the world. options may be NULL; of it timeout and slow are used, on the world's
 * clock. Closed by engine_close. */
struct engine *fake_open(struct fake_world *world, uv_loop_t *loop,
			 const struct engine_options *options);

/* --- time: monotonic ns, begins at 1000 s where it is virtual */
uint64_t fake_now(const struct fake_world *world);
int64_t fake_wall(const struct fake_world *world);
uint64_t
fake_next(const struct fake_world *world); /* when something is due next; CLOCK_NEVER: nothing */
/* Moves a virtual clock, turning the loops of all handles, so that everything that falls due is
 * delivered at its time. Not from a callback. */
void fake_advance(struct fake_world *world, uint64_t ns);
/* Calls back once at a time of the world's clock (a supervisor's deadline, something that happens
 * to it). Cancelled by fake_forget. */
struct fake_alarm *fake_at(struct fake_world *world, uint64_t time, void (*call)(void *payload),
			   void *payload);
void fake_forget(struct fake_alarm **alarm); /* before it was called; NULL inside is well */

/* --- what is there */
struct fake_image {
	const char *reference;
	bool absent;               /* has to be pulled first */
	bool unknown;              /* cannot be pulled either: manifest unknown */
	bool denied;               /* pull access denied without credentials */
	uint64_t pull_time;        /* ns for the whole pull */
	unsigned layers;           /* 0: 1 */
	const char *const *labels; /* key, value, ..., NULL */
	const char *const *command;
	const char *const *volumes;
	const char *const *healthcheck; /* test; its numbers are Docker's defaults */
	const char *stop_signal;
	const char *os_version;
	int64_t tagged; /* wall ns */
};
void fake_image(struct fake_world *world,
		const struct fake_image *image); /* adds or replaces; a new id each time */
void fake_image_add(struct fake_world *world, const char *reference); /* one that is there */

/* How containers behave. Of several that match the one added last counts. */
struct fake_run {
	uint64_t after; /* ns; CLOCK_NEVER: until it is told to end */
	int code;
};
struct fake_behaviour {
	const char *image;     /* as the container names it; NULL: any */
	const char *service;   /* label com.docker.compose.service; NULL: any */
	const char *name;      /* the container's; NULL: any */
	const char *isolation; /* that it was created with, "" where with none; NULL: any */
	const struct fake_run
		*runs; /* of the first, second, ... run; the last repeats. NULL: its program */
	size_t run_count;
	bool shared; /* runs and checks are counted over all containers of this behaviour, not for
			each */
	const char
		*health; /* a check each: + ok, - fails, . hangs; the last repeats. NULL: all ok */
	uint64_t check_time; /* ns that a check takes */
	const char *output; /* printed at each start, lines; one that begins with "!" goes to errors
			       without it */
	bool ignores_stop;  /* only SIGKILL ends it */
	uint64_t stop_time; /* ns from the stop signal to its end */
	int stop_code;
	const char *start_error; /* it does not start: the engine's sentence */
};
void fake_behave(struct fake_world *world, const struct fake_behaviour *behaviour);

/* What happens to a container now. By name or id; it must be there (asserted). */
void fake_exit(struct fake_world *world, const char *container, int code);
void fake_health(struct fake_world *world, const char *container,
		 const char *checks); /* from the next check on: see above */
void fake_print(struct fake_world *world, const char *container, enum stream_channel channel,
		const char *line);

/* Another client, as docker stop ...: the effect is immediate, the events follow. 0 or the code of
 * the error. */
int fake_client_stop(struct fake_world *world, const char *container);
int fake_client_start(struct fake_world *world, const char *container);
int fake_client_restart(struct fake_world *world, const char *container);
int fake_client_kill(struct fake_world *world, const char *container, const char *signal);
int fake_client_remove(struct fake_world *world, const char *container, bool force);
int fake_client_rename(struct fake_world *world, const char *container, const char *name);
int fake_client_pause(struct fake_world *world, const char *container, bool pause);
int fake_client_network_remove(struct fake_world *world, const char *network);
int fake_client_volume_remove(struct fake_world *world, const char *volume);

/* --- looking, without a request. Borrowed until the next change. */
const struct container *fake_container(const struct fake_world *world,
				       const char *container); /* NULL: not there */
size_t fake_containers(const struct fake_world *world);        /* how many there are */
size_t fake_running(const struct fake_world *world);           /* how many run */
bool fake_has_network(const struct fake_world *world, const char *network);
bool fake_has_volume(const struct fake_world *world, const char *volume);
const char *fake_file(const struct fake_world *world, const char *container,
		      const char *path); /* its bytes; NULL: none */

/* --- requests and faults. Names of calls are those of engine.h without engine_: create,
 * network_remove, pull, ... */
struct fake_request {
	struct engine *engine;
	const char *call;
	const char *subject; /* container, network, ... as the client named it; NULL: none */
	bool mutating;
	unsigned number;   /* of all requests of the world, from 1 */
	unsigned mutation; /* of the mutating ones, from 1; 0: is none */
};
unsigned fake_requests(const struct fake_world *world); /* how many were made */
unsigned fake_mutations(const struct fake_world *world);
unsigned fake_calls(const struct fake_world *world, const char *call); /* how many of one name */
void fake_latency(struct fake_world *world, const char *call,
		  uint64_t ns); /* of one kind of request */

struct fake_fault {
	const char *call;     /* NULL: every call */
	const char *subject;  /* NULL: every one */
	bool any;             /* reading ones too; else only mutating ones */
	unsigned nth;         /* which of those that match, from now; 0 is 1 */
	unsigned count;       /* how many from there on; 0 is 1 */
	enum error_code code; /* 0: ERROR_SYSTEM */
	const char *message;  /* NULL: a sentence that says it was scripted */
	bool late; /* it takes effect, but the answer is lost: ERROR_UNAVAILABLE unless code says
		      otherwise */
};
void fake_fail(struct fake_world *world, const struct fake_fault *fault);
unsigned fake_failed(const struct fake_world *world); /* how many requests were failed by faults */
void fake_heal(struct fake_world *world); /* forgets all faults that have not been met */

/* Called around the effect of each request (after: also when it failed). It may call fake_kill. */
enum fake_moment { FAKE_BEFORE, FAKE_AFTER };
void fake_on_request(struct fake_world *world,
		     void (*hook)(const struct fake_request *request, enum fake_moment moment,
				  void *payload),
		     void *payload);

/* kill -9 of a client, as the engine sees it: what it asked and has not arrived never arrives, what
 * arrived goes on, and whatever it asks from now on ends with ERROR_CANCELLED and no effect. It is
 * still to be closed. */
void fake_kill(struct engine *engine);

void fake_hang(struct fake_world *world,
	       bool hang); /* nothing is answered; what was asked takes effect afterwards */
void fake_drop_events(struct fake_world *world,
		      bool drop); /* streams miss what happens meanwhile; since still replays it */
void fake_break_events(struct fake_world *world);  /* event streams end with ERROR_UNAVAILABLE */
void fake_break_streams(struct fake_world *world); /* every stream does */

enum fake_restart {
	FAKE_RESTART_GRACEFUL, /* containers are stopped, then started by their policies */
	FAKE_RESTART_CRASH,    /* the same, without events of it */
	FAKE_RESTART_LIVE,     /* live-restore: containers run on */
};
/* Connections are lost and nobody answers for downtime; the events of before cannot be replayed any
 * more. */
void fake_engine_restart(struct fake_world *world, enum fake_restart how, uint64_t downtime);

/* --- the journal of what changed in the world, for checks of order */
struct fake_entry {
	uint64_t time;
	const char *what;    /* create, start, die, ...: the event's action */
	const char *name;    /* of the object, at that time */
	const char *service; /* or NULL */
	const char *actor;   /* "client 1", "user", "policy", "self", "engine" */
};
size_t fake_journal(const struct fake_world *world, const struct fake_entry **entries);
/* How often the journal has (what, name); NULL is any. */
size_t fake_happened(const struct fake_world *world, const char *what, const char *name);
/* The first place in the journal, from 0, of (what, name); SIZE_MAX: never. */
size_t fake_when(const struct fake_world *world, const char *what, const char *name);

/* What must never be, found as it happened; "" where nothing was: two containers of one (project,
 * service, number) that run at once; a start by a client before what its label
 * com.docker.compose.depends_on waits for, unless the user stopped that. */
const char *fake_violations(const struct fake_world *world);

/* Lines of a script, as the driver's address has them: see script.c. */
int fake_script(struct fake_world *world, const char *text, struct error **err);
