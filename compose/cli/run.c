/* SPDX-License-Identifier: MIT */
/* run -- one command in a new container of a service */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/amend.h"
#include "compose/cli/change.h"
#include "compose/cli/images.h"
#include "compose/cli/ready.h"
#include "compose/cli/oneoff.h"
#include "compose/cli/session.h"
#include "compose/cli/terminal.h"
#include "compose/cli/verb.h"
#include "compose/plan/isolation.h"
#include "compose/plan/refusal.h"
#include "compose/plan/spec.h"

enum { SLUG_BYTES = 6 };

struct values {
	struct flag_strings cap_add, cap_drop, env, env_files, labels, publish, volumes;
	bool build, detach, interactive, no_deps, no_tty, quiet, quiet_build, quiet_pull,
		remove_orphans, rm, service_ports, tty, use_aliases;
	const char *entrypoint, *folder, *name, *pull, *user;
};

static const struct values defaults = {.interactive = true, .tty = true};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{0, "build", FLAG_SET, AT(build), NULL, "Build images before"},
	{0, "cap-add", FLAG_STRINGS, AT(cap_add), "NAME", "Add a capability"},
	{0, "cap-drop", FLAG_STRINGS, AT(cap_drop), "NAME", "Drop a capability"},
	{'d', "detach", FLAG_SET, AT(detach), NULL,
	 "Return when it has begun, and print the container's id"},
	{0, "entrypoint", FLAG_STRING, AT(entrypoint), "COMMAND", "In place of the image's"},
	{'e', "env", FLAG_STRINGS, AT(env), "KEY=VALUE",
	 "Set an environment variable; KEY alone takes ours"},
	{0, "env-from-file", FLAG_STRINGS, AT(env_files), "FILE", "Set the variables of this file"},
	{'i', "interactive", FLAG_SWITCH, AT(interactive), NULL,
	 "Pass our standard input on (default)"},
	{'l', "label", FLAG_STRINGS, AT(labels), "KEY=VALUE", "Add a label"},
	{0, "name", FLAG_STRING, AT(name), "NAME", "The container's name"},
	{0, "no-deps", FLAG_SET, AT(no_deps), NULL, "Leave what the service depends on"},
	{'T', "no-tty", FLAG_SET, AT(no_tty), NULL,
	 "No terminal (default: one, where ours is one)"},
	{0, "no-TTY", FLAG_SET, AT(no_tty), NULL, NULL},
	{'p', "publish", FLAG_STRINGS, AT(publish), "PORT", "Publish a port: [[IP:]HOST:]PORT"},
	{0, "pull", FLAG_STRING, AT(pull), "POLICY", "Pull images: always, missing, never"},
	{'q', "quiet", FLAG_SET, AT(quiet), NULL, "No progress"},
	{0, "quiet-build", FLAG_SET, AT(quiet_build), NULL, "No output of builds"},
	{0, "quiet-pull", FLAG_SET, AT(quiet_pull), NULL, "No progress of pulls"},
	{0, "remove-orphans", FLAG_SET, AT(remove_orphans), NULL,
	 "Remove containers of services that are not in the file any more"},
	{0, "rm", FLAG_SET, AT(rm), NULL, "Remove the container when it ends"},
	{'P', "service-ports", FLAG_SET, AT(service_ports), NULL, "Publish the service's ports"},
	{'t', "tty", FLAG_SWITCH, AT(tty), NULL, NULL},
	{0, "use-aliases", FLAG_SET, AT(use_aliases), NULL,
	 "Answer to the service's names on its networks"},
	{'u', "user", FLAG_STRING, AT(user), "USER", "Run it as this user"},
	{'v', "volume", FLAG_STRINGS, AT(volumes), "MOUNT", "Mount SOURCE:TARGET[:OPTIONS]"},
	{'w', "workdir", FLAG_STRING, AT(folder), "FOLDER", "Run it in this folder"},
	{0},
};

struct running {
	struct cli *cli;
	const struct values *values;
	struct change change;
	struct service *service;
	struct arena arena;
	struct images_stock stock;
	const char *kept; /* the isolation that a refused start showed to work, or NULL */
	const char *kept_reason;
};

