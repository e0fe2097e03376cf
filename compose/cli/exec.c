/* SPDX-License-Identifier: MIT */
/* exec -- runs a command in a running container of a service */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/ask.h"
#include "compose/cli/session.h"
#include "compose/cli/terminal.h"
#include "compose/cli/verb.h"

struct values {
	struct flag_strings env;
	bool detach, interactive, no_tty, privileged, tty;
	int index;
	const char *user, *folder;
};

static const struct values defaults = {.interactive = true, .tty = true};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{'d', "detach", FLAG_SET, AT(detach), NULL, "Return when it has begun"},
	{'e', "env", FLAG_STRINGS, AT(env), "KEY=VALUE",
	 "Set an environment variable; KEY alone takes ours"},
	{0, "index", FLAG_NUMBER, AT(index), "N",
	 "The container's number, where the service has several"},
	{'i', "interactive", FLAG_SWITCH, AT(interactive), NULL, NULL},
	{'T', "no-tty", FLAG_SET, AT(no_tty), NULL,
	 "No terminal (default: one, where ours is one)"},
	{0, "no-TTY", FLAG_SET, AT(no_tty), NULL, NULL},
	{0, "privileged", FLAG_SET, AT(privileged), NULL, "Give it all privileges"},
	{'t', "tty", FLAG_SWITCH, AT(tty), NULL, NULL},
	{'u', "user", FLAG_STRING, AT(user), "USER", "Run it as this user"},
	{'w', "workdir", FLAG_STRING, AT(folder), "FOLDER", "Run it in this folder"},
	{0},
};

/* KEY alone takes the value that we have; one that we have not is left out. */
static const char *const *make_env(const struct values *values, struct arena *arena)
{
	const char **env = arena_alloc(arena, (values->env.len + 1) * sizeof(*env));
	size_t len = 0;

	for (const char **item = values->env.items; item && *item; item++) {
		const char *value = cli_variable(*item);

		if (strchr(*item, '='))
			env[len++] = *item;
		else if (value)
			env[len++] = arena_format(arena, "%s=%s", *item, value);
	}
	return env;
}

/* --- the container */

struct target {
	struct project *project; /* NULL: there is only a name */
	char *name;
	struct observed observed;
	const struct container *container;
};

static void target_drop(struct target *target)
{
	project_drop(&target->project);
	free(target->name);
	observed_drop(&target->observed);
}

static int find_target(struct cli *cli, char *service, unsigned index, struct target *target,
		       struct error **err)
{
	char *const services[] = {service, NULL};

	if (cli_project_or_name(cli, services, &target->project, &target->name, err) < 0 ||
	    (target->project && cli_check_services(target->project, services, err) < 0) ||
	    cli_engine(cli, target->name, err) < 0)
		return (*err)->code;
	const struct engine_filter filter = {.project = target->name, .containers = true};
	if (cli_observe(cli, &filter, &target->observed, err) < 0)
		return (*err)->code;
	target->container = cli_container(&target->observed, service, index, err);
	if (!target->container)
		return (*err)->code;
	if (target->container->state == CONTAINER_RUNNING)
		return 0;
	return error_set(err, ERROR_CONFLICT, "container %s is %s, not running: start it first",
			 target->container->name, container_state_name(target->container->state));
}

/* --- how it ended */

struct answer {
	struct ask ask;
	int64_t code;
};

static void answered(int64_t code, const struct error *err, void *payload)
{
	struct answer *answer = payload;

	answer->code = code;
	ask_end(&answer->ask, err);
}

static int ask_exit_code(struct cli *cli, const char *exec, int *exit_code, struct error **err)
{
	struct answer answer = {0};

	answer.ask.request = engine_exec_exit(cli->engine, exec, answered, &answer);
	if (ask_run(&answer.ask, cli, 0, err) < 0)
		return error_wrap(err, "its exit code is not known");
	*exit_code = (int)answer.code;
	return 0;
}

static int talk(struct cli *cli, struct session *session, int *exit_code, struct error **err)
{
	if (session_open(session, err) < 0 || session_run(session, err) < 0)
		return (*err)->code;
	if (session_left(session) || !session_exec(session))
		return 0;
	return ask_exit_code(cli, session_exec(session), exit_code, err);
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(target_drop) struct target target = {0};
	CLEANUP(arena_drop) struct arena arena = {0};

	if (!arguments[0] || !arguments[1])
		return error_set(err, ERROR_INVALID, "exec needs a service and a command");
	if (values->index < 0)
		return error_set(err, ERROR_INVALID, "--index: %d is no container's number",
				 values->index);
	if (find_target(cli, arguments[0], (unsigned)values->index, &target, err) < 0)
		return (*err)->code;
	struct session_options options = {
		.tty = values->tty && !values->no_tty && session_has_terminal(),
		.input = values->interactive && !values->detach,
	};
	struct exec_options exec = {
		.command = (const char *const *)&arguments[1],
		.env = make_env(values, &arena),
		.user = values->user,
		.folder = values->folder,
		.tty = options.tty,
		.input = options.input,
		.privileged = values->privileged,
		.detach = values->detach,
	};
	if (exec.tty)
		terminal_size(1, &exec.width, &exec.height);
	if (cli->globals.dry_run)
		return 0;
	CLEANUP(session_close) struct session *session = session_new(cli, &options);
	session_begin(session, engine_exec(cli->engine, target.container->id, &exec, session_reader,
					   session));
	if (!values->detach)
		return talk(cli, session, exit_code, err);
	return session_run(session, err);
}

const struct verb verb_exec = {
	.name = "exec",
	.arguments = "SERVICE COMMAND [ARGUMENT...]",
	.summary = "Run a command in a running container",
	.help = "Ends with the command's exit code. Ctrl-P Ctrl-Q leaves its terminal and lets it "
		"run on.\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.defaults = &defaults,
	.in_order = true,
	.run = run,
};
