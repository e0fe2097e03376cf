/* SPDX-License-Identifier: MIT */
/* subject -- a service or a resource of the canonical tree that is looked at, and where its findings
 * go
 */
#pragma once

#include "base/error.h"
#include "compose/project/diagnostic.h"
#include "compose/project/node.h"

struct subject {
	const char *section; /* services, networks, ... */
	const struct node_entry *entry;
	struct diagnostics *diagnostics;
};

/* below: the path under the subject, or NULL. */
struct diagnostic *subject_complain(const struct subject *subject, struct position at,
				    const char *below, const char *format, ...) PRINTF_LIKE(4, 5);
struct diagnostic *subject_warn(const struct subject *subject, struct position at,
				const char *below, const char *format, ...) PRINTF_LIKE(4, 5);

/* What is not there at that place may be so as it was wrong, which was told. */
bool subject_is_told(const struct subject *subject, struct position at, const char *below);

/* NULL: absent. */
struct node *subject_get(const struct subject *subject, const char *key);
/* c may be NULL: two steps. */
const struct node *subject_get_in(const struct subject *subject, const char *a, const char *b,
				  const char *c);
