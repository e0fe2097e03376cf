/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/supervise/await.h"
#include "engine/fake/fake.h"
#include "tests/loop.h"

#define CALLS 4

struct outcome {
	unsigned calls;
	int code; /* 0: well */
	int exit_code;
	char message[256];
	char detail[256];
	uint64_t at;
	struct bench *bench;
};

struct bench {
	uv_loop_t loop;
	struct fake_world *world;
	struct engine *engine, *client;
	struct await_set *set;
	struct outcome outcomes[CALLS];
	enum container_health own; /* of a probe */
	bool adding;
	bool closed;
};

static void open_world(struct bench *bench)
{
	*bench = (struct bench){0};
	assert_int_equal(uv_loop_init(&bench->loop), 0);
	bench->world =
		fake_world_new(&(struct fake_options){.clock = FAKE_VIRTUAL, .any_image = true});
	bench->engine = fake_open(bench->world, &bench->loop, NULL);
	bench->client = fake_open(bench->world, &bench->loop, NULL);
}

static void begin(struct bench *bench)
{
	open_world(bench);
	bench->set = await_open(bench->engine, "shop");
	fake_advance(bench->world, CLOCK_MS);
}

static void on_closed(void *payload)
{
	bool *closed = payload;

	assert_false(*closed);
	*closed = true;
}

static void close_set(struct bench *bench)
{
	await_close(bench->set, on_closed, &bench->closed);
	assert_false(bench->closed);
	for (int i = 0; i < 20 && !bench->closed; i++)
		fake_advance(bench->world, CLOCK_MS);
	assert_true(bench->closed);
}

static void end(struct bench *bench)
{
	bool closed[2] = {false};

	if (!bench->closed)
		close_set(bench);
	engine_close(bench->engine, on_closed, &closed[0]);
	engine_close(bench->client, on_closed, &closed[1]);
	for (int i = 0; i < 10; i++)
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	assert_true(closed[0] && closed[1]);
	fake_world_drop(&bench->world);
	loop_assert_clean(&bench->loop);
}

static void made(const char *id, const struct error *err, void *payload)
{
	(void)payload;
	assert_non_null(id);
	assert_null(err);
}

/* Checks are each second and one that fails is enough. */
static void create(struct bench *bench, const char *name, bool checked)
{
	static const char *const check[] = {"CMD", "ping", NULL};
	struct label labels[] = {{"com.docker.compose.project", "shop"}};
	const struct container_spec spec = {
		.name = name,
		.image = "web",
		.labels = {labels, 1, 1},
		.healthcheck = {.test = checked ? check : NULL,
				.interval = CLOCK_SECOND,
				.start_interval = CLOCK_SECOND,
				.retries = 1},
	};

	engine_create(bench->client, &spec, made, NULL);
	fake_advance(bench->world, CLOCK_MS);
	assert_non_null(fake_container(bench->world, name));
}

static void start(struct bench *bench, const char *name)
{
	assert_int_equal(fake_client_start(bench->world, name), 0);
}

static void on_done(const struct error *err, void *payload)
{
	struct outcome *outcome = payload;

	assert_false(outcome->bench->adding);
	assert_false(outcome->bench->closed);
	outcome->calls++;
	outcome->at = fake_now(outcome->bench->world);
	if (!err)
		return;
	outcome->code = (int)err->code;
	outcome->exit_code = err->exit_code;
	snprintf(outcome->message, sizeof(outcome->message), "%s", err->message);
	snprintf(outcome->detail, sizeof(outcome->detail), "%s", err->detail ? err->detail : "");
}

static enum container_health own_health(const char *container, void *payload)
{
	const struct bench *bench = payload;

	assert_non_null(container);
	return bench->own;
}

static struct await *add(struct bench *bench, size_t i, enum await_kind kind, const char *name,
			 bool probed)
{
	const struct await_options options = {
		.kind = kind,
		.container = name,
		.health = probed ? own_health : NULL,
		.payload = bench,
	};

	bench->outcomes[i].bench = bench;
	bench->adding = true;
	struct await *await = await_add(bench->set, &options, on_done, &bench->outcomes[i]);
	bench->adding = false;
	return await;
}

