/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/probes.h"
#include "engine/fake/fake.h"
#include "tests/loop.h"
#include "tests/stack.h"

#define SERVICE "com.docker.compose.service"
#define ONE_OFF "com.docker.compose.oneoff"

static const char yaml[] = "services:\n"
			   "  web:\n"
			   "    image: web\n"
			   "    scale: 2\n"
			   "    x-wincompose: {probe: {log: ready}}\n"
			   "  api:\n"
			   "    image: api\n"
			   "    container_name: interface\n"
			   "    x-wincompose: {probe: {log: ready}}\n"
			   "  store:\n"
			   "    image: store\n";

/* Another pattern for web. */
static const char changed[] = "services:\n"
			      "  web:\n"
			      "    image: web\n"
			      "    scale: 2\n"
			      "    x-wincompose: {probe: {log: steady}}\n";

struct bench {
	uv_loop_t loop;
	struct fake_world *world;
	struct engine *engine;
	struct probes *probes;
	struct project *project;
	struct observed observed;
	struct text told;
	bool closed;
};

static void on_changed(const char *container, enum container_health health, const char *why,
		       void *payload)
{
	struct bench *bench = payload;

	(void)why;
	assert_false(bench->closed);
	text_printf(&bench->told, "%s %s\n", container, container_health_name(health));
}

static void made(const char *id, const struct error *err, void *payload)
{
	assert_null(err);
	*(char **)payload = memory_copy(id);
}

/* A container that runs, on the engine and among the observed. */
static void add(struct bench *bench, const char *name, const char *service, bool one_off)
{
	struct label labels[] = {{ONE_OFF, one_off ? "True" : "False"}, {SERVICE, service}};
	const struct container_spec spec = {.name = name, .image = "any", .labels = {labels, 2, 2}};
	struct container container = {
		.name = memory_copy(name),
		.state = CONTAINER_RUNNING,
	};

	engine_create(bench->engine, &spec, made, &container.id);
	fake_advance(bench->world, CLOCK_MS);
	assert_non_null(container.id);
	assert_int_equal(fake_client_start(bench->world, name), 0);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		array_push(&container.labels, ((struct label){memory_copy(labels[i].key),
							      memory_copy(labels[i].value)}));
	array_push(&bench->observed.containers, container);
}

static void begin(struct bench *bench)
{
	*bench = (struct bench){0};
	assert_int_equal(uv_loop_init(&bench->loop), 0);
	bench->world =
		fake_world_new(&(struct fake_options){.clock = FAKE_VIRTUAL, .any_image = true});
	bench->engine = fake_open(bench->world, &bench->loop, NULL);
	bench->project = stack_load(yaml);
	bench->probes = probes_open(bench->engine, on_changed, bench);
	add(bench, "shop-web-1", "web", false);
	add(bench, "shop-web-2", "web", false);
	add(bench, "interface", "api", false);
	add(bench, "shop-store-1", "store", false);
	add(bench, "shop-web-run-1", "web", true);
}

static void sync_now(struct bench *bench)
{
	probes_sync(bench->probes, bench->project, &bench->observed);
	fake_advance(bench->world, CLOCK_MS);
}

static unsigned runners(const struct bench *bench)
{
	return fake_calls(bench->world, "logs");
}

static enum container_health health(const struct bench *bench, const char *name)
{
	return probes_health(bench->probes, bench->project, name);
}

static void print(struct bench *bench, const char *name, const char *line)
{
	fake_print(bench->world, name, STREAM_OUTPUT, line);
	fake_advance(bench->world, CLOCK_MS);
}

static void on_closed(void *payload)
{
	struct bench *bench = payload;

	assert_false(bench->closed);
	bench->closed = true;
}

static void engine_gone(void *payload)
{
	*(bool *)payload = true;
}

static void end(struct bench *bench)
{
	bool gone = false;

	probes_close(bench->probes, on_closed, bench);
	assert_false(bench->closed);
	for (int i = 0; i < 20; i++)
		fake_advance(bench->world, CLOCK_MS);
	assert_true(bench->closed);
	engine_close(bench->engine, engine_gone, &gone);
	for (int i = 0; i < 10; i++)
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	assert_true(gone);
	fake_world_drop(&bench->world);
	loop_assert_clean(&bench->loop);
	project_drop(&bench->project);
	observed_drop(&bench->observed);
	text_drop(&bench->told);
}

static void each_running_container_of_a_probed_service_has_one(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	sync_now(&bench);
	assert_int_equal(runners(&bench), 3);
	print(&bench, "shop-web-2", "ready");
	print(&bench, "interface", "ready");
	print(&bench, "shop-store-1", "ready");
	print(&bench, "shop-web-run-1", "ready");
	assert_string_equal(text_string(&bench.told), "shop-web-2 healthy\ninterface healthy\n");
	end(&bench);
}

