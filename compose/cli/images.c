/* SPDX-License-Identifier: MIT */
#include "compose/cli/images.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/display.h"
#include "compose/cli/policy.h"

/* --- which services, which images */

static void choose(const struct project *project, const struct service *service, bool no_deps,
		   bool *chosen)
{
	if (!service || chosen[service->index])
		return;
	chosen[service->index] = true;
	if (no_deps)
		return;
	ARRAY_FOR_EACH (const struct dependency, needed, &service->dependencies)
		choose(project, project_service(project, needed->service), no_deps, chosen);
}

bool *images_choose(const struct project *project, const char *const *services, bool no_deps)
{
	bool *chosen = memory_zero(project->services.len + 1, sizeof(*chosen));

	if (services) {
		for (; *services; services++)
			choose(project, project_service(project, *services), no_deps, chosen);
		return chosen;
	}
	for (size_t i = 0; i < project->services.len; i++)
		chosen[i] = true;
	return chosen;
}

/* Marks the services whose builds one service's build takes as contexts; says whether any is new. */
static bool mark_contexts(const struct project *project, const struct service *service,
			  bool *marked)
{
	const struct pairs *contexts = &service->build->additional_contexts;
	bool any = false;

	for (size_t i = 0; i < contexts->len; i++) {
		const char *value = contexts->items[i].value;
		const struct service *other =
			value && text_starts(value, "service:")
				? project_service(project, value + strlen("service:"))
				: NULL;

		if (!other || !other->build || marked[other->index])
			continue;
		marked[other->index] = any = true;
	}
	return any;
}

bool *images_builds(const struct project *project, const bool *chosen)
{
	bool *marked = memory_zero(project->services.len + 1, sizeof(*marked));
	bool again = true;

	ARRAY_FOR_EACH (const struct service, service, &project->services)
		marked[service->index] = chosen[service->index] && service->build;
	while (again) {
		again = false;
		ARRAY_FOR_EACH (const struct service, service, &project->services)
			again |= marked[service->index] && mark_contexts(project, service, marked);
	}
	return marked;
}

bool images_of_hook(const struct service *service, size_t i, struct service *ret)
{
	const struct hook *hook = &service->pre_start.items[i];

	if (!hook->image || text_same(hook->image, service->image))
		return false;
	*ret = *service;
	ret->image = hook->image;
	ret->image_at = hook->at;
	ret->image_written = true;
	ret->build = NULL;
	ret->pre_start.len = 0;
	return true;
}

int images_observe(struct cli *cli, const struct project *project, const bool *chosen,
		   struct images_stock *stock, struct error **err)
{
	CLEANUP(map_drop) struct map names = {0};

	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (!chosen[service->index])
			continue;
		if (service->image)
			map_set(&names, service->image, cli);
		for (size_t i = 0; i < service->pre_start.len; i++) {
			if (service->pre_start.items[i].image)
				map_set(&names, service->pre_start.items[i].image, cli);
		}
	}
	CLEANUP(memory_free)
	const char **references = memory_zero(names.len + 1, sizeof(*references));
	for (size_t i = 0; i < names.len; i++)
		references[i] = names.entries[i].key;
	if (names.len && cli_observe(cli, &(struct engine_filter){.images = references},
				     &stock->observed, err) < 0)
		return (*err)->code;
	census_take(&stock->census, project, &stock->observed);
	return 0;
}

void images_stock_drop(struct images_stock *stock)
{
	census_drop(&stock->census);
	observed_drop(&stock->observed);
}

const struct image *images_find(const struct images_stock *stock, const char *reference)
{
	return census_image(&stock->census, reference);
}

/* --- jobs */

void images_drop(struct images_jobs *jobs)
{
	for (size_t i = 0; i < jobs->len; i++) {
		array_drop(&jobs->items[i].after);
		error_drop(&jobs->items[i].failure);
	}
	array_drop(jobs);
	arena_drop(&jobs->arena);
}

static const char *builder_of(const struct project *project, const char *image)
{
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (service->build && text_same(service->image, image))
			return service->name;
	}
	return NULL;
}

void images_add_pull(struct images_jobs *jobs, const struct project *project,
		     const struct service *service, bool no_build)
{
	const char *builder = no_build ? NULL : builder_of(project, service->image);
	const char *name = recipe_full_name(&jobs->arena, service->image);

	for (size_t i = 0; i < jobs->len; i++) {
		if (text_same(recipe_full_name(&jobs->arena, jobs->items[i].image), name) &&
		    text_same(jobs->items[i].platform, service->platform))
			return;
	}
	struct supply_job *job = array_add(jobs);
	job->service = service->name;
	job->image = service->image;
	job->platform = service->platform;
	if (!builder)
		return;
	job->forgiven = true;
	job->forgiven_because = arena_format(&jobs->arena, "service %s builds it", builder);
}