static const struct outcome *assert_pending(const struct bench *bench, size_t i)
{
	assert_int_equal(bench->outcomes[i].calls, 0);
	return &bench->outcomes[i];
}

static const struct outcome *assert_done(const struct bench *bench, size_t i, int code)
{
	assert_int_equal(bench->outcomes[i].calls, 1);
	if (bench->outcomes[i].code != code)
		fail_msg("%d: %s", bench->outcomes[i].code, bench->outcomes[i].message);
	return &bench->outcomes[i];
}

/* --- healthy */

static void healthy_ends_in_the_events_own_turn(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", true);
	start(&bench, "web");
	fake_health(bench.world, "web", "+");
	add(&bench, 0, AWAIT_HEALTHY, "web", false);
	fake_advance(bench.world, 500 * CLOCK_MS);
	assert_pending(&bench, 0);
	uint64_t from = fake_now(bench.world);
	unsigned before = fake_requests(bench.world);
	fake_advance(bench.world, 2 * CLOCK_SECOND);
	assert_done(&bench, 0, 0);
	assert_true(bench.outcomes[0].at - from < CLOCK_SECOND);
	/* No question was needed. */
	assert_int_equal(fake_requests(bench.world), before);
	end(&bench);
}

static void what_is_healthy_already_ends_with_the_first_look(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", true);
	start(&bench, "web");
	fake_advance(bench.world, 5 * CLOCK_SECOND);
	add(&bench, 0, AWAIT_HEALTHY, "web", false);
	fake_advance(bench.world, CLOCK_MS);
	assert_done(&bench, 0, 0);
	end(&bench);
}

static void unhealthy_fails_and_says_so(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", true);
	start(&bench, "web");
	fake_health(bench.world, "web", "-");
	add(&bench, 0, AWAIT_HEALTHY, "web", false);
	fake_advance(bench.world, 3 * CLOCK_SECOND);
	assert_string_equal(assert_done(&bench, 0, ERROR_SYSTEM)->message,
			    "container web is unhealthy");
	end(&bench);
}

static void without_a_health_check_it_would_never_come(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", false);
	start(&bench, "web");
	add(&bench, 0, AWAIT_HEALTHY, "web", false);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_string_equal(assert_done(&bench, 0, ERROR_INVALID)->message,
			    "container web has no healthcheck configured");
	end(&bench);
}

static void an_exit_ends_the_wait_for_health_whatever_its_code(void **state)
{
	(void)state;
	for (int code = 0; code < 2; code++) {
		struct bench bench;
		begin(&bench);
		create(&bench, "web", true);
		start(&bench, "web");
		add(&bench, 0, AWAIT_HEALTHY, "web", false);
		fake_advance(bench.world, 100 * CLOCK_MS);
		fake_exit(bench.world, "web", code);
		fake_advance(bench.world, 5 * CLOCK_MS);
		const char *message = assert_done(&bench, 0, ERROR_SYSTEM)->message;
		assert_string_equal(message,
				    code ? "container web exited (1)" : "container web exited (0)");
		end(&bench);
	}
}

static void it_waits_for_what_is_not_started_yet(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", true);
	add(&bench, 0, AWAIT_HEALTHY, "web", false);
	add(&bench, 1, AWAIT_RUNNING, "web", false);
	add(&bench, 2, AWAIT_COMPLETED, "web", false);
	fake_advance(bench.world, 30 * CLOCK_SECOND);
	assert_pending(&bench, 0);
	assert_pending(&bench, 1);
	fake_health(bench.world, "web", ".");
	start(&bench, "web");
	fake_advance(bench.world, 490 * CLOCK_MS);
	assert_pending(&bench, 1);
	fake_advance(bench.world, 20 * CLOCK_MS);
	assert_done(&bench, 1, 0);
	assert_pending(&bench, 0);
	fake_health(bench.world, "web", "+");
	fake_advance(bench.world, 5 * CLOCK_SECOND);
	assert_done(&bench, 0, 0);
	assert_pending(&bench, 2);
	end(&bench);
}

/* --- completed, running */

