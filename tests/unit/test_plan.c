/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/plan.h"
#include "compose/plan/spec.h"
#include "tests/plan/stage.h"
#include "tests/plan/world.h"

/* --- a seeded choice of the order in which a parallel executor may happen to do the steps */

static uint64_t seed;

static uint64_t chance(uint64_t below)
{
	/* xorshift64, Marsaglia 2003 */
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* An order of the steps that keeps to their prerequisites; shuffle false: the plan's own. */
static size_t *order_of(const struct plan *plan, bool shuffle)
{
	size_t len = plan->steps.len, done = 0;
	size_t *order = memory_zero(len + 1, sizeof(*order));
	bool *taken = memory_zero(len + 1, sizeof(*taken));
	while (done < len) {
		size_t from = shuffle ? chance(len) : 0;
		for (size_t n = 0; n < len; n++) {
			size_t i = (from + n) % len;
			const struct step *step = &plan->steps.items[i];
			bool ready = !taken[i];
			for (size_t j = 0; ready && j < step->after.len; j++)
				ready = taken[step->after.items[j]];
			if (!ready)
				continue;
			taken[i] = true;
			order[done++] = i;
			break;
		}
	}
	free(taken);
	return order;
}

static struct plan *plan_of(const struct world *world, const struct project *project,
			    const struct plan_options *options)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(observed_drop) struct observed observed = {0};
	struct plan *plan = NULL;
	world_observe(world, &observed);
	if (plan_make(project, &observed, NULL, options, &plan, &err) < 0)
		fail_msg("no plan: %s", err->message);
	for (size_t i = 0; i < plan->steps.len; i++)
		for (size_t j = 0; j < plan->steps.items[i].after.len; j++)
			assert_true(plan->steps.items[i].after.items[j] < i);
	return plan;
}

static void show(const struct plan *plan)
{
	CLEANUP(text_drop) struct text text = {0};
	plan_print(plan, &text);
	print_error("%s", text_string(&text));
}

static void run(struct world *world, const struct plan *plan, bool shuffle, size_t count, bool half)
{
	CLEANUP(memory_free) size_t *order = order_of(plan, shuffle);
	for (size_t i = 0; i < count; i++) {
		if (world_step(world, &plan->steps.items[order[i]], false) < 0) {
			show(plan);
			fail_msg("step #%u: %s", (unsigned)order[i] + 1, world_sentence(world));
		}
	}
	if (half && count < plan->steps.len && plan->steps.items[order[count]].kind == STEP_CREATE)
		world_step(world, &plan->steps.items[order[count]], true);
}

/* --- one change of a project, interrupted anywhere */

struct change {
	const char *name;
	void (*before)(struct stage *stage); /* NULL: nothing is there */
	void (*outside)(struct world *world);
	void (*after)(struct stage *stage); /* NULL: down */
	void (*options)(struct plan_options *options);
};

static void check_end(struct world *world, const struct project *project,
		      const struct plan_options *options, const struct plan *first,
		      const struct plan *second, size_t killed_after)
{
	const char *wrong = NULL;
	if (options->goal == PLAN_DOWN)
		wrong = world_containers(world) || world_networks(world) ? "something is left"
									 : NULL;
	else
		wrong = world_compare(world, project);
	if (!wrong && !options->force_recreate) {
		struct plan *third = plan_of(world, project, options);
		if (third->steps.len) {
			show(third);
			wrong = "a third run still has something to do";
		}
		plan_drop(&third);
	}
	if (!wrong)
		return;
	show(first);
	print_error("killed after %u, then:\n", (unsigned)killed_after);
	show(second);
	fail_msg("%s", wrong);
}

static void interrupt(const struct world *start, const struct project *project,
		      const struct plan_options *options, const struct plan *plan, size_t after,
		      bool half, bool shuffle)
{
	struct world *world = world_copy(start);
	run(world, plan, shuffle, after, half);
	struct plan *again = plan_of(world, project, options);
	run(world, again, shuffle, again->steps.len, false);
	check_end(world, project, options, plan, again, after);
	plan_drop(&again);
	world_drop(&world);
}

static struct stage *staged(void (*build)(struct stage *stage))
{
	struct stage *stage = stage_new("shop");
	build(stage);
	stage_project(stage);
	return stage;
}