void images_add_build(struct images_jobs *jobs, const struct project *project,
		      const struct service *service, const struct recipe_options *options)
{
	struct supply_job *job = array_add(jobs);

	job->service = service->name;
	job->image = service->image;
	job->build = recipe_make(&jobs->arena, project, service, options);
}

/* build: the index of its build's job + 1, or 0. */
static void add_push(struct images_jobs *jobs, const struct service *service, const char *image,
		     size_t build)
{
	for (size_t i = 0; i < jobs->len; i++) {
		if (jobs->items[i].push && text_same(jobs->items[i].image, image))
			return;
	}
	struct supply_job *job = array_add(jobs);
	job->service = service->name;
	job->image = image;
	job->push = true;
	if (build)
		array_push(&job->after, build - 1);
}

void images_add_push(struct images_jobs *jobs, const struct service *service)
{
	size_t build = jobs->len;

	while (build > 0 && !(jobs->items[build - 1].build &&
			      text_same(jobs->items[build - 1].service, service->name)))
		build--;
	add_push(jobs, service, service->image, build);
	if (!service->build)
		return;
	ARRAY_FOR_EACH (const char *, tag, &service->build->tags)
		add_push(jobs, service, *tag, build);
}

static bool makes(struct arena *arena, const struct supply_job *job, const char *full_name)
{
	for (const char *const *tag = job->build->tags; tag && *tag; tag++) {
		if (strcmp(recipe_full_name(arena, *tag), full_name) == 0)
			return true;
	}
	return false;
}

/* Two that make one image: the later in the file's order is the one that stays. */
static bool comes_before(struct images_jobs *jobs, size_t first, size_t second,
			 const char *const *bases)
{
	const struct supply_job *job = &jobs->items[first];

	if (first < second && strcmp(job->image, jobs->items[second].image) == 0)
		return true;
	for (; *bases; bases++) {
		if (makes(&jobs->arena, job, *bases))
			return true;
	}
	return false;
}

void images_order(struct images_jobs *jobs)
{
	for (size_t i = 0; i < jobs->len; i++) {
		if (!jobs->items[i].build)
			continue;
		const char *const *bases = recipe_bases(&jobs->arena, jobs->items[i].build);

		for (size_t j = 0; j < jobs->len; j++) {
			if (j != i && jobs->items[j].build && comes_before(jobs, j, i, bases))
				array_push(&jobs->items[i].after, j);
		}
	}
}

int images_print(struct cli *cli, const struct images_jobs *jobs, struct error **err)
{
	CLEANUP(text_drop) struct text out = {0};

	for (size_t i = 0; i < jobs->len; i++)
		text_printf(&out, "%s image %s (service %s)\n", supply_word(&jobs->items[i]),
			    jobs->items[i].image, jobs->items[i].service);
	return cli_print(cli, text_string(&out), out.len, err);
}

/* --- running them */

struct run {
	struct supply *supply;
	size_t width; /* of the longest service's name */
	bool done;
	struct error *error;
};

static void finished(const struct error *err, void *payload)
{
	struct run *run = payload;

	run->supply = NULL;
	run->error = error_copy(err);
	run->done = true;
}

static void interrupted(struct cli *cli, void *payload)
{
	struct run *run = payload;

	if (cli->interrupts > 1)
		exit(130);
	if (run->supply)
		supply_cancel(run->supply);
}

static void print_line(const struct supply_job *job, const char *line, void *payload)
{
	const struct run *run = payload;

	fprintf(stderr, "%-*s | %s\n", (int)run->width, job->service, line);
}

int images_run(struct cli *cli, struct images_jobs *jobs, bool quiet, struct error **err)
{
	struct run run = {0};

	if (!jobs->len)
		return 0;
	for (size_t i = 0; i < jobs->len; i++) {
		size_t width = strlen(jobs->items[i].service);
		run.width = width > run.width ? width : run.width;
	}
	struct display *display = display_open(cli, supply_title(&jobs->items[0]));
	const struct supply_options options = {
		.jobs = jobs->items,
		.count = jobs->len,
		.parallel = cli_parallel(cli),
		.quiet = quiet,
		.progress = display_sink(display),
		.line = cli->mode == CLI_PLAIN ? print_line : NULL,
		.payload = &run,
	};

	cli->interrupts = 0;
	cli->interrupted = interrupted;
	cli->interrupted_payload = &run;
	run.supply = supply_start(cli->engine, &options, finished, &run);
	cli_run(cli, &run.done);
	cli->interrupted = NULL;
	display_close(&display);
	return run.error ? error_move(err, &run.error) : 0;
}

/* --- what up needs */

struct preparation {
	struct cli *cli;
	const struct project *project;
	const struct images_options *options;
	bool *chosen;
	struct images_stock stock;
	struct map come; /* images that were pulled or built, by their full names */
	struct arena arena;
};

static void preparation_drop(struct preparation *preparation)
{
	free(preparation->chosen);
	images_stock_drop(&preparation->stock);
	map_drop(&preparation->come);
	arena_drop(&preparation->arena);
}

