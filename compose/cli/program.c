/* SPDX-License-Identifier: MIT */
#include "compose/cli/program.h"

#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "engine/credentials.h"

#define LINE_MAX_LEN (1u << 20)
#define ERRORS_MAX   (2u << 10)

struct run {
	const struct program_options *options;
	struct program_result *result;
	struct child *child;
	struct text line; /* what is begun of one */
	bool refused;     /* by the line function */
	bool over;        /* a line is too long */
	bool done;
	struct error *error;
};

void program_drop(struct program_result *result)
{
	text_drop(&result->output);
	text_drop(&result->errors);
}

/* --- what it says */

static void end_by(struct run *run, bool *why)
{
	*why = true;
	if (run->child)
		child_cancel(run->child);
}

static void take_line(struct run *run)
{
	if (run->line.len && run->line.data[run->line.len - 1] == '\r')
		text_remove(&run->line, run->line.len - 1, 1);
	if (run->line.len && !run->refused &&
	    !run->options->line(text_string(&run->line), run->options->payload))
		end_by(run, &run->refused);
	text_clear(&run->line);
}

static void take_output(struct run *run, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !run->over; i++) {
		if (bytes[i] == '\n')
			take_line(run);
		else if (run->line.len < LINE_MAX_LEN)
			text_add_char(&run->line, bytes[i]);
		else
			end_by(run, &run->over);
	}
}

static void on_output(int channel, const char *bytes, size_t len, void *payload)
{
	struct run *run = payload;
	struct text *errors = &run->result->errors;
	struct text *output = &run->result->output;

	if (channel == 1 && run->options->line) {
		take_output(run, bytes, len);
	} else if (channel == 1) {
		if (output->len + len > LINE_MAX_LEN)
			end_by(run, &run->over);
		else
			text_add_n(output, bytes, len);
	} else {
		text_add_n(errors, bytes, len);
		if (errors->len > ERRORS_MAX)
			text_remove(errors, 0, errors->len - ERRORS_MAX);
	}
}

/* --- to its end */

static void ended(const struct child_result *result, const struct error *err, void *payload)
{
	struct run *run = payload;

	run->child = NULL;
	run->error = error_copy(err);
	if (result) {
		run->result->exit_code = result->exit_code;
		if (run->options->line && run->line.len)
			take_line(run);
	}
	run->done = true;
}

static void interrupted(struct cli *cli, void *payload)
{
	struct run *run = payload;

	if (cli->interrupts > 1)
		exit(130);
	if (run->child)
		child_cancel(run->child);
}

static void trim(struct text *text)
{
	while (text->len && strchr("\r\n \t", text->data[text->len - 1]))
		text_remove(text, text->len - 1, 1);
}

int program_run(struct cli *cli, const struct program_options *options,
		struct program_result *result, struct error **err)
{
	struct run run = {.options = options, .result = result};
	const struct child_options child = {
		.arguments = options->arguments,
		.environment = options->environment,
		.output = on_output,
	};

	if (cli_loop(cli, err) < 0)
		return (*err)->code;
	cli->interrupts = 0;
	cli->interrupted = interrupted;
	cli->interrupted_payload = &run;
	run.child = child_start(cli->loop, &child, ended, &run);
	cli_run(cli, &run.done);
	cli->interrupted = NULL;
	text_drop(&run.line);
	trim(&result->errors);
	CLEANUP(error_drop) struct error *error = run.error;
	if (run.over)
		return error_set(err, ERROR_INVALID, "%s said more than %u MiB at once",
				 path_name(options->arguments[0]), LINE_MAX_LEN >> 20);
	if (run.refused)
		return 0;
	return error ? error_move(err, &error) : 0;
}

/* --- surroundings */

const char *const *program_environment(const struct cli *cli, const struct project *project,
				       struct arena *arena)
{
	const struct map *map = &project->environment;
	const char **list = arena_alloc(arena, (map->len + 5) * sizeof(*list));
	size_t len = 0;

	for (size_t i = 0; i < map->len; i++)
		if (map->entries[i].value)
			list[len++] = arena_format(arena, "%s=%s", map->entries[i].key,
						   (const char *)map->entries[i].value);
	if (cli->engine && text_same(engine_driver(cli->engine), "docker")) {
		list[len++] = arena_format(arena, "DOCKER_HOST=%s", engine_address(cli->engine));
		list[len++] = "DOCKER_CONTEXT=";
		if (cli->tls_folder) {
			list[len++] = arena_format(arena, "DOCKER_CERT_PATH=%s", cli->tls_folder);
			list[len++] = "DOCKER_TLS_VERIFY=1";
		}
	}
	list[len] = NULL;
	return list;
}

static char *in_folder(const char *folder, const char *file)
{
	CLEANUP(memory_free) char *path = path_join(folder, file);

	return file_kind(path) == FILE_REGULAR ? steal(&path) : NULL;
}

static char *in_folders(char *const *folders, const char *file)
{
	char *path = NULL;

	for (; folders && *folders && !path; folders++)
		path = in_folder(*folders, file);
	return path;
}

/* The user's own, the folders that the user's config.json names, and those for all users. */
char *program_plugin(const char *name)
{
	CLEANUP(memory_free) char *file = memory_format("docker-%s%s", name, program_suffix);
	CLEANUP(memory_free) char *config = credentials_folder();
	CLEANUP(memory_free) char *own = path_join(config, "cli-plugins");
	CLEANUP(memory_free_vector) char **shared = program_shared_folders();
	CLEANUP(memory_free_vector) char **extra = NULL;
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(error_drop) struct error *ignored = NULL;

	if (credentials_config(config, &json, &ignored) == 0)
		extra = json_vector(json_get(json, "cliPluginsExtraDirs"));
	char *path = in_folders(extra, file);
	if (!path)
		path = in_folder(own, file);
	return path ? path : in_folders(shared, file);
}
