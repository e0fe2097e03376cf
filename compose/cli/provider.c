/* SPDX-License-Identifier: MIT */
#include "compose/cli/provider.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/display.h"
#include "compose/cli/program.h"
#include "compose/project/graph.h"

struct call {
	struct cli *cli;
	struct project *project;
	const struct service *service;
	const char *action;
	const struct progress_sink *sink;
	struct arena arena;
	cJSON *metadata; /* what it told of itself, or NULL */
	ARRAY(struct pair) variables;
	struct error *error; /* why it is ended */
};

static const struct action {
	const char *name, *working, *done;
} actions[] = {
	{"up", "Creating", "Created"},
	{"down", "Removing", "Removed"},
	{"stop", "Stopping", "Stopped"},
};

static void call_drop(struct call *call)
{
	array_drop(&call->variables);
	json_drop(&call->metadata);
	error_drop(&call->error);
	arena_drop(&call->arena);
}

/* --- the program */

/* Where it was written comes before what is wrong with it. */
static int at_line(const struct service *service, struct error **err)
{
	const struct position *at = &service->provider->at;

	error_wrap(err, "services.%s.provider", service->name);
	if (at->line)
		error_wrap(err, "%s:%u:%u", at->file, at->line, at->column);
	return (*err)->code;
}

static char *find(const struct provider *provider, struct error **err)
{
	char *path;

	/* Its name comes from a file that others wrote, and is looked for in PATH alone. */
	if (!strcmp(provider->type, "compose") || !*provider->type ||
	    strpbrk(provider->type, "/\\:")) {
		error_set(err, ERROR_INVALID, "\"%s\" is no provider's name", provider->type);
		return NULL;
	}
	path = program_plugin(provider->type);
	if (!path)
		path = child_find(provider->type);
	if (!path)
		error_set(err, ERROR_NOT_FOUND,
			  "there is neither a plugin docker-%s nor a program %s in PATH",
			  provider->type, provider->type);
	return path;
}

int provider_check(const struct project *project, const bool *chosen, struct error **err)
{
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		CLEANUP(error_drop) struct error *one = NULL;

		if (!service->provider || !chosen[service->index])
			continue;
		CLEANUP(memory_free) char *path = find(service->provider, &one);
		if (!one)
			continue;
		at_line(service, &one);
		if (*err)
			error_detail(err, "%s", one->message);
		else
			error_move(err, &one);
	}
	return *err ? (*err)->code : 0;
}

/* --- what it knows */

/* Many programs know nothing of this: then all options are given. */
static void ask_metadata(struct call *call, const char *path)
{
	const char *const arguments[] = {path, "compose", "metadata", NULL};
	struct program_result result = {0};
	CLEANUP(error_drop) struct error *ignored = NULL;
	const struct program_options options = {
		.arguments = arguments,
		.environment = program_environment(call->cli, call->project, &call->arena),
	};

	if (program_run(call->cli, &options, &result, &ignored) == 0 && !result.exit_code)
		json_parse(text_string(&result.output), result.output.len, "metadata",
			   &call->metadata, &ignored);
	if (call->metadata && !json_get(call->metadata, "description") &&
	    !json_path(call->metadata, "up.parameters") &&
	    !json_path(call->metadata, "down.parameters"))
		json_drop(&call->metadata);
	if (ignored && ignored->code == ERROR_CANCELLED)
		error_move(&call->error, &ignored);
	program_drop(&result);
}

static const cJSON *parameters(const struct call *call)
{
	return json_get(json_get(call->metadata, call->action), "parameters");
}

static bool knows(const struct call *call, const char *option)
{
	const cJSON *parameter;

	if (!call->metadata)
		return true;
	cJSON_ArrayForEach (parameter, parameters(call))
		if (text_same(json_string(parameter, "name"), option))
			return true;
	return false;
}

static bool is_given(const struct provider *provider, const char *name)
{
	ARRAY_FOR_EACH (const struct provider_option, option, &provider->options)
		if (text_same(option->name, name))
			return true;
	return false;
}

