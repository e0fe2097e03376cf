/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "compose/supervise/execute.h"
#include "engine/fake/fake.h"
#include "tests/loop.h"

/* Containers c0, c1, ... of one project, and a plan made by hand. */
struct it {
	uv_loop_t loop;
	struct fake_world *world;
	struct engine *engine;
	struct plan plan;
	struct execute_options options;
	struct execution *execution;
	unsigned done;
	int code;
	bool retry;
	char message[256], detail[256];
	unsigned told_errors, told_warnings;
	unsigned under_way, most_under_way;
};

static void told(const struct progress *progress, void *payload)
{
	struct it *it = payload;

	it->told_errors += progress->status == PROGRESS_ERROR;
	it->told_warnings += progress->status == PROGRESS_WARNING;
}

static void on_step(const struct step *step, bool finished, const struct error *err, void *payload)
{
	struct it *it = payload;

	(void)step, (void)err;
	if (finished)
		it->under_way--;
	else if (++it->under_way > it->most_under_way)
		it->most_under_way = it->under_way;
}

static const struct progress_sink *sink_of(struct it *it)
{
	static struct progress_sink sink;

	sink = (struct progress_sink){.tell = told, .payload = it};
	return &sink;
}

static int set_up(void **state)
{
	struct it *it = memory_zero(1, sizeof(*it));

	assert_int_equal(uv_loop_init(&it->loop), 0);
	it->world = fake_world_new(&(struct fake_options){.clock = FAKE_VIRTUAL});
	fake_image_add(it->world, "image");
	it->engine = fake_open(it->world, &it->loop, NULL);
	it->options = (struct execute_options){
		.project = "shop",
		.step = on_step,
		.step_payload = it,
		.progress = sink_of(it),
	};
	*state = it;
	return 0;
}

static void closed(void *payload)
{
	*(bool *)payload = true;
}

static int tear_down(void **state)
{
	struct it *it = *state;
	bool is_closed = false;

	engine_close(it->engine, closed, &is_closed);
	while (!is_closed)
		uv_run(&it->loop, UV_RUN_NOWAIT);
	ARRAY_FOR_EACH (struct step, step, &it->plan.steps)
		array_drop(&step->after);
	array_drop(&it->plan.steps);
	arena_drop(&it->plan.arena);
	fake_world_drop(&it->world);
	loop_assert_clean(&it->loop);
	free(it);
	return 0;
}

static void done(const struct execute_result *result, const struct error *err, void *payload)
{
	struct it *it = payload;

	it->done++;
	it->execution = NULL;
	it->code = err ? (int)err->code : 0;
	it->retry = result->retry;
	snprintf(it->message, sizeof(it->message), "%s", err ? err->message : "");
	snprintf(it->detail, sizeof(it->detail), "%s", err && err->detail ? err->detail : "");
}

static void begin(struct it *it)
{
	it->execution = execute_start(it->engine, &it->plan, &it->options, done, it);
	assert_int_equal(it->done, 0);
	fake_advance(it->world, CLOCK_MS);
}

static struct step *add(struct it *it, enum step_kind kind, unsigned number)
{
	struct step *step = array_add(&it->plan.steps);

	step->index = it->plan.steps.len - 1;
	step->kind = kind;
	step->subject = arena_format(&it->plan.arena, "c%u", number);
	step->target = step->subject;
	step->timeout = -1;
	return step;
}

static void after(struct it *it, size_t step, size_t before)
{
	array_push(&it->plan.steps.items[step].after, before);
}

static void id_done(const char *id, const struct error *err, void *payload)
{
	assert_non_null(id);
	assert_null(err);
	*(bool *)payload = true;
}

static void make(struct it *it, unsigned number, bool has_check)
{
	static struct label labels[] = {{"com.docker.compose.project", "shop"}};
	CLEANUP(memory_free) char *name = memory_format("c%u", number);
	static const char *const test[] = {"CMD", "ping", NULL};
	bool made = false;
	struct container_spec spec = {
		.name = name,
		.image = "image",
		.labels = {labels, 1, 1},
	};

	if (has_check) {
		spec.healthcheck.test = test;
		spec.healthcheck.interval = CLOCK_SECOND;
		spec.healthcheck.retries = 1;
	}
	engine_create(it->engine, &spec, id_done, &made);
	fake_advance(it->world, CLOCK_MS);
	assert_true(made);
}

