/* SPDX-License-Identifier: MIT */
/* dotenv -- .env files, env_file and label_file
 *
 *	# comment
 *	export NAME=value with $OTHER		# comment
 *	NAME='literal', which may span lines
 *	NAME="escapes \n and ${OTHER}"
 *	NAME					takes the value that the lookup has, or none
 *
 * The separator is = or :. format raw: KEY=VALUE lines as docker run reads them, nothing is
 * unquoted or interpolated.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "compose/project/diagnostic.h"

struct dotenv {
	const char *file; /* for positions */
	bool raw;
	const char *(*lookup)(const char *name, void *payload); /* NULL: unset */
	/* Called for each line in order; value NULL: a bare name that the lookup does not have.
	 * Seen by later lookups. */
	void (*set)(const char *name, const char *value, struct position at, void *payload);
	void *payload;
	size_t *budget; /* bytes that may still be read and made, of all files together */
};

/* False: a finding says where and why; the budget is spent, for one. */
bool dotenv_read(const struct dotenv *how, const char *bytes, size_t len,
		 struct diagnostics *diagnostics);
