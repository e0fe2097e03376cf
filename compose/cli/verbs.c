/* SPDX-License-Identifier: MIT */
/* The table of verbs. Each row stands in the verb's own file. */
#include "compose/cli/verb.h"

#define VERBS(X)                                                                                   \
	X(build)                                                                                   \
	X(completion)                                                                              \
	X(config)                                                                                  \
	X(doctor)                                                                                  \
	X(down)                                                                                    \
	X(events)                                                                                  \
	X(exec)                                                                                    \
	X(image)                                                                                   \
	X(kill)                                                                                    \
	X(logs)                                                                                    \
	X(ls)                                                                                      \
	X(ps)                                                                                      \
	X(pull)                                                                                    \
	X(push)                                                                                    \
	X(restart)                                                                                 \
	X(rm)                                                                                      \
	X(run)                                                                                     \
	X(start)                                                                                   \
	X(stop)                                                                                    \
	X(supervise)                                                                               \
	X(up)                                                                                      \
	X(version)                                                                                 \
	X(watch)

#define DECLARE(name) extern const struct verb verb_##name;
VERBS(DECLARE)

#define ROW(name) &verb_##name,
const struct verb *const verbs[] = {VERBS(ROW) NULL};
