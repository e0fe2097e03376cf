/* SPDX-License-Identifier: MIT */
#include "compose/cli/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/display.h"
#include "compose/cli/program.h"

#define PLUGIN "model"

/* runtime_flags are known from this version on. */
static const unsigned flags_since[] = {1, 0, 6};

struct modelling {
	struct cli *cli;
	struct project *project;
	const bool *chosen;
	bool quiet;
	char *plugin;
	struct arena arena;
	struct display *display;
	const struct model *model; /* the one under way */
	cJSON *list;               /* of what is there */
	bool takes_flags;
};

static void modelling_drop(struct modelling *m)
{
	free(m->plugin);
	json_drop(&m->list);
	arena_drop(&m->arena);
	if (m->display)
		display_close(&m->display);
}

static const struct model *named(const struct project *project, const char *key)
{
	ARRAY_FOR_EACH (const struct model, model, &project->models)
		if (!strcmp(model->key, key))
			return model;
	return NULL;
}

/* A use of it by a chosen service, or NULL. */
static const struct service_model *use_of(const struct project *project, const bool *chosen,
					  const struct model *model)
{
	ARRAY_FOR_EACH (const struct service, service, &project->services)
		ARRAY_FOR_EACH (const struct service_model, use, &service->models)
			if (chosen[service->index] && !strcmp(use->model, model->key))
				return use;
	return NULL;
}

static int at_line(const struct model *model, struct error **err)
{
	error_wrap(err, "models.%s", model->key);
	if (model->at.line)
		error_wrap(err, "%s:%u:%u", model->at.file, model->at.line, model->at.column);
	return (*err)->code;
}

int model_check(const struct project *project, const bool *chosen, struct error **err)
{
	ARRAY_FOR_EACH (const struct model, model, &project->models) {
		CLEANUP(error_drop) struct error *one = NULL;

		if (!use_of(project, chosen, model))
			continue;
		CLEANUP(memory_free) char *plugin = *err ? NULL : program_plugin(PLUGIN);
		if (plugin)
			return 0;
		error_set(&one, ERROR_UNSUPPORTED,
			  "models need Docker Model Runner and its plugin docker-model, which is "
			  "not installed");
		at_line(model, &one);
		if (*err)
			error_detail(err, "%s", one->message);
		else
			error_move(err, &one);
	}
	return *err ? (*err)->code : 0;
}

/* --- the plugin */

static void show(const struct modelling *m, enum progress_status status, const char *text,
		 const char *details)
{
	CLEANUP(memory_free) char *id = memory_format("Model %s", m->model->key);
	const struct progress_sink *sink = display_sink(m->display);

	sink->tell(&(struct progress){.id = id,
				      .status = status,
				      .text = text,
				      .details = details,
				      .percent = -1},
		   sink->payload);
}

static bool on_line(const char *line, void *payload)
{
	const struct modelling *m = payload;

	if (!m->quiet)
		show(m, PROGRESS_WORKING, "Pulling", line);
	return true;
}

/* One call that must succeed; its output is parsed where json is not NULL. */
static int call(struct modelling *m, const char *const *arguments, bool lines, cJSON **json,
		struct error **err)
{
	struct program_result result = {0};
	const struct program_options options = {
		.arguments = arguments,
		.environment = program_environment(m->cli, m->project, &m->arena),
		.line = lines ? on_line : NULL,
		.payload = m,
	};
	int status = program_run(m->cli, &options, &result, err);

	if (status == 0 && result.exit_code) {
		error_set(err, ERROR_SYSTEM, "docker-model %s ended with code %d", arguments[1],
			  result.exit_code);
		if (result.errors.len)
			error_detail(err, "%s", text_string(&result.errors));
	} else if (status == 0 && json) {
		CLEANUP(memory_free)
		char *what = memory_format("what docker-model %s said", arguments[1]);
		json_parse(text_string(&result.output), result.output.len, what, json, err);
	}
	program_drop(&result);
	return *err ? (*err)->code : 0;
}

/* Its version stands in what every plugin tells docker of itself. */
static bool knows_flags(struct modelling *m)
{
	const char *const arguments[] = {m->plugin, "docker-cli-plugin-metadata", NULL};
	CLEANUP(error_drop) struct error *ignored = NULL;
	CLEANUP(json_drop) cJSON *json = NULL;
	const char *version;

	if (call(m, arguments, false, &json, &ignored) < 0)
		return false;
	version = json_string(json, "Version");
	version = version && *version == 'v' ? version + 1 : version;
	for (size_t i = 0; version && i < ARRAY_LEN(flags_since); i++) {
		char *end;
		unsigned long part = strtoul(version, &end, 10);

		if (end == version)
			return false;
		if (part != flags_since[i])
			return part > flags_since[i];
		version = *end == '.' ? end + 1 : end;
	}
	return version != NULL;
}

