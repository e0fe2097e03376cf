/* SPDX-License-Identifier: MIT */
/* watch -- what changes in the files of a running project goes into its containers, as develop.watch says */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/notify.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/cli/ask.h"
#include "compose/cli/batch.h"
#include "compose/cli/images.h"
#include "compose/cli/sieve.h"
#include "compose/cli/up.h"
#include "compose/cli/verb.h"
#include "compose/supervise/inside.h"

enum {
	ARCHIVE_MAX = 8 << 20,
	DEPTH_MAX = 64, /* of folders, where the whole is synced */
};

struct values {
	bool no_up, quiet;
};

static const struct flag flags[] = {
	{0, "no-up", FLAG_SET, offsetof(struct values, no_up), NULL,
	 "Do not build and start the project before"},
	{'q', "quiet", FLAG_SET, offsetof(struct values, quiet), NULL, "No output of builds"},
	{0},
};

/* One watched path of one service. */
struct guard {
	struct vigil *vigil;
	const struct service *service;
	const struct watch_rule *rule;
	struct sieve *sieve;
	struct notify *notify;
	ARRAY(char *) changed; /* since the last reaction */
	bool all;              /* anything may have */
};

struct vigil {
	struct cli *cli;
	struct change *change;
	bool quiet;
	struct guard *guards;
	size_t count, ready, open;
	bool woken, stopped, closed;
};

/* --- the guards */

static bool is_skipped(const char *path, bool is_folder, void *payload)
{
	struct guard *guard = payload;

	return !sieve_holds(guard->sieve, path, is_folder);
}

static void on_ready(void *payload)
{
	struct guard *guard = payload;

	guard->vigil->ready++;
	guard->vigil->woken = true;
}

static void on_told(const char *const *paths, size_t count, void *payload)
{
	struct guard *guard = payload;

	guard->all = guard->all || !count;
	for (size_t i = 0; i < count; i++)
		array_push(&guard->changed, memory_copy(paths[i]));
	guard->vigil->woken = true;
}

static void on_failed(const struct error *err, void *payload)
{
	struct guard *guard = payload;

	cli_warn(guard->vigil->cli, "%s", err->message);
	if (err->detail)
		cli_note(guard->vigil->cli, "%s", err->detail);
}

static void on_closed(void *payload)
{
	struct vigil *vigil = payload;

	vigil->closed = --vigil->open == 0;
}

static void on_interrupt(struct cli *cli, void *payload)
{
	struct vigil *vigil = payload;

	if (cli->interrupts > 1)
		exit(130);
	vigil->stopped = true;
	vigil->woken = true;
}

static bool is_meant(const struct change *change, const struct service *service)
{
	if (!change->services)
		return true;
	for (size_t i = 0; change->services[i]; i++)
		if (strcmp(change->services[i], service->name) == 0)
			return true;
	return false;
}

/* What is synced over a mount of this host's own files would be written twice. */
static bool is_bound(const struct service *service, const struct watch_rule *rule)
{
	ARRAY_FOR_EACH (const struct service_mount, mount, &service->mounts) {
		if (mount->kind == MOUNT_BIND && rule->target &&
		    strcmp(mount->target, rule->target) == 0)
			return true;
	}
	return false;
}

static int add_guard(struct vigil *vigil, const struct service *service,
		     const struct watch_rule *rule, struct error **err)
{
	struct guard *guard = &vigil->guards[vigil->count];
	struct notify_options options = {
		.path = rule->path,
		.skip = is_skipped,
		.ready = on_ready,
		.told = on_told,
		.failed = on_failed,
		.payload = guard,
	};

	if (is_bound(service, rule)) {
		cli_warn(vigil->cli, "%s: %s is mounted from this host already: it is not synced",
			 service->name, rule->target);
		return 0;
	}
	*guard = (struct guard){
		.vigil = vigil, .service = service, .rule = rule, .all = rule->initial_sync};
	if (sieve_new(service, rule, &guard->sieve, err) < 0 ||
	    notify_open(vigil->cli->loop, &options, &guard->notify, err) < 0) {
		sieve_drop(&guard->sieve);
		return error_wrap(err, "service %s: develop.watch", service->name);
	}
	vigil->count++;
	vigil->open++;
	return 0;
}

static int open_guards(struct vigil *vigil, struct error **err)
{
	const struct project *project = vigil->change->project;
	size_t rules = 0;

	ARRAY_FOR_EACH (const struct service, service, &project->services)
		rules += is_meant(vigil->change, service) ? service->watches.len : 0;
	if (!rules)
		return error_set(err, ERROR_INVALID,
				 "nothing is to be watched: no service here has develop: {watch: "
				 "[...]}");
	vigil->guards = memory_zero(rules, sizeof(*vigil->guards));
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (!is_meant(vigil->change, service))
			continue;
		ARRAY_FOR_EACH (const struct watch_rule, rule, &service->watches) {
			if (add_guard(vigil, service, rule, err) < 0)
				return (*err)->code;
		}
	}
	return 0;
}