static void every_ready_step_runs_at_once_up_to_the_bound(void **state)
{
	struct it *it = *state;

	fake_latency(it->world, "start", CLOCK_SECOND);
	for (unsigned i = 0; i < 10; i++) {
		make(it, i, false);
		add(it, STEP_START, i);
	}
	it->options.parallel = 4;
	uint64_t from = fake_now(it->world);
	begin(it);
	assert_int_equal(it->under_way, 4);
	while (!it->done)
		fake_advance(it->world, CLOCK_MS);
	assert_int_equal(it->most_under_way, 4);
	assert_int_equal(fake_running(it->world), 10);
	assert_true(fake_now(it->world) - from < 3 * CLOCK_SECOND + 50 * CLOCK_MS);
}

static void waits_do_not_count_against_the_bound(void **state)
{
	struct it *it = *state;

	it->options.parallel = 1;
	for (unsigned i = 0; i < 3; i++)
		make(it, i, true);
	for (unsigned i = 0; i < 3; i++)
		add(it, STEP_START, i);
	for (unsigned i = 0; i < 3; i++) {
		add(it, STEP_WAIT_HEALTHY, i);
		after(it, 3 + i, i);
	}
	begin(it);
	fake_advance(it->world, CLOCK_SECOND + 10 * CLOCK_MS);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
	assert_int_equal(it->most_under_way, 3);
}

/* What waits for health is started at the time of the event, not a poll later. */
static void a_wait_ends_in_the_events_own_turn(void **state)
{
	struct it *it = *state;

	make(it, 0, true);
	make(it, 1, false);
	add(it, STEP_START, 0);
	add(it, STEP_WAIT_HEALTHY, 0);
	add(it, STEP_START, 1);
	after(it, 1, 0);
	after(it, 2, 1);
	begin(it);
	fake_advance(it->world, 2 * CLOCK_SECOND);
	const struct fake_entry *entries;
	fake_journal(it->world, &entries);
	uint64_t healthy = entries[fake_when(it->world, "health_status: healthy", "c0")].time;
	assert_int_equal(entries[fake_when(it->world, "start", "c1")].time, healthy);
	assert_int_equal(it->done, 1);
}

static void a_lost_event_is_made_good_after_a_break(void **state)
{
	struct it *it = *state;

	make(it, 0, true);
	add(it, STEP_START, 0);
	add(it, STEP_WAIT_HEALTHY, 0);
	after(it, 1, 0);
	begin(it);
	fake_drop_events(it->world, true);
	fake_advance(it->world, 5 * CLOCK_SECOND);
	fake_drop_events(it->world, false);
	assert_int_equal(it->done, 0);
	fake_break_events(it->world);
	fake_advance(it->world, CLOCK_SECOND);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
}

static void a_look_without_an_answer_is_made_again(void **state)
{
	struct it *it = *state;

	make(it, 0, true);
	add(it, STEP_START, 0);
	add(it, STEP_WAIT_HEALTHY, 0);
	after(it, 1, 0);
	fake_fail(it->world,
		  &(struct fake_fault){.call = "inspect", .any = true, .code = ERROR_UNAVAILABLE});
	begin(it);
	fake_advance(it->world, 3 * CLOCK_SECOND);
	assert_int_equal(fake_failed(it->world), 1);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
}

static void waits_end_when_their_time_is_over(void **state)
{
	struct it *it = *state;

	fake_behave(it->world, &(struct fake_behaviour){.name = "c0", .health = "."});
	make(it, 0, true);
	add(it, STEP_START, 0);
	add(it, STEP_WAIT_HEALTHY, 0);
	after(it, 1, 0);
	it->options.wait_timeout = 3 * CLOCK_SECOND;
	begin(it);
	fake_advance(it->world, 3 * CLOCK_SECOND - 10 * CLOCK_MS);
	assert_int_equal(it->done, 0);
	fake_advance(it->world, 20 * CLOCK_MS);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, ERROR_TIMEOUT);
	assert_non_null(strstr(it->message, "c0: still waiting"));
}

static void a_cancel_lets_what_is_under_way_answer_and_a_second_does_not(void **state)
{
	struct it *it = *state;

	fake_latency(it->world, "start", 10 * CLOCK_SECOND);
	make(it, 0, false);
	make(it, 1, false);
	add(it, STEP_START, 0);
	add(it, STEP_START, 1);
	after(it, 1, 0);
	begin(it);
	execute_cancel(it->execution);
	fake_advance(it->world, 5 * CLOCK_SECOND);
	assert_int_equal(it->done, 0);
	execute_cancel(it->execution);
	fake_advance(it->world, CLOCK_MS);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, ERROR_CANCELLED);
	assert_false(it->retry);
	fake_advance(it->world, 20 * CLOCK_SECOND);
	assert_int_equal(it->done, 1);
	assert_true(fake_happened(it->world, "start", "c1") == 0);
}