static int check_required(const struct call *call, struct error **err)
{
	const cJSON *parameter;

	if (!call->metadata)
		return 0;
	cJSON_ArrayForEach (parameter, parameters(call)) {
		const char *name = json_string(parameter, "name");

		if (name && json_bool(parameter, "required") &&
		    !is_given(call->service->provider, name))
			return error_set(err, ERROR_INVALID, "%s needs the option %s",
					 call->service->provider->type, name);
	}
	return 0;
}

/* --- what it says */

static void show(const struct call *call, enum progress_status status, const char *text,
		 const char *details)
{
	CLEANUP(memory_free) char *id = memory_format("Service %s", call->service->name);

	call->sink->tell(&(struct progress){.id = id,
					    .status = status,
					    .text = text,
					    .details = details,
					    .percent = -1},
			 call->sink->payload);
}

static const struct action *action_of(const struct call *call)
{
	size_t i = 0;

	while (strcmp(actions[i].name, call->action) != 0)
		i++;
	return &actions[i];
}

static bool take_variable(struct call *call, const char *message, bool raw)
{
	const char *equals = message ? strchr(message, '=') : NULL;
	char *name;

	if (!equals || equals == message) {
		error_set(&call->error, ERROR_INVALID, "\"%s\" is no variable and its value",
			  message ? message : "");
		return false;
	}
	name = raw ? arena_copy_n(&call->arena, message, (size_t)(equals - message))
		   : arena_format(&call->arena, "%s_%.*s", call->service->name,
				  (int)(equals - message), message);
	for (size_t i = 0; !raw && call->service->name[i]; i++)
		name[i] = (char)toupper((unsigned char)name[i]);
	array_push(&call->variables, ((struct pair){name, arena_copy(&call->arena, equals + 1)}));
	return true;
}

static bool on_line(const char *line, void *payload)
{
	struct call *call = payload;
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(error_drop) struct error *err = NULL;

	if (json_parse(line, strlen(line), "line", &json, &err) < 0 || !cJSON_IsObject(json)) {
		error_set(&call->error, ERROR_INVALID, "it said what is no message: %.200s", line);
		return false;
	}
	const char *type = json_string(json, "type");
	const char *message = json_string(json, "message");
	if (text_same(type, "info"))
		show(call, PROGRESS_WORKING, action_of(call)->working, message);
	else if (text_same(type, "debug"))
		log_debug("%s: %s", call->service->name, message ? message : "");
	else if (text_same(type, "setenv") || text_same(type, "rawsetenv"))
		return take_variable(call, message, *type == 'r');
	else if (text_same(type, "error"))
		error_set(&call->error, ERROR_SYSTEM, "%s", message ? message : "it failed");
	else
		error_set(&call->error, ERROR_INVALID, "it said a message of the type \"%s\"",
			  type ? type : "");
	return !call->error;
}

/* --- one call */

static const char *const *make_arguments(struct call *call, const char *path)
{
	const struct provider *provider = call->service->provider;
	size_t count = 6, len = 0;

	ARRAY_FOR_EACH (const struct provider_option, option, &provider->options)
		count += option->values.len;
	const char **list = arena_alloc(&call->arena, count * sizeof(*list));
	list[len++] = path;
	list[len++] = "compose";
	list[len++] = arena_format(&call->arena, "--project-name=%s", call->project->name);
	list[len++] = call->action;
	ARRAY_FOR_EACH (const struct provider_option, option, &provider->options)
		for (size_t i = 0; i < option->values.len && knows(call, option->name); i++)
			list[len++] = arena_format(&call->arena, "--%s=%s", option->name,
						   option->values.items[i]);
	list[len++] = call->service->name;
	list[len] = NULL;
	return list;
}

static int talk(struct call *call, const char *path, struct error **err)
{
	struct program_result result = {0};
	const struct program_options options = {
		.arguments = make_arguments(call, path),
		.environment = program_environment(call->cli, call->project, &call->arena),
		.line = on_line,
		.payload = call,
	};
	int status = program_run(call->cli, &options, &result, err);

	if (status == 0 && call->error)
		error_move(err, &call->error);
	else if (status == 0 && result.exit_code)
		error_set(err, ERROR_SYSTEM, "%s ended with code %d", path_name(path),
			  result.exit_code);
	if (*err && result.errors.len && (*err)->code != ERROR_CANCELLED)
		error_detail(err, "%s", text_string(&result.errors));
	program_drop(&result);
	return *err ? (*err)->code : 0;
}

