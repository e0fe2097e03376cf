/* SPDX-License-Identifier: MIT */
/* image -- lists, brings and removes the images in this program's own store; asks no engine */
#include "compose/cli/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/board.h"
#include "compose/cli/table.h"
#include "compose/cli/verb.h"
#include "engine/image/catalog.h"
#include "engine/reference.h"

#define AT(member) offsetof(struct image_values, member)

static const struct flag flags[] = {
	{'a', "all", FLAG_SET, AT(all), NULL, "prune: also images that no container uses"},
	{'f', "force", FLAG_SET, AT(force), NULL, "rm: an id's names, all of them"},
	{0, "format", FLAG_STRING, AT(format), "FORMAT",
	 "ls: table, json or a template (default table)"},
	{'i', "input", FLAG_STRING, AT(input), "FILE",
	 "load: the archive (default the standard input)"},
	{0, "insecure", FLAG_SET, AT(insecure), NULL,
	 "pull: without TLS, or with a certificate of nobody"},
	{0, "mirror", FLAG_STRINGS, AT(mirrors), "URL", "pull: asked before docker.io"},
	{0, "name", FLAG_STRING, AT(name), "IMAGE",
	 "load: for an image that the archive gives no name"},
	{0, "no-trunc", FLAG_SET, AT(no_trunc), NULL, "ls: whole ids"},
	{'o', "output", FLAG_STRING, AT(output), "FILE",
	 "save: the archive (default the standard output)"},
	{0, "platform", FLAG_STRING, AT(platform), "OS/ARCHITECTURE[/VARIANT]",
	 "load, pull: not for this host but for another"},
	{'q', "quiet", FLAG_SET, AT(quiet), NULL, "ls: only ids; load, pull: no progress"},
	{0},
};

int image_store(struct cli *cli, bool make, struct store **ret, struct error **err)
{
	CLEANUP(memory_free) char *folder = NULL;

	cli_home(cli);
	folder = path_join(cli->home.data, "images");
	return store_open(folder, make, ret, err);
}

/* --- ls */

static const struct table table = {
	.columns = (const struct table_column[]){{"REPOSITORY", "Repository"},
						 {"TAG", "Tag"},
						 {"IMAGE ID", "ID"},
						 {"PLATFORM", "Platform"},
						 {"SIZE", "Size"},
						 {"DIGEST", "Digest", true},
						 {"CREATED AT", "CreatedAt", true},
						 {0}},
	.min_width = 12,
};

static void add_platform(cJSON *row, const struct manifest_config *config)
{
	const struct platform said = {config->image.os, config->image.architecture, config->variant,
				      NULL};
	CLEANUP(memory_free) char *name = platform_name(&said);

	json_set_string(row, "Platform", name);
}

static cJSON *make_row(const struct catalog_image *image, const char *name, bool whole_ids)
{
	CLEANUP(reference_drop) struct reference reference = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *repository = NULL;
	CLEANUP(text_drop) struct text size = {0};
	const char *id = image->config.image.id ? image->config.image.id : image->digest;
	CLEANUP(memory_free)
	char *brief = whole_ids ? memory_copy(id) : memory_copy_n(id + strlen("sha256:"), 12);
	cJSON *row = cJSON_CreateObject();
	char created[40] = "";
	bool named = name && reference_parse(name, &reference, &err) == 0;
	const char *tag = named ? reference_tag(&reference) : NULL;

	repository = named ? reference_name(&reference, true) : memory_copy("<none>");
	board_bytes(&size, (uint64_t)image->config.image.size);
	if (image->config.image.created)
		clock_format(image->config.image.created, created);
	json_set_string(row, "Repository", repository);
	json_set_string(row, "Tag", tag ? tag : "<none>");
	json_set_string(row, "ID", brief);
	json_set_string(row, "Size", image->damage ? "damaged" : text_string(&size));
	json_set_string(row, "Digest", image->digest);
	json_set_string(row, "CreatedAt", created);
	add_platform(row, &image->config);
	return row;
}