static void converge(struct stage *before, const struct change *change, struct stage *after,
		     unsigned rounds)
{
	struct world *world = world_new();
	struct plan_options options = {.goal = PLAN_UP, .timeout = -1};
	if (before) {
		struct plan *plan = plan_of(world, &before->project, &options);
		run(world, plan, false, plan->steps.len, false);
		const char *wrong = world_compare(world, &before->project);
		if (wrong) {
			show(plan);
			fail_msg("before: %s", wrong);
		}
		plan_drop(&plan);
	}
	if (change->outside)
		change->outside(world);
	if (!after)
		options.goal = PLAN_DOWN;
	if (change->options)
		change->options(&options);
	const struct project *project = after ? &after->project : &before->project;
	struct plan *plan = plan_of(world, project, &options);
	for (size_t k = 0; k <= plan->steps.len; k++) {
		interrupt(world, project, &options, plan, k, false, false);
		interrupt(world, project, &options, plan, k, true, false);
		for (unsigned round = 0; round < rounds; round++)
			interrupt(world, project, &options, plan, k, round % 2, true);
	}
	plan_drop(&plan);
	world_drop(&world);
}

/* --- the projects */

static struct service *simple(struct stage *stage, const char *name, const char *hash)
{
	struct service *s = stage_service(stage, name, hash);
	stage_join(stage, s, "default");
	return s;
}

static void three(struct stage *stage)
{
	struct service *db = simple(stage, "db", "d1");
	stage_mount(stage, db, "data", "/data");
	stage_mount(stage, db, NULL, "/scratch");
	stage_join(stage, db, "back");
	struct service *api = simple(stage, "api", "a1");
	stage_depend(api, "db", DEPENDENCY_HEALTHY, true);
	stage_join(stage, api, "back");
	struct service *web = simple(stage, "web", "w1");
	stage_depend(web, "api", DEPENDENCY_STARTED, false);
	stage_port(web, "8080", 80);
	web->replicas = 1;
	struct service *worker = simple(stage, "worker", "k1");
	worker->replicas = 3;
	stage_depend(worker, "db", DEPENDENCY_HEALTHY, false);
}

static struct service *get(struct stage *stage, const char *name)
{
	ARRAY_FOR_EACH (struct service, s, &stage->project.services)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static void rehash(struct stage *stage, const char *name, const char *hash)
{
	strcpy(get(stage, name)->hash, hash);
}

static void three_changed(struct stage *stage)
{
	three(stage);
	rehash(stage, "db", "d2");
	rehash(stage, "web", "w2");
	rehash(stage, "worker", "k2");
}

static void three_scaled_up(struct stage *stage)
{
	three(stage);
	get(stage, "worker")->replicas = 5;
	get(stage, "api")->replicas = 2;
}

static void three_scaled_down(struct stage *stage)
{
	three(stage);
	get(stage, "worker")->replicas = 1;
	get(stage, "web")->replicas = 0;
}

static void three_scaled_and_changed(struct stage *stage)
{
	three_changed(stage);
	get(stage, "worker")->replicas = 2;
	get(stage, "api")->replicas = 4;
}

static void three_on_new_networks(struct stage *stage)
{
	three(stage);
	strcpy(stage_network(stage, "default", "")->hash, "n2");
	rehash(stage, "worker", "k2");
}

static void web_renamed(struct stage *stage)
{
	three(stage);
	get(stage, "web")->name = "front";
}

static void names_given(struct stage *stage)
{
	simple(stage, "a", "a1")->container_name = "first";
	simple(stage, "b", "b1")->container_name = "second";
}

static void names_swapped(struct stage *stage)
{
	simple(stage, "a", "a2")->container_name = "second";
	simple(stage, "b", "b2")->container_name = "first";
}

static void ports_given(struct stage *stage)
{
	stage_port(simple(stage, "a", "a1"), "8000", 80);
	stage_port(simple(stage, "b", "b1"), "9000", 80);
}

static void ports_swapped(struct stage *stage)
{
	stage_port(simple(stage, "a", "a2"), "9000", 80);
	stage_port(simple(stage, "b", "b2"), "8000", 80);
}

static void shared(struct stage *stage)
{
	simple(stage, "host", "h1");
	struct service *side = stage_service(stage, "side", "s1");
	side->network_mode = "service:host";
	stage_depend(side, "host", DEPENDENCY_STARTED, true);
}

static void shared_changed(struct stage *stage)
{
	shared(stage);
	rehash(stage, "host", "h2");
}

static void with_files(struct stage *stage)
{
	stage_config(stage, simple(stage, "web", "w1"), "site");
	struct service *api = simple(stage, "api", "a1");
	stage_config(stage, api, "site");
	stage_depend(api, "web", DEPENDENCY_STARTED, false);
}

static void with_files_changed(struct stage *stage)
{
	with_files(stage);
	rehash(stage, "web", "w2");
}

static void volume_renamed(struct stage *stage)
{
	three(stage);
	stage->project.volumes.items[0].name = "shop_other";
}

static void chain_of_restarts(struct stage *stage)
{
	simple(stage, "a", "a1");
	stage_depend(simple(stage, "b", "b1"), "a", DEPENDENCY_HEALTHY, true);
	stage_depend(simple(stage, "c", "c1"), "b", DEPENDENCY_STARTED, true);
}

static void chain_changed(struct stage *stage)
{
	chain_of_restarts(stage);
	rehash(stage, "a", "a2");
}

static void adopt(struct world *world)
{
	world_strip(world, LABEL_HASH);
}

static void new_image(struct world *world)
{
	world_tag(world, "tiny:1", "sha256:2222");
}

static void some_gone(struct world *world)
{
	world_delete(world, "shop-worker-2");
	world_delete(world, "shop-db-1");
	world_kill(world, "shop-api-1", 1);
}

static void host_gone(struct world *world)
{
	world_delete(world, "shop-host-1");
}

static void remove_orphans(struct plan_options *options)
{
	options->remove_orphans = true;
}

static void force(struct plan_options *options)
{
	options->force_recreate = true;
}

static const struct change changes[] = {
	{"fresh", NULL, NULL, three, NULL},
	{"nothing to do", three, NULL, three, NULL},
	{"config", three, NULL, three_changed, NULL},
	{"scale up", three, NULL, three_scaled_up, NULL},
	{"scale down", three, NULL, three_scaled_down, NULL},
	{"scale and config", three, NULL, three_scaled_and_changed, NULL},
	{"network", three, NULL, three_on_new_networks, NULL},
	{"volume renamed", three, NULL, volume_renamed, NULL},
	{"service renamed", three, NULL, web_renamed, remove_orphans},
	{"names swapped", names_given, NULL, names_swapped, NULL},
	{"ports swapped", ports_given, NULL, ports_swapped, NULL},
	{"shared network", shared, NULL, shared_changed, NULL},
	{"shared network, gone", shared, host_gone, shared, NULL},
	{"files, fresh", NULL, NULL, with_files, NULL},
	{"files", with_files, NULL, with_files_changed, NULL},
	{"restarts", chain_of_restarts, NULL, chain_changed, NULL},
	{"adopted", three, adopt, three, NULL},
	{"image", three, new_image, three, NULL},
	{"removed behind our back", three, some_gone, three, NULL},
	{"forced", three, NULL, three, force},
	{"down", three, NULL, NULL, NULL},
};

static void a_run_killed_at_any_step_is_made_good_by_one_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		const struct change *change = &changes[i];
		struct stage *before = change->before ? staged(change->before) : NULL;
		struct stage *after = change->after ? staged(change->after) : NULL;
		seed = 88172645463325252ULL + i;
		print_message("%s\n", change->name);
		converge(before, change, after, 6);
		stage_drop(&before);
		stage_drop(&after);
	}
}