static void completed_takes_the_exit_code(void **state)
{
	(void)state;
	for (int code = 0; code < 3; code += 2) {
		struct bench bench;
		begin(&bench);
		create(&bench, "job", false);
		start(&bench, "job");
		add(&bench, 0, AWAIT_COMPLETED, "job", false);
		fake_advance(bench.world, CLOCK_SECOND);
		assert_pending(&bench, 0);
		fake_exit(bench.world, "job", code);
		fake_advance(bench.world, 5 * CLOCK_MS);
		const struct outcome *outcome = assert_done(&bench, 0, code ? ERROR_SYSTEM : 0);
		/* Ours is docker compose's: 1. */
		assert_int_equal(outcome->exit_code, 0);
		if (code)
			assert_string_equal(outcome->message, "container job exited (2)");
		end(&bench);
	}
}

static void what_has_exited_before_is_judged_by_its_code(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "good", false);
	create(&bench, "bad", false);
	start(&bench, "good");
	start(&bench, "bad");
	fake_exit(bench.world, "good", 0);
	fake_exit(bench.world, "bad", 3);
	fake_advance(bench.world, CLOCK_SECOND);
	add(&bench, 0, AWAIT_COMPLETED, "good", false);
	add(&bench, 1, AWAIT_COMPLETED, "bad", false);
	add(&bench, 2, AWAIT_RUNNING, "good", false);
	add(&bench, 3, AWAIT_RUNNING, "bad", false);
	fake_advance(bench.world, 5 * CLOCK_MS);
	assert_done(&bench, 0, 0);
	assert_string_equal(assert_done(&bench, 1, ERROR_SYSTEM)->message,
			    "container bad exited (3)");
	assert_done(&bench, 2, 0);
	assert_done(&bench, 3, ERROR_SYSTEM);
	end(&bench);
}

static void what_is_not_there_is_not_found(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", false);
	add(&bench, 0, AWAIT_RUNNING, "nobody", false);
	add(&bench, 1, AWAIT_COMPLETED, "web", false);
	fake_advance(bench.world, CLOCK_MS);
	assert_done(&bench, 0, ERROR_NOT_FOUND);
	assert_int_equal(fake_client_remove(bench.world, "web", true), 0);
	fake_advance(bench.world, CLOCK_MS);
	assert_done(&bench, 1, ERROR_NOT_FOUND);
	end(&bench);
}

/* --- probes of ours */

static void a_probe_has_the_last_word_on_health(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", true);
	start(&bench, "web");
	bench.own = HEALTH_STARTING;
	add(&bench, 0, AWAIT_HEALTHY, "web", true);
	/* The engine's check says healthy. */
	fake_advance(bench.world, 30 * CLOCK_SECOND);
	assert_pending(&bench, 0);
	bench.own = HEALTH_HEALTHY;
	await_look(bench.set);
	fake_advance(bench.world, CLOCK_MS);
	assert_done(&bench, 0, 0);
	bench.own = HEALTH_UNHEALTHY;
	add(&bench, 1, AWAIT_HEALTHY, "web", true);
	fake_advance(bench.world, CLOCK_MS);
	assert_done(&bench, 1, ERROR_SYSTEM);
	bench.own = HEALTH_NONE;
	add(&bench, 2, AWAIT_HEALTHY, "web", true);
	fake_advance(bench.world, CLOCK_MS);
	assert_done(&bench, 2, 0);
	end(&bench);
}

static void a_probe_needs_no_health_check_of_the_engine(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", false);
	start(&bench, "web");
	bench.own = HEALTH_STARTING;
	add(&bench, 0, AWAIT_HEALTHY, "web", true);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_pending(&bench, 0);
	bench.own = HEALTH_HEALTHY;
	await_look(bench.set);
	fake_advance(bench.world, CLOCK_MS);
	assert_done(&bench, 0, 0);
	end(&bench);
}

/* --- events that come late, are lost, or are of another life */

static void a_healthy_event_during_a_look_is_not_lost(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", true);
	start(&bench, "web");
	fake_advance(bench.world, 900 * CLOCK_MS);
	fake_latency(bench.world, "inspect", 300 * CLOCK_MS);
	add(&bench, 0, AWAIT_HEALTHY, "web", false);
	fake_advance(bench.world, 2 * CLOCK_SECOND);
	assert_done(&bench, 0, 0);
	end(&bench);
}