static bool is_asked(const struct catalog_image *image, const char *name, char **arguments)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(reference_drop) struct reference reference = {0};
	CLEANUP(memory_free) char *repository = NULL;

	(void)image;
	if (!*arguments)
		return true;
	if (!name || reference_parse(name, &reference, &err) < 0)
		return false;
	repository = reference_name(&reference, false);
	for (; *arguments; arguments++) {
		CLEANUP(reference_drop) struct reference asked = {0};
		CLEANUP(error_drop) struct error *why = NULL;
		CLEANUP(memory_free) char *canonical = NULL, *bare = NULL;

		if (reference_parse(*arguments, &asked, &why) < 0)
			continue;
		canonical = reference_canonical(&asked);
		bare = reference_name(&asked, false);
		if (text_same(canonical, name) ||
		    (!asked.tag && !asked.digest && text_same(bare, repository)))
			return true;
	}
	return false;
}

static void add_image(cJSON *rows, const struct catalog_image *image,
		      const struct image_values *values, char **arguments)
{
	for (char **name = image->names; name && *name; name++)
		if (is_asked(image, *name, arguments))
			cJSON_AddItemToArray(rows, make_row(image, *name, values->no_trunc));
	if (!image->names && is_asked(image, NULL, arguments))
		cJSON_AddItemToArray(rows, make_row(image, NULL, values->no_trunc));
}

/* The id of each image once. */
static void print_ids(const cJSON *rows, struct text *out)
{
	const cJSON *row;

	cJSON_ArrayForEach (row, rows) {
		CLEANUP(memory_free) char *line = memory_format("%s\n", json_string(row, "ID"));

		if (!strstr(text_string(out), line))
			text_add(out, line);
	}
}

static int list(struct cli *cli, const struct image_values *values, char **arguments,
		struct error **err)
{
	CLEANUP(store_drop) struct store *store = NULL;
	CLEANUP(catalog_drop) struct catalog catalog = {0};
	CLEANUP(json_drop) cJSON *rows = cJSON_CreateArray();
	CLEANUP(text_drop) struct text out = {0};

	if (image_store(cli, false, &store, err) < 0 || catalog_read(store, &catalog, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct catalog_image, image, &catalog) {
		if (image->damage)
			cli_warn(cli, "image %s: %s",
				 image->names ? image->names[0] : image->digest, image->damage);
		add_image(rows, image, values, arguments);
	}
	if (values->quiet)
		print_ids(rows, &out);
	else if (table_print(&table, rows, values->format, &out, err) < 0)
		return (*err)->code;
	return cli_print(cli, text_string(&out), out.len, err);
}

/* --- rm and prune */

static void add_removal(struct text *out, const struct catalog_removal *removal)
{
	for (char **name = removal->untagged; name && *name; name++)
		text_printf(out, "Untagged: %s\n", *name);
	for (char **id = removal->deleted; id && *id; id++)
		text_printf(out, "Deleted: %s\n", *id);
}

/* What can be removed is; the first error is the command's, the others are its detail. */
static int drop_images(struct cli *cli, const struct image_values *values, char **arguments,
		       struct error **err)
{
	CLEANUP(store_drop) struct store *store = NULL;
	CLEANUP(text_drop) struct text out = {0};

	if (image_store(cli, true, &store, err) < 0)
		return (*err)->code;
	for (; *arguments; arguments++) {
		CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0};
		CLEANUP(error_drop) struct error *own = NULL;

		if (catalog_remove(store, *arguments, values->force, &removal, &own) == 0)
			add_removal(&out, &removal);
		else if (*err)
			error_detail(err, "%s", own->message);
		else
			error_move(err, &own);
	}
	if (out.len && !*err)
		return cli_print(cli, out.data, out.len, err);
	if (out.len) {
		CLEANUP(error_drop) struct error *unused = NULL;

		cli_print(cli, out.data, out.len, &unused);
	}
	return *err ? (*err)->code : 0;
}

