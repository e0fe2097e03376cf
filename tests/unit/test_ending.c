/* SPDX-License-Identifier: MIT */
#include "compose/supervise/ending.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/await.h"
#include "engine/fake/fake.h"
#include "tests/loop.h"
#include "tests/test.h"

/* One container, and a wait for it: what is told when it ends before it is as it should be. */
struct it {
	uv_loop_t loop;
	struct fake_world *world;
	struct engine *engine;
	struct await_set *set;
	struct await *await;
	unsigned done;
	bool ended;
	int code;
	char message[256], detail[20000];
};

static void closed(void *payload)
{
	*(bool *)payload = true;
}

static void until(struct it *it, const bool *flag)
{
	for (int i = 0; !*flag && i < 10000; i++) {
		uv_run(&it->loop, UV_RUN_NOWAIT);
		fake_advance(it->world, CLOCK_MS);
	}
	assert_true(*flag);
}

static void answered(const struct error *err, void *payload)
{
	assert_null(err);
	*(bool *)payload = true;
}

static void made(const char *id, const struct error *err, void *payload)
{
	assert_non_null(id);
	answered(err, payload);
}

static int set_up(void **state)
{
	struct it *it = memory_zero(1, sizeof(*it));

	assert_int_equal(uv_loop_init(&it->loop), 0);
	it->world = fake_world_new(&(struct fake_options){.clock = FAKE_VIRTUAL});
	fake_image_add(it->world, "image");
	it->engine = fake_open(it->world, &it->loop, NULL);
	it->set = await_open(it->engine, "shop");
	fake_advance(it->world, 10 * CLOCK_MS);
	*state = it;
	return 0;
}

static int tear_down(void **state)
{
	struct it *it = *state;
	bool flag = false;

	if (it->set)
		await_close(it->set, closed, &flag);
	else
		flag = true;
	until(it, &flag);
	flag = false;
	engine_close(it->engine, closed, &flag);
	until(it, &flag);
	fake_world_drop(&it->world);
	loop_assert_clean(&it->loop);
	free(it);
	return 0;
}

/* Made and started, with this behaviour. */
static void run(struct it *it, const struct fake_behaviour *how, const char *restart)
{
	static struct label labels[] = {{"com.docker.compose.project", "shop"}};
	struct container_spec spec = {
		.name = "web",
		.image = "image",
		.labels = {labels, 1, 1},
		.restart = restart,
	};
	bool flag = false;

	fake_behave(it->world, how);
	engine_create(it->engine, &spec, made, &flag);
	until(it, &flag);
	flag = false;
	engine_start(it->engine, "web", answered, &flag);
	until(it, &flag);
}

static void done(const struct error *err, void *payload)
{
	struct it *it = payload;

	it->done++;
	it->await = NULL;
	it->code = err ? (int)err->code : 0;
	snprintf(it->message, sizeof(it->message), "%s", err ? err->message : "");
	snprintf(it->detail, sizeof(it->detail), "%s", err && err->detail ? err->detail : "");
}

static void wait_for(struct it *it, enum await_kind kind)
{
	struct await_options options = {.kind = kind, .container = "web", .ended = &it->ended};

	it->await = await_add(it->set, &options, done, it);
	assert_int_equal(it->done, 0);
}

static void pass(struct it *it, uint64_t ms)
{
	fake_advance(it->world, ms * CLOCK_MS);
}

static void what_runs_is_running_half_a_second_later(void **state)
{
	struct it *it = *state;

	run(it, &(struct fake_behaviour){0}, "no");
	wait_for(it, AWAIT_RUNNING);
	pass(it, 490);
	assert_int_equal(it->done, 0);
	pass(it, 30);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
	assert_false(it->ended);
}

static void what_ends_at_once_is_told_with_its_code_and_last_lines(void **state)
{
	static const uint64_t after[] = {1, 100, 400};
	struct it *it = *state;

	for (size_t i = 0; i < ARRAY_LEN(after); i++) {
		struct fake_run dies = {.after = after[i] * CLOCK_MS, .code = 3};
		bool flag = false;

		it->done = 0;
		run(it,
		    &(struct fake_behaviour){
			    .runs = &dies, .run_count = 1, .output = "one\033[2J\n!two\r\nthree"},
		    "no");
		wait_for(it, AWAIT_RUNNING);
		pass(it, 600);
		assert_int_equal(it->done, 1);
		assert_int_equal(it->code, ERROR_SYSTEM);
		assert_string_equal(it->message, "container web exited (3)");
		assert_string_equal(it->detail,
				    "its last lines:\n  | one [2J\n  | two\n  | three\n");
		engine_remove(it->engine, "web", true, true, answered, &flag);
		until(it, &flag);
	}
}

