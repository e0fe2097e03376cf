/* SPDX-License-Identifier: MIT */
/* provider -- services that a program stands in for instead of containers
 *
 * provider.type is docker's CLI plugin docker-<type> or a program in PATH. It is called as
 *
 *	PROGRAM compose --project-name=P up|down|stop --OPTION=VALUE... SERVICE
 *
 * and says JSON objects, a line each: {"type": "info|error|debug|setenv|rawsetenv", "message":
 * "..."}. What setenv gives is put, with the service's name in capitals and _ before it, into the
 * environment of the services that depend on this one; rawsetenv as it is. PROGRAM compose metadata
 * may tell which options it knows and needs, and whether it knows stop; who tells nothing is given
 * all of them. The protocol is docker compose's.
 */
#pragma once

#include "compose/cli/cli.h"

/* Whether the programs of the chosen services are there; all that are not are told with their
 * lines. */
int provider_check(const struct project *project, const bool *chosen, struct error **err);
/* up, in the order of dependencies; then the project's services know what they are told. */
int provider_up(struct cli *cli, struct project *project, const bool *chosen, struct error **err);
/* down or stop, dependents first. The first failure is the error; the others are tried all the
 * same. services: NULL for all. */
int provider_end(struct cli *cli, struct project *project, const char *const *services,
		 const char *action, struct error **err);