static void what_is_optional_fails_with_a_warning_and_the_rest_goes_on(void **state)
{
	struct it *it = *state;

	make(it, 1, false);
	add(it, STEP_START, 0)->optional = true;
	add(it, STEP_START, 1);
	after(it, 1, 0);
	begin(it);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
	assert_int_equal(it->told_warnings, 1);
	assert_int_equal(it->told_errors, 0);
	assert_int_equal(fake_running(it->world), 1);
}

static void an_exit_while_waited_for_is_told_with_its_code_and_where_to_look(void **state)
{
	static const struct fake_run dies = {.after = CLOCK_SECOND / 2, .code = 3};
	struct it *it = *state;

	fake_behave(it->world,
		    &(struct fake_behaviour){.name = "c0", .runs = &dies, .run_count = 1});
	make(it, 0, true);
	add(it, STEP_START, 0);
	add(it, STEP_WAIT_HEALTHY, 0);
	after(it, 1, 0);
	begin(it);
	fake_advance(it->world, CLOCK_SECOND);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, ERROR_SYSTEM);
	assert_non_null(strstr(it->message, "container c0 exited (3)"));
	assert_false(it->retry);
}

static void an_engine_that_goes_away_is_waited_for_and_planned_for_again(void **state)
{
	struct it *it = *state;

	make(it, 0, false);
	fake_latency(it->world, "start", CLOCK_SECOND);
	add(it, STEP_START, 0);
	begin(it);
	fake_engine_restart(it->world, FAKE_RESTART_CRASH, 10 * CLOCK_SECOND);
	fake_advance(it->world, 9 * CLOCK_SECOND);
	assert_int_equal(it->done, 0);
	fake_advance(it->world, 3 * CLOCK_SECOND);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, ERROR_UNAVAILABLE);
	assert_true(it->retry);
}

static void patience_with_an_absent_engine_ends(void **state)
{
	struct it *it = *state;

	make(it, 0, false);
	add(it, STEP_START, 0);
	it->options.patience = 5 * CLOCK_SECOND;
	fake_engine_restart(it->world, FAKE_RESTART_CRASH, 100 * CLOCK_SECOND);
	begin(it);
	fake_advance(it->world, 7 * CLOCK_SECOND);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, ERROR_UNAVAILABLE);
	fake_advance(it->world, 100 * CLOCK_SECOND);
}

/* --- hooks */

static struct hook *hook_of(struct it *it, const char *script)
{
	struct hook *hook = arena_alloc(&it->plan.arena, sizeof(*hook));

	*hook = (struct hook){.command = arena_alloc(&it->plan.arena, 4 * sizeof(char *))};
	hook->command[0] = (char *)"sh";
	hook->command[1] = (char *)"-c";
	hook->command[2] = arena_copy(&it->plan.arena, script);
	hook->command[3] = NULL;
	return hook;
}

static struct step *add_hook(struct it *it, unsigned number, const char *script)
{
	struct step *step = add(it, STEP_HOOK, number);

	step->cause = "post_start[0]";
	step->hook = hook_of(it, script);
	return step;
}

static void what_comes_after_a_hook_waits_for_its_end(void **state)
{
	struct it *it = *state;

	make(it, 0, false);
	make(it, 1, false);
	add(it, STEP_START, 0);
	add_hook(it, 0, "sleep 3");
	add(it, STEP_START, 1);
	after(it, 1, 0);
	after(it, 2, 1);
	begin(it);
	fake_advance(it->world, 2 * CLOCK_SECOND);
	assert_int_equal(fake_running(it->world), 1);
	fake_advance(it->world, 2 * CLOCK_SECOND);
	assert_int_equal(fake_running(it->world), 2);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
}

static void a_hook_that_fails_is_told_with_its_code_and_its_last_lines(void **state)
{
	struct it *it = *state;

	make(it, 0, false);
	make(it, 1, false);
	add(it, STEP_START, 0);
	add_hook(it, 0, "echo no table users >&2; exit 7");
	add(it, STEP_START, 1);
	after(it, 1, 0);
	after(it, 2, 1);
	begin(it);
	fake_advance(it->world, CLOCK_SECOND);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, ERROR_SYSTEM);
	assert_string_equal(it->message, "c0: post_start[0]: the hook ended with code 7");
	assert_string_equal(it->detail, "no table users");
	assert_false(it->retry);
	assert_int_equal(fake_running(it->world), 1);
}

