/* SPDX-License-Identifier: MIT */
/* suite -- the frame of the conformance suite: the same tests against every engine
 *
 * Against the engine in memory by default; against a real one where WINCOMPOSE_TEST_ENGINE is its
 * address. Each test has a client of its own and a project name of its own; what it leaves behind
 * is removed after it. The image is wincompose/tiny, which tests/images makes.
 */
#pragma once

#include <stdarg.h>
#include <stdio.h>

#include "tests/engine/bench.h"

#define IMAGE      "wincompose/tiny"
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define TEST(f)    cmocka_unit_test_setup_teardown(f, suite_set_up, suite_tear_down)

struct suite {
	struct bench bench;
	char project[32];
	struct label label_items[2];
	struct container_spec spec; /* the last that suite_spec made */
	const char *command[4];
};

static inline const char *suite_address(void)
{
	const char *address = getenv("WINCOMPOSE_TEST_ENGINE");

	return address && *address ? address : NULL;
}

static inline int suite_set_up(void **state)
{
	static unsigned count;
	struct suite *suite = memory_zero(1, sizeof(*suite));

	snprintf(suite->project, sizeof(suite->project), "conf%d-%u", (int)uv_os_getpid(), ++count);
	suite->label_items[0] = (struct label){"com.docker.compose.project", suite->project};
	suite->label_items[1] = (struct label){"com.docker.compose.service", "service"};
	if (suite_address()) {
		bench_open(&suite->bench, "docker", suite_address());
	} else {
		bench_open_fake(&suite->bench, &(struct fake_options){.clock = FAKE_JUMP});
		fake_image_add(suite->bench.world, IMAGE);
	}
	*state = suite;
	return 0;
}

static inline struct labels suite_labels(struct suite *suite)
{
	return (struct labels){suite->label_items, 2, 2};
}

/* A new client after the first was closed. */
static inline void suite_open(struct suite *suite)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct engine_options options = {.driver = "docker", .address = suite_address()};

	if (suite->bench.world)
		suite->bench.engine = fake_open(suite->bench.world, &suite->bench.loop, NULL);
	else
		assert_int_equal(
			engine_open(&suite->bench.loop, &options, &suite->bench.engine, &err), 0);
}

/* Everything that has the project's label goes, so that a test that failed leaves no trace. */
static inline int suite_tear_down(void **state)
{
	struct suite *suite = *state;
	struct bench *bench = &suite->bench;
	struct engine_filter filter = {
		.project = suite->project, .containers = true, .networks = true, .volumes = true};

	assert_int_equal(bench_list(bench, &filter), 0);
	struct observed left = bench->observed;
	bench->observed = (struct observed){0};
	ARRAY_FOR_EACH (struct container, container, &left.containers)
		assert_int_equal(bench_remove(bench, container->id, true, true), 0);
	ARRAY_FOR_EACH (struct engine_network, network, &left.networks)
		assert_int_equal(BENCH_ASK(bench, network_remove, bench_done, network->name), 0);
	ARRAY_FOR_EACH (struct engine_volume, volume, &left.volumes)
		assert_int_equal(BENCH_ASK(bench, volume_remove, bench_done, volume->name), 0);
	observed_drop(&left);
	bench_close(bench);
	free(suite);
	return 0;
}

/* A name of this test's own; sixteen are kept at a time. */
static inline const char *suite_name(const struct suite *suite, const char *name)
{
	static char names[16][64];
	static unsigned next;
	char *out = names[next++ % 16];

	snprintf(out, sizeof(names[0]), "%s-%s", suite->project, name);
	return out;
}

/* A container that runs a script of sh; to be changed before it is created. */
static inline struct container_spec *suite_spec(struct suite *suite, const char *name,
						const char *script)
{
	suite->command[0] = "sh";
	suite->command[1] = "-c";
	suite->command[2] = script;
	suite->command[3] = NULL;
	suite->spec = (struct container_spec){
		.name = suite_name(suite, name),
		.image = IMAGE,
		.command = suite->command,
		.labels = suite_labels(suite),
		.stop_timeout = -1,
	};
	return &suite->spec;
}

static inline void suite_create(struct suite *suite, const char *name, const char *script)
{
	assert_int_equal(bench_create(&suite->bench, suite_spec(suite, name, script)), 0);
}

static inline void suite_up(struct suite *suite, const char *name, const char *script)
{
	suite_create(suite, name, script);
	assert_int_equal(bench_start(&suite->bench, suite_name(suite, name)), 0);
}

/* Waits until an inspect says that state. */
static inline void suite_until(struct suite *suite, const char *name, enum container_state state)
{
	for (int i = 0; i < 600; i++) {
		assert_int_equal(bench_inspect(&suite->bench, suite_name(suite, name)), 0);
		if (suite->bench.container.state == state)
			return;
		if (suite->bench.world)
			fake_advance(suite->bench.world, 50 * CLOCK_MS);
		else
			uv_sleep(50);
	}
	fail_msg("%s is still %s", name, container_state_name(suite->bench.container.state));
}

/* What runs until it is told to end, and then does so at once. */
#define IDLE "trap 'exit 0' TERM; while :; do sleep 0.05; done"
