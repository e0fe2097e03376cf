/* SPDX-License-Identifier: MIT */
#include "compose/supervise/probes.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "compose/plan/plan.h"
#include "compose/plan/spec.h"
#include "compose/supervise/probe.h"

/* A runner and what it was started for: another run of the container needs another runner. */
struct entry {
	struct probe_runner *runner;
	char *id;
	bool stale; /* not seen in the list that is being compared */
};

struct probes {
	struct engine *engine;
	struct map by_container; /* struct entry */
	unsigned closing;        /* runners that are ending */
	uv_timer_t turn;         /* so that closed is never told from inside */
	bool ending;
	void (*changed)(const char *container, enum container_health health, const char *why,
			void *payload);
	void *payload;
	void (*closed)(void *payload);
	void *closed_payload;
};

struct probes *probes_open(struct engine *engine,
			   void (*changed)(const char *container, enum container_health health,
					   const char *why, void *payload),
			   void *payload)
{
	struct probes *probes = memory_zero(1, sizeof(*probes));

	probes->engine = engine;
	probes->changed = changed;
	probes->payload = payload;
	uv_timer_init(engine_loop(engine), &probes->turn);
	probes->turn.data = probes;
	return probes;
}

static void turn_closed(uv_handle_t *handle)
{
	struct probes *probes = handle->data;
	void (*closed)(void *payload) = probes->closed;
	void *payload = probes->closed_payload;

	map_drop(&probes->by_container);
	free(probes);
	closed(payload);
}

static void runner_closed(void *payload)
{
	struct probes *probes = payload;

	probes->closing--;
	if (probes->ending && !probes->closing)
		uv_close((uv_handle_t *)&probes->turn, turn_closed);
}

void probes_forget(struct probes *probes, const char *container)
{
	struct entry *entry = map_remove(&probes->by_container, container);

	if (!entry)
		return;
	probes->closing++;
	probe_close(entry->runner, runner_closed, probes);
	free(entry->id);
	free(entry);
}

/* NULL: it has no probe. */
static const struct service *probed_service(const struct project *project,
					    const struct container *container)
{
	const char *name = plan_service(&container->labels);
	const struct service *service = project && name ? project_service(project, name) : NULL;

	return service && service->supervision.probe.kind != PROBE_NONE ? service : NULL;
}

static void sync_container(struct probes *probes, const struct project *project,
			   const struct container *container)
{
	const struct service *service = probed_service(project, container);
	const struct probe *probe = service ? &service->supervision.probe : NULL;
	struct container seen = *container;
	struct entry *entry = map_get(&probes->by_container, container->name);

	if (!probe || container->state != CONTAINER_RUNNING)
		return;
	if (entry && text_same(entry->id, container->id) && probe_is(entry->runner, probe)) {
		entry->stale = false;
		return;
	}
	if (entry)
		probes_forget(probes, container->name);
	/* A list does not tell of its terminal, on which it depends how its log is read. */
	seen.tty = service->tty;
	entry = memory_zero(1, sizeof(*entry));
	entry->id = memory_copy(container->id);
	entry->runner = probe_open(probes->engine, probe, &seen, probes->changed, probes->payload);
	map_set(&probes->by_container, container->name, entry);
}

void probes_sync(struct probes *probes, const struct project *project,
		 const struct observed *observed)
{
	MAP_FOR_EACH (it, &probes->by_container) {
		struct entry *entry = it->value;
		entry->stale = true;
	}
	ARRAY_FOR_EACH (const struct container, container, &observed->containers)
		sync_container(probes, project, container);
	for (size_t i = probes->by_container.len; i-- > 0;) {
		struct entry *entry = probes->by_container.entries[i].value;
		if (entry->stale)
			probes_forget(probes, probes->by_container.entries[i].key);
	}
}

/* The service whose container bears this name by docker compose's rule or by container_name. */
static bool has_probe(const struct project *project, const char *container)
{
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		struct arena arena = {0};
		bool same = false;

		if (service->supervision.probe.kind == PROBE_NONE)
			continue;
		for (unsigned n = 1; n <= service->replicas && !same; n++)
			same = text_same(spec_container_name(&arena, project, service, n),
					 container);
		arena_drop(&arena);
		if (same)
			return true;
	}
	return false;
}

enum container_health probes_health(const struct probes *probes, const struct project *project,
				    const char *container)
{
	const struct entry *entry = map_get(&probes->by_container, container);

	if (entry)
		return probe_health(entry->runner);
	return project && has_probe(project, container) ? HEALTH_STARTING : HEALTH_NONE;
}

void probes_close(struct probes *probes, void (*closed)(void *payload), void *payload)
{
	assert(!probes->ending);
	while (probes->by_container.len)
		probes_forget(probes, probes->by_container.entries[0].key);
	probes->ending = true;
	probes->closed = closed;
	probes->closed_payload = payload;
	if (!probes->closing)
		uv_close((uv_handle_t *)&probes->turn, turn_closed);
}
