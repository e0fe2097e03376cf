/* SPDX-License-Identifier: MIT */
/* The project that a verb is about. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"

/* An object on a line of its own for each, with what diagnostics_json says of it. */
static void print_objects(const struct diagnostics *findings)
{
	CLEANUP(json_drop) cJSON *array = diagnostics_json(findings);
	cJSON *one = NULL;

	cJSON_ArrayForEach (one, array) {
		cJSON_AddTrueToObject(one, json_string(one, "severity"));
		CLEANUP(memory_free) char *printed = json_print(one);
		fprintf(stderr, "%s\n", printed);
	}
}

/* What was printed so is not told again. */
static int told(const struct diagnostics *findings, struct error **err)
{
	if (findings->errors == 0)
		return (*err)->code;
	print_objects(findings);
	error_drop(err);
	return error_set(err, ERROR_INVALID, "the project file has %zu error%s", findings->errors,
			 findings->errors == 1 ? "" : "s");
}

void cli_findings(struct cli *cli, const struct diagnostics *findings)
{
	CLEANUP(text_drop) struct text text = {0};

	if (!findings->list.len || cli->mode == CLI_QUIET)
		return;
	if (cli->mode == CLI_JSON) {
		print_objects(findings);
		return;
	}
	diagnostics_print(findings, cli->colour_err, &text);
	fputs(text_string(&text), stderr);
}

int cli_project_as(struct cli *cli, const struct project_options *options, struct project **ret,
		   struct error **err)
{
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};

	findings.colour = cli->colour_err && cli->mode != CLI_JSON;
	if (project_load(options, &findings, ret, err) < 0)
		return cli->mode == CLI_JSON ? told(&findings, err) : (*err)->code;
	cli_findings(cli, &findings);
	return 0;
}

struct project_options cli_project_options(const struct cli *cli, char *const *services)
{
	const struct cli_globals *globals = &cli->globals;

	return (struct project_options){
		.files = globals->files.items,
		.folder = globals->folder,
		.name = globals->project_name,
		.profiles = globals->profiles.items,
		.env_files = globals->env_files.items,
		.environment = cli->environment,
		.services = services && services[0] ? (const char *const *)services : NULL,
		.all_resources = globals->all_resources,
		.windows = path_host_is_windows(),
	};
}

int cli_project(struct cli *cli, char *const *services, struct project **ret, struct error **err)
{
	struct project_options options = cli_project_options(cli, services);

	return cli_project_as(cli, &options, ret, err);
}

int cli_project_or_name(struct cli *cli, char *const *services, struct project **ret, char **name,
			struct error **err)
{
	const char *given = cli->globals.project_name;
	const char *variable = cli_variable("COMPOSE_PROJECT_NAME");

	if (!given || cli->globals.files.len) {
		if (cli_project(cli, services, ret, err) == 0) {
			*name = memory_copy((*ret)->name);
			return 0;
		}
		/* A file that is there and wrong is told, whatever the name. */
		if (!variable || (*err)->code != ERROR_NOT_FOUND)
			return (*err)->code;
		error_drop(err);
		given = variable;
	}
	if (project_name_check(given, err) < 0)
		return (*err)->code;
	*name = memory_copy(given);
	return 0;
}

static int unknown_service(const struct project *project, const char *name, struct error **err)
{
	CLEANUP(memory_free)
	const char **names = memory_zero(project->services.len + 1, sizeof(*names));

	for (size_t i = 0; i < project->services.len; i++)
		names[i] = project->services.items[i].name;
	const char *meant = text_nearest(name, names, project->services.len);
	if (meant)
		return error_set(err, ERROR_NOT_FOUND, "no such service: %s (did you mean %s?)",
				 name, meant);
	return error_set(err, ERROR_NOT_FOUND, "no such service: %s", name);
}

int cli_check_services(const struct project *project, char *const *services, struct error **err)
{
	for (size_t i = 0; services && services[i]; i++) {
		if (!project_service(project, services[i]))
			return unknown_service(project, services[i], err);
	}
	return 0;
}