static void vigil_end(struct vigil *vigil)
{
	for (size_t i = 0; i < vigil->count; i++)
		notify_close(vigil->guards[i].notify, on_closed, vigil);
	vigil->closed = vigil->open == 0;
	cli_run(vigil->cli, &vigil->closed);
	for (size_t i = 0; i < vigil->count; i++) {
		sieve_drop(&vigil->guards[i].sieve);
		ARRAY_FOR_EACH (char *, path, &vigil->guards[i].changed)
			free(*path);
		array_drop(&vigil->guards[i].changed);
	}
	free(vigil->guards);
}

/* --- what a batch asks for */

struct gather {
	struct guard *guard;
	struct batch *batch;
	const char *folder;
	unsigned depth;
};

static void gather(const char *name, void *payload)
{
	const struct gather *above = payload;
	struct guard *guard = above->guard;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free)
	char *path =
		*above->folder ? memory_format("%s/%s", above->folder, name) : memory_copy(name);
	CLEANUP(memory_free) char *full = path_join(guard->rule->path, path);
	bool folder = file_kind(full) == FILE_FOLDER;

	if (!sieve_holds(guard->sieve, path, folder))
		return;
	if (!folder) {
		batch_add(above->batch, guard->rule, (const char *[]){path}, 1);
		return;
	}
	struct gather below = {guard, above->batch, path, above->depth + 1};
	if (below.depth < DEPTH_MAX)
		file_list(full, gather, &below, &err);
}

static void take(struct guard *guard, struct batch *batch)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct gather top = {guard, batch, "", 0};

	if (!guard->all)
		batch_add(batch, guard->rule, (const char *const *)guard->changed.items,
			  guard->changed.len);
	else if (file_kind(guard->rule->path) == FILE_FOLDER)
		file_list(guard->rule->path, gather, &top, &err);
	else
		batch_add(batch, guard->rule, (const char *[]){""}, 1);
	guard->all = false;
	ARRAY_FOR_EACH (char *, path, &guard->changed)
		free(*path);
	guard->changed.len = 0;
}

/* --- doing it */

static void answered(const struct error *err, void *payload)
{
	ask_end(payload, err);
}

static int copy(struct cli *cli, const struct container *container, const struct batch *batch,
		struct error **err)
{
	CLEANUP(text_drop) struct text tar = {0};
	size_t next = 0;

	while (next < batch->put.len) {
		struct ask ask = {0};

		if (batch_archive(batch, &next, ARCHIVE_MAX, &tar, err) < 0)
			return (*err)->code;
		ask.request = engine_copy_in(cli->engine, container->id, "/", text_string(&tar),
					     tar.len, answered, &ask);
		if (ask_run(&ask, cli, 0, err) < 0)
			return (*err)->code;
	}
	return 0;
}

struct wait {
	bool done;
	struct error *error;
};

static void ended(const struct error *err, void *payload)
{
	struct wait *wait = payload;

	wait->error = error_copy(err);
	wait->done = true;
}

static int execute(struct cli *cli, const struct container *container, const struct hook *hook,
		   struct error **err)
{
	struct wait wait = {0};

	inside_start(cli->engine, container->id, hook, 0, ended, &wait);
	cli_run(cli, &wait.done);
	return wait.error ? error_move(err, &wait.error) : 0;
}

/* Each path is an argument of its own: no shell reads it, but cmd on Windows. */
static int erase(struct cli *cli, const struct container *container, const struct batch *batch,
		 struct error **err)
{
	const struct engine_host *host = engine_host_known(cli->engine);
	bool windows = host && text_same(host->os_type, "windows");
	static const char *const linux_words[] = {"rm", "-rf", "--", NULL};
	static const char *const windows_words[] = {"cmd", "/c", "del", "/f", "/q", NULL};
	const char *const *words = windows ? windows_words : linux_words;
	ARRAY(char *) command = {0};

	for (; *words; words++)
		array_push(&command, (char *)*words);
	for (size_t i = 0; i < batch->removed.len; i++)
		array_push(&command, (char *)batch->removed.items[i]);
	array_push(&command, NULL);
	int status = execute(cli, container, &(struct hook){.command = command.items}, err);

	array_drop(&command);
	return status;
}

