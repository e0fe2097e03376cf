/* SPDX-License-Identifier: MIT */
/* row -- a container as the row of a table, with docker compose's keys and forms */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/text.h"
#include "engine/model.h"

/* now: wall ns, for "3 minutes ago". whole: nothing is shortened. */
cJSON *row_container(const struct container *container, int64_t now, bool whole);

/* "About a minute", "3 weeks": as docker says a time span. */
void row_span(int64_t nanoseconds, struct text *out);
/* "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp": with neighbours joined to ranges, as docker does. */
void row_ports(const struct container *container, struct text *out);
/* The command in quotes, at most 20 characters of it unless whole. */
void row_command(const char *command, bool whole, struct text *out);
