/* SPDX-License-Identifier: MIT */
/* config -- the project as it is understood: merged, interpolated, in its canonical form; asks an
 * engine only where images are to become digests */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/part.h"
#include "compose/cli/pin.h"
#include "compose/cli/settle.h"
#include "compose/cli/verb.h"
#include "compose/plan/sense.h"
#include "compose/project/print.h"

struct values {
	bool quiet, services, volumes, networks, models, images, profiles, variables, environment,
		no_interpolate, no_normalize, no_path_resolution, no_env_resolution, no_consistency,
		resolve_image_digests, resolve_isolation, lock_image_digests;
	const char *format, *output, *hash, *diagnostics;
};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{0, "diagnostics", FLAG_STRING, AT(diagnostics), "json|text",
	 "Only check; json: print what was found as an array"},
	{0, "environment", FLAG_SET, AT(environment), NULL,
	 "Print the variables that the file can use"},
	{0, "format", FLAG_STRING, AT(format), "yaml|json", "Format of the output (default yaml)"},
	{0, "hash", FLAG_STRING, AT(hash), "SERVICE,...",
	 "Print the hashes of services, \"*\" of all"},
	{0, "images", FLAG_SET, AT(images), NULL, "Print the names of images"},
	{0, "lock-image-digests", FLAG_SET, AT(lock_image_digests), NULL,
	 "Print only the images, with the digests that their registries have now"},
	{0, "models", FLAG_SET, AT(models), NULL, "Print the names of models"},
	{0, "networks", FLAG_SET, AT(networks), NULL, "Print the keys of networks"},
	{0, "no-consistency", FLAG_SET, AT(no_consistency), NULL,
	 "Do not check that what is referred to is there"},
	{0, "no-env-resolution", FLAG_SET, AT(no_env_resolution), NULL,
	 "Do not read the env_file of services"},
	{0, "no-interpolate", FLAG_SET, AT(no_interpolate), NULL, "Leave ${VARIABLES} as they are"},
	{0, "no-normalize", FLAG_SET, AT(no_normalize), NULL, "Add no defaults"},
	{0, "no-path-resolution", FLAG_SET, AT(no_path_resolution), NULL,
	 "Leave relative paths as they are"},
	{'o', "output", FLAG_STRING, AT(output), "FILE", "Write the whole to a file"},
	{0, "profiles", FLAG_SET, AT(profiles), NULL, "Print the names of profiles"},
	{'q', "quiet", FLAG_SET, AT(quiet), NULL, "Only check, do not print the whole"},
	{0, "resolve-image-digests", FLAG_SET, AT(resolve_image_digests), NULL,
	 "Name images by the digests that their registries have now"},
	{0, "resolve-isolation", FLAG_SET, AT(resolve_isolation), NULL,
	 "Write the isolation that up would take on this Windows engine, and tell why"},
	{0, "services", FLAG_SET, AT(services), NULL,
	 "Print the names of services, what others depend on first"},
	{0, "variables", FLAG_SET, AT(variables), NULL,
	 "Print the variables that the files mention, with their defaults"},
	{0, "volumes", FLAG_SET, AT(volumes), NULL, "Print the keys of volumes"},
	{0},
};

/* What is printed instead of the whole, or NULL. Of several that were asked for docker compose
 * prints the first of this order. */
static const struct part *choose_part(const struct values *values)
{
	const struct {
		bool wanted;
		const struct part *part;
	} parts[] = {
		{values->services, &part_services},
		{values->volumes, &part_volumes},
		{values->networks, &part_networks},
		{values->models, &part_models},
		{values->hash, &part_hash},
		{values->profiles, &part_profiles},
		{values->images, &part_images},
		{values->variables, &part_variables},
		{values->environment, &part_environment},
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i].wanted)
			return parts[i].part;
	}
	return NULL;
}

/* --- the whole */

/* In JSON docker compose doubles every $, those of keys too. */
static void add_json(const struct project *project, bool raw, struct text *out)
{
	CLEANUP(json_drop) cJSON *json = print_json(project, raw);
	CLEANUP(memory_free) char *printed = json_print_pretty(json);

	for (const char *c = printed; *c; c++) {
		text_add_char(out, *c);
		if (*c == '$' && !raw)
			text_add_char(out, '$');
	}
	text_add_char(out, '\n');
}

static void add_whole(const struct project *project, const struct values *values, struct text *out)
{
	if (values->format && strcmp(values->format, "yaml") != 0)
		add_json(project, values->no_interpolate, out);
	else if (values->no_interpolate)
		node_to_yaml(project->written ? project->written : project->root, out);
	else
		node_to_file(project->root, out);
}