/* What it told goes to those that depend on it. */
static void hand_over(const struct call *call)
{
	ARRAY_FOR_EACH (struct service, service, &call->project->services) {
		bool depends = false;

		ARRAY_FOR_EACH (const struct dependency, d, &service->dependencies)
			depends = depends || text_same(d->service, call->service->name);
		for (size_t i = 0; depends && i < call->variables.len; i++)
			project_set_environment(call->project, service,
						call->variables.items[i].key,
						call->variables.items[i].value);
	}
}

static int attempt(struct call *call, struct error **err)
{
	CLEANUP(memory_free) char *path = find(call->service->provider, err);

	if (!path)
		return (*err)->code;
	ask_metadata(call, path);
	if (call->error)
		return error_move(err, &call->error);
	if (!strcmp(call->action, "stop") && !json_get(call->metadata, "stop"))
		return 0;
	if (check_required(call, err) < 0)
		return (*err)->code;
	show(call, PROGRESS_WORKING, action_of(call)->working, NULL);
	if (talk(call, path, err) < 0) {
		show(call, PROGRESS_ERROR, "Error", (*err)->message);
		return (*err)->code;
	}
	show(call, PROGRESS_DONE, action_of(call)->done, NULL);
	return 0;
}

static int run(struct cli *cli, struct project *project, const struct service *service,
	       const char *action, const struct progress_sink *sink, struct error **err)
{
	CLEANUP(call_drop)
	struct call call = {
		.cli = cli, .project = project, .service = service, .action = action, .sink = sink};

	if (attempt(&call, err) < 0)
		return at_line(service, err);
	if (!strcmp(action, "up"))
		hand_over(&call);
	return 0;
}

/* --- all of them, in order */

static bool has_any(const struct project *project, const bool *chosen)
{
	ARRAY_FOR_EACH (const struct service, service, &project->services)
		if (service->provider && (!chosen || chosen[service->index]))
			return true;
	return false;
}

int provider_up(struct cli *cli, struct project *project, const bool *chosen, struct error **err)
{
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	CLEANUP(graph_drop) struct graph graph = {0};
	int status = 0;

	if (!has_any(project, chosen))
		return 0;
	if (graph_build(project, &graph, &findings) < 0)
		return diagnostics_fail(&findings, err);
	struct display *display = display_open(cli, "Providing");
	for (size_t i = 0; i < graph.len && status == 0; i++) {
		const struct service *service = &project->services.items[graph.order[i]];

		if (service->provider && chosen[service->index])
			status = run(cli, project, service, "up", display_sink(display), err);
	}
	display_close(&display);
	return status;
}

static bool is_named(const char *const *services, const char *name)
{
	for (; services && *services; services++)
		if (!strcmp(*services, name))
			return true;
	return !services;
}

int provider_end(struct cli *cli, struct project *project, const char *const *services,
		 const char *action, struct error **err)
{
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	CLEANUP(graph_drop) struct graph graph = {0};

	if (!has_any(project, NULL))
		return 0;
	if (graph_build(project, &graph, &findings) < 0)
		return diagnostics_fail(&findings, err);
	struct display *display = display_open(cli, "Providing");
	for (size_t i = graph.len; i-- > 0;) {
		const struct service *service = &project->services.items[graph.order[i]];
		CLEANUP(error_drop) struct error *one = NULL;

		if (!service->provider || (*err && (*err)->code == ERROR_CANCELLED) ||
		    (services && !is_named(services, service->name)))
			continue;
		if (run(cli, project, service, action, display_sink(display), &one) == 0)
			continue;
		if (*err)
			error_detail(err, "%s", one->message);
		else
			error_move(err, &one);
	}
	display_close(&display);
	return *err ? (*err)->code : 0;
}