static int refresh(struct cli *cli, const struct container *container, const struct batch *batch,
		   struct error **err)
{
	if (batch->put.len && copy(cli, container, batch, err) < 0)
		return (*err)->code;
	if (batch->removed.len && erase(cli, container, batch, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct hook *, hook, &batch->commands) {
		if (execute(cli, container, *hook, err) < 0)
			return (*err)->code;
	}
	return 0;
}

static int refresh_all(struct vigil *vigil, const struct service *service,
		       const struct batch *batch, struct error **err)
{
	CLEANUP(observed_drop) struct observed observed = {0};
	const char *project = vigil->change->project->name;
	struct engine_filter filter = {.project = project, .containers = true};

	if (cli_observe(vigil->cli, &filter, &observed, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct container, container, &observed.containers) {
		const char *name = plan_service(&container->labels);

		if (!name || strcmp(name, service->name) != 0 ||
		    container->state != CONTAINER_RUNNING || !plan_owns(project, container))
			continue;
		if (refresh(vigil->cli, container, batch, err) < 0)
			return error_wrap(err, "container %s", container->name);
	}
	return 0;
}

static int operate(struct vigil *vigil, const struct service *service, enum plan_goal goal,
		   struct error **err)
{
	const char *const services[] = {service->name, NULL};
	struct operation operation = {
		.project = vigil->change->project,
		.plan = {.goal = goal,
			 .services = services,
			 .no_deps = true,
			 .timeout = -1,
			 .supervised = true},
		.parallel = cli_parallel(vigil->cli),
		.keep = goal == PLAN_UP,
	};

	return cli_operate(vigil->cli, &operation, &vigil->change->home, NULL, err);
}

static int rebuild(struct vigil *vigil, const struct service *service, struct error **err)
{
	const char *const services[] = {service->name, NULL};
	struct images_options images = {
		.services = services,
		.no_deps = true,
		.build = true,
		.quiet_build = vigil->quiet,
	};

	if (images_prepare(vigil->cli, vigil->change->project, &images, err) < 0)
		return (*err)->code;
	return operate(vigil, service, PLAN_UP, err);
}

static void say(struct vigil *vigil, const struct service *service, const struct batch *batch)
{
	CLEANUP(text_drop) struct text more = {0};
	const char *what = batch->rebuild ? "rebuilding"
			   : batch->put.len || batch->removed.len
				   ? batch->restart ? "syncing and restarting" : "syncing"
				   : "restarting";

	if (batch->changes > 1)
		text_printf(&more, " and %zu more", batch->changes - 1);
	cli_note(vigil->cli, "%s: %s (%s%s changed)", service->name, what, batch->first,
		 text_string(&more));
}

static int act(struct vigil *vigil, const struct service *service, const struct batch *batch,
	       struct error **err)
{
	say(vigil, service, batch);
	if (batch->rebuild)
		return rebuild(vigil, service, err);
	if ((batch->put.len || batch->removed.len || batch->commands.len) &&
	    refresh_all(vigil, service, batch, err) < 0)
		return (*err)->code;
	return batch->restart ? operate(vigil, service, PLAN_RESTART, err) : 0;
}

/* A reaction that fails is told; the next change may mend it. */
static void react(struct vigil *vigil, const struct service *service)
{
	CLEANUP(batch_drop) struct batch batch = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	for (size_t i = 0; i < vigil->count; i++) {
		struct guard *guard = &vigil->guards[i];

		if (guard->service == service && (guard->all || guard->changed.len))
			take(guard, &batch);
	}
	if (batch_is_empty(&batch) || act(vigil, service, &batch, &err) == 0)
		return;
	if (err->code == ERROR_CANCELLED)
		vigil->stopped = true;
	else
		cli_error(vigil->cli, err);
}

static void stand(struct vigil *vigil)
{
	struct cli *cli = vigil->cli;
	bool told = false;

	while (!vigil->stopped) {
		/* An operation has taken Ctrl-C for itself meanwhile. */
		cli->interrupts = 0;
		cli->interrupted = on_interrupt;
		cli->interrupted_payload = vigil;
		cli_run(cli, &vigil->woken);
		cli->interrupted = NULL;
		vigil->woken = false;
		if (!told && vigil->ready == vigil->count) {
			told = true;
			cli_note(cli, "Watching %zu path%s; Ctrl-C ends it", vigil->count,
				 vigil->count == 1 ? "" : "s");
		}
		ARRAY_FOR_EACH (const struct service, service, &vigil->change->project->services) {
			if (!vigil->stopped)
				react(vigil, service);
		}
	}
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(change_drop) struct change change = {0};
	struct vigil vigil = {.cli = cli, .change = &change, .quiet = values->quiet};

	if (change_open(cli, arguments, true, &change, err) < 0)
		return (*err)->code;
	/* Before the up, so that what changes meanwhile is not lost. */
	int status = open_guards(&vigil, err);

	if (status == 0 && !values->no_up)
		status = up_detached(cli, &change, err);
	if (status == 0) {
		stand(&vigil);
		*exit_code = 130;
	}
	vigil_end(&vigil);
	return status;
}

const struct verb verb_watch = {
	.name = "watch",
	.arguments = "[SERVICE...]",
	.summary = "Bring changed files into running containers",
	.help = "Builds and starts the project as up -d --build does, then does what\n"
		"develop: {watch: [...]} says whenever files change: sync, restart, rebuild.\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