static void running_drop(struct running *running)
{
	images_stock_drop(&running->stock);
	arena_drop(&running->arena);
	change_drop(&running->change);
}

/* --- what it needs */

static int prepare_images(struct running *running, struct error **err)
{
	const struct values *values = running->values;
	const struct images_options options = {
		.services = running->change.services,
		.no_deps = values->no_deps,
		.build = values->build,
		.pull = values->pull,
		.quiet_pull = values->quiet_pull,
		.quiet_build = values->quiet_build,
	};

	return ready_prepare(running->cli, running->change.project, &options, err);
}

static int bring_up(struct running *running, struct error **err)
{
	const struct values *values = running->values;
	struct service *service = running->service;
	const struct operation operation = {
		.project = running->change.project,
		.plan =
			{
				.goal = PLAN_UP,
				.services = running->change.services,
				.one_off = service->name,
				.no_deps = values->no_deps,
				.remove_orphans = values->remove_orphans ||
						  cli_is_set("COMPOSE_REMOVE_ORPHANS"),
				.ignore_orphans = cli_is_set("COMPOSE_IGNORE_ORPHANS"),
				.timeout = -1,
				.supervised = true,
			},
		.parallel = cli_parallel(running->cli),
		.dry_run = running->cli->globals.dry_run,
	};

	/* Ports that are not published may be taken by whomever. */
	if (!values->service_ports && !values->publish.len)
		service->ports.len = 0;
	int status = cli_operate(running->cli, &operation, &running->change.home, NULL, err);
	/* The exit code that run ends with is its command's, and nobody else's. */
	if (status < 0)
		(*err)->exit_code = 0;
	return status;
}

/* --- the container */

static int amend(struct running *running, char **command, struct error **err)
{
	const struct values *values = running->values;
	const struct amend_options options = {
		.command = command[0] ? (const char *const *)command : NULL,
		.entrypoint = values->entrypoint,
		.env_files = values->env_files.items,
		.env = values->env.items,
		.labels = values->labels.items,
		.publish = values->publish.items,
		.volumes = values->volumes.items,
		.cap_add = values->cap_add.items,
		.cap_drop = values->cap_drop.items,
		.user = values->user,
		.folder = values->folder,
	};

	return amend_service(running->change.project, running->service, &options, err);
}

static const char *make_slug(struct arena *arena)
{
	unsigned char bytes[SLUG_BYTES];
	char *slug = arena_alloc(arena, 2 * SLUG_BYTES + 1);

	uv_random(NULL, NULL, bytes, sizeof(bytes), 0, NULL);
	for (size_t i = 0; i < SLUG_BYTES; i++)
		snprintf(slug + 2 * i, 3, "%02x", bytes[i]);
	return slug;
}

static int decide_isolation(struct running *running, struct spec_options *options,
			    struct error **err)
{
	const struct engine_host *host = engine_host_known(running->cli->engine);
	const struct service *service = running->service;
	struct isolation_answer answer;

	if (!text_same(host->os_type, "windows"))
		return 0;
	struct isolation_question question = isolation_ask(service, host, options->image);
	question.kept = running->kept;
	question.kept_reason = running->kept_reason;
	if (isolation_decide(&question, &answer, err) < 0)
		return error_wrap(err, "services.%s.isolation", service->name);
	if (answer.differs)
		cli_warn(running->cli, "service %s runs with isolation %s: %s", service->name,
			 answer.isolation, answer.reason);
	if (service->extra_hosts.len)
		cli_warn(running->cli,
			 "service %s: its extra_hosts are not written into the hosts file of this "
			 "container",
			 service->name);
	options->isolation = answer.isolation;
	options->isolation_reason = arena_copy(&running->arena, answer.reason);
	return 0;
}

static int observe_image(struct running *running, const struct image **ret, struct error **err)
{
	const struct project *project = running->change.project;
	CLEANUP(memory_free)
	bool *chosen = images_choose(project, running->change.services, true);

	images_stock_drop(&running->stock);
	if (images_observe(running->cli, project, chosen, &running->stock, err) < 0)
		return (*err)->code;
	*ret = images_find(&running->stock, running->service->image);
	return 0;
}

