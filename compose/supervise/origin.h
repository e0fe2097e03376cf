/* SPDX-License-Identifier: MIT */
/* origin -- whether an event's container is the project's own (plan_owns), which the event does not
 * tell
 *
 * An event bears the container's labels together with those of its image, and names the image as
 * the container does. What lists told of containers is believed; of others it is judged by the
 * image's labels, which are remembered by that name, so that they are asked for once.
 */
#pragma once

#include <stdbool.h>

#include "base/map.h"
#include "engine/model.h"

struct engine_event;

struct origin {
	struct map containers; /* id -> own or foreign */
	struct map images;     /* name -> struct labels */
};

enum origin_verdict {
	ORIGIN_OWN,
	ORIGIN_FOREIGN,
	ORIGIN_UNKNOWN, /* until the labels of its image are learnt */
};

void origin_drop(struct origin *origin);
/* A list with image_labels (engine_filter.origin): leaves the project's own in it. */
void origin_list(struct origin *origin, const char *project, struct observed *observed);
/* The image of this name has these labels (NULL: it is not there, and has none). */
void origin_learn(struct origin *origin, const char *image, const struct labels *labels);
enum origin_verdict origin_judge(struct origin *origin, const char *project,
				 const struct engine_event *event);
