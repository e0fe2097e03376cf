/* SPDX-License-Identifier: MIT */
#include "compose/cli/oneoff.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/ask.h"
#include "compose/cli/session.h"
#include "compose/plan/spec.h"
#include "compose/supervise/inside.h"

enum { REMOVAL_MS = 10000 };

struct oneoff {
	struct cli *cli;
	const struct oneoff_options *options;
	char *id; /* NULL: not made */
	bool is_started;
	struct session_options talk;
	struct session *session;
	/* The events of the project, from before its start. */
	struct engine_stream *events; /* NULL: ended */
	bool following;               /* or ended */
	bool unfollowed;              /* ended */
	bool has_ended;               /* its end was told, or there is nobody to tell it */
	bool has_code;
	bool is_gone; /* removed, or there is nobody to tell it */
	int64_t exit_code;
	struct inside *inside; /* the hook that runs, or NULL */
	size_t hook;           /* which one is next */
	bool no_more_hooks;
	struct error *hook_failure;
};

/* --- requests, each waited for */

struct answer {
	struct ask ask;
	char *id;
	int64_t code;
};

static void answered(const struct error *err, void *payload)
{
	struct answer *answer = payload;

	ask_end(&answer->ask, err);
}

static void answered_id(const char *id, const struct error *err, void *payload)
{
	struct answer *answer = payload;

	answer->id = memory_copy(id);
	ask_end(&answer->ask, err);
}

static void answered_code(int64_t code, const struct error *err, void *payload)
{
	struct answer *answer = payload;

	answer->code = code;
	ask_end(&answer->ask, err);
}

static int create(struct oneoff *oneoff, struct error **err)
{
	struct answer answer = {0};

	answer.ask.request =
		engine_create(oneoff->cli->engine, oneoff->options->spec, answered_id, &answer);
	int status = ask_run(&answer.ask, oneoff->cli, 0, err);
	oneoff->id = answer.id;
	return status;
}

/* --- its hooks */

static void next_hook(struct oneoff *oneoff);

static void hook_ended(const struct error *err, void *payload)
{
	struct oneoff *oneoff = payload;
	bool gone = err && (err->code == ERROR_CONFLICT || err->code == ERROR_NOT_FOUND ||
			    err->code == ERROR_CANCELLED);

	oneoff->inside = NULL;
	if (!err) {
		next_hook(oneoff);
		return;
	}
	oneoff->no_more_hooks = true;
	if (gone)
		return;
	oneoff->hook_failure = error_copy(err);
	error_wrap(&oneoff->hook_failure, "%s: post_start[%zu]", oneoff->options->spec->name,
		   oneoff->hook - 1);
}

static void next_hook(struct oneoff *oneoff)
{
	const struct hooks *hooks = oneoff->options->post_start;

	if (!hooks || oneoff->hook == hooks->len)
		oneoff->no_more_hooks = true;
	else
		oneoff->inside = inside_start(oneoff->cli->engine, oneoff->id,
					      &hooks->items[oneoff->hook++], 0, hook_ended, oneoff);
}

/* status: of all the rest. */
static int end_hooks(struct oneoff *oneoff, int status, struct error **err)
{
	if (oneoff->inside) {
		inside_cancel(oneoff->inside);
		cli_run(oneoff->cli, &oneoff->no_more_hooks);
	}
	if (status == 0 && oneoff->exit_code == 0 && oneoff->hook_failure)
		return error_move(err, &oneoff->hook_failure);
	if (oneoff->hook_failure)
		cli_warn(oneoff->cli, "%s", oneoff->hook_failure->message);
	return status;
}

static void hook_interrupted(struct cli *cli, void *payload)
{
	struct oneoff *oneoff = payload;

	(void)cli;
	if (oneoff->inside)
		inside_cancel(oneoff->inside);
}

static int start(struct oneoff *oneoff, struct error **err)
{
	struct answer answer = {0};

	answer.ask.request = engine_start(oneoff->cli->engine, oneoff->id, answered, &answer);
	if (ask_run(&answer.ask, oneoff->cli, 0, err) < 0)
		return (*err)->code;
	oneoff->is_started = true;
	next_hook(oneoff);
	return 0;
}

