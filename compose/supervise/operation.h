/* SPDX-License-Identifier: MIT */
/* operation -- one change of a project that a verb wants, as a value that can travel over the
 * control socket */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "compose/plan/plan.h"
#include "compose/project/project.h"

struct error;

struct operation {
	struct project *project;  /* borrowed; whole, plan.services says which part is meant */
	struct plan_options plan; /* its strings are borrowed */
	unsigned parallel;        /* requests at once; 0: the executor's default */
	uint64_t wait_timeout;    /* ns for all waits together; 0: none */
	bool keep;                /* the project is what should be from now on (up, scale) */
	bool dry_run;             /* plan only */
};

/* The operation as JSON, and back. What operation_read gives owns everything that it points to. Of a project that labels told
 * of (plan_skeleton) only the name travels: who executes asks the labels again. */
cJSON *operation_json(const struct operation *operation);
int operation_read(const cJSON *json, struct operation *operation, struct error **err);
void operation_drop(struct operation *operation); /* of what operation_read gave */
