/* SPDX-License-Identifier: MIT */
#include "compose/cli/verb.h"

#include <string.h>

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; verbs[i]; i++) {
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	}
	return NULL;
}