/* --- the verb */

static struct project_options options_of(struct cli *cli, const struct values *values,
					 const struct part *part, char **services)
{
	static const char *const every[] = {"*", NULL};
	bool selects = !part || part->with_services;
	struct project_options options = cli_project_options(cli, selects ? services : NULL);

	options.no_interpolate = values->no_interpolate || (part && part->raw);
	options.no_normalize =
		values->no_normalize || cli->globals.compatibility || (part && part->raw);
	options.no_path_resolution = values->no_path_resolution;
	options.no_env_resolution = values->no_env_resolution || (part && !part->with_env);
	options.no_consistency = values->no_consistency;
	options.judge = options.no_interpolate ? NULL : sense_doubt;
	/* What is not interpolated is shown before anything is left out, as docker compose does. */
	options.all_resources |= options.no_interpolate;
	if ((part && part->every_profile) || (!options.services && options.no_interpolate))
		options.profiles = every;
	return options;
}

static int select_services(struct project *project, const struct project_options *options,
			   struct error **err)
{
	if (!options->services)
		return 0;
	return project_select(project, options->services, false, err);
}

/* What is shown though no engine takes it. */
static void doubt(const struct project *project, const struct project_options *options,
		  struct diagnostics *findings)
{
	if (options->no_interpolate)
		return;
	sense_doubt(project, findings);
	diagnostics_sort(findings);
}

/* What was found, as an array for editors; the exit code says whether the project is right. */
static int check(struct cli *cli, const struct project_options *options, int *exit_code,
		 struct error **err)
{
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(error_drop) struct error *failure = NULL;
	CLEANUP(text_drop) struct text out = {0};

	if (project_load(options, &findings, &project, &failure) == 0) {
		doubt(project, options, &findings);
		select_services(project, options, &failure);
	}
	if (failure) {
		*exit_code = cli_exit_code(failure);
		if (findings.errors == 0)
			diagnostics_take(&findings, failure);
	}
	CLEANUP(json_drop) cJSON *json = diagnostics_json(&findings);
	CLEANUP(memory_free) char *printed = json_print_pretty(json);
	text_printf(&out, "%s\n", printed);
	return cli_print(cli, out.data, out.len, err);
}

static int one_of(const char *flag, const char *value, const char *a, const char *b,
		  struct error **err)
{
	if (!value || strcmp(value, a) == 0 || strcmp(value, b) == 0)
		return 0;
	return error_set(err, ERROR_INVALID, "--%s: \"%s\" is neither %s nor %s", flag, value, a,
			 b);
}

static int print_part(struct cli *cli, const struct values *values, const struct part *part,
		      const struct project *project, struct error **err)
{
	CLEANUP(text_drop) struct text out = {0};

	if (part->print(project, part == &part_hash ? values->hash : values->format, &out, err) < 0)
		return (*err)->code;
	return cli_print(cli, out.data, out.len, err);
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	const struct part *part = choose_part(values);
	const struct project_options options = options_of(cli, values, part, arguments);
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(diagnostics_drop) struct diagnostics doubts = {0};
	CLEANUP(text_drop) struct text out = {0};

	if ((!part && one_of("format", values->format, "yaml", "json", err) < 0) ||
	    one_of("diagnostics", values->diagnostics, "json", "text", err) < 0)
		return (*err)->code;
	if (values->diagnostics && strcmp(values->diagnostics, "json") == 0)
		return check(cli, &options, exit_code, err);
	if (cli_project_as(cli, &options, &project, err) < 0)
		return (*err)->code;
	doubt(project, &options, &doubts);
	cli_findings(cli, &doubts);
	if (select_services(project, &options, err) < 0)
		return (*err)->code;
	if (part)
		return print_part(cli, values, part, project, err);
	bool pins = values->resolve_image_digests || values->lock_image_digests;
	if (pins && pin_images(cli, project, err) < 0)
		return (*err)->code;
	if (values->resolve_isolation && settle_isolation(cli, project, err) < 0)
		return (*err)->code;
	if (values->lock_image_digests)
		pin_only(project);
	if (values->quiet || values->diagnostics)
		return 0;
	add_whole(project, values, &out);
	if (values->output)
		return file_write(values->output, text_string(&out), out.len, false, err);
	return cli_print(cli, out.data, out.len, err);
}

const struct verb verb_config = {
	.name = "config",
	.arguments = "[SERVICE...]",
	.summary = "Check the project file and show what it means",
	.help = "Examples:\n"
		"  wincompose config -q             only check it\n"
		"  wincompose config --format json\n"
		"  wincompose config --services\n"
		"  wincompose config --diagnostics json    for editors\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
