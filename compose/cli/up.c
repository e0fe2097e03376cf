/* SPDX-License-Identifier: MIT */
/* up -- makes the project run, and keeps it running */
#include "compose/cli/up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/attend.h"
#include "compose/cli/change.h"
#include "compose/cli/display.h"
#include "compose/cli/images.h"
#include "compose/cli/ready.h"
#include "compose/cli/verb.h"
#include "compose/supervise/supervisor.h"

struct values {
	bool abort_on_exit, abort_on_failure, always_recreate_deps, attach_dependencies, build,
		detach, force_recreate, no_build, no_color, no_deps, no_log_prefix, no_recreate,
		no_start, no_supervise, quiet_build, quiet_pull, remove_orphans, renew_volumes,
		timestamps, wait, yes;
	struct flag_strings attach, no_attach, scale;
	const char *exit_code_from, *pull;
	int timeout, wait_timeout;
};

static const struct values defaults = {.timeout = -1};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{0, "abort-on-container-exit", FLAG_SET, AT(abort_on_exit), NULL,
	 "Stop everything when one container ends"},
	{0, "abort-on-container-failure", FLAG_SET, AT(abort_on_failure), NULL,
	 "Stop everything when one container fails"},
	{0, "always-recreate-deps", FLAG_SET, AT(always_recreate_deps), NULL,
	 "Re-create what the services depend on, too"},
	{0, "attach", FLAG_STRINGS, AT(attach), "SERVICE", "Show the log of this service only"},
	{0, "attach-dependencies", FLAG_SET, AT(attach_dependencies), NULL,
	 "Show the logs of what the services depend on, too"},
	{0, "build", FLAG_SET, AT(build), NULL, "Build images before"},
	{'d', "detach", FLAG_SET, AT(detach), NULL,
	 "Return when it runs; a supervisor stays in the background"},
	{0, "exit-code-from", FLAG_STRING, AT(exit_code_from), "SERVICE",
	 "End with this service's exit code; stops everything when one ends"},
	{0, "force-recreate", FLAG_SET, AT(force_recreate), NULL,
	 "Re-create containers though nothing changed"},
	{0, "no-attach", FLAG_STRINGS, AT(no_attach), "SERVICE",
	 "Do not show the log of this service"},
	{0, "no-build", FLAG_SET, AT(no_build), NULL, "Do not build, even what is missing"},
	{0, "no-color", FLAG_SET, AT(no_color), NULL, "No colours in logs"},
	{0, "no-deps", FLAG_SET, AT(no_deps), NULL, "Leave what the services depend on"},
	{0, "no-log-prefix", FLAG_SET, AT(no_log_prefix), NULL, "No names before log lines"},
	{0, "no-recreate", FLAG_SET, AT(no_recreate), NULL, "Keep containers though they changed"},
	{0, "no-start", FLAG_SET, AT(no_start), NULL, "Create, but do not start"},
	{0, "no-supervise", FLAG_SET, AT(no_supervise), NULL,
	 "With -d: leave no supervisor behind"},
	{0, "pull", FLAG_STRING, AT(pull), "POLICY", "Pull images: always, missing, never"},
	{0, "quiet-build", FLAG_SET, AT(quiet_build), NULL, "No output of builds"},
	{0, "quiet-pull", FLAG_SET, AT(quiet_pull), NULL, "No progress of pulls"},
	{0, "remove-orphans", FLAG_SET, AT(remove_orphans), NULL,
	 "Remove containers of services that are not in the file any more"},
	{'V', "renew-anon-volumes", FLAG_SET, AT(renew_volumes), NULL,
	 "Make anonymous volumes anew"},
	{0, "scale", FLAG_STRINGS, AT(scale), "SERVICE=N", "Run N containers of a service"},
	{'t', "timeout", FLAG_NUMBER, AT(timeout), "SECONDS",
	 "Time to stop before it is killed (default: each container's own)"},
	{0, "timestamps", FLAG_SET, AT(timestamps), NULL, "Show times of log lines"},
	{0, "wait", FLAG_SET, AT(wait), NULL,
	 "Return when everything is running or healthy; implies -d"},
	{0, "wait-timeout", FLAG_NUMBER, AT(wait_timeout), "SECONDS",
	 "Give up waiting after this time"},
	{'y', "yes", FLAG_SET, AT(yes), NULL, "Answer yes to every question"},
	{0},
};

