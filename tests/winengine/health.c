/* SPDX-License-Identifier: MIT */
#include "tests/winengine/health.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "tests/winengine/container.h"
#include "tests/winengine/delay.h"
#include "tests/winengine/process.h"

enum { KEPT = 5, OUTPUT_MAX = 4096, RETRIES = 3 };

static const int64_t usual = 30 * (int64_t)CLOCK_SECOND, usual_start = 5 * (int64_t)CLOCK_SECOND;

struct probe {
	struct container *container; /* NULL: it has ended meanwhile */
	struct process *process;
	struct delay *patience;
	struct text output;
	int64_t began;
	bool late;
	char id[ID_LEN];
};

static const cJSON *check_of(const struct container *container)
{
	return json_get(container->config, "Healthcheck");
}

static const char *kind_of(const struct container *container)
{
	return cJSON_GetStringValue(cJSON_GetArrayItem(json_get(check_of(container), "Test"), 0));
}

bool health_exists(const struct container *container)
{
	const char *kind = kind_of(container);

	return kind && !text_same(kind, "NONE");
}

static int64_t setting(const struct container *container, const char *key, int64_t fallback)
{
	int64_t value = json_int(check_of(container), key, 0);

	return value > 0 ? value : fallback;
}

/* --- what a check says of the container */

static bool within_start(const struct container *container)
{
	return container->health.status == HEALTH_STARTING &&
	       clock_wall() - container->started < setting(container, "StartPeriod", 0);
}

static void keep(struct health *health, const struct probe *probe, int64_t code)
{
	CLEANUP(text_drop) struct text output = {0};

	if (health->log.len == KEPT) {
		free(health->log.items[0].output);
		array_remove(&health->log, 0);
	}
	if (probe->output.len > OUTPUT_MAX)
		text_printf(&output, "%.*s...", OUTPUT_MAX, probe->output.data);
	else
		text_add(&output, text_string(&probe->output));
	*array_add(&health->log) = (struct health_entry){
		.start = probe->began,
		.end = clock_wall(),
		.code = code,
		.output = text_steal(&output),
	};
}

static void judge(struct container *container, const struct probe *probe, int64_t code)
{
	struct health *health = &container->health;
	enum health_status before = health->status;
	bool free_of_charge = within_start(container);

	keep(health, probe, code);
	if (code == 0) {
		health->streak = 0;
		health->status = HEALTH_HEALTHY;
	} else if (!free_of_charge) {
		health->streak++;
		if (health->streak >= (unsigned)setting(container, "Retries", RETRIES))
			health->status = HEALTH_UNHEALTHY;
	}
	if (health->status == before)
		return;
	container_tell(container,
		       health->status == HEALTH_HEALTHY ? "health_status: healthy"
							: "health_status: unhealthy",
		       NULL, NULL);
}

/* --- one check */

static void await_next(struct container *container);

static void probe_drop(struct probe *probe)
{
	delay_cancel(&probe->patience);
	text_drop(&probe->output);
	free(probe);
}

static void output(int channel, const char *bytes, size_t len, void *payload)
{
	struct probe *probe = payload;

	(void)channel;
	if (probe->output.len <= OUTPUT_MAX)
		text_add_n(&probe->output, bytes, len);
}

static void finish(struct probe *probe, int64_t code)
{
	struct container *container = probe->container;
	CLEANUP(memory_free) char *number = memory_format("%lld", (long long)code);

	if (!container) {
		probe_drop(probe);
		return;
	}
	container->health.probe = NULL;
	container_tell(container, "exec_die", "exitCode", number);
	judge(container, probe, code);
	probe_drop(probe);
	await_next(container);
}

static void exited(int64_t code, void *payload)
{
	struct probe *probe = payload;

	if (probe->late) {
		int64_t timeout =
			probe->container ? setting(probe->container, "Timeout", usual) : 0;

		text_clear(&probe->output);
		text_printf(&probe->output, "Health check exceeded timeout (%gs)",
			    (double)timeout / (double)CLOCK_SECOND);
		code = -1;
	}
	finish(probe, code);
}

static void too_late(void *payload)
{
	struct probe *probe = payload;

	probe->late = true;
	process_terminate(probe->process);
}