static void lost_events_are_made_good_within_ten_seconds(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "job", false);
	start(&bench, "job");
	add(&bench, 0, AWAIT_COMPLETED, "job", false);
	fake_advance(bench.world, CLOCK_SECOND);
	fake_drop_events(bench.world, true);
	fake_exit(bench.world, "job", 0);
	fake_advance(bench.world, 5 * CLOCK_SECOND);
	assert_pending(&bench, 0);
	fake_advance(bench.world, 6 * CLOCK_SECOND);
	assert_done(&bench, 0, 0);
	end(&bench);
}

static void after_a_break_everything_is_looked_at_again(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "job", false);
	create(&bench, "web", true);
	start(&bench, "job");
	start(&bench, "web");
	fake_health(bench.world, "web", ".");
	add(&bench, 0, AWAIT_COMPLETED, "job", false);
	add(&bench, 1, AWAIT_HEALTHY, "web", false);
	fake_advance(bench.world, 100 * CLOCK_MS);
	fake_drop_events(bench.world, true);
	fake_exit(bench.world, "job", 0);
	fake_break_events(bench.world);
	fake_drop_events(bench.world, false);
	fake_advance(bench.world, 200 * CLOCK_MS);
	assert_done(&bench, 0, 0);
	assert_pending(&bench, 1);
	end(&bench);
}

static void an_engine_that_is_away_is_waited_for(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "job", false);
	start(&bench, "job");
	add(&bench, 0, AWAIT_COMPLETED, "job", false);
	fake_advance(bench.world, 100 * CLOCK_MS);
	fake_engine_restart(bench.world, FAKE_RESTART_LIVE, 30 * CLOCK_SECOND);
	fake_advance(bench.world, CLOCK_SECOND);
	/* Begun while nobody answers. */
	add(&bench, 1, AWAIT_RUNNING, "job", false);
	fake_advance(bench.world, 25 * CLOCK_SECOND);
	assert_pending(&bench, 0);
	assert_pending(&bench, 1);
	fake_advance(bench.world, 10 * CLOCK_SECOND);
	assert_done(&bench, 1, 0);
	assert_pending(&bench, 0);
	fake_exit(bench.world, "job", 0);
	fake_advance(bench.world, CLOCK_MS);
	assert_done(&bench, 0, 0);
	end(&bench);
}

static void a_look_that_found_nobody_is_tried_again(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", false);
	start(&bench, "web");
	fake_fail(bench.world,
		  &(struct fake_fault){
			  .call = "inspect", .any = true, .count = 3, .code = ERROR_UNAVAILABLE});
	add(&bench, 0, AWAIT_RUNNING, "web", false);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_done(&bench, 0, 0);
	end(&bench);
}

static void another_error_of_a_look_is_the_conditions_own(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", false);
	fake_fail(bench.world, &(struct fake_fault){.call = "inspect",
						    .any = true,
						    .code = ERROR_TIMEOUT,
						    .message = "it hangs"});
	add(&bench, 0, AWAIT_RUNNING, "web", false);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_string_equal(assert_done(&bench, 0, ERROR_TIMEOUT)->message, "it hangs");
	end(&bench);
}

static void a_condition_is_on_a_name_and_ends_where_that_is_given_up(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "job", false);
	start(&bench, "job");
	add(&bench, 0, AWAIT_COMPLETED, "job", false);
	fake_advance(bench.world, 100 * CLOCK_MS);
	assert_int_equal(fake_client_rename(bench.world, "job", "old-job"), 0);
	fake_advance(bench.world, CLOCK_MS);
	/* By its name, as the plan has it: that one is gone. */
	assert_done(&bench, 0, ERROR_NOT_FOUND);
	end(&bench);
}

static void events_of_others_are_no_reason_to_look(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "web", true);
	create(&bench, "other", true);
	add(&bench, 0, AWAIT_HEALTHY, "web", false);
	fake_advance(bench.world, CLOCK_MS);
	unsigned before = fake_calls(bench.world, "inspect");
	start(&bench, "other");
	fake_advance(bench.world, 5 * CLOCK_SECOND);
	assert_int_equal(fake_calls(bench.world, "inspect"), before);
	assert_pending(&bench, 0);
	end(&bench);
}

