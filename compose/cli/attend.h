/* SPDX-License-Identifier: MIT */
/* attend -- up in the foreground: logs of everything, until it all ended or the user wants to stop
 */
#pragma once

#include "compose/cli/cli.h"
#include "compose/cli/tail.h"

struct attendance;

struct attend_options {
	const struct project *project;
	struct tail_options tail;
	int64_t since; /* wall ns: of containers that ran before, only what comes from now on is
			  shown */
	const char *const
		*services;   /* whose logs are shown, NULL-ended; NULL: of all that have attach */
	bool end_on_exit;    /* --abort-on-container-exit */
	bool end_on_failure; /* --abort-on-container-failure */
	const char *exit_code_from; /* a service's name, or NULL */
	/* Stops what still runs, where it ended by an interruption or an exit; logs are shown meanwhile, to their ends. */
	int (*stop)(void *payload, struct error **err);
	/* Whether what does not run is left so; NULL: it is. */
	bool (*is_idle)(void *payload);
	struct attendance **self; /* set while it runs, for attend_leave; or NULL */
	void *payload;
};

struct attend_result {
	bool interrupted;
	bool aborted;      /* a container's exit ended it */
	int64_t exit_code; /* of the container that ended it, or of exit_code_from */
};

/* Runs the loop until one of the ends, and until the last lines are shown (for at most 2 s). stop's error is its own. */
int attend(struct cli *cli, const struct attend_options *options, struct attend_result *result,
	   struct error **err);
/* Ends it with what runs left running, and waits for no more lines. Ignored where it ends already. */
void attend_leave(struct attendance *attendance);
