/* SPDX-License-Identifier: MIT */
#include "compose/supervise/origin.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compose/plan/plan.h"
#include "engine/engine.h"

static char own, foreign; /* whose addresses are what a container's id is mapped to */

static void drop_labels(void *value)
{
	struct labels *labels = value;

	ARRAY_FOR_EACH (struct label, label, labels) {
		free((char *)label->key);
		free((char *)label->value);
	}
	array_drop(labels);
	free(labels);
}

void origin_drop(struct origin *origin)
{
	map_drop(&origin->containers);
	map_drop_with(&origin->images, drop_labels);
	*origin = (struct origin){0};
}

void origin_learn(struct origin *origin, const char *image, const struct labels *labels)
{
	struct labels *copy = memory_zero(1, sizeof(*copy));

	for (size_t i = 0; labels && i < labels->len; i++)
		array_push(copy, ((struct label){memory_copy(labels->items[i].key),
						 memory_copy(labels->items[i].value)}));
	copy = map_set(&origin->images, image, copy);
	if (copy)
		drop_labels(copy);
}

void origin_list(struct origin *origin, const char *project, struct observed *observed)
{
	map_drop(&origin->containers);
	ARRAY_FOR_EACH (const struct container, container, &observed->containers) {
		bool is_own = plan_owns(project, container);

		map_set(&origin->containers, container->id, is_own ? &own : &foreign);
		if (container->image && !map_has(&origin->images, container->image))
			origin_learn(origin, container->image, &container->image_labels);
	}
	plan_keep_own(project, observed);
}

enum origin_verdict origin_judge(struct origin *origin, const char *project,
				 const struct engine_event *event)
{
	const void *told = map_get(&origin->containers, event->id);
	const struct labels *image = event->image ? map_get(&origin->images, event->image) : NULL;

	if (event->kind == EVENT_DESTROY)
		map_remove(&origin->containers, event->id);
	if (told)
		return told == &own ? ORIGIN_OWN : ORIGIN_FOREIGN;
	if (event->image && !image)
		return ORIGIN_UNKNOWN;
	bool is_own =
		plan_owns_labels(project, &event->labels, image ? image : &(struct labels){0});
	return is_own ? ORIGIN_OWN : ORIGIN_FOREIGN;
}