/* Pairs that contradict each other. */
static int check_flags(struct values *values, struct error **err)
{
	values->detach = values->detach || values->wait;
	values->abort_on_exit = values->abort_on_exit || values->exit_code_from;
	values->force_recreate = values->force_recreate || values->renew_volumes;
	const struct {
		bool a, b;
		const char *names;
	} pairs[] = {
		{values->build, values->no_build, "--build and --no-build"},
		{values->force_recreate, values->no_recreate, "--force-recreate and --no-recreate"},
		{values->always_recreate_deps, values->no_recreate,
		 "--always-recreate-deps and --no-recreate"},
		{values->abort_on_exit, values->abort_on_failure,
		 "--abort-on-container-exit and --abort-on-container-failure"},
		{values->detach, values->abort_on_exit || values->abort_on_failure,
		 "--detach (or --wait) and --abort-on-container-exit or -failure"},
		{values->detach, values->attach.len || values->attach_dependencies,
		 "--detach (or --wait) and --attach"},
		{values->attach.len, values->attach_dependencies,
		 "--attach and --attach-dependencies"},
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (pairs[i].a && pairs[i].b)
			return error_set(err, ERROR_INVALID, "%s contradict each other",
					 pairs[i].names);
	}
	return 0;
}

static int scale(struct project *project, const struct flag_strings *given, struct error **err)
{
	for (const char **item = given->items; item && *item; item++) {
		const char *equals = strchr(*item, '=');
		char *end = NULL;
		unsigned long count = equals ? strtoul(equals + 1, &end, 10) : 0;

		if (!equals || !equals[1] || *end || count > 10000)
			return error_set(err, ERROR_INVALID,
					 "--scale: \"%s\" is not of the form SERVICE=N", *item);
		CLEANUP(memory_free) char *name = memory_copy_n(*item, (size_t)(equals - *item));
		if (project_scale(project, name, (unsigned)count, err) < 0)
			return (*err)->code;
	}
	return 0;
}

/* --- the operation: by the supervisor that has the lock, or by one that this process opens */

struct session {
	struct cli *cli;
	struct supervisor *supervisor; /* NULL: another process executes */
	struct file_lock *lock;
	struct operation operation;
	struct change *change;
	struct attendance *attendance; /* while the logs are shown */
	bool stopping;
	bool replaced; /* another process wants to supervise */
	bool done;
	struct error *error;
};

static void finished(const struct error *err, void *payload)
{
	struct session *session = payload;

	session->error = error_copy(err);
	session->done = true;
}

static void closed(void *payload)
{
	struct session *session = payload;

	session->done = true;
}

/* Another version takes over: what runs goes on without us. What is being stopped is stopped first. */
static void ended(const struct error *err, void *payload)
{
	struct session *session = payload;

	if (err)
		cli_warn(session->cli, "%s", err->message);
	session->replaced = true;
	if (session->attendance)
		attend_leave(session->attendance);
	else if (!session->stopping)
		supervisor_cancel(session->supervisor);
}

static void cancel(struct cli *cli, void *payload)
{
	struct session *session = payload;

	if (cli->interrupts > 2)
		exit(130);
	supervisor_cancel(session->supervisor);
	/* A stop takes as long as the container likes: it is given up, not waited for. */
	if (session->stopping)
		supervisor_cancel(session->supervisor);
}

/* One operation through our own supervisor, with its progress shown. */
static int operate(struct session *session, const struct operation *operation, struct error **err)
{
	struct cli *cli = session->cli;
	struct display *display =
		display_open(cli, operation->plan.goal == PLAN_UP ? "Running" : "Stopping");

	session->done = false;
	cli->interrupted = cancel;
	cli->interrupted_payload = session;
	supervisor_operate(session->supervisor, operation, display_sink(display), finished,
			   session);
	cli_run(cli, &session->done);
	cli->interrupted = NULL;
	display_close(&display);
	return session->error ? error_move(err, &session->error) : 0;
}

static int open_supervisor(struct session *session, struct error **err)
{
	struct supervisor_options options = {
		.engine = session->cli->engine,
		.home = &session->change->home,
		.tls_folder = session->cli->tls_folder,
		.tls_skip_verify = session->cli->tls_skip_verify,
		.project = session->change->project->name,
		.progress = cli_sink(session->cli),
		.foreground = true,
		.ended = ended,
		.payload = session,
	};

	return supervisor_open(session->cli->loop, &options, &session->supervisor, err);
}

