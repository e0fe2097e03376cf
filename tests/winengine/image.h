/* SPDX-License-Identifier: MIT */
/* image -- images, made by a file of the test
 *
 *	[{"name": "actor:ltsc2022", "os_version": "10.0.20348.2582", "absent": true,
 *	  "config": {"Entrypoint": ["actor"], ...}}]
 *
 * config is as an inspect shows it; "wait_to_kill" may be there, in ms. What is absent has to be pulled first.
 */
#pragma once

#include <cjson/cJSON.h>

#include "tests/winengine/call.h"
#include "tests/winengine/world.h"

struct image {
	struct list link;
	char *name; /* with its tag */
	char id[ID_LEN + 7];
	char *os_version;
	cJSON *config;
	bool absent;
	int64_t wait_to_kill; /* ms that its registry gives to who ends: windows.md 1.5 */
	int64_t created;
};

int image_load(struct world *world, const char *path, struct error **err);
struct image *image_find(const struct world *world, const char *reference); /* NULL: none here */

/* --- what the API asks */
void image_list(struct call *call);
void image_inspect(struct call *call);
void image_pull(struct call *call);
void image_remove(struct call *call);