static void what_ends_with_0_is_done_and_says_that_it_ended(void **state)
{
	static const struct fake_run ends = {.after = 100 * CLOCK_MS};
	struct it *it = *state;

	run(it, &(struct fake_behaviour){.runs = &ends, .run_count = 1}, "no");
	wait_for(it, AWAIT_RUNNING);
	pass(it, 150);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
	assert_true(it->ended);
}

/* The engine waits 100 ms, 200, 400, ... before it starts it again. */
static void what_the_engine_starts_again_and_again_does_not_come_to_run(void **state)
{
	static const struct fake_run runs[] = {{.after = 50 * CLOCK_MS, .code = 1},
					       {.after = 300 * CLOCK_MS, .code = 1},
					       {.after = 450 * CLOCK_MS, .code = 1},
					       {.after = CLOCK_NEVER}};
	struct it *it = *state;

	run(it, &(struct fake_behaviour){.runs = runs, .run_count = ARRAY_LEN(runs)}, "always");
	wait_for(it, AWAIT_RUNNING);
	pass(it, 50 + 100 + 300 + 200 + 450 + 400 + 400);
	assert_int_equal(fake_happened(it->world, "start", "web"), 4);
	assert_int_equal(it->done, 0);
	pass(it, 200);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
}

static void only_the_last_lines_are_told_and_not_more_than_there_is_room_for(void **state)
{
	static const struct fake_run dies = {.after = 10 * CLOCK_MS, .code = 1};
	CLEANUP(text_drop) struct text output = {0};
	struct it *it = *state;
	unsigned lines = 0;

	for (unsigned i = 0; i < 20; i++) {
		text_printf(&output, "%s%u ", i ? "\n" : "", i);
		text_add_repeat(&output, 'x', 1000);
	}
	run(it,
	    &(struct fake_behaviour){.runs = &dies, .run_count = 1, .output = text_string(&output)},
	    "no");
	wait_for(it, AWAIT_COMPLETED);
	pass(it, 100);
	assert_int_equal(it->code, ERROR_SYSTEM);
	assert_non_null(strstr(it->detail, "its last lines:\n  | 10 xxx"));
	assert_non_null(strstr(it->detail, "  | 19 xxx"));
	for (const char *c = it->detail; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 11);
	assert_true(strlen(it->detail) < 10 * 420);
}

static void without_a_log_it_says_where_to_look(void **state)
{
	static const struct fake_run dies = {.after = 10 * CLOCK_MS, .code = 1};
	struct it *it = *state;

	fake_fail(it->world, &(struct fake_fault){.call = "logs", .any = true});
	run(it, &(struct fake_behaviour){.runs = &dies, .run_count = 1, .output = "hello"}, "no");
	wait_for(it, AWAIT_RUNNING);
	pass(it, 100);
	assert_int_equal(it->code, ERROR_SYSTEM);
	assert_string_equal(it->detail, "its last words: docker logs --tail 20 web");
}

/* Nothing of it is left, whatever it was about: the look, the half second, the last lines. */
static void it_can_be_cancelled_at_any_time(void **state)
{
	static const struct fake_run dies = {.after = 40 * CLOCK_MS, .code = 1};
	struct it *it = *state;

	fake_latency(it->world, "logs", 20 * CLOCK_MS);
	fake_latency(it->world, "inspect", 10 * CLOCK_MS);
	for (uint64_t ms = 0; ms < 120; ms += 3) {
		bool flag = false;

		it->done = 0;
		run(it, &(struct fake_behaviour){.runs = &dies, .run_count = 1}, "no");
		wait_for(it, AWAIT_RUNNING);
		pass(it, ms);
		if (it->await)
			await_cancel(it->await);
		pass(it, 100);
		assert_int_equal(it->done, 1);
		assert_true(it->code == ERROR_CANCELLED || it->code == ERROR_SYSTEM);
		engine_remove(it->engine, "web", true, true, answered, &flag);
		until(it, &flag);
	}
}

static void an_engine_that_does_not_give_the_log_is_not_waited_for(void **state)
{
	static const struct fake_run dies = {.after = 10 * CLOCK_MS, .code = 1};
	struct it *it = *state;

	fake_latency(it->world, "logs", 600 * CLOCK_SECOND);
	run(it, &(struct fake_behaviour){.runs = &dies, .run_count = 1}, "no");
	wait_for(it, AWAIT_RUNNING);
	pass(it, 2500);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, ERROR_SYSTEM);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_runs_is_running_half_a_second_later),
		TEST(what_ends_at_once_is_told_with_its_code_and_last_lines),
		TEST(what_ends_with_0_is_done_and_says_that_it_ended),
		TEST(what_the_engine_starts_again_and_again_does_not_come_to_run),
		TEST(only_the_last_lines_are_told_and_not_more_than_there_is_room_for),
		TEST(without_a_log_it_says_where_to_look),
		TEST(it_can_be_cancelled_at_any_time),
		TEST(an_engine_that_does_not_give_the_log_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