static bool is_there(const struct modelling *m, const char *name)
{
	const cJSON *item, *tag;

	cJSON_ArrayForEach (item, m->list)
		cJSON_ArrayForEach (tag, json_get(item, "tags"))
			if (cJSON_IsString(tag) && !strcmp(tag->valuestring, name))
				return true;
	return false;
}

static int configure(struct modelling *m, struct error **err)
{
	const struct model *model = m->model;
	const char **list = arena_alloc(&m->arena, (model->runtime_flags.len + 7) * sizeof(*list));
	size_t len = 0;

	list[len++] = m->plugin;
	list[len++] = "configure";
	if (model->context_size > 0) {
		list[len++] = "--context-size";
		list[len++] = arena_format(&m->arena, "%lld", (long long)model->context_size);
	}
	list[len++] = model->model;
	if (model->runtime_flags.len && m->takes_flags) {
		list[len++] = "--";
		for (size_t i = 0; i < model->runtime_flags.len; i++)
			list[len++] = model->runtime_flags.items[i];
	} else if (model->runtime_flags.len) {
		cli_warn(m->cli,
			 "models.%s.runtime_flags: docker-model is older than 1.0.6 and "
			 "does not take them",
			 model->key);
	}
	list[len] = NULL;
	show(m, PROGRESS_WORKING, "Configuring", NULL);
	return call(m, list, false, NULL, err);
}

static int bring(struct modelling *m, struct error **err)
{
	const char *const pull[] = {m->plugin, "pull", m->model->model, NULL};

	if (!is_there(m, m->model->model)) {
		show(m, PROGRESS_WORKING, "Pulling", NULL);
		if (call(m, pull, true, NULL, err) < 0)
			return (*err)->code;
	}
	return configure(m, err);
}

/* --- what the services are told */

static int tell_services(struct modelling *m, struct error **err)
{
	const char *const arguments[] = {m->plugin, "status", "--json", NULL};
	CLEANUP(json_drop) cJSON *status = NULL;

	if (call(m, arguments, false, &status, err) < 0)
		return (*err)->code;
	const char *endpoint = json_string(status, "endpoint");
	if (!endpoint)
		return error_set(err, ERROR_UNAVAILABLE,
				 "docker-model tells no endpoint: is Docker "
				 "Model Runner running?");
	ARRAY_FOR_EACH (struct service, service, &m->project->services) {
		ARRAY_FOR_EACH (const struct service_model, use, &service->models) {
			const struct model *model = named(m->project, use->model);

			if (!model)
				continue;
			project_set_environment(m->project, service, use->model_variable,
						model->model);
			project_set_environment(m->project, service, use->endpoint_variable,
						endpoint);
		}
	}
	return 0;
}

static int bring_all(struct modelling *m, struct error **err)
{
	const char *const arguments[] = {m->plugin, "ls", "--json", NULL};

	if (call(m, arguments, false, &m->list, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct model, model, &m->project->models) {
		if (!use_of(m->project, m->chosen, model))
			continue;
		m->model = model;
		if (model->runtime_flags.len && !m->takes_flags)
			m->takes_flags = knows_flags(m);
		if (bring(m, err) < 0) {
			show(m, PROGRESS_ERROR, "Error", (*err)->message);
			return at_line(model, err);
		}
		show(m, PROGRESS_DONE, "Configured", NULL);
	}
	return tell_services(m, err);
}

int model_prepare(struct cli *cli, struct project *project, const bool *chosen, bool quiet,
		  struct error **err)
{
	CLEANUP(modelling_drop)
	struct modelling m = {.cli = cli, .project = project, .chosen = chosen, .quiet = quiet};
	bool any = false;

	ARRAY_FOR_EACH (const struct model, model, &project->models)
		any = any || use_of(project, chosen, model);
	if (!any)
		return 0;
	if (model_check(project, chosen, err) < 0)
		return (*err)->code;
	m.plugin = program_plugin(PLUGIN);
	m.display = display_open(cli, "Preparing");
	return bring_all(&m, err);
}