static int prune(struct cli *cli, const struct image_values *values, char **arguments,
		 struct error **err)
{
	CLEANUP(store_drop) struct store *store = NULL;
	CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0};
	CLEANUP(text_drop) struct text out = {0};

	(void)arguments;
	if (image_store(cli, true, &store, err) < 0 ||
	    catalog_prune(store, values->all, &removal, err) < 0)
		return (*err)->code;
	add_removal(&out, &removal);
	text_add(&out, "Total reclaimed space: ");
	board_bytes(&out, removal.bytes);
	text_add(&out, "\n");
	return cli_print(cli, out.data, out.len, err);
}

/* --- the table */

static const struct command {
	const char *name, *arguments;
	size_t min, max;   /* of arguments */
	const char *flags; /* that it takes, between spaces */
	bool changes;
	int (*run)(struct cli *cli, const struct image_values *values, char **arguments,
		   struct error **err);
} commands[] = {
	{"load", "", 0, 0, " input name platform quiet ", true, image_load},
	{"ls", "[IMAGE...]", 0, SIZE_MAX, " format no-trunc quiet ", false, list},
	{"prune", "", 0, 0, " all ", true, prune},
	{"pull", "IMAGE...", 1, SIZE_MAX, " insecure mirror platform quiet ", true, image_pull},
	{"rm", "IMAGE...", 1, SIZE_MAX, " force ", true, drop_images},
	{"save", "IMAGE...", 1, SIZE_MAX, " output ", false, image_save},
};

static const struct command *find(const char *name, struct error **err)
{
	const char *names[ARRAY_LEN(commands)];

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		names[i] = commands[i].name;
		if (text_same(names[i], name))
			return &commands[i];
	}
	const char *nearest = text_nearest(name, names, ARRAY_LEN(names));

	error_set(err, ERROR_INVALID, "image has no command \"%s\"%s%s%s", name,
		  nearest ? ": did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
	return NULL;
}

static int check_flags(const struct command *command, const struct image_values *values,
		       struct error **err)
{
	const struct {
		const char *name;
		bool given;
	} all[] = {
		{"all", values->all},           {"force", values->force},
		{"format", values->format},     {"input", values->input},
		{"insecure", values->insecure}, {"mirror", values->mirrors.len > 0},
		{"name", values->name},         {"no-trunc", values->no_trunc},
		{"output", values->output},     {"platform", values->platform},
		{"quiet", values->quiet},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CLEANUP(memory_free) char *word = memory_format(" %s ", all[i].name);

		if (all[i].given && !strstr(command->flags, word))
			return error_set(err, ERROR_INVALID, "image %s takes no --%s",
					 command->name, all[i].name);
	}
	return 0;
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct image_values *values = given;
	const struct command *command;
	size_t count = 0;

	(void)exit_code;
	if (!arguments[0])
		return error_set(err, ERROR_INVALID,
				 "image needs a command: load, ls, prune, pull, rm or save");
	command = find(arguments[0], err);
	if (!command || check_flags(command, values, err) < 0)
		return (*err)->code;
	while (arguments[1 + count])
		count++;
	if (count < command->min || count > command->max)
		return error_set(err, ERROR_INVALID, "image %s %s", command->name,
				 count < command->min ? "needs the name of an image"
						      : "takes no arguments");
	if (command->changes && cli->globals.dry_run)
		return error_set(err, ERROR_UNSUPPORTED, "image %s knows no --dry-run",
				 command->name);
	return command->run(cli, values, arguments + 1, err);
}

const struct verb verb_image = {
	.name = "image",
	.arguments = "COMMAND [IMAGE...]",
	.summary = "Manage the images in the store of its own",
	.help = "The store is an OCI image layout in the program's data folder. No engine is "
		"asked.\n"
		"\n"
		"  load           bring the images of an archive (docker save, OCI layout)\n"
		"  ls [IMAGE...]  list images, or those of a name\n"
		"  prune          remove what no name leads to; --all: what no container uses\n"
		"  pull IMAGE...  bring images from their registries\n"
		"  rm IMAGE...    remove names, and images with their last name\n"
		"  save IMAGE...  write them into an archive that docker load and others read\n",
	.flags = flags,
	.values_size = sizeof(struct image_values),
	.run = run,
};