static int make_spec(struct running *running, struct container_spec *ret, struct error **err)
{
	const struct values *values = running->values;
	const struct image *image = NULL;
	struct spec_options options = {
		.number = 1,
		.name = values->name,
		.one_off = true,
		.service_ports = values->service_ports || values->publish.len,
		.use_aliases = values->use_aliases,
		.slug = make_slug(&running->arena),
	};

	if (observe_image(running, &image, err) < 0)
		return (*err)->code;
	options.image = image;
	options.image_id = image ? image->id : NULL;
	if (decide_isolation(running, &options, err) < 0)
		return (*err)->code;
	*ret = *spec_container(&running->arena, running->change.project, running->service,
			       engine_host_known(running->cli->engine), &options);
	ret->tty = values->tty && !values->no_tty && session_has_terminal();
	ret->open_stdin = values->interactive;
	ret->stdin_once = ret->attach_stdin = values->interactive && !values->detach;
	ret->auto_remove = values->rm;
	if (ret->tty)
		terminal_size(1, &ret->console_width, &ret->console_height);
	return 0;
}

/* What the host's answer to a start means is said; true: the other isolation can work. */
static bool is_cured(struct running *running, const struct container_spec *spec, struct error **err)
{
	const struct engine_host *host = engine_host_known(running->cli->engine);
	const struct service *service = running->service;
	struct refusal refusal;

	if (!text_same(host->os_type, "windows"))
		return false;
	const struct isolation_question question =
		isolation_ask(service, host, images_find(&running->stock, service->image));
	if (!refusal_explain(&question, spec->isolation, (*err)->message, &refusal))
		return false;
	error_wrap(err, "%s", refusal.text);
	if (!refusal.cure || running->kept)
		return false;
	cli_warn(running->cli, "%s", (*err)->message);
	running->kept = refusal.cure;
	running->kept_reason =
		arena_format(&running->arena, "isolation %s was refused at start%s%s",
			     spec->isolation, *refusal.code ? ": " : "", refusal.code);
	error_drop(err);
	return true;
}

static int go(struct running *running, char **command, int *exit_code, struct error **err)
{
	struct container_spec spec;

	if (amend(running, command, err) < 0 || prepare_images(running, err) < 0 ||
	    bring_up(running, err) < 0)
		return (*err)->code;
	if (running->cli->globals.dry_run)
		return 0;
	const struct oneoff_options options = {
		.project = running->change.project->name,
		.spec = &spec,
		.detach = running->values->detach,
		.anew = text_same(engine_host_known(running->cli->engine)->os_type, "windows"),
		.post_start = &running->service->post_start,
	};
	int status;
	do {
		if (make_spec(running, &spec, err) < 0)
			return (*err)->code;
		status = oneoff_run(running->cli, &options, exit_code, err);
	} while (status < 0 && is_cured(running, &spec, err));
	return status;
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(running_drop) struct running running = {.cli = cli, .values = values};
	char *services[] = {arguments[0], NULL};

	if (!arguments[0])
		return error_set(err, ERROR_INVALID, "run needs a service");
	if (values->service_ports && values->publish.len)
		return error_set(err, ERROR_INVALID,
				 "--service-ports and --publish contradict each other");
	if (values->quiet)
		cli->mode = CLI_QUIET;
	if (change_open(cli, services, true, &running.change, err) < 0)
		return (*err)->code;
	running.service = project_service(running.change.project, arguments[0]);
	return go(&running, &arguments[1], exit_code, err);
}

const struct verb verb_run = {
	.name = "run",
	.arguments = "SERVICE [COMMAND [ARGUMENT...]]",
	.summary = "Run a command in a new container of a service",
	.help = "What the service depends on is started, and its conditions are waited for. Ends "
		"with the\ncommand's exit code. The service's ports are not published unless -P "
		"says so.\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.defaults = &defaults,
	.in_order = true,
	.run = run,
};
