/* SPDX-License-Identifier: MIT */
#include "compose/cli/choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/supervise/record.h"
#include "engine/context.h"
#include "engine/credentials.h"

#define DOCKER   "docker"
#define UNIX     "unix://"
#define NAME_LEN 32 /* home.h: so much of a project's name is in its folder's */

static void choice_drop(struct choice *choice)
{
	free(choice->driver);
	free(choice->address);
	free(choice->tls_folder);
	free(choice->source);
}

void choices_drop(struct choices *choices)
{
	ARRAY_FOR_EACH (struct choice, choice, &choices->list)
		choice_drop(choice);
	array_drop(&choices->list);
}

/* --- TLS by flags */

/* The engines take a folder of certificates under docker's names. */
static int certificate_folder(const struct cli_globals *globals, char **folder, struct error **err)
{
	const struct {
		const char *flag, *path, *name;
	} files[] = {
		{"--tlscacert", globals->tls_ca, "ca.pem"},
		{"--tlscert", globals->tls_cert, "cert.pem"},
		{"--tlskey", globals->tls_key, "key.pem"},
	};
	CLEANUP(memory_free) char *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (!files[i].path)
			continue;
		CLEANUP(memory_free) char *of = path_folder(files[i].path);
		if (strcmp(path_name(files[i].path), files[i].name) != 0 ||
		    (found && strcmp(found, of) != 0))
			return error_set(err, ERROR_UNSUPPORTED,
					 "%s %s: the certificates must be ca.pem, cert.pem and "
					 "key.pem of one folder",
					 files[i].flag, files[i].path);
		if (!found)
			found = steal(&of);
	}
	*folder = steal(&found);
	return 0;
}

static bool wants_tls(const struct cli_globals *globals)
{
	return globals->tls || globals->tls_verify || globals->tls_ca || globals->tls_cert ||
	       globals->tls_key;
}

static int apply_tls(const struct cli_globals *globals, struct choice *choice, struct error **err)
{
	CLEANUP(memory_free) char *folder = NULL;

	if (!wants_tls(globals) || !text_starts(choice->address, "tcp://"))
		return 0;
	if (certificate_folder(globals, &folder, err) < 0)
		return (*err)->code;
	choice->tls_skip_verify = globals->tls && !globals->tls_verify;
	if (folder || !choice->tls_folder) {
		free(choice->tls_folder);
		const char *variable = cli_variable("DOCKER_CERT_PATH");
		choice->tls_folder = folder     ? steal(&folder)
				     : variable ? memory_copy(variable)
						: credentials_folder();
	}
	return 0;
}

/* --- the project's record */

struct search {
	const struct home *home;
	const char *project;
	const char *driver; /* NULL: any */
	ARRAY(struct record) found;
};

/* Folders of projects are named <name>-<key>, records <key>.json. */
static void try_folder(const char *name, void *payload)
{
	struct search *search = payload;
	CLEANUP(error_drop) struct error *ignored = NULL;
	CLEANUP(home_project_drop) struct home_project known = {0};
	CLEANUP(record_drop) struct record record = {0};
	const char *key = strrchr(name, '-');
	size_t len = strlen(search->project);

	if (!key || (size_t)(key - name) != (len > NAME_LEN ? NAME_LEN : len))
		return;
	CLEANUP(memory_free)
	char *path = memory_format("%s/%s.json", search->home->runtime, key + 1);
	const struct home_project at = {.record = path};
	if (file_kind(path) != FILE_REGULAR || record_read_engine(&at, &record, &ignored) < 0 ||
	    !record.driver || !record.address || !record.engine_id)
		return;
	if (search->driver && strcmp(search->driver, record.driver) != 0)
		return;
	/* The key is a hash of the engine's id and the whole name. */
	if (home_project(search->home, record.engine_id, search->project, &known, &ignored) < 0 ||
	    strcmp(known.key, key + 1) != 0)
		return;
	array_push(&search->found, record);
	record = (struct record){0};
}

static void add_record(struct choices *choices, const struct record *record)
{
	struct choice *choice = array_add(&choices->list);

	choice->driver = memory_copy(record->driver);
	choice->address = memory_copy(record->address);
	choice->tls_folder = memory_copy(record->tls_folder);
	choice->tls_skip_verify = record->tls_skip_verify;
	choice->source = memory_copy("our record of the project");
}

