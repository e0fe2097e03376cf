/* SPDX-License-Identifier: MIT */
/* images -- what happens to images before anything is created: pulled and built in the caller, with
 * progress; and pushed
 *
 * By pull_policy and flags, once for each distinct image; a failed pull is forgiven where the image
 * can be built.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "compose/cli/cli.h"
#include "compose/cli/recipe.h"
#include "compose/cli/supply.h"
#include "compose/plan/census.h"

struct images_options {
	const char *const *services; /* NULL: all; what they depend on is prepared too */
	bool no_deps;
	bool build; /* up --build: build even what is there */
	bool no_build;
	const char
		*pull; /* --pull: always, missing, never, build; NULL: each service's own policy */
	bool quiet_pull, quiet_build;
};

int images_prepare(struct cli *cli, const struct project *project,
		   const struct images_options *options, struct error **err);

/* --- for pull, build and push, which are these parts with rules of their own */

struct images_jobs {
	struct supply_job *items;
	size_t len;
	size_t cap;
	struct arena arena;
};

void images_drop(struct images_jobs *jobs);
/* Whether each service of the project is meant (an array by index, yours): the named ones, and what
 * they depend on unless no_deps. services: NULL for all. */
bool *images_choose(const struct project *project, const char *const *services, bool no_deps);
/* Which of them have a build, and the services whose builds those take as contexts. Yours. */
bool *images_builds(const struct project *project, const bool *chosen);
/* What is on the engine of the images that services name. The zero value is valid to drop. */
struct images_stock {
	struct observed observed;
	struct census census;
};
/* The i-th pre_start hook's image, where it is another one than the service's, as a service that has
 * it. */
bool images_of_hook(const struct service *service, size_t i, struct service *ret);
int images_observe(struct cli *cli, const struct project *project, const bool *chosen,
		   struct images_stock *stock, struct error **err);
void images_stock_drop(struct images_stock *stock);
/* NULL: not there. */
const struct image *images_find(const struct images_stock *stock, const char *reference);
/* Adds a pull, unless the same image is to be pulled already. */
void images_add_pull(struct images_jobs *jobs, const struct project *project,
		     const struct service *service, bool no_build);
void images_add_build(struct images_jobs *jobs, const struct project *project,
		      const struct service *service, const struct recipe_options *options);
/* Adds a push of the service's image, after its build where that is among the jobs, and of the tags
 * that its build section lists. An image is pushed once. */
void images_add_push(struct images_jobs *jobs, const struct service *service);
/* A build comes after those of the images that its Dockerfile begins from. */
void images_order(struct images_jobs *jobs);
/* Runs the jobs, with progress; Ctrl-C cancels them. No jobs: at once. */
int images_run(struct cli *cli, struct images_jobs *jobs, bool quiet, struct error **err);
/* --dry-run: a line for each job on stdout. */
int images_print(struct cli *cli, const struct images_jobs *jobs, struct error **err);