static void close_supervisor(struct session *session)
{
	if (!session->supervisor)
		return;
	session->done = false;
	supervisor_close(session->supervisor, closed, session);
	cli_run(session->cli, &session->done);
	session->supervisor = NULL;
	file_lock_drop(&session->lock);
}

static int bring_up(struct session *session, struct error **err)
{
	if (cli_operate(session->cli, &session->operation, &session->change->home, &session->lock,
			err) < 0)
		return (*err)->code;
	if (!session->lock)
		return 0;
	if (open_supervisor(session, err) < 0)
		return (*err)->code;
	return operate(session, &session->operation, err);
}

/* --- the foreground */

static int stop(struct session *session, enum plan_goal goal, struct error **err)
{
	struct operation operation = {
		.project = session->change->project,
		.plan = {.goal = goal,
			 .timeout = session->operation.plan.timeout,
			 .signal = "SIGKILL",
			 .services = session->change->services},
	};

	session->stopping = true;
	if (session->supervisor)
		return operate(session, &operation, err);
	return cli_operate_interrupted(session->cli, &operation, &session->change->home, err);
}

/* Ctrl-C stops in reverse order; a second one kills, however soon it came. */
static int stop_all(struct session *session, struct error **err)
{
	struct cli *cli = session->cli;

	if (cli->interrupts < 2) {
		/* An exit that ends it all counts as the first. */
		cli->interrupts = 1;
		cli_note(cli, "Stopping (Ctrl-C again kills)");
		int status = stop(session, PLAN_STOP, err);
		if (status != ERROR_CANCELLED)
			return status;
		error_drop(err);
	}
	return stop(session, PLAN_KILL, err);
}

/* Between log lines nothing can be drawn: progress is told in lines. */
static int stop_attended(void *payload, struct error **err)
{
	struct session *session = payload;
	enum cli_mode mode = session->cli->mode;

	if (mode == CLI_TTY)
		session->cli->mode = CLI_PLAIN;
	int status = stop_all(session, err);
	session->cli->mode = mode;
	return status;
}

static bool is_idle(void *payload)
{
	const struct session *session = payload;

	return !session->supervisor || supervisor_is_idle(session->supervisor);
}

static bool listed(const struct flag_strings *names, const char *name)
{
	for (const char **item = names->items; item && *item; item++) {
		if (strcmp(*item, name) == 0)
			return true;
	}
	return false;
}

/* Whose logs are shown: those that were named, or all but --no-attach and attach: false. */
static const char **shown_services(const struct values *values, const struct change *change)
{
	struct strings names = {0};

	ARRAY_FOR_EACH (const struct service, service, &change->project->services) {
		bool show = service->attach;

		if (values->attach.len)
			show = listed(&values->attach, service->name);
		else if (change->services && !values->attach_dependencies) {
			show = false;
			for (size_t i = 0; change->services[i]; i++)
				show = show || strcmp(change->services[i], service->name) == 0;
		}
		if (show && !listed(&values->no_attach, service->name))
			array_push(&names, service->name);
	}
	array_push(&names, NULL);
	return names.items;
}

static int stay(struct session *session, const struct values *values, int64_t since, int *exit_code,
		struct error **err)
{
	CLEANUP(memory_free) const char **services = shown_services(values, session->change);
	struct attend_result result = {0};
	struct attend_options options = {
		.project = session->change->project,
		.tail = {.follow = true,
			 .timestamps = values->timestamps,
			 .count = -1,
			 .no_prefix = values->no_log_prefix,
			 .no_colour = values->no_color},
		.since = since,
		.services = services,
		.end_on_exit = values->abort_on_exit,
		.end_on_failure = values->abort_on_failure,
		.exit_code_from = values->exit_code_from,
		.stop = stop_attended,
		.is_idle = is_idle,
		.self = &session->attendance,
		.payload = session,
	};

	if (attend(session->cli, &options, &result, err) < 0)
		return (*err)->code;
	if (session->replaced && !result.interrupted)
		cli_note(session->cli, "Another version of wincompose took the project over: what "
				       "runs goes on.");
	*exit_code = result.interrupted ? 130 : (int)result.exit_code;
	return 0;
}

/* --- the verb */

