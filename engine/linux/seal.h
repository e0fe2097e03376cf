/* SPDX-License-Identifier: MIT */
/* seal -- this program, out of reach of what it launches
 *
 * A process that has entered a container and not yet become the user's program can be found there, and its
 * /proc/<pid>/exe is the launcher's file: root in a container could open that and write to it, so that the host runs
 * what it wrote at the next launch (CVE-2019-5736). A sealed program runs from a read-only mount that is attached
 * nowhere, or where mounts are refused from a sealed copy in memory, and cannot be looked into (no dumps, no ptrace,
 * no /proc/<pid>/fd).
 */
#pragma once

#include <stdbool.h>

struct error;

/* Called first thing in main; runs the program anew once, with the same arguments, and returns in the second. */
int seal_self(char **argv, struct error **err);
/* Whether it is: no write can ever reach the file that runs. */
bool seal_is_done(void);
