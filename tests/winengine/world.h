/* SPDX-License-Identifier: MIT */
/* world -- all that the engine has: its host, images, networks, volumes, containers, commands
 *
 * One world, one loop. What is in it is found by id, by the beginning of an id, or by name.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <uv.h>

#include "base/list.h"
#include "base/own.h"
#include "tests/winengine/host.h"

struct error;

enum { ID_LEN = 65 };

struct fault {
	char *what; /* "start", "endpoint": what fails with the code */
	unsigned long code;
	unsigned left; /* times that it still happens */
};

struct world {
	uv_loop_t *loop;
	char id[ID_LEN]; /* of the engine */
	struct host host;
	bool reachable; /* the addresses of containers are this host's own */
	struct fault fault;
	unsigned broken;      /* requests that no client may send */
	const char *root;     /* a folder of ours: what containers' folders are in */
	const char *programs; /* the folder of actor, which every image has in its PATH */
	FILE *journal;
	struct list images, networks, volumes, containers, execs;
	struct list processes;   /* that run */
	struct list subscribers; /* of events */
	struct list events;      /* the latest */
	unsigned event_count;
	unsigned addresses; /* given by HNS so far */
};

void world_init(struct world *world); /* the rest is zero */

/* A line of the journal: a request and its status. */
void world_note(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);
/* A line that begins with "strict": the client sent what no client may. The test run fails. */
void world_broken(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

void world_id(char id[static ID_LEN]); /* 64 random hex digits */
/* Whether the word is this id, its beginning (at least 4), or the name. */
bool world_named(const char *word, const char *id, const char *name);

/* The code where this start is to fail, else 0. */
unsigned long world_fault(struct world *world, const char *what);
