/* SPDX-License-Identifier: MIT */
/* health -- a container's health check: a real process each time, and moby's rules for what they say
 *
 * windows.md 1.5, Healthcheck: the defaults, the log, a check that takes too long.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/array.h"

struct container;
struct delay;
struct probe;

enum health_status { HEALTH_NONE, HEALTH_STARTING, HEALTH_HEALTHY, HEALTH_UNHEALTHY };

struct health_entry {
	int64_t start, end;
	int64_t code;
	char *output;
};

struct health {
	enum health_status status;
	unsigned streak; /* of failures */
	ARRAY(struct health_entry) log;
	struct delay *next;
	struct probe *probe; /* that runs */
};

bool health_exists(const struct container *container);
void health_start(struct container *container); /* it has started; nothing where it has no check */
void health_stop(struct health *health);        /* it has ended */
void health_drop(struct health *health);
cJSON *health_describe(const struct health *health);