static void a_hook_has_its_own_environment(void **state)
{
	struct it *it = *state;
	struct step *step;
	struct pair pair = {"WHO", "me"};

	make(it, 0, false);
	add(it, STEP_START, 0);
	step = add_hook(it, 0, "echo $WHO; exit 1");
	((struct hook *)step->hook)->environment = (struct pairs){&pair, 1, 1};
	after(it, 1, 0);
	begin(it);
	fake_advance(it->world, CLOCK_SECOND);
	assert_string_equal(it->detail, "me");
}

static void a_hook_before_a_stop_may_fail_or_find_nothing_running(void **state)
{
	struct it *it = *state;

	make(it, 0, false);
	make(it, 1, false);
	add(it, STEP_START, 0);
	add_hook(it, 0, "exit 1")->optional = true;
	add_hook(it, 1, "exit 1")->optional = true; /* was never started */
	add_hook(it, 2, "exit 1")->optional = true; /* is not there */
	add(it, STEP_STOP, 0);
	after(it, 1, 0);
	after(it, 4, 1);
	begin(it);
	fake_advance(it->world, 11 * CLOCK_SECOND);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
	assert_int_equal(it->told_warnings, 1);
	assert_int_equal(fake_running(it->world), 0);
}

static void a_hook_with_a_limit_is_given_up(void **state)
{
	struct it *it = *state;
	struct step *step;

	make(it, 0, false);
	add(it, STEP_START, 0);
	step = add_hook(it, 0, "sleep infinity");
	step->timeout = 5;
	step->optional = true;
	add(it, STEP_STOP, 0);
	after(it, 1, 0);
	after(it, 2, 1);
	begin(it);
	fake_advance(it->world, 4 * CLOCK_SECOND);
	assert_int_equal(it->told_warnings, 0);
	fake_advance(it->world, 12 * CLOCK_SECOND);
	assert_int_equal(it->told_warnings, 1);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
}

static void a_second_cancel_waits_for_no_hook(void **state)
{
	struct it *it = *state;

	make(it, 0, false);
	add(it, STEP_START, 0);
	add_hook(it, 0, "sleep infinity");
	after(it, 1, 0);
	begin(it);
	fake_advance(it->world, CLOCK_SECOND);
	execute_cancel(it->execution);
	fake_advance(it->world, 5 * CLOCK_SECOND);
	assert_int_equal(it->done, 0);
	execute_cancel(it->execution);
	fake_advance(it->world, CLOCK_MS);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, ERROR_CANCELLED);
}

/* Every request of a hook fails once, before and after its effect. */
static void each_request_of_a_hook_may_fail(void **state)
{
	static const char *const calls[] = {"exec", "exec_exit"};
	struct it *it = *state;

	make(it, 0, false);
	add(it, STEP_START, 0);
	add_hook(it, 0, "echo said");
	after(it, 1, 0);
	for (size_t i = 0; i < 2 * ARRAY_LEN(calls); i++) {
		it->done = 0;
		it->told_errors = 0;
		fake_fail(it->world, &(struct fake_fault){.call = calls[i / 2],
							  .any = true,
							  .late = i % 2,
							  .code = ERROR_SYSTEM});
		begin(it);
		fake_advance(it->world, CLOCK_SECOND);
		assert_int_equal(it->done, 1);
		assert_int_equal(it->code, ERROR_SYSTEM);
		assert_int_equal(it->told_errors, 1);
		assert_int_equal(fake_failed(it->world), i + 1);
	}
	it->done = 0;
	begin(it);
	fake_advance(it->world, CLOCK_SECOND);
	assert_int_equal(it->done, 1);
	assert_int_equal(it->code, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_ready_step_runs_at_once_up_to_the_bound),
		TEST(waits_do_not_count_against_the_bound),
		TEST(a_wait_ends_in_the_events_own_turn),
		TEST(a_lost_event_is_made_good_after_a_break),
		TEST(a_look_without_an_answer_is_made_again),
		TEST(waits_end_when_their_time_is_over),
		TEST(a_cancel_lets_what_is_under_way_answer_and_a_second_does_not),
		TEST(what_is_optional_fails_with_a_warning_and_the_rest_goes_on),
		TEST(an_exit_while_waited_for_is_told_with_its_code_and_where_to_look),
		TEST(an_engine_that_goes_away_is_waited_for_and_planned_for_again),
		TEST(patience_with_an_absent_engine_ends),
		TEST(what_comes_after_a_hook_waits_for_its_end),
		TEST(a_hook_that_fails_is_told_with_its_code_and_its_last_lines),
		TEST(a_hook_has_its_own_environment),
		TEST(a_hook_before_a_stop_may_fail_or_find_nothing_running),
		TEST(a_hook_with_a_limit_is_given_up),
		TEST(a_second_cancel_waits_for_no_hook),
		TEST(each_request_of_a_hook_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
