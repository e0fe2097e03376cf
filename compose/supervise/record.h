/* SPDX-License-Identifier: MIT */
/* record -- desired.json: what a project should be, for the supervisor that comes after
 *
 * 0600, written whole by temporary file and rename. Holds the canonical project with positions, the
 * engine's driver, address and id, and the containers on hold; no contents of secrets. A record of
 * another version is as none.
 */
#pragma once

#include <stdbool.h>

#include "base/array.h"
#include "compose/project/project.h"

struct error;
struct home_project;

struct record {
	struct project *project;
	char *driver;
	char *address;
	char *tls_folder;
	bool tls_skip_verify;
	char *engine_id;
	ARRAY(char *) services; /* names of those that an up asked for, with what they depend on */
	ARRAY(char *) holds;    /* names of containers on hold */
	ARRAY(char *) owed;     /* ... and of those that the loop stopped and will start again */
};

int record_write(const struct home_project *home, const struct record *record, struct error **err);
int record_read(const struct home_project *home, struct record *record,
		struct error **err); /* ERROR_NOT_FOUND: none */
/* The same without the project, services and holds: whose engine it is. */
int record_read_engine(const struct home_project *home, struct record *record, struct error **err);
int record_remove(const struct home_project *home, struct error **err);
void record_drop(struct record *record);
