/* SPDX-License-Identifier: MIT */
/* interpolate -- variables in values: $NAME ${NAME} and the forms with - + ?
 *
 * $$ is a dollar. ${N:-T} T where N is unset or empty, ${N-T} where unset; ${N:+T} ${N+T} T where
 * it is set; ${N:?T} ${N?T} an error that says T. T is interpolated itself. A dollar that begins
 * none of these stays as it is. At most 32 levels and 1 MiB of result. Everything that is wrong is told.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct interpolate {
	const char *(*lookup)(const char *name, void *payload); /* NULL: unset */
	/* A blank was put for a variable that stands at the offset; may be NULL. */
	void (*unset)(const char *name, size_t at, void *payload);
	/* One line that says what is wrong at the offset; may be NULL. What follows it is looked at all the
	 * same, but for what a brace that is not closed or a bound has ended. */
	void (*wrong)(const char *problem, size_t at, void *payload);
	void *payload;
};

/* Adds the result to out. False: something is wrong, and what is in out means nothing. */
bool interpolate(const struct interpolate *how, const char *in, struct text *out);
