/* SPDX-License-Identifier: MIT */
/* ask -- one request to the engine as a call that returns with its answer
 *
 *	struct ask ask = {0};			embedded in what the completion's payload is
 *	ask.request = engine_xxx(cli->engine, ..., answered, &ask);
 *	ask_run(&ask, cli, 0, err);		and answered calls ask_end(payload, err)
 *
 * Ctrl-C cancels the request, and the result is ERROR_CANCELLED.
 */
#pragma once

#include "compose/cli/cli.h"

struct ask {
	struct engine_request *request;
	uv_timer_t timer;
	struct error *error;
	bool done, closed, cancelled, late;
};

/* Runs the loop until ask_end. allowed_ms: ERROR_TIMEOUT after it; 0: the engine's own timeout. */
int ask_run(struct ask *ask, struct cli *cli, uint64_t allowed_ms, struct error **err);
void ask_end(struct ask *ask, const struct error *err); /* in the completion */