static int prepare(struct cli *cli, const struct values *values, const struct change *change,
		   struct error **err)
{
	struct images_options images = {
		.services = change->services,
		.no_deps = values->no_deps,
		.build = values->build,
		.no_build = values->no_build,
		.pull = values->pull,
		.quiet_pull = values->quiet_pull,
		.quiet_build = values->quiet_build,
	};

	return ready_prepare(cli, change->project, &images, err);
}

static struct operation make_operation(const struct cli *cli, const struct values *values,
				       const struct change *change)
{
	return (struct operation){
		.project = change->project,
		.plan =
			{
				.goal = PLAN_UP,
				.services = change->services,
				.force_recreate = values->force_recreate,
				.no_recreate = values->no_recreate,
				.always_recreate_deps = values->always_recreate_deps,
				.no_start = values->no_start,
				.no_deps = values->no_deps,
				.remove_orphans = values->remove_orphans ||
						  cli_is_set("COMPOSE_REMOVE_ORPHANS"),
				.ignore_orphans = cli_is_set("COMPOSE_IGNORE_ORPHANS"),
				.renew_volumes = values->renew_volumes,
				.wait = values->wait,
				.timeout = values->timeout,
				.supervised = !values->no_supervise,
			},
		.parallel = cli_parallel(cli),
		.wait_timeout = (uint64_t)values->wait_timeout * CLOCK_SECOND,
		.keep = true,
		.dry_run = cli->globals.dry_run,
	};
}

/* What a bring_up that failed leaves: a foreground up that was interrupted stops what it started;
 * a detached one whose services do not become healthy fails, and its supervisor goes on. */
static int fall(struct session *session, bool supervise, bool foreground, int *exit_code,
		struct error **err)
{
	CLEANUP(error_drop) struct error *ignored = NULL;
	enum error_code code = (*err)->code;

	if (session->replaced && code == ERROR_CANCELLED && !session->cli->interrupts) {
		error_drop(err);
		return error_set(err, ERROR_CONFLICT,
				 "another version of wincompose took the project over before "
				 "everything ran");
	}
	if (foreground && code == ERROR_CANCELLED) {
		error_drop(err);
		*exit_code = 130;
		return stop_all(session, err);
	}
	close_supervisor(session);
	if (supervise && (code == ERROR_SYSTEM || code == ERROR_TIMEOUT))
		change_supervise(session->cli, session->change, &ignored);
	return code;
}

static int go(struct session *session, const struct values *values, int *exit_code,
	      struct error **err)
{
	struct cli *cli = session->cli;
	int64_t since = clock_wall();

	bool supervise = values->detach && !values->no_supervise && !values->no_start;

	if (bring_up(session, err) < 0)
		return fall(session, supervise, !values->detach && !values->no_start, exit_code,
			    err);
	if (cli->globals.dry_run)
		return 0;
	if (!values->detach && !values->no_start)
		return stay(session, values, since, exit_code, err);
	close_supervisor(session);
	return supervise ? change_supervise(cli, session->change, err) : 0;
}

static int carry_out(struct cli *cli, const struct values *values, struct change *change,
		     int *exit_code, struct error **err)
{
	struct session session = {.cli = cli, .change = change};

	if (prepare(cli, values, change, err) < 0)
		return (*err)->code;
	session.operation = make_operation(cli, values, change);
	int status = go(&session, values, exit_code, err);
	close_supervisor(&session);
	file_lock_drop(&session.lock);
	return status;
}

int up_detached(struct cli *cli, struct change *change, struct error **err)
{
	struct values values = defaults;
	int ignored = 0;

	values.detach = true;
	values.build = true;
	return carry_out(cli, &values, change, &ignored, err);
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	struct values values = *(const struct values *)given;
	CLEANUP(change_drop) struct change change = {0};

	if (check_flags(&values, err) < 0 || change_open(cli, arguments, true, &change, err) < 0 ||
	    scale(change.project, &values.scale, err) < 0)
		return (*err)->code;
	return carry_out(cli, &values, &change, exit_code, err);
}

const struct verb verb_up = {
	.name = "up",
	.arguments = "[SERVICE...]",
	.summary = "Create and start containers, and keep them healthy",
	.help = "In the foreground, logs are shown and Ctrl-C stops everything. With -d the\n"
		"command returns when everything runs, and a supervisor stays in the "
		"background.\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.defaults = &defaults,
	.run = run,
};
