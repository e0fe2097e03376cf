/* SPDX-License-Identifier: MIT */
/* feed -- GET /events: what happens is told to who listens, and kept for who asks since when */
#pragma once

#include <cjson/cJSON.h>

#include "tests/winengine/call.h"
#include "tests/winengine/world.h"

struct feed_event {
	const char *type;   /* "container" */
	const char *action; /* "health_status: healthy" */
	const char *id;
	const char *name;
	const char *image;   /* or NULL */
	const cJSON *labels; /* they lie among the attributes; or NULL */
	const char *key;     /* one more attribute, or NULL */
	const char *value;
};

void feed_tell(struct world *world, const struct feed_event *event);

/* filters={"label": ["a=b"]}: whether all of a key's values, or any, are met. Shared by the lists.
 */
bool feed_labels_match(const cJSON *filters, const cJSON *labels);
bool feed_any(const cJSON *filters, const char *key, const char *value);
/* The call's filters, yours; NULL where there are none. Both forms: lists, and {"x": true}. */
cJSON *feed_filters(struct call *call);

void feed_events(struct call *call);