/* --- the same with projects that nobody thought of */

static const char *const letters[] = {"a", "b", "c", "d", "e"};

static void shape_service(struct stage *stage, size_t i)
{
	struct service *s =
		stage_service(stage, letters[i], chance(2) ? letters[chance(5)] : "same");
	s->replicas = (unsigned)chance(4);
	if (i && chance(4) == 0) {
		const char *host = letters[chance(i)];
		get(stage, host)->replicas = 1;
		s->network_mode = arena_format(&stage->project.arena, "service:%s", host);
		stage_depend(s, host, DEPENDENCY_STARTED, true);
	} else {
		stage_join(stage, s, "default");
		if (chance(2))
			stage_join(stage, s, "other");
	}
	if (chance(3) == 0)
		stage_mount(stage, s, "data", "/data");
	if (chance(4) == 0)
		stage_config(stage, s, "text");
	if (s->replicas == 1 && chance(2))
		stage_port(s, chance(2) ? "8000" : letters[i][0] % 2 ? "8001" : "8002", 80);
	if (s->replicas == 1 && chance(5) == 0)
		s->container_name = arena_format(&stage->project.arena, "name-%s", letters[i]);
	for (size_t d = 0; d < i; d++) {
		bool known = s->dependencies.len &&
			     !strcmp(s->dependencies.items[0].service, letters[d]);
		if (!known && chance(3) == 0)
			stage_depend(s, letters[d],
				     chance(2) ? DEPENDENCY_HEALTHY : DEPENDENCY_STARTED,
				     chance(2));
	}
}

/* No two services publish one port. */
static void settle_ports(struct stage *stage)
{
	bool taken = false;
	ARRAY_FOR_EACH (struct service, s, &stage->project.services) {
		if (!s->ports.len)
			continue;
		bool shared_port = !strcmp(s->ports.items[0].published, "8000");
		s->ports.items[0].published = shared_port && !taken
						      ? "8000"
						      : arena_format(&stage->project.arena, "90%c",
								     s->name[0] - 'a' + '0');
		taken |= shared_port;
		if (s->replicas > 1)
			s->ports.len = 0;
	}
}