static void what_does_not_run_has_none(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	for (size_t i = 0; i < bench.observed.containers.len; i++)
		bench.observed.containers.items[i].state =
			i % 2 ? CONTAINER_EXITED : CONTAINER_CREATED;
	sync_now(&bench);
	assert_int_equal(runners(&bench), 0);
	end(&bench);
}

static void the_same_list_changes_nothing(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	for (int i = 0; i < 5; i++)
		sync_now(&bench);
	assert_int_equal(runners(&bench), 3);
	end(&bench);
}

static void health_is_starting_until_more_is_known(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	/* Before there is a runner, and for numbers that are not made yet. */
	assert_int_equal(health(&bench, "shop-web-1"), HEALTH_STARTING);
	assert_int_equal(health(&bench, "shop-web-2"), HEALTH_STARTING);
	assert_int_equal(health(&bench, "shop-web-3"), HEALTH_NONE);
	assert_int_equal(health(&bench, "interface"), HEALTH_STARTING);
	assert_int_equal(health(&bench, "shop-api-1"), HEALTH_NONE);
	assert_int_equal(health(&bench, "shop-store-1"), HEALTH_NONE);
	assert_int_equal(probes_health(bench.probes, NULL, "shop-web-1"), HEALTH_NONE);
	sync_now(&bench);
	assert_int_equal(health(&bench, "shop-web-1"), HEALTH_STARTING);
	print(&bench, "shop-web-1", "ready");
	assert_int_equal(health(&bench, "shop-web-1"), HEALTH_HEALTHY);
	assert_int_equal(health(&bench, "shop-web-2"), HEALTH_STARTING);
	end(&bench);
}

static void what_was_forgotten_begins_again_with_the_next_list(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	sync_now(&bench);
	print(&bench, "shop-web-1", "ready");
	probes_forget(bench.probes, "shop-web-1");
	probes_forget(bench.probes, "shop-web-1");
	probes_forget(bench.probes, "nobody");
	assert_int_equal(health(&bench, "shop-web-1"), HEALTH_STARTING);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_int_equal(runners(&bench), 3);
	sync_now(&bench);
	assert_int_equal(runners(&bench), 4);
	assert_int_equal(health(&bench, "shop-web-1"), HEALTH_HEALTHY);
	end(&bench);
}

static void another_container_of_the_name_needs_another_runner(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	sync_now(&bench);
	print(&bench, "shop-web-1", "ready");
	fake_client_remove(bench.world, "shop-web-1", true);
	container_drop(&bench.observed.containers.items[0]);
	array_remove(&bench.observed.containers, 0);
	add(&bench, "shop-web-1", "web", false);
	text_clear(&bench.told);
	sync_now(&bench);
	assert_int_equal(health(&bench, "shop-web-1"), HEALTH_STARTING);
	print(&bench, "shop-web-1", "ready");
	assert_string_equal(text_string(&bench.told), "shop-web-1 healthy\n");
	end(&bench);
}

static void what_is_gone_or_not_wanted_any_more_ends(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	sync_now(&bench);
	container_drop(&bench.observed.containers.items[0]);
	array_remove(&bench.observed.containers, 0);
	sync_now(&bench);
	print(&bench, "shop-web-1", "ready");
	assert_string_equal(text_string(&bench.told), "");
	probes_sync(bench.probes, NULL, &bench.observed);
	fake_advance(bench.world, CLOCK_MS);
	print(&bench, "shop-web-2", "ready");
	assert_string_equal(text_string(&bench.told), "");
	assert_int_equal(health(&bench, "shop-web-2"), HEALTH_STARTING);
	end(&bench);
}

static void another_probe_takes_the_place_of_the_one_before(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	sync_now(&bench);
	project_drop(&bench.project);
	bench.project = stack_load(changed);
	sync_now(&bench);
	assert_int_equal(runners(&bench), 5);
	print(&bench, "shop-web-1", "ready");
	assert_string_equal(text_string(&bench.told), "");
	print(&bench, "shop-web-1", "steady");
	assert_string_equal(text_string(&bench.told), "shop-web-1 healthy\n");
	end(&bench);
}

static void closed_with_runners_in_every_state_it_ends_once(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	end(&bench);

	begin(&bench);
	probes_sync(bench.probes, bench.project, &bench.observed);
	end(&bench);

	begin(&bench);
	sync_now(&bench);
	print(&bench, "shop-web-1", "ready");
	probes_forget(bench.probes, "shop-web-2");
	end(&bench);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_running_container_of_a_probed_service_has_one),
		TEST(what_does_not_run_has_none),
		TEST(the_same_list_changes_nothing),
		TEST(health_is_starting_until_more_is_known),
		TEST(what_was_forgotten_begins_again_with_the_next_list),
		TEST(another_container_of_the_name_needs_another_runner),
		TEST(what_is_gone_or_not_wanted_any_more_ends),
		TEST(another_probe_takes_the_place_of_the_one_before),
		TEST(closed_with_runners_in_every_state_it_ends_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
