/* SPDX-License-Identifier: MIT */
/* launch.inside -- what launcher and launched share; for nobody else
 *
 * They talk by messages on a socket pair: the launcher says GO when ids are mapped, the child READY once it stands
 * (with the terminal, if there is one), the launcher START when it shall run. The child's end closes by execve, or by
 * its death. What went wrong stands in a page of memory that both have, since the filter may forbid the child to
 * send anything by then.
 */
#pragma once

#include "engine/linux/filter.h"
#include "engine/linux/launch.h"

enum launch_word { LAUNCH_GO = 1, LAUNCH_READY, LAUNCH_START };

struct launch_fault {
	int code; /* enum error_code; 0: none */
	int exit_code;
	char text[3000];
};

struct launch_child {
	const char *id;
	const struct oci *oci;             /* namespaces, sysctls ... */
	const struct oci_process *process; /* what runs */
	const struct rootfs *rootfs;       /* NULL: it joins a container that is there */
	const struct filter *filter;
	struct cgroup *cgroup;
	struct launch_fault *fault;
	int socket;
	int pidfd; /* of the container that is joined */
	int streams[3];
};

/* Never returns. */
void launch_child_(const struct launch_child *child) __attribute__((noreturn));

/* Sends a word, with a descriptor where file is not negative. false: the other end is closed. */
bool launch_say_(int socket, enum launch_word word, int file);
/* Waits for a word; 0: the other end is closed. *file is -1 or a descriptor that is ours now. */
enum launch_word launch_hear_(int socket, int *file);

/* Namespaces that the child makes itself. */
#define LAUNCH_LATE (uint64_t)(CLONE_NEWCGROUP | CLONE_NEWIPC)

/* The flags of clone3 for namespaces that are new (own), or of setns for all that the object names. */
uint64_t launch_flags_(const struct oci *oci, bool own);