/* Of several records the one of docker's own choice is taken; none of them otherwise, as nobody can
 * tell which is meant. */
static void choose_recorded(const struct cli *cli, const char *project, const char *driver,
			    const char *docker_address, struct choices *choices)
{
	CLEANUP(error_drop) struct error *ignored = NULL;
	struct search search = {.home = &cli->home, .project = project, .driver = driver};
	CLEANUP(memory_free) char *folder = memory_format("%s/projects", cli->home.data);
	const struct record *chosen = NULL;

	file_list(folder, try_folder, &search, &ignored);
	if (search.found.len == 1)
		chosen = &search.found.items[0];
	ARRAY_FOR_EACH (const struct record, record, &search.found) {
		if (text_same(record->address, docker_address))
			chosen = record;
	}
	if (chosen) {
		add_record(choices, chosen);
		choices->diverted = !text_same(chosen->address, docker_address);
	}
	ARRAY_FOR_EACH (struct record, record, &search.found)
		record_drop(record);
	array_drop(&search.found);
}

/* --- docker's own settings */

static int find_context(const struct cli_globals *globals, struct context *context,
			struct error **err)
{
	bool is_windows = path_host_is_windows();
	CLEANUP(memory_free) char *host = NULL;
	struct context_options options = {
		.host = globals->host,
		.context = globals->context,
		.is_windows = is_windows,
	};

	/* The port that is meant depends on --tls, which the context does not know of. */
	if (globals->host && wants_tls(globals)) {
		if (context_address(globals->host, is_windows, true, &host, err) < 0)
			return error_wrap(err, "--host");
		options.host = host;
	}
	return context_find(&options, context, err);
}

/* The supervisor works in another folder, and both mean the same socket. */
static char *absolute_address(const char *address)
{
	CLEANUP(memory_free) char *current = path_current();
	CLEANUP(memory_free) char *path = NULL;

	if (!text_starts(address, UNIX))
		return memory_copy(address);
	path = path_join(current, address + strlen(UNIX));
	return memory_format(UNIX "%s", path);
}

static int add_context(const struct cli_globals *globals, const struct context *context,
		       const char *address, struct choices *choices, struct error **err)
{
	struct choice *choice = array_add(&choices->list);
	const char *source = context_source_name(context->source);

	choice->driver = memory_copy(DOCKER);
	choice->address = absolute_address(address);
	choice->tls_folder = memory_copy(context->tls_folder);
	choice->tls_skip_verify = context->tls_skip_verify;
	choice->source = text_same(context->name, "default")
				 ? memory_copy(source)
				 : memory_format("context %s, %s", context->name, source);
	return apply_tls(globals, choice, err);
}

static int choose_docker(const struct cli *cli, const char *project, const char *driver,
			 struct choices *choices, struct error **err)
{
	const struct cli_globals *globals = &cli->globals;
	CLEANUP(context_drop) struct context context = {0};

	if (find_context(globals, &context, err) < 0)
		return (*err)->code;
	if (!context_is_named(&context) && project)
		choose_recorded(cli, project, driver, context.address, choices);
	if (choices->list.len)
		return 0;
	if (context.source != CONTEXT_DEFAULT)
		return add_context(globals, &context, context.address, choices, err);
	choices->is_default = !driver;
	const char *const *defaults = context_defaults(path_host_is_windows());
	for (size_t i = 0; defaults[i]; i++) {
		if (add_context(globals, &context, defaults[i], choices, err) < 0)
			return (*err)->code;
	}
	return 0;
}

int choose(const struct cli *cli, const char *project, struct choices *ret, struct error **err)
{
	const char *variable = cli_variable("WINCOMPOSE_ENGINE");
	const char *driver = cli->globals.engine ? cli->globals.engine : variable;
	CLEANUP(choices_drop) struct choices choices = {0};

	if (driver && strcmp(driver, DOCKER) != 0) {
		struct choice *choice = array_add(&choices.list);
		choice->driver = memory_copy(driver);
		choice->address = memory_copy(cli->globals.host ? cli->globals.host : "");
		choice->source =
			memory_copy(cli->globals.engine ? "--engine" : "WINCOMPOSE_ENGINE");
	} else if (choose_docker(cli, project, driver, &choices, err) < 0) {
		return (*err)->code;
	}
	*ret = choices;
	choices = (struct choices){0};
	return 0;
}