static void remove_now(struct oneoff *oneoff)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct answer answer = {0};
	const char *target = oneoff->id ? oneoff->id : oneoff->options->spec->name;

	answer.ask.request =
		engine_remove(oneoff->cli->engine, target, true, true, answered, &answer);
	if (ask_run(&answer.ask, oneoff->cli, 0, &err) < 0)
		cli_warn(oneoff->cli, "container %s is left: %s", oneoff->options->spec->name,
			 err->message);
}

/* --- the engine's events */

static void on_event(struct engine_stream *stream, const struct engine_event *event, void *payload)
{
	struct oneoff *oneoff = payload;

	engine_stream_read(stream);
	if (!oneoff->id || !text_same(event->id, oneoff->id))
		return;
	if (event->kind == EVENT_DIE) {
		oneoff->exit_code = event->exit_code;
		oneoff->has_ended = oneoff->has_code = true;
	} else if (event->kind == EVENT_DESTROY) {
		oneoff->has_ended = oneoff->is_gone = true;
	}
}

static void on_open(struct engine_stream *stream, void *payload)
{
	struct oneoff *oneoff = payload;

	(void)stream;
	oneoff->following = true;
}

static void on_end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct oneoff *oneoff = payload;

	(void)stream;
	(void)err; /* without events the engine is asked */
	oneoff->events = NULL;
	oneoff->following = oneoff->unfollowed = true;
	oneoff->has_ended = oneoff->is_gone = true;
}

static void give_up(struct cli *cli, void *payload)
{
	struct oneoff *oneoff = payload;

	(void)cli;
	if (oneoff->events)
		engine_stream_close(oneoff->events);
	oneoff->following = true;
}

static int follow(struct oneoff *oneoff, struct error **err)
{
	static const struct engine_reader reader = {
		.event = on_event, .open = on_open, .end = on_end};
	const struct events_options options = {.project = oneoff->options->project};

	(void)err; /* without events its end is asked for */
	oneoff->events = engine_events(oneoff->cli->engine, &options, &reader, oneoff);
	engine_stream_read(oneoff->events);
	oneoff->cli->interrupted = give_up;
	oneoff->cli->interrupted_payload = oneoff;
	cli_run(oneoff->cli, &oneoff->following);
	oneoff->cli->interrupted = NULL;
	return 0;
}

/* One that came as a step was done, or between two, counts too. */
static int check(const struct oneoff *oneoff, struct error **err)
{
	return oneoff->cli->interrupts ? error_set(err, ERROR_CANCELLED, "cancelled") : 0;
}

static void unfollow(struct oneoff *oneoff)
{
	if (!oneoff->events)
		return;
	engine_stream_close(oneoff->events);
	cli_run(oneoff->cli, &oneoff->unfollowed);
}

/* --- Ctrl-C is the container's: the signal itself, then an end that it cannot refuse */

static void signalled(const struct error *err, void *payload)
{
	(void)err; /* it has ended in between */
	(void)payload;
}

static void interrupted(struct cli *cli, void *payload)
{
	struct oneoff *oneoff = payload;
	const char *name = cli->signal == SIGTERM ? "SIGTERM" : "SIGINT";

	if (!oneoff->is_started)
		return;
	if (cli->interrupts > 1)
		name = "SIGKILL";
	/* Windows' processes know no signals: an end in order takes their place. */
	if (cli->interrupts == 1 && text_same(engine_host_known(cli->engine)->os_type, "windows"))
		engine_stop(cli->engine, oneoff->id, -1, signalled, oneoff);
	else
		engine_kill(cli->engine, oneoff->id, name, signalled, oneoff);
}

static void wait_for_end(struct oneoff *oneoff)
{
	struct cli *cli = oneoff->cli;

	cli->interrupted = interrupted;
	cli->interrupted_payload = oneoff;
	cli_run(cli, &oneoff->has_ended);
	cli->interrupted = NULL;
}

/* --- its end */

struct grace {
	uv_timer_t timer;
	struct oneoff *oneoff;
	bool closed;
};

static void late(uv_timer_t *timer)
{
	struct grace *grace = timer->data;

	grace->oneoff->is_gone = true;
}

static void grace_closed(uv_handle_t *handle)
{
	struct grace *grace = handle->data;

	grace->closed = true;
}

