/* SPDX-License-Identifier: MIT */
/* probe -- http, tcp and log-line health, run by us for services whose x-wincompose says so
 *
 * Dials the published port, else the container's address where the engine is routable. A log probe
 * reads from the start of the container's log (again where the engine broke it off) and is true
 * once a line contained the pattern. Serial
 * for each container; the first check after interval; Docker's rules for retries and start_period.
 */
#pragma once

#include "compose/project/project.h"
#include "engine/engine.h"

struct probe_runner;

/* changed tells a container's new health; never from inside. */
struct probe_runner *probe_open(struct engine *engine, const struct probe *probe,
				const struct container *container,
				void (*changed)(const char *container, enum container_health health,
						const char *why, void *payload),
				void *payload);
/* Whether it does what this probe says: another up may have changed it. */
bool probe_is(const struct probe_runner *runner, const struct probe *probe);
enum container_health probe_health(const struct probe_runner *runner);
void probe_close(struct probe_runner *runner, void (*closed)(void *payload), void *payload);
