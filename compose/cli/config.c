/* SPDX-License-Identifier: MIT */
/* config -- the project as it is understood: merged, interpolated, in its canonical form; asks no
 * engine */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/verb.h"

struct values {
	bool quiet, services, volumes, networks, images, profiles, environment, no_interpolate,
		no_normalize, no_path_resolution, no_env_resolution, no_consistency;
	const char *format, *output, *hash;
};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{0, "environment", FLAG_SET, AT(environment), NULL,
	 "Print the variables that the file can use"},
	{0, "format", FLAG_STRING, AT(format), "yaml|json", "Format of the output (default yaml)"},
	{0, "hash", FLAG_STRING, AT(hash), "SERVICE,...",
	 "Print the hashes of services, \"*\" of all"},
	{0, "images", FLAG_SET, AT(images), NULL, "Print the names of images, a line each"},
	{0, "networks", FLAG_SET, AT(networks), NULL, "Print the keys of networks"},
	{0, "no-consistency", FLAG_SET, AT(no_consistency), NULL,
	 "Do not check that what is referred to is there"},
	{0, "no-env-resolution", FLAG_SET, AT(no_env_resolution), NULL,
	 "Do not read the env_file of services"},
	{0, "no-interpolate", FLAG_SET, AT(no_interpolate), NULL, "Leave ${VARIABLES} as they are"},
	{0, "no-normalize", FLAG_SET, AT(no_normalize), NULL, "Add no defaults"},
	{0, "no-path-resolution", FLAG_SET, AT(no_path_resolution), NULL,
	 "Leave relative paths as they are"},
	{'o', "output", FLAG_STRING, AT(output), "FILE", "Write to a file"},
	{0, "profiles", FLAG_SET, AT(profiles), NULL, "Print the names of profiles"},
	{'q', "quiet", FLAG_SET, AT(quiet), NULL, "Only check, print nothing"},
	{0, "services", FLAG_SET, AT(services), NULL, "Print the names of services"},
	{0, "volumes", FLAG_SET, AT(volumes), NULL, "Print the keys of volumes"},
	{0},
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* --- what is printed instead of the whole; each line ends with a newline */

static int print_services(const struct project *project, const struct values *values,
			  struct text *out, struct error **err)
{
	(void)values;
	(void)err;
	ARRAY_FOR_EACH (const struct service, service, &project->services)
		text_printf(out, "%s\n", service->name);
	return 0;
}

static int print_volumes(const struct project *project, const struct values *values,
			 struct text *out, struct error **err)
{
	(void)values;
	(void)err;
	ARRAY_FOR_EACH (const struct volume, volume, &project->volumes)
		text_printf(out, "%s\n", volume->key);
	return 0;
}

static int print_networks(const struct project *project, const struct values *values,
			  struct text *out, struct error **err)
{
	(void)values;
	(void)err;
	ARRAY_FOR_EACH (const struct network, network, &project->networks)
		text_printf(out, "%s\n", network->key);
	return 0;
}

static int print_images(const struct project *project, const struct values *values,
			struct text *out, struct error **err)
{
	(void)values;
	(void)err;
	ARRAY_FOR_EACH (const struct service, service, &project->services)
		text_printf(out, "%s\n", service->image);
	return 0;
}

/* The project was loaded with every profile. */
static int print_profiles(const struct project *project, const struct values *values,
			  struct text *out, struct error **err)
{
	struct strings names = {0};

	(void)values;
	(void)err;
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		for (size_t i = 0; i < service->profiles.len; i++)
			array_push(&names, service->profiles.items[i]);
	}
	if (names.len)
		qsort(names.items, names.len, sizeof(*names.items), compare);
	for (size_t i = 0; i < names.len; i++) {
		if (!i || strcmp(names.items[i], names.items[i - 1]) != 0)
			text_printf(out, "%s\n", names.items[i]);
	}
	array_drop(&names);
	return 0;
}

static int print_environment(const struct project *project, const struct values *values,
			     struct text *out, struct error **err)
{
	const struct map *map = &project->environment;
	CLEANUP(memory_free) const char **names = memory_zero(map->len + 1, sizeof(*names));