/* The engine removes it: who comes after us shall not see it any more. */
static void wait_for_removal(struct oneoff *oneoff)
{
	struct grace grace = {.oneoff = oneoff};

	uv_timer_init(oneoff->cli->loop, &grace.timer);
	grace.timer.data = &grace;
	uv_timer_start(&grace.timer, late, REMOVAL_MS, 0);
	cli_run(oneoff->cli, &oneoff->is_gone);
	uv_close((uv_handle_t *)&grace.timer, grace_closed);
	cli_run(oneoff->cli, &grace.closed);
}

static int ask_code(struct oneoff *oneoff, int *exit_code, struct error **err)
{
	struct answer answer = {0};

	answer.ask.request = engine_wait(oneoff->cli->engine, oneoff->id, answered_code, &answer);
	if (ask_run(&answer.ask, oneoff->cli, 0, err) < 0)
		return error_wrap(err, "the exit code of %s is not known",
				  oneoff->options->spec->name);
	*exit_code = (int)answer.code;
	return 0;
}

static int conclude(struct oneoff *oneoff, int *exit_code, struct error **err)
{
	wait_for_end(oneoff);
	*exit_code = (int)oneoff->exit_code;
	if (!oneoff->has_code && ask_code(oneoff, exit_code, err) < 0)
		return (*err)->code;
	if (oneoff->options->spec->auto_remove)
		wait_for_removal(oneoff);
	return 0;
}

/* --- the whole */

static int attach(struct oneoff *oneoff, struct error **err)
{
	const struct container_spec *spec = oneoff->options->spec;
	const struct attach_options options = {
		.input = spec->open_stdin,
		.output = true,
		.errors = true,
		.tty = spec->tty,
	};

	oneoff->talk = (struct session_options){
		.tty = spec->tty,
		.input = spec->open_stdin,
		.container = oneoff->id,
		.interrupted = interrupted,
		.payload = oneoff,
	};
	oneoff->session = session_new(oneoff->cli, &oneoff->talk);
	session_begin(oneoff->session, engine_attach(oneoff->cli->engine, oneoff->id, &options,
						     session_reader, oneoff->session));
	return session_open(oneoff->session, err);
}

static int talk(struct oneoff *oneoff, int *exit_code, struct error **err)
{
	static int (*const steps[])(struct oneoff * oneoff, struct error * *err) = {follow, create,
										    attach, start};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (check(oneoff, err) < 0 || steps[i](oneoff, err) < 0)
			return (*err)->code;
	}
	if (oneoff->cli->interrupts)
		interrupted(oneoff->cli, oneoff);
	if (session_run(oneoff->session, err) < 0)
		return (*err)->code;
	return session_left(oneoff->session) ? 0 : conclude(oneoff, exit_code, err);
}

static int leave(struct oneoff *oneoff, struct error **err)
{
	CLEANUP(text_drop) struct text line = {0};

	if (create(oneoff, err) < 0 || start(oneoff, err) < 0)
		return (*err)->code;
	oneoff->cli->interrupted = hook_interrupted;
	oneoff->cli->interrupted_payload = oneoff;
	cli_run(oneoff->cli, &oneoff->no_more_hooks);
	oneoff->cli->interrupted = NULL;
	text_printf(&line, "%s\n", oneoff->id);
	return cli_print(oneoff->cli, line.data, line.len, err);
}

/* What never ran, the engine does not remove, nor what runs on with nobody to listen. A create that
 * was broken off may have been done: then the name tells, where it is ours alone. */
static bool is_left_over(const struct oneoff *oneoff, int status)
{
	const struct container_spec *spec = oneoff->options->spec;
	const char *slug = labels_get(&spec->labels, LABEL_SLUG);

	if (status == 0 || status == ERROR_UNAVAILABLE)
		return false;
	return oneoff->id || (status == ERROR_CANCELLED && slug && text_ends(spec->name, slug));
}

int oneoff_run(struct cli *cli, const struct oneoff_options *options, int *exit_code,
	       struct error **err)
{
	struct oneoff oneoff = {.cli = cli, .options = options};

	cli->interrupts = 0;
	int status = options->detach ? leave(&oneoff, err) : talk(&oneoff, exit_code, err);
	session_close(&oneoff.session);
	bool refused = options->anew && oneoff.id && !oneoff.is_started;
	bool left_over = is_left_over(&oneoff, status);
	status = end_hooks(&oneoff, status, err);
	error_drop(&oneoff.hook_failure);
	if ((options->spec->auto_remove || refused) && left_over)
		remove_now(&oneoff);
	unfollow(&oneoff);
	free(oneoff.id);
	return status;
}
