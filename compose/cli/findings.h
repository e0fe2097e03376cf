/* SPDX-License-Identifier: MIT */
/* findings -- what was found well, doubtful or wrong, and what to do about it
 *
 * One line each, and a line of advice where there is something to do.
 */
#pragma once

#include <stddef.h>

#include "base/text.h"

enum finding_mark { FINDING_OK, FINDING_WARNING, FINDING_WRONG };

struct finding {
	enum finding_mark mark;
	const char *topic; /* host, engine, build, networks, ports, project */
	char *what;
	char *advice; /* or NULL */
};

/* The zero value is valid to drop. */
struct findings {
	struct finding *items;
	size_t len, cap;
	size_t warnings, wrong; /* of the marks */
};

void findings_add(struct findings *findings, enum finding_mark mark, const char *topic,
		  const char *format, ...) PRINTF_LIKE(4, 5);
/* To the last one. */
void findings_advise(struct findings *findings, const char *format, ...) PRINTF_LIKE(2, 3);

void findings_print(const struct findings *findings, bool colour, struct text *out);
/* An array of {mark, topic, message, advice}. */
void findings_json(const struct findings *findings, struct text *out);
void findings_drop(struct findings *findings);
