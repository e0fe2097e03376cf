/* SPDX-License-Identifier: MIT */
/* What should be, by the ups that were asked for, and its record. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/job.h"
#include "compose/supervise/record.h"

static void write_record(struct supervisor *supervisor)
{
	struct engine *engine = supervisor->options.engine;
	const struct engine_host *host = engine_host_known(engine);
	CLEANUP(error_drop) struct error *err = NULL;
	struct record record = {
		.project = supervisor->desired,
		.driver = (char *)(uintptr_t)engine_driver(engine),
		.address = (char *)(uintptr_t)engine_address(engine),
		.tls_folder = supervisor->tls_folder,
		.tls_skip_verify = supervisor->options.tls_skip_verify,
		.engine_id = host ? host->id : NULL,
	};

	if (!supervisor->desired)
		return;
	MAP_FOR_EACH (entry, &supervisor->wanted)
		array_push(&record.services, entry->key);
	for (const char *const *name = keeper_held(supervisor->keeper); *name; name++)
		array_push(&record.holds, (char *)(uintptr_t)*name);
	for (const char *const *name = keeper_owed(supervisor->keeper); *name; name++)
		array_push(&record.owed, (char *)(uintptr_t)*name);
	if (record_write(supervisor->options.home, &record, &err) < 0)
		supervisor_say(supervisor, NULL, PROGRESS_WARNING, "Warning", err->message);
	array_drop(&record.services);
	array_drop(&record.holds);
	array_drop(&record.owed);
}

static char *holds_text(struct supervisor *supervisor)
{
	struct text holds = {0};

	for (const char *const *name = keeper_held(supervisor->keeper); *name; name++)
		text_printf(&holds, "held %s\n", *name);
	for (const char *const *name = keeper_owed(supervisor->keeper); *name; name++)
		text_printf(&holds, "owed %s\n", *name);
	return text_steal(&holds);
}

void wish_write_holds(struct supervisor *supervisor)
{
	CLEANUP(memory_free) char *holds = holds_text(supervisor);

	if (text_same(supervisor->written, holds))
		return;
	free(supervisor->written);
	supervisor->written = steal(&holds);
	write_record(supervisor);
}

static void want(struct supervisor *supervisor, const struct project *project, const char *service,
		 bool no_deps)
{
	const struct service *found = project_service(project, service);

	if (!found || map_has(&supervisor->wanted, service))
		return;
	map_set(&supervisor->wanted, service, supervisor);
	if (no_deps)
		return;
	ARRAY_FOR_EACH (const struct dependency, dependency, &found->dependencies)
		want(supervisor, project, dependency->service, false);
}

const char **wish_services(const struct supervisor *supervisor)
{
	const struct map *map = &supervisor->wanted;
	const char **names = memory_zero(map->len + 1, sizeof(*names));

	for (size_t i = 0; i < map->len; i++)
		names[i] = map->entries[i].key;
	return names;
}

void wish_take(struct supervisor *supervisor, const struct operation *operation)
{
	CLEANUP(memory_free) char *saved = project_save(operation->project);
	CLEANUP(error_drop) struct error *err = NULL;
	struct project *copy = NULL;
	const char *const *services = operation->plan.services;

	if (project_restore(saved, strlen(saved), &copy, &err) < 0) {
		supervisor_say(supervisor, NULL, PROGRESS_WARNING, "Warning", err->message);
		return;
	}
	if (services) {
		for (size_t i = 0; services[i]; i++)
			want(supervisor, copy, services[i], operation->plan.no_deps);
	} else {
		ARRAY_FOR_EACH (struct service, service, &copy->services)
			want(supervisor, copy, service->name, true);
	}
	CLEANUP(memory_free) const char **names = wish_services(supervisor);
	keeper_want(supervisor->keeper, copy, names);
	project_drop(&supervisor->desired);
	supervisor->desired = copy;
	free(supervisor->written);
	supervisor->written = holds_text(supervisor);
	write_record(supervisor);
}

void wish_forget(struct supervisor *supervisor)
{
	CLEANUP(error_drop) struct error *err = NULL;

	map_drop(&supervisor->wanted);
	keeper_want(supervisor->keeper, NULL, NULL);
	project_drop(&supervisor->desired);
	if (record_remove(supervisor->options.home, &err) < 0)
		log_info("%s", err->message);
}

void wish_open(struct supervisor *supervisor)
{
	CLEANUP(record_drop) struct record record = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	uint64_t now = supervisor_now(supervisor);

	if (record_read(supervisor->options.home, &record, &err) < 0) {
		log_info("no record of the project: %s", err->message);
		return;
	}
	supervisor->desired = steal(&record.project);
	ARRAY_FOR_EACH (char *, name, &record.services)
		map_set(&supervisor->wanted, *name, supervisor);
	CLEANUP(memory_free) const char **names = wish_services(supervisor);
	keeper_want(supervisor->keeper, supervisor->desired, names);
	ARRAY_FOR_EACH (char *, name, &record.holds)
		keeper_hold(supervisor->keeper, *name, true, now);
	ARRAY_FOR_EACH (char *, name, &record.owed)
		keeper_owe(supervisor->keeper, *name);
	supervisor->written = holds_text(supervisor);
}
