/* SPDX-License-Identifier: MIT */
/* One operation with its progress shown, or its plan printed. */
#include <stdlib.h>

#include "base/error.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/display.h"
#include "compose/supervise/operate.h"

struct performance {
	struct cli *cli;
	struct operate *operate;
	struct text plan; /* dry run */
	bool done;
	struct error *error;
};

static const char *const titles[] = {
	[PLAN_UP] = "Running",      [PLAN_DOWN] = "Running", [PLAN_START] = "Starting",
	[PLAN_STOP] = "Stopping",   [PLAN_KILL] = "Killing", [PLAN_RESTART] = "Restarting",
	[PLAN_REMOVE] = "Removing",
};

static void planned(const struct plan *plan, void *payload)
{
	struct performance *performance = payload;

	if (!performance->cli->globals.dry_run)
		return;
	text_clear(&performance->plan);
	plan_print(plan, &performance->plan);
}

static void done(const struct error *err, void *payload)
{
	struct performance *performance = payload;

	performance->operate = NULL;
	performance->error = error_copy(err);
	performance->done = true;
}

/* The first asks to end in order, the second gives up what is under way, the third ends at once. */
static void interrupted(struct cli *cli, void *payload)
{
	struct performance *performance = payload;

	if (cli->interrupts > 2)
		exit(130);
	if (cli->interrupts == 1)
		cli_note(cli, "Cancelling: what is under way is finished first (Ctrl-C again gives "
			      "it up)");
	if (performance->operate)
		operate_cancel(performance->operate);
}

/* What is stopped because of an interruption is given up by the next: a stop takes as long as the
 * container likes. The first was counted before. */
static void interrupted_again(struct cli *cli, void *payload)
{
	struct performance *performance = payload;

	if (cli->interrupts > 2)
		exit(130);
	for (int i = 0; performance->operate && i < 2; i++)
		operate_cancel(performance->operate);
}

static int print_plan(struct cli *cli, const struct text *plan, struct error **err)
{
	if (!plan->len) {
		cli_note(cli, "Nothing to do.");
		return 0;
	}
	return cli_print(cli, plan->data, plan->len, err);
}

static int perform(struct performance *performance, const struct operation *operation,
		   const struct operate_options *given,
		   void (*on_interrupt)(struct cli *cli, void *payload), struct error **err)
{
	struct cli *cli = performance->cli;
	struct display *display = display_open(cli, titles[operation->plan.goal]);
	struct operate_options options = *given;

	options.engine = cli->engine;
	options.progress = display_sink(display);
	options.planned = planned;
	options.payload = performance;
	performance->operate = operate_start(cli->loop, operation, &options, done, performance);
	cli->interrupted = on_interrupt;
	cli->interrupted_payload = performance;
	cli_run(cli, &performance->done);
	cli->interrupted = NULL;
	display_close(&display);
	return performance->error ? error_move(err, &performance->error) : 0;
}

int cli_operate(struct cli *cli, const struct operation *operation, const struct home_project *home,
		struct file_lock **lock, struct error **err)
{
	struct performance performance = {.cli = cli};
	struct operate_options options = {.home = home, .lock = lock};

	cli->interrupts = 0;
	int status = perform(&performance, operation, &options, interrupted, err);
	CLEANUP(text_drop) struct text plan = performance.plan;
	if (status < 0)
		return status;
	return operation->dry_run ? print_plan(cli, &plan, err) : 0;
}

int cli_operate_interrupted(struct cli *cli, const struct operation *operation,
			    const struct home_project *home, struct error **err)
{
	struct performance performance = {.cli = cli};
	struct operate_options options = {.home = home};

	return perform(&performance, operation, &options, interrupted_again, err);
}