static int policy_of(const struct preparation *preparation, const struct service *service,
		     struct policy *ret, struct error **err)
{
	const struct images_options *options = preparation->options;
	const char *word = options->pull ? options->pull : service->pull_policy;

	if (service->build && options->build)
		word = "build";
	if (policy_parse(word, ret, err) < 0)
		return options->pull ? error_wrap(err, "--pull")
				     : error_wrap(err, "services.%s.pull_policy", service->name);
	return 0;
}

static void note_come(struct preparation *preparation, const struct images_jobs *jobs)
{
	for (size_t i = 0; i < jobs->len; i++) {
		if (!jobs->items[i].failure)
			map_set(&preparation->come,
				recipe_full_name(&preparation->arena, jobs->items[i].image),
				preparation);
	}
}

static int add_pull(struct preparation *preparation, const struct service *service,
		    struct images_jobs *jobs, struct error **err)
{
	struct policy policy;

	if (!service->image_written)
		return 0;
	if (policy_of(preparation, service, &policy, err) < 0)
		return (*err)->code;
	const struct image *image = images_find(&preparation->stock, service->image);
	if (policy_pulls(&policy, image, clock_wall()))
		images_add_pull(jobs, preparation->project, service,
				preparation->options->no_build);
	return 0;
}

static int pull(struct preparation *preparation, struct error **err)
{
	CLEANUP(images_drop) struct images_jobs jobs = {0};
	const struct images_options *options = preparation->options;

	ARRAY_FOR_EACH (const struct service, service, &preparation->project->services) {
		struct service other;

		if (!preparation->chosen[service->index])
			continue;
		if (add_pull(preparation, service, &jobs, err) < 0)
			return (*err)->code;
		for (size_t i = 0; i < service->pre_start.len; i++) {
			if (images_of_hook(service, i, &other) &&
			    add_pull(preparation, &other, &jobs, err) < 0)
				return (*err)->code;
		}
	}
	if (images_run(preparation->cli, &jobs, options->quiet_pull, err) < 0)
		return (*err)->code;
	note_come(preparation, &jobs);
	return 0;
}

static bool is_there(struct preparation *preparation, const struct service *service)
{
	/* A service that a provider runs has none. */
	if (!service->image)
		return true;
	return map_has(&preparation->come, recipe_full_name(&preparation->arena, service->image)) ||
	       images_find(&preparation->stock, service->image);
}

static int build(struct preparation *preparation, struct error **err)
{
	CLEANUP(images_drop) struct images_jobs jobs = {0};
	const struct images_options *options = preparation->options;

	if (options->no_build)
		return 0;
	CLEANUP(memory_free)
	bool *builds = images_builds(preparation->project, preparation->chosen);
	ARRAY_FOR_EACH (const struct service, service, &preparation->project->services) {
		struct policy policy;

		if (!builds[service->index])
			continue;
		if (policy_of(preparation, service, &policy, err) < 0)
			return (*err)->code;
		if (policy.kind == POLICY_BUILD || !is_there(preparation, service))
			images_add_build(&jobs, preparation->project, service, NULL);
	}
	images_order(&jobs);
	if (images_run(preparation->cli, &jobs, options->quiet_build, err) < 0)
		return (*err)->code;
	note_come(preparation, &jobs);
	return 0;
}

static void check_there(struct preparation *preparation, const struct service *service,
			struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};

	if (is_there(preparation, service))
		return;
	if (service->image_at.line)
		text_printf(&text, "%s:%u:%u: ", service->image_at.file, service->image_at.line,
			    service->image_at.column);
	text_printf(&text, "services.%s: image %s is not there, and %s", service->name,
		    service->image,
		    service->build ? "--no-build forbids to build it"
				   : "its pull policy forbids to pull it");
	if (*err)
		error_detail(err, "%s", text_string(&text));
	else
		error_set(err, ERROR_NOT_FOUND, "%s", text_string(&text));
}

/* What is missing still is told before anything is created, all of it at once. */
static int check_all_there(struct preparation *preparation, struct error **err)
{
	ARRAY_FOR_EACH (const struct service, service, &preparation->project->services) {
		struct service other;

		if (!preparation->chosen[service->index])
			continue;
		check_there(preparation, service, err);
		for (size_t i = 0; i < service->pre_start.len; i++) {
			if (images_of_hook(service, i, &other))
				check_there(preparation, &other, err);
		}
	}
	return *err ? (*err)->code : 0;
}

int images_prepare(struct cli *cli, const struct project *project,
		   const struct images_options *options, struct error **err)
{
	CLEANUP(preparation_drop)
	struct preparation preparation = {.cli = cli, .project = project, .options = options};

	preparation.chosen = images_choose(project, options->services, options->no_deps);
	if (images_observe(cli, project, preparation.chosen, &preparation.stock, err) < 0 ||
	    pull(&preparation, err) < 0 || build(&preparation, err) < 0)
		return (*err)->code;
	return check_all_there(&preparation, err);
}