/* What is in the service and not in its place: as project_load, without replicas and dependencies.
 */
static void hash_service(struct service *s)
{
	snprintf(s->hash, sizeof(s->hash), "%c-%.20s-%zu-%zu-%zu-%.8s-%.8s", chance(3) ? 'x' : 'y',
		 s->network_mode ? s->network_mode : "", s->networks.len, s->mounts.len,
		 s->configs.len, s->ports.len ? s->ports.items[0].published : "",
		 s->container_name ? s->container_name : "");
}

static struct stage *shaped(void)
{
	struct stage *stage = stage_new("shop");
	size_t count = 2 + chance(4);
	for (size_t i = 0; i < count; i++)
		shape_service(stage, i);
	settle_ports(stage);
	ARRAY_FOR_EACH (struct service, s, &stage->project.services)
		hash_service(s);
	ARRAY_FOR_EACH (struct network, n, &stage->project.networks)
		strcpy(n->hash, chance(3) ? "n1" : "n2");
	stage_project(stage);
	return stage;
}

static void any_change_of_any_project_converges_in_one_more_run(void **state)
{
	(void)state;
	const char *asked = getenv("SEED");
	uint64_t base = asked ? strtoull(asked, NULL, 10) : 1;
	size_t rounds = asked ? 1 : 80;
	for (size_t i = 0; i < rounds; i++) {
		seed = (base + i) * 2685821657736338717ULL;
		struct stage *before = shaped();
		struct stage *after = shaped();
		const struct change change = {"seeded", NULL, NULL, NULL, remove_orphans};
		print_message("SEED=%u\n", (unsigned)(base + i));
		converge(before, &change, after, 1);
		stage_drop(&before);
		stage_drop(&after);
	}
}

/* --- how much it costs */

static void many(struct stage *stage)
{
	static char names[1000][8];
	for (int i = 0; i < 1000; i++) {
		names[i][0] = 's';
		for (int d = 3, n = i; d > 0; d--, n /= 10)
			names[i][d] = (char)('0' + n % 10);
		struct service *s = simple(stage, names[i], "h1");
		if (i % 10)
			stage_depend(s, names[i - 1], DEPENDENCY_HEALTHY, false);
	}
}

static void a_thousand_services_are_planned_in_milliseconds(void **state)
{
	(void)state;
	struct stage *stage = staged(many);
	struct world *world = world_new();
	const struct plan_options options = {.goal = PLAN_UP, .timeout = -1};
	uint64_t began = clock_monotonic();
	struct plan *plan = plan_of(world, &stage->project, &options);
	uint64_t took = clock_monotonic() - began;
	print_message("%u steps in %u us\n", (unsigned)plan->steps.len, (unsigned)(took / 1000));
	/* 1 network, 1,000 creates, 1,000 starts, 900 waits */
	assert_int_equal(plan->steps.len, 2901);
	/* Generous for sanitizers and valgrind; something quadratic takes longer by far. */
	assert_true(took < 3000000000ULL);
	plan_drop(&plan);
	world_drop(&world);
	stage_drop(&stage);
}

/* --- whose it is */

static struct container labelled(const char *const *pairs, const char *const *image_pairs)
{
	struct container c = {0};
	for (; *pairs; pairs += 2)
		labels_set(&c.labels, pairs[0], pairs[1]);
	for (; image_pairs && *image_pairs; image_pairs += 2)
		labels_set(&c.image_labels, image_pairs[0], image_pairs[1]);
	return c;
}

static void a_container_is_ours_only_by_labels_set_on_itself(void **state)
{
	(void)state;
	const char *const built[] = {LABEL_PROJECT, "shop", LABEL_SERVICE, "web", NULL};
	const char *const ours[] = {LABEL_PROJECT, "shop", LABEL_SERVICE, "web",
				    LABEL_NUMBER,  "1",    NULL};
	const char *const others[] = {LABEL_PROJECT, "other", LABEL_NUMBER, "1", NULL};
	const struct {
		const char *const *own, *const *image;
		bool owned;
	} cases[] = {
		{ours, NULL, true},    /* images that say nothing */
		{ours, built, true},   /* made by compose from an image that it built */
		{built, built, false}, /* docker run of that image */
		{ours, ours, false},   /* docker run of one that was committed */
		{others, NULL, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct container c = labelled(cases[i].own, cases[i].image);
		assert_int_equal(plan_owns("shop", &c), cases[i].owned);
		array_drop(&c.labels);
		array_drop(&c.image_labels);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_killed_at_any_step_is_made_good_by_one_more),
		cmocka_unit_test(any_change_of_any_project_converges_in_one_more_run),
		cmocka_unit_test(a_thousand_services_are_planned_in_milliseconds),
		cmocka_unit_test(a_container_is_ours_only_by_labels_set_on_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
