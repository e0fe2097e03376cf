/* SPDX-License-Identifier: MIT */
/* ps -- the containers of a project */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/inquire.h"
#include "compose/cli/row.h"
#include "compose/cli/table.h"
#include "compose/cli/verb.h"
#include "compose/plan/spec.h"

struct values {
	bool all, quiet, services, no_trunc, orphans, wide;
	const char *format;
	struct flag_strings status, filter;
};

static const struct values defaults = {.orphans = true};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{'a', "all", FLAG_SET, AT(all), NULL, "Also those that do not run"},
	{0, "filter", FLAG_STRINGS, AT(filter), "status=STATE", "The same as --status STATE"},
	{0, "format", FLAG_STRING, AT(format), "FORMAT",
	 "table, json, a template ({{.Name}}), or \"table TEMPLATE\""},
	{0, "no-trunc", FLAG_SET, AT(no_trunc), NULL, "Shorten nothing"},
	{0, "orphans", FLAG_SWITCH, AT(orphans), NULL,
	 "Also of services not in the file (default true)"},
	{'q', "quiet", FLAG_SET, AT(quiet), NULL, "Only ids"},
	{0, "services", FLAG_SET, AT(services), NULL, "Only the names of services"},
	{0, "status", FLAG_STRINGS, AT(status), "STATE",
	 "Only: created, running, paused, restarting, removing, exited, dead"},
	{0, "wide", FLAG_SET, AT(wide), NULL,
	 "Also the isolation of Windows containers, and why it was chosen"},
	{0},
};

/* The last two are shown by --wide. */
#define COLUMNS(narrow)                                                                            \
	(const struct table_column[])                                                              \
	{                                                                                          \
		{"NAME", "Name"}, {"IMAGE", "Image"}, {"COMMAND", "Command"},                      \
			{"SERVICE", "Service"}, {"CREATED", "RunningFor"}, {"STATUS", "Status"},   \
			{"PORTS", "Ports"}, {"CREATED AT", "CreatedAt", true},                     \
			{"EXIT CODE", "ExitCode", true}, {"HEALTH", "Health", true},               \
			{"CONTAINER ID", "ID", true}, {"LABELS", "Labels", true},                  \
			{"LOCAL VOLUMES", "LocalVolumes", true}, {"MOUNTS", "Mounts", true},       \
			{"NAMES", "Names", true}, {"NETWORKS", "Networks", true},                  \
			{"PROJECT", "Project", true}, {"PUBLISHERS", "Publishers", true},          \
			{"SIZE", "Size", true}, {"STATE", "State", true},                          \
			{"ISOLATION", "Isolation", narrow},                                        \
			{"ISOLATION REASON", "IsolationReason", narrow},                           \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}

static const struct table table = {.columns = COLUMNS(true), .min_width = 10, .json_lines = true};
static const struct table wide_table = {
	.columns = COLUMNS(false), .min_width = 10, .json_lines = true};

/* --- which */

struct wanted {
	const struct values *values;
	char **services;
	const struct project *project; /* or NULL */
	struct map states;
};

static int add_state(struct wanted *wanted, const char *state, struct error **err)
{
	const char *names[CONTAINER_DEAD + 1];

	for (int i = 0; i <= CONTAINER_DEAD; i++) {
		names[i] = container_state_name((enum container_state)i);
		if (strcmp(names[i], state) == 0) {
			map_set(&wanted->states, state, wanted);
			return 0;
		}
	}
	CLEANUP(text_drop) struct text list = {0};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		text_printf(&list, "%s%s", i ? ", " : "", names[i]);
	return error_set(err, ERROR_INVALID, "\"%s\" is no state of a container: it is one of %s",
			 state, text_string(&list));
}

static int read_states(struct wanted *wanted, struct error **err)
{
	const struct values *values = wanted->values;

	for (const char **state = values->status.items; state && *state; state++) {
		if (add_state(wanted, *state, err) < 0)
			return error_wrap(err, "--status");
	}
	for (const char **filter = values->filter.items; filter && *filter; filter++) {
		if (!text_starts(*filter, "status="))
			return error_set(err, ERROR_INVALID,
					 "--filter: \"%s\" is not of the form status=STATE",
					 *filter);
		if (add_state(wanted, *filter + strlen("status="), err) < 0)
			return error_wrap(err, "--filter");
	}
	return 0;
}

