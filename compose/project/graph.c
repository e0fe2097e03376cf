/* SPDX-License-Identifier: MIT */
#include "compose/project/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/project.h"

void graph_drop(struct graph *graph)
{
	for (size_t i = 0; i < graph->len; i++) {
		array_drop(&graph->nodes[i].needs);
		array_drop(&graph->nodes[i].needed_by);
	}
	free(graph->nodes);
	free(graph->order);
	*graph = (struct graph){0};
}

static void add_edges(const struct project *project, struct graph *graph)
{
	for (size_t i = 0; i < graph->len; i++) {
		const struct service *service = &project->services.items[i];

		ARRAY_FOR_EACH (const struct dependency, need, &service->dependencies) {
			const struct service *other = project_service(project, need->service);

			if (!other)
				continue;
			array_push(&graph->nodes[i].needs, other->index);
			array_push(&graph->nodes[other->index].needed_by, i);
		}
	}
}

static int by_index(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Level by level: those that wait for nothing more come next, by name (which is by index). Gives
 * how many could be placed. */
static size_t sort(struct graph *graph)
{
	CLEANUP(memory_free) size_t *waits = memory_zero(graph->len, sizeof(*waits));
	size_t placed = 0, begin = 0;

	for (size_t i = 0; i < graph->len; i++) {
		waits[i] = graph->nodes[i].needs.len;
		if (waits[i] == 0)
			graph->order[placed++] = i;
	}
	for (unsigned level = 1; begin < placed; level++) {
		size_t end = placed;

		for (; begin < end; begin++) {
			const struct graph_node *node = &graph->nodes[graph->order[begin]];

			ARRAY_FOR_EACH (size_t, next, &node->needed_by) {
				if (--waits[*next] > 0)
					continue;
				graph->nodes[*next].level = level;
				graph->order[placed++] = *next;
			}
		}
		qsort(graph->order + end, placed - end, sizeof(size_t), by_index);
	}
	return placed;
}

static const struct dependency *edge(const struct project *project, size_t from, size_t to)
{
	const struct service *service = &project->services.items[from];

	ARRAY_FOR_EACH (const struct dependency, need, &service->dependencies)
		if (strcmp(need->service, project->services.items[to].name) == 0)
			return need;
	return NULL;
}

/* A walk along needs that have not been placed must come back to where it was: that is a cycle.
 * seen holds a service's step in the walk, plus one. */
static size_t find_cycle(const struct graph *graph, const bool *placed, size_t start, size_t *path)
{
	CLEANUP(memory_free) size_t *seen = memory_zero(graph->len, sizeof(*seen));
	size_t len = 0, at = start;

	while (!seen[at]) {
		path[len++] = at;
		seen[at] = len;
		const struct graph_node *node = &graph->nodes[at];
		ARRAY_FOR_EACH (size_t, next, &node->needs)
			if (!placed[*next]) {
				at = *next;
				break;
			}
	}
	size_t first = seen[at] - 1;
	memmove(path, path + first, (len - first) * sizeof(*path));
	return len - first;
}

static void tell_cycle(const struct project *project, const size_t *path, size_t len,
		       struct diagnostics *diagnostics)
{
	CLEANUP(text_drop) struct text names = {0};
	CLEANUP(text_drop) struct text lines = {0};
	size_t first = 0;

	/* The one that comes first by name begins it, so that the sentence does not depend on the
	 * walk. */
	for (size_t i = 1; i < len; i++)
		if (path[i] < path[first])
			first = i;
	for (size_t i = 0; i <= len; i++)
		text_printf(&names, "%s%s", i > 0 ? " -> " : "",
			    project->services.items[path[(first + i) % len]].name);
	const struct dependency *begin = edge(project, path[first], path[(first + 1) % len]);
	for (size_t i = 0; i < len; i++) {
		size_t from = path[(first + i) % len], to = path[(first + i + 1) % len];
		const struct dependency *need = edge(project, from, to);

		text_printf(&lines, "%s%s needs %s (%s)", i > 0 ? ", " : "",
			    project->services.items[from].name, project->services.items[to].name,
			    diagnostic_place(need->at, begin->at, (char[PLACE_MAX]){0}));
	}
	CLEANUP(memory_free)
	char *trail =
		memory_format("services.%s.depends_on", project->services.items[path[first]].name);
	diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_ERROR, begin->at, trail,
					"the dependencies go in a circle: %s", text_string(&names)),
			"%s", text_string(&lines));
}

int graph_build(const struct project *project, struct graph *graph, struct diagnostics *diagnostics)
{
	struct graph built = {.len = project->services.len};

	built.nodes = memory_zero(built.len, sizeof(*built.nodes));
	built.order = memory_zero(built.len, sizeof(*built.order));
	add_edges(project, &built);
	size_t count = sort(&built);
	if (count == built.len) {
		*graph = built;
		return 0;
	}
	CLEANUP(memory_free) bool *placed = memory_zero(built.len, sizeof(*placed));
	CLEANUP(memory_free) size_t *path = memory_zero(built.len, sizeof(*path));
	for (size_t i = 0; i < count; i++)
		placed[built.order[i]] = true;
	size_t start = 0;
	while (placed[start])
		start++;
	tell_cycle(project, path, find_cycle(&built, placed, start, path), diagnostics);
	graph_drop(&built);
	return ERROR_INVALID;
}