	(void)values;
	(void)err;
	for (size_t i = 0; i < map->len; i++)
		names[i] = map->entries[i].key;
	qsort(names, map->len, sizeof(*names), compare);
	for (size_t i = 0; i < map->len; i++)
		text_printf(out, "%s=%s\n", names[i], (const char *)map_get(map, names[i]));
	return 0;
}

static int print_hash(const struct project *project, const struct values *values, struct text *out,
		      struct error **err)
{
	const char *list = values->hash;
	bool all = strcmp(list, "*") == 0;
	struct map names = {0};
	int status = 0;

	while (!all && *list && status == 0) {
		size_t len = strcspn(list, ",");
		CLEANUP(memory_free) char *name = memory_copy_n(list, len);
		char *const services[] = {name, NULL};

		if (cli_check_services(project, services, err) < 0)
			status = error_wrap(err, "--hash");
		map_set(&names, name, &names);
		list += len + (list[len] == ',');
	}
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (all || map_has(&names, service->name))
			text_printf(out, "%s %s\n", service->name, service->hash);
	}
	map_drop(&names);
	return status;
}

/* What is printed is a project file again, so that a $ must not begin a variable. */
static void add_escaped(struct text *out, const char *text, bool escape)
{
	for (; *text; text++) {
		text_add_char(out, *text);
		if (*text == '$' && escape)
			text_add_char(out, '$');
	}
}

static int print_whole(const struct project *project, const struct values *values, struct text *out,
		       struct error **err)
{
	CLEANUP(text_drop) struct text whole = {0};

	(void)err;
	if (!values->format || strcmp(values->format, "yaml") == 0) {
		node_to_yaml(project->root, &whole);
	} else {
		CLEANUP(json_drop) cJSON *json = node_to_json(project->root);
		CLEANUP(memory_free) char *printed = json_print_pretty(json);
		text_printf(&whole, "%s\n", printed);
	}
	add_escaped(out, text_string(&whole), !values->no_interpolate);
	return 0;
}

typedef int printer(const struct project *project, const struct values *values, struct text *out,
		    struct error **err);

static printer *choose_printer(const struct values *values)
{
	const struct {
		bool wanted;
		printer *print;
	} printers[] = {
		{values->services, print_services}, {values->volumes, print_volumes},
		{values->networks, print_networks}, {values->images, print_images},
		{values->profiles, print_profiles}, {values->environment, print_environment},
		{values->hash != NULL, print_hash},
	};

	for (size_t i = 0; i < ARRAY_LEN(printers); i++) {
		if (printers[i].wanted)
			return printers[i].print;
	}
	return print_whole;
}

/* --- the verb */

static int load(struct cli *cli, const struct values *values, char **services, struct project **ret,
		struct error **err)
{
	static const char *const every[] = {"*", NULL};
	struct project_options options = cli_project_options(cli, services);
	CLEANUP(project_drop) struct project *project = NULL;

	options.no_interpolate = values->no_interpolate;
	options.no_normalize = values->no_normalize;
	options.no_path_resolution = values->no_path_resolution;
	options.no_env_resolution = values->no_env_resolution;
	options.no_consistency = values->no_consistency;
	if (values->profiles)
		options.profiles = every;
	if (cli_project_as(cli, &options, &project, err) < 0)
		return (*err)->code;
	if (services[0] && project_select(project, options.services, false, err) < 0)
		return (*err)->code;
	*ret = steal(&project);
	return 0;
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(text_drop) struct text out = {0};

	(void)exit_code;
	if (values->format && strcmp(values->format, "yaml") != 0 &&
	    strcmp(values->format, "json") != 0)
		return error_set(err, ERROR_INVALID, "--format: \"%s\" is neither yaml nor json",
				 values->format);
	if (load(cli, values, arguments, &project, err) < 0)
		return (*err)->code;
	if (choose_printer(values)(project, values, &out, err) < 0)
		return (*err)->code;
	if (values->quiet)
		return 0;
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
		"  wincompose config --services\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
