/* SPDX-License-Identifier: MIT */
/* container -- what a container is, and what the API asks about it
 *
 * Its life (start, stop, kill, restart, wait) is life.h's; the commands run in it exec.h's.
 */
#pragma once

#include <cjson/cJSON.h>

#include "tests/winengine/call.h"
#include "tests/winengine/health.h"
#include "tests/winengine/image.h"
#include "tests/winengine/nat.h"
#include "tests/winengine/scroll.h"
#include "tests/winengine/world.h"

enum state { STATE_CREATED, STATE_RUNNING, STATE_PAUSED, STATE_RESTARTING, STATE_EXITED };

struct mount {
	char *type, *name, *source, *target;
	char *real; /* the folder of this host that is there; NULL: none */
	bool read_only;
};

struct container {
	struct world *world;
	struct list link;
	char id[ID_LEN];
	char *name;
	struct image *image;
	cJSON *config, *host; /* as asked, with the image's and the daemon's defaults */
	ARRAY(struct endpoint) endpoints;
	ARRAY(struct port) ports; /* published, while it runs */
	ARRAY(struct mount) mounts;
	char *folder; /* stands for its C:\ */
	int64_t created, started, finished;
	/* --- life */
	enum state state;
	int64_t exit_code;
	char *error;
	unsigned restarts; /* by its policy, in a row */
	bool stopped;      /* by somebody's word, so that no policy starts it */
	bool cut;          /* its Windows ended it, before its own time was over */
	bool removing;     /* goes when it has ended */
	bool drop_volumes; /* and those without a name with it */
	uint64_t wait_ms;  /* before its policy's next restart */
	struct process *process;
	struct list waits;      /* who waits for its end: life.c */
	struct delay *patience; /* a stop's; its policy's restart */
	struct text early;      /* input of before its start */
	bool early_end;
	struct health health;
	struct scroll scroll;
};

struct container *container_find(const struct world *world, const char *word);
/* Or answers 404 and gives NULL. */
struct container *container_named(struct call *call);
void container_drop(struct container *container); /* it does not run */

void container_tell(struct container *container, const char *action, const char *key,
		    const char *value); /* an event */
/* "exec_create: cmd /C ...", with the command's id. */
void container_tell_exec(struct container *container, const char *action, const char *id,
			 char *const *command);
bool container_tty(const struct container *container);
bool container_is_hyperv(const struct container *container);
const char *container_state(const struct container *container);            /* "running" */
char **container_env(const struct container *container);                   /* yours */
char *container_path(const struct container *container, const char *path); /* of C:\..., yours */

void container_join(struct container *container, struct network *network, const cJSON *asked);
void container_leave(struct container *container, size_t endpoint);

/* --- what the API asks */
void container_create(struct call *call);
void container_list(struct call *call);
void container_inspect(struct call *call);
void container_rename(struct call *call);
void container_logs(struct call *call);
void container_top(struct call *call);
void container_stats(struct call *call);
void container_update(struct call *call);
