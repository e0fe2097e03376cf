/* SPDX-License-Identifier: MIT */
/* One request to the engine, from asking to its answer; Ctrl-C cancels it. */
#include "compose/cli/ask.h"

#include "base/error.h"
#include "compose/plan/plan.h"

static void interrupted(struct cli *cli, void *payload)
{
	struct ask *ask = payload;

	(void)cli;
	if (ask->request && !ask->cancelled)
		engine_cancel(ask->request);
	ask->cancelled = true;
}

static void late(uv_timer_t *timer)
{
	struct ask *ask = timer->data;

	if (ask->done)
		return;
	ask->late = true;
	if (ask->request && !ask->cancelled)
		engine_cancel(ask->request);
	ask->cancelled = true;
}

static void closed(uv_handle_t *timer)
{
	struct ask *ask = timer->data;

	ask->closed = true;
}

void ask_end(struct ask *ask, const struct error *err)
{
	ask->request = NULL;
	ask->error = error_copy(err);
	ask->done = true;
}

int ask_run(struct ask *ask, struct cli *cli, uint64_t allowed_ms, struct error **err)
{
	void (*outer)(struct cli *, void *) = cli->interrupted;
	void *outer_payload = cli->interrupted_payload;

	uv_timer_init(cli->loop, &ask->timer);
	ask->timer.data = ask;
	if (allowed_ms)
		uv_timer_start(&ask->timer, late, allowed_ms, 0);
	cli->interrupted = interrupted;
	cli->interrupted_payload = ask;
	cli_run(cli, &ask->done);
	cli->interrupted = outer;
	cli->interrupted_payload = outer_payload;
	uv_close((uv_handle_t *)&ask->timer, closed);
	cli_run(cli, &ask->closed);
	if (!ask->error)
		return 0;
	if (ask->late) {
		error_drop(&ask->error);
		return error_set(err, ERROR_TIMEOUT, "no answer within %.1f s",
				 (double)allowed_ms / 1000);
	}
	return error_move(err, &ask->error);
}

/* --- what verbs ask */

struct list {
	struct ask ask;
	struct observed *observed;
};

static void listed(struct observed *observed, const struct error *err, void *payload)
{
	struct list *list = payload;

	if (!err) {
		*list->observed = *observed;
		*observed = (struct observed){0};
	}
	ask_end(&list->ask, err);
}

int cli_observe(struct cli *cli, const struct engine_filter *filter, struct observed *observed,
		struct error **err)
{
	struct list list = {.observed = observed};
	struct engine_filter with_origin = *filter;
	bool of_project = filter->project && filter->containers;

	with_origin.origin = filter->origin || of_project;
	list.ask.request = engine_list(cli->engine, &with_origin, listed, &list);
	if (ask_run(&list.ask, cli, 0, err) < 0)
		return (*err)->code;
	if (of_project)
		plan_keep_own(filter->project, observed);
	return 0;
}