static bool is_wanted(const struct wanted *wanted, const struct container *container)
{
	const char *service = labels_get(&container->labels, "com.docker.compose.service");
	bool runs = container->state == CONTAINER_RUNNING || container->state == CONTAINER_PAUSED ||
		    container->state == CONTAINER_RESTARTING;

	if (wanted->states.len ? !map_has(&wanted->states, container_state_name(container->state))
			       : !runs && !wanted->values->all)
		return false;
	if (!wanted->values->orphans && wanted->project &&
	    !(service && project_service(wanted->project, service)))
		return false;
	for (size_t i = 0; wanted->services[i]; i++) {
		if (text_same(service, wanted->services[i]))
			return true;
	}
	return !wanted->services[0];
}

/* --- how */

static void add_services(const cJSON *rows, struct text *out)
{
	struct map seen = {0};
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		const char *service = json_string(row, "Service");
		if (map_has(&seen, service))
			continue;
		map_set(&seen, service, out);
		text_printf(out, "%s\n", service);
	}
	map_drop(&seen);
}

static int print(struct cli *cli, const struct wanted *wanted, const struct observed *observed,
		 struct error **err)
{
	const struct values *values = wanted->values;
	CLEANUP(json_drop) cJSON *rows = cJSON_CreateArray();
	CLEANUP(text_drop) struct text out = {0};
	int64_t now = clock_wall();

	ARRAY_FOR_EACH (const struct container, container, &observed->containers) {
		if (!is_wanted(wanted, container))
			continue;
		if (values->quiet)
			text_printf(&out, "%s\n", container->id);
		else
			cJSON_AddItemToArray(rows, row_container(container, now, values->no_trunc));
	}
	if (values->services)
		add_services(rows, &out);
	else if (!values->quiet && table_print(values->wide ? &wide_table : &table, rows,
					       values->format, &out, err) < 0)
		return (*err)->code;
	return cli_print(cli, out.data, out.len, err);
}

/* The health that a probe of ours finds is known to who runs it. Containers that no up of ours made
 * have none, and without a supervisor the engine's word is all there is. */
static void ask_supervisor(struct cli *cli, const char *name, struct observed *observed)
{
	CLEANUP(home_project_drop) struct home_project home = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(json_drop) cJSON *answer = NULL;
	bool supervised = false;

	ARRAY_FOR_EACH (const struct container, container, &observed->containers)
		supervised = supervised || labels_get(&container->labels, LABEL_SUPERVISE);
	if (!supervised || cli_home_project(cli, name, &home, &err) < 0)
		return;
	answer = inquire(cli, &home);
	inquire_health(answer, observed);
}

static int run_wanted(struct cli *cli, struct wanted *wanted, struct error **err)
{
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(memory_free) char *name = NULL;
	CLEANUP(observed_drop) struct observed observed = {0};

	if (read_states(wanted, err) < 0 ||
	    cli_project_or_name(cli, wanted->services, &project, &name, err) < 0)
		return (*err)->code;
	wanted->project = project;
	if (project && cli_check_services(project, wanted->services, err) < 0)
		return (*err)->code;
	struct engine_filter filter = {.project = name, .containers = true};
	if (cli_engine(cli, name, err) < 0 || cli_observe(cli, &filter, &observed, err) < 0)
		return (*err)->code;
	if (!wanted->values->quiet && !wanted->values->services)
		ask_supervisor(cli, name, &observed);
	return print(cli, wanted, &observed, err);
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	struct wanted wanted = {.values = given, .services = arguments};

	(void)exit_code;
	int status = run_wanted(cli, &wanted, err);
	map_drop(&wanted.states);
	return status;
}

const struct verb verb_ps = {
	.name = "ps",
	.arguments = "[SERVICE...]",
	.summary = "List containers",
	.help = "Examples:\n"
		"  wincompose ps -a\n"
		"  wincompose ps --format '{{.Name}} {{.Status}}'\n"
		"  wincompose ps --format json     a JSON object for each, on a line of its own\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.defaults = &defaults,
	.run = run,
};