/* CMD-SHELL is run by the image's shell, else cmd /S /C. */
static char **arguments_of(const struct container *container)
{
	CLEANUP(json_drop) cJSON *list = cJSON_CreateArray();
	const cJSON *shell = json_get(container->config, "Shell"), *item;
	static const char *const usual_shell[] = {"cmd", "/S", "/C", NULL};
	bool first = true;

	if (text_same(kind_of(container), "CMD-SHELL") && shell)
		cJSON_ArrayForEach (item, shell)
			cJSON_AddItemToArray(list, cJSON_Duplicate(item, true));
	else if (text_same(kind_of(container), "CMD-SHELL"))
		for (size_t i = 0; usual_shell[i]; i++)
			cJSON_AddItemToArray(list, cJSON_CreateString(usual_shell[i]));
	cJSON_ArrayForEach (item, json_get(check_of(container), "Test")) {
		if (!first)
			cJSON_AddItemToArray(list, cJSON_Duplicate(item, true));
		first = false;
	}
	return json_vector(list);
}

static void probe_now(void *payload)
{
	struct container *container = payload;
	struct probe *probe = memory_zero(1, sizeof(*probe));
	CLEANUP(memory_free_vector) char **arguments = arguments_of(container);
	CLEANUP(memory_free_vector) char **env = container_env(container);
	CLEANUP(error_drop) struct error *err = NULL;

	probe->container = container;
	probe->began = clock_wall();
	world_id(probe->id);
	container->health.probe = probe;
	container_tell_exec(container, "exec_create", probe->id, arguments);
	container_tell_exec(container, "exec_start", probe->id, arguments);
	struct process_options options = {
		.world = container->world,
		.arguments = (const char *const *)arguments,
		.folder = container->folder,
		.env = (const char *const *)env,
		.output = output,
		.exited = exited,
		.payload = probe,
	};

	if (process_start(&options, &probe->process, &err) < 0) {
		text_add(&probe->output, err->message);
		finish(probe, -1);
		return;
	}
	delay_start(&probe->patience, container->world->loop,
		    (uint64_t)setting(container, "Timeout", usual) / CLOCK_MS, too_late, probe);
}

static void await_next(struct container *container)
{
	int64_t wait = within_start(container) ? setting(container, "StartInterval", usual_start)
					       : setting(container, "Interval", usual);
	int64_t interval = setting(container, "Interval", usual);

	if (wait > interval)
		wait = interval;
	delay_start(&container->health.next, container->world->loop, (uint64_t)wait / CLOCK_MS,
		    probe_now, container);
}

/* --- life */

static void forget(struct health *health)
{
	ARRAY_FOR_EACH (struct health_entry, entry, &health->log)
		free(entry->output);
	array_drop(&health->log);
}

void health_start(struct container *container)
{
	struct health *health = &container->health;

	if (!health_exists(container))
		return;
	forget(health);
	health->status = HEALTH_STARTING;
	health->streak = 0;
	await_next(container);
}

void health_stop(struct health *health)
{
	struct probe *probe = health->probe;

	delay_cancel(&health->next);
	health->probe = NULL;
	if (!probe)
		return;
	probe->container = NULL;
	process_terminate(probe->process);
}

void health_drop(struct health *health)
{
	health_stop(health);
	forget(health);
}

cJSON *health_describe(const struct health *health)
{
	static const char *const words[] = {"none", "starting", "healthy", "unhealthy"};
	cJSON *json = cJSON_CreateObject();
	cJSON *log;
	char time[40];

	cJSON_AddStringToObject(json, "Status", words[health->status]);
	cJSON_AddNumberToObject(json, "FailingStreak", health->streak);
	log = cJSON_AddArrayToObject(json, "Log");
	ARRAY_FOR_EACH (struct health_entry, entry, &health->log) {
		cJSON *one = cJSON_CreateObject();

		clock_format(entry->start, time);
		cJSON_AddStringToObject(one, "Start", time);
		clock_format(entry->end, time);
		cJSON_AddStringToObject(one, "End", time);
		cJSON_AddNumberToObject(one, "ExitCode", (double)entry->code);
		cJSON_AddStringToObject(one, "Output", entry->output);
		cJSON_AddItemToArray(log, one);
	}
	return json;
}
