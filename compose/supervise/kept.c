/* SPDX-License-Identifier: MIT */
#include "compose/supervise/kept.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/spec.h"

void kept_drop(void *value)
{
	struct kept *kept = value;

	free(kept->name);
	free(kept->id);
	free(kept->service);
	free(kept);
}

struct kept *kept_new(struct keeper *keeper, const char *name)
{
	struct kept *kept = memory_zero(1, sizeof(*kept));

	kept->name = memory_copy(name);
	kept->hold_at = CLOCK_NEVER;
	kept->act_at = CLOCK_NEVER;
	kept->start_at = CLOCK_NEVER;
	map_set(&keeper->by_name, name, kept);
	return kept;
}

void kept_forget(struct keeper *keeper, struct kept *kept)
{
	map_remove(&keeper->by_name, kept->name);
	kept_drop(kept);
}

const struct service *kept_service(const struct keeper *keeper, const struct kept *kept)
{
	if (!keeper->project || !kept->service)
		return NULL;
	return project_service(keeper->project, kept->service);
}

const struct supervision *kept_supervision(const struct keeper *keeper, const struct kept *kept)
{
	static const struct supervision defaults = {
		.on_unhealthy = UNHEALTHY_RESTART,
		.backoff_initial = CLOCK_SECOND,
		.backoff_max = 60 * CLOCK_SECOND,
		.backoff_reset = 60 * CLOCK_SECOND,
	};
	const struct service *service = kept_service(keeper, kept);

	if (service)
		return &service->supervision;
	return kept->watched ? &defaults : NULL;
}

bool kept_is_ours(const struct kept *kept, uint64_t now)
{
	return kept->ours > 0 || now < kept->ours_until;
}

void kept_hold(struct kept *kept, uint64_t now)
{
	if (!kept->held)
		kept->held_since = now;
	kept->held = true;
	kept->hold_at = CLOCK_NEVER;
	kept->looked_for = false;
	kept->act_at = CLOCK_NEVER;
	kept->start_at = CLOCK_NEVER;
	kept->owed = false;
}

void kept_release(struct kept *kept)
{
	kept->held = false;
	kept->stopping = false;
	kept->killed = false;
	kept->hold_at = CLOCK_NEVER;
	kept->looked_for = false;
}

bool kept_runs(const struct kept *kept)
{
	return kept->phase == UP || kept->phase == HEALTHY || kept->phase == AILING ||
	       kept->phase == ACTING || kept->phase == PAUSED;
}

void kept_rename(struct keeper *keeper, struct kept *kept, const char *name)
{
	struct kept *there = map_get(&keeper->by_name, name);

	/* The place that waits under the final name gives what it knows to the container that takes
	 * it. */
	if (there && there != kept) {
		kept->wanted = kept->wanted || there->wanted;
		kept->failures = there->failures;
		kept->ours += there->ours;
		kept->owed = kept->owed || there->owed;
		if (there->held && !kept_runs(kept))
			kept_hold(kept, there->held_since);
		if (there->ours_until > kept->ours_until)
			kept->ours_until = there->ours_until;
		kept_forget(keeper, there);
	}
	map_remove(&keeper->by_name, kept->name);
	free(kept->name);
	kept->name = memory_copy(name);
	map_set(&keeper->by_name, name, kept);
}

void kept_identify(struct kept *kept, const char *id, const char *service, unsigned number)
{
	kept->seen = true;
	if (id && !text_same(kept->id, id)) {
		free(kept->id);
		kept->id = memory_copy(id);
	}
	if (service && !text_same(kept->service, service)) {
		free(kept->service);
		kept->service = memory_copy(service);
	}
	if (number)
		kept->number = number;
}

struct kept *kept_by_id(struct keeper *keeper, const char *id)
{
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;

		if (kept->id && text_same(kept->id, id))
			return kept;
	}
	return NULL;
}

static bool named(const char *const *services, const char *name)
{
	if (!services)
		return true;
	for (size_t i = 0; services[i]; i++) {
		if (strcmp(services[i], name) == 0)
			return true;
	}
	return false;
}

struct kept *kept_by_number(struct keeper *keeper, const char *service, unsigned number)
{
	MAP_FOR_EACH (entry, &keeper->by_name) {
		struct kept *kept = entry->value;

		if (kept->number == number && text_same(kept->service, service))
			return kept;
	}
	return NULL;
}

static void want_service(struct keeper *keeper, const struct project *project,
			 const struct service *service)
{
	struct arena arena = {0};

	for (unsigned n = 1; n <= service->replicas; n++) {
		struct kept *kept = kept_by_number(keeper, service->name, n);
		const char *name = spec_container_name(&arena, project, service, n);

		if (!kept)
			kept = map_get(&keeper->by_name, name);
		if (!kept)
			kept = kept_new(keeper, name);
		bool seen = kept->seen;
		kept_identify(kept, NULL, service->name, n);
		kept->seen = seen;
		kept->wanted = true;
		kept->finished = kept->finished && kept->phase != GONE;
		kept_release(kept);
	}
	arena_drop(&arena);
}

void keeper_want(struct keeper *keeper, const struct project *project, const char *const *services)
{
	keeper->project = project;
	for (size_t i = keeper->by_name.len; i-- > 0;) {
		struct kept *kept = keeper->by_name.entries[i].value;
		const struct service *service = kept_service(keeper, kept);

		/* Scaled away, or no longer in the file: not missed when it goes. */
		if (kept->wanted && (!service || kept->number > service->replicas))
			kept->wanted = false;
		if (!kept->wanted && kept->phase == GONE && !kept->held && !kept->ours)
			kept_forget(keeper, kept);
	}
	if (!project)
		return;
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (named(services, service->name))
			want_service(keeper, project, service);
	}
}

void keeper_hold(struct keeper *keeper, const char *container, bool held, uint64_t now)
{
	struct kept *kept = map_get(&keeper->by_name, container);

	if (!kept)
		kept = kept_new(keeper, container);
	/* Said to us: no break of the event stream can make it doubtful. */
	if (held) {
		kept_hold(kept, now);
		kept->held_since = 0;
	} else {
		kept_release(kept);
	}
}

static const char *const *names_with(struct keeper *keeper, size_t flag)
{
	size_t count = 0;

	keeper->names = memory_grow(keeper->names, keeper->by_name.len + 1, sizeof(*keeper->names));
	MAP_FOR_EACH (entry, &keeper->by_name) {
		const struct kept *kept = entry->value;
		if (*(const bool *)((const char *)kept + flag))
			keeper->names[count++] = kept->name;
	}
	keeper->names[count] = NULL;
	return keeper->names;
}

const char *const *keeper_held(struct keeper *keeper)
{
	return names_with(keeper, offsetof(struct kept, held));
}

const char *const *keeper_owed(struct keeper *keeper)
{
	return names_with(keeper, offsetof(struct kept, owed));
}

void keeper_owe(struct keeper *keeper, const char *container)
{
	struct kept *kept = map_get(&keeper->by_name, container);

	if (!kept)
		kept = kept_new(keeper, container);
	kept->owed = true;
}

void keeper_miss(struct keeper *keeper, uint64_t now)
{
	uint64_t quiet = QUIET;

	for (unsigned i = 0; i < keeper->reconciled && quiet < QUIET_MAX; i++)
		quiet *= 2;
	keeper->reconcile_at = now + (quiet < QUIET_MAX ? quiet : QUIET_MAX);
}