/* --- cancelling and closing */

static void cancelled_before_the_stream_opens_or_at_any_time_after_it_ends_once(void **state)
{
	(void)state;
	for (uint64_t wait = 0; wait < 12; wait++) {
		struct bench bench;
		open_world(&bench);
		create(&bench, "web", true);
		fake_latency(bench.world, "events", 3 * CLOCK_MS);
		fake_latency(bench.world, "inspect", 3 * CLOCK_MS);
		bench.set = await_open(bench.engine, "shop");
		struct await *await = add(&bench, 0, AWAIT_HEALTHY, "web", false);
		add(&bench, 1, AWAIT_HEALTHY, "web", false);
		fake_advance(bench.world, wait * CLOCK_MS);
		assert_pending(&bench, 0);
		await_cancel(await);
		assert_pending(&bench, 0);
		fake_advance(bench.world, 20 * CLOCK_MS);
		assert_done(&bench, 0, ERROR_CANCELLED);
		assert_pending(&bench, 1);
		start(&bench, "web");
		fake_advance(bench.world, 5 * CLOCK_SECOND);
		assert_done(&bench, 0, ERROR_CANCELLED);
		assert_done(&bench, 1, 0);
		end(&bench);
	}
}

static void closing_cancels_what_is_pending_in_every_state(void **state)
{
	(void)state;
	for (uint64_t wait = 0; wait < 12; wait++) {
		struct bench bench;
		open_world(&bench);
		create(&bench, "web", true);
		fake_latency(bench.world, "events", 3 * CLOCK_MS);
		fake_latency(bench.world, "inspect", 3 * CLOCK_MS);
		bench.set = await_open(bench.engine, "shop");
		add(&bench, 0, AWAIT_HEALTHY, "web", false);
		add(&bench, 1, AWAIT_COMPLETED, "web", false);
		fake_advance(bench.world, wait * CLOCK_MS);
		if (wait == 11) {
			fake_engine_restart(bench.world, FAKE_RESTART_LIVE, CLOCK_SECOND);
			fake_advance(bench.world, 50 * CLOCK_MS);
		}
		close_set(&bench);
		assert_done(&bench, 0, ERROR_CANCELLED);
		assert_done(&bench, 1, ERROR_CANCELLED);
		end(&bench);
	}
}

static void an_empty_set_asks_nothing(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	unsigned before = fake_requests(bench.world);
	fake_advance(bench.world, 60 * CLOCK_SECOND);
	assert_int_equal(fake_requests(bench.world), before);
	end(&bench);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(healthy_ends_in_the_events_own_turn),
		TEST(what_is_healthy_already_ends_with_the_first_look),
		TEST(unhealthy_fails_and_says_so),
		TEST(without_a_health_check_it_would_never_come),
		TEST(an_exit_ends_the_wait_for_health_whatever_its_code),
		TEST(it_waits_for_what_is_not_started_yet),
		TEST(completed_takes_the_exit_code),
		TEST(what_has_exited_before_is_judged_by_its_code),
		TEST(what_is_not_there_is_not_found),
		TEST(a_probe_has_the_last_word_on_health),
		TEST(a_probe_needs_no_health_check_of_the_engine),
		TEST(a_healthy_event_during_a_look_is_not_lost),
		TEST(lost_events_are_made_good_within_ten_seconds),
		TEST(after_a_break_everything_is_looked_at_again),
		TEST(an_engine_that_is_away_is_waited_for),
		TEST(a_look_that_found_nobody_is_tried_again),
		TEST(another_error_of_a_look_is_the_conditions_own),
		TEST(a_condition_is_on_a_name_and_ends_where_that_is_given_up),
		TEST(events_of_others_are_no_reason_to_look),
		TEST(cancelled_before_the_stream_opens_or_at_any_time_after_it_ends_once),
		TEST(closing_cancels_what_is_pending_in_every_state),
		TEST(an_empty_set_asks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
