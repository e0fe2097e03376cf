/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/supervise/keeper.h"
#include "tests/test.h"

/* A project of two services made by hand: web wants healing, job is a one-shot that web waits for.
 */
struct fixture {
	struct project project;
	struct service services[2];
	struct dependency needs[1];
	struct keeper *keeper;
	uint64_t now;
};

static void set_supervision(struct service *service)
{
	service->supervision = (struct supervision){
		.on_unhealthy = UNHEALTHY_RESTART,
		.backoff_initial = CLOCK_SECOND,
		.backoff_max = 8 * CLOCK_SECOND,
		.backoff_reset = 60 * CLOCK_SECOND,
	};
}

static int set_up(void **state)
{
	struct fixture *fixture = memory_zero(1, sizeof(*fixture));

	fixture->project.name = "shop";
	fixture->project.services.items = fixture->services;
	fixture->project.services.len = 2;
	fixture->services[0].name = "job";
	fixture->services[1].name = "web";
	fixture->services[1].index = 1;
	for (size_t i = 0; i < 2; i++) {
		fixture->services[i].replicas = 1;
		set_supervision(&fixture->services[i]);
	}
	fixture->needs[0] = (struct dependency){
		.service = "job", .condition = DEPENDENCY_COMPLETED, .required = true};
	fixture->services[1].dependencies.items = fixture->needs;
	fixture->services[1].dependencies.len = 1;
	fixture->keeper = keeper_new();
	fixture->now = 1000 * CLOCK_SECOND;
	keeper_want(fixture->keeper, &fixture->project, NULL);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	keeper_drop(&fixture->keeper);
	free(fixture);
	return 0;
}

static void pass(struct fixture *fixture, uint64_t ns)
{
	fixture->now += ns;
}

static void tell_of(struct fixture *fixture, const char *service, enum keeper_event_kind kind,
		    int value)
{
	CLEANUP(memory_free) char *name = memory_format("shop-%s-1", service);
	CLEANUP(memory_free) char *id = memory_format("id-%s", service);
	struct keeper_event event = {
		.kind = kind,
		.container = name,
		.id = id,
		.service = service,
		.number = 1,
		.signal = kind == KEEPER_KILLED ? value : 0,
		.exit_code = kind == KEEPER_DIED ? value : 0,
		.time = (int64_t)fixture->now,
	};

	keeper_event(fixture->keeper, &event, fixture->now);
}

static void told(struct fixture *fixture, enum keeper_event_kind kind, int value)
{
	tell_of(fixture, "web", kind, value);
}

/* Both run and were listed once. */
static void both_run(struct fixture *fixture)
{
	tell_of(fixture, "job", KEEPER_STARTED, 0);
	tell_of(fixture, "job", KEEPER_DIED, 0);
	told(fixture, KEEPER_STARTED, 0);
	told(fixture, KEEPER_HEALTHY, 0);
}

static bool acts(struct fixture *fixture, enum keeper_verb verb, const char *container)
{
	struct keeper_action action;

	if (!keeper_next(fixture->keeper, fixture->now, &action))
		return false;
	assert_int_equal(action.verb, verb);
	if (container)
		assert_string_equal(action.container, container);
	assert_true(action.cause && *action.cause);
	if (action.container)
		keeper_acted(fixture->keeper, action.container, true, fixture->now);
	keeper_action_drop(&action);
	return true;
}

static bool is_quiet(struct fixture *fixture)
{
	struct keeper_action action;
	bool quiet = !keeper_next(fixture->keeper, fixture->now, &action);

	keeper_action_drop(&action);
	return quiet;
}

static bool is_held(struct fixture *fixture, const char *name)
{
	for (const char *const *held = keeper_held(fixture->keeper); *held; held++) {
		if (strcmp(*held, name) == 0)
			return true;
	}
	return false;
}

/* A list with web in this state (or without it), and job exited. */
static void list(struct fixture *fixture, bool has_web, enum container_state state, int exit_code,
		 enum container_health health)
{
	struct observed observed = {0};
	const char *const services[] = {"job", "web"};

	for (size_t i = 0; i < (has_web ? 2u : 1u); i++) {
		struct container *container = array_add(&observed.containers);

		container->name = memory_format("shop-%s-1", services[i]);
		container->id = memory_format("id-%s", services[i]);
		container->state = i ? state : CONTAINER_EXITED;
		container->exit_code = i ? exit_code : 0;
		container->health = i ? health : HEALTH_NONE;
		labels_set(&container->labels, memory_copy("com.docker.compose.container-number"),
			   memory_copy("1"));
		labels_set(&container->labels, memory_copy("com.docker.compose.service"),
			   memory_copy(services[i]));
	}
	keeper_observed(fixture->keeper, &observed, fixture->now);
	observed_drop(&observed);
}

static void a_first_failure_is_acted_upon_at_once(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	assert_true(is_quiet(fixture));
	told(fixture, KEEPER_UNHEALTHY, 0);
	assert_true(keeper_deadline(fixture->keeper) <= fixture->now);
	assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
	assert_true(is_quiet(fixture));
}

static void later_failures_wait_twice_as_long_each_up_to_the_most(void **state)
{
	static const uint64_t waits[] = {0, 1, 2, 4, 8, 8};
	struct fixture *fixture = *state;

	both_run(fixture);
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		told(fixture, KEEPER_UNHEALTHY, 0);
		uint64_t due = fixture->now + waits[i] * CLOCK_SECOND;
		assert_int_equal(keeper_deadline(fixture->keeper), due);
		if (waits[i]) {
			pass(fixture, waits[i] * CLOCK_SECOND - 1);
			assert_true(is_quiet(fixture));
			pass(fixture, 1);
		}
		assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
		told(fixture, KEEPER_DIED, 137);
		told(fixture, KEEPER_STARTED, 0);
		pass(fixture, 3 * CLOCK_SECOND);
	}
}

static void a_recovery_cancels_the_wait(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_UNHEALTHY, 0);
	assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
	told(fixture, KEEPER_STARTED, 0);
	told(fixture, KEEPER_UNHEALTHY, 0);
	told(fixture, KEEPER_HEALTHY, 0);
	pass(fixture, 100 * CLOCK_SECOND);
	assert_true(is_quiet(fixture));
}

static void a_long_healthy_time_forgives_the_failures(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	for (int i = 0; i < 3; i++) {
		told(fixture, KEEPER_UNHEALTHY, 0);
		pass(fixture, 8 * CLOCK_SECOND);
		assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
		told(fixture, KEEPER_STARTED, 0);
	}
	told(fixture, KEEPER_HEALTHY, 0);
	pass(fixture, 60 * CLOCK_SECOND);
	told(fixture, KEEPER_UNHEALTHY, 0);
	assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
}

static void on_failure_n_bounds_the_restarts(void **state)
{
	struct fixture *fixture = *state;

	fixture->services[1].supervision.max_restarts = 2;
	both_run(fixture);
	for (int i = 0; i < 2; i++) {
		told(fixture, KEEPER_UNHEALTHY, 0);
		pass(fixture, 8 * CLOCK_SECOND);
		assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
		told(fixture, KEEPER_STARTED, 0);
	}
	told(fixture, KEEPER_UNHEALTHY, 0);
	pass(fixture, 100 * CLOCK_SECOND);
	assert_true(is_quiet(fixture));
}

static void ignore_means_nothing_is_done(void **state)
{
	struct fixture *fixture = *state;

	fixture->services[1].supervision.on_unhealthy = UNHEALTHY_IGNORE;
	both_run(fixture);
	told(fixture, KEEPER_UNHEALTHY, 0);
	pass(fixture, 100 * CLOCK_SECOND);
	assert_true(is_quiet(fixture));
}

static void a_foreign_stop_holds_and_a_removal_after_it_is_not_undone(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_KILLED, 15);
	told(fixture, KEEPER_DIED, 0);
	told(fixture, KEEPER_STOPPED, 0);
	assert_true(is_held(fixture, "shop-web-1"));
	told(fixture, KEEPER_DESTROYED, 0);
	pass(fixture, 100 * CLOCK_SECOND);
	list(fixture, false, 0, 0, 0);
	pass(fixture, 100 * CLOCK_SECOND);
	assert_true(is_quiet(fixture));
	assert_true(is_held(fixture, "shop-web-1"));
}

static void a_forced_removal_is_undone_after_two_quiet_seconds(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_KILLED, 9);
	told(fixture, KEEPER_DIED, 137);
	told(fixture, KEEPER_DESTROYED, 0);
	assert_false(is_held(fixture, "shop-web-1"));
	pass(fixture, 2 * CLOCK_SECOND - 1);
	assert_true(is_quiet(fixture));
	pass(fixture, 1);
	assert_true(acts(fixture, KEEPER_RECONCILE, NULL));
}

static void a_foreign_kill_becomes_a_hold_when_no_removal_follows(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_KILLED, 9);
	told(fixture, KEEPER_DIED, 137);
	assert_false(is_held(fixture, "shop-web-1"));
	pass(fixture, 2 * CLOCK_SECOND);
	assert_true(acts(fixture, KEEPER_LOOK, NULL));
	assert_true(is_quiet(fixture));
	assert_false(is_held(fixture, "shop-web-1"));
	list(fixture, true, CONTAINER_EXITED, 137, HEALTH_NONE);
	assert_true(is_held(fixture, "shop-web-1"));
	told(fixture, KEEPER_DESTROYED, 0);
	pass(fixture, 100 * CLOCK_SECOND);
	assert_true(is_quiet(fixture));
}

static void a_forced_removal_that_takes_its_time_is_no_hold(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_KILLED, 9);
	told(fixture, KEEPER_DIED, 137);
	for (int i = 0; i < 5; i++) {
		pass(fixture, 2 * CLOCK_SECOND);
		assert_true(acts(fixture, KEEPER_LOOK, NULL));
		list(fixture, true, CONTAINER_REMOVING, 137, HEALTH_NONE);
		assert_true(is_quiet(fixture));
	}
	told(fixture, KEEPER_DESTROYED, 0);
	assert_false(is_held(fixture, "shop-web-1"));
	pass(fixture, 2 * CLOCK_SECOND);
	assert_true(acts(fixture, KEEPER_RECONCILE, NULL));
}

static void a_start_by_anyone_ends_a_hold(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_STOPPED, 0);
	assert_true(is_held(fixture, "shop-web-1"));
	told(fixture, KEEPER_STARTED, 0);
	assert_false(is_held(fixture, "shop-web-1"));
}

static void a_stop_of_ours_holds_nothing_by_itself(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	keeper_ours(fixture->keeper, "shop-web-1", true, fixture->now);
	told(fixture, KEEPER_KILLED, 15);
	keeper_ours(fixture->keeper, "shop-web-1", false, fixture->now);
	told(fixture, KEEPER_DIED, 0);
	told(fixture, KEEPER_STOPPED, 0);
	assert_false(is_held(fixture, "shop-web-1"));
}

static void a_stop_right_after_a_start_of_ours_is_a_hold(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	keeper_ours(fixture->keeper, "shop-web-1", true, fixture->now);
	told(fixture, KEEPER_DIED, 0);
	told(fixture, KEEPER_STARTED, 0);
	keeper_ours(fixture->keeper, "shop-web-1", false, fixture->now);
	told(fixture, KEEPER_STOPPED, 0);
	assert_true(is_held(fixture, "shop-web-1"));
	told(fixture, KEEPER_STARTED, 0);
	keeper_ours(fixture->keeper, "shop-web-1", true, fixture->now);
	keeper_ours(fixture->keeper, "shop-web-1", false, fixture->now);
	told(fixture, KEEPER_STARTED, 0);
	told(fixture, KEEPER_STOPPED, 0);
	assert_true(is_held(fixture, "shop-web-1"));
}

static void what_exits_by_itself_is_the_engines_matter(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_DIED, 1);
	pass(fixture, 100 * CLOCK_SECOND);
	list(fixture, true, CONTAINER_EXITED, 1, HEALTH_NONE);
	pass(fixture, 100 * CLOCK_SECOND);
	assert_true(is_quiet(fixture));
}

static void what_died_with_the_engine_is_started_again(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_DIED, 0);
	told(fixture, KEEPER_STOPPED, 0);
	keeper_broken(fixture->keeper, fixture->now);
	assert_true(is_quiet(fixture));
	list(fixture, true, CONTAINER_EXITED, 0, HEALTH_NONE);
	pass(fixture, 2 * CLOCK_SECOND);
	assert_true(acts(fixture, KEEPER_START, "shop-web-1"));
	assert_true(is_quiet(fixture));
}

/* The engine ended between its answer to our restart and the event of the start. */
static void what_we_restarted_as_the_engine_ended_is_started_again(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_UNHEALTHY, 0);
	assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
	keeper_ours(fixture->keeper, "shop-web-1", true, fixture->now);
	told(fixture, KEEPER_KILLED, 15);
	told(fixture, KEEPER_DIED, 143);
	keeper_ours(fixture->keeper, "shop-web-1", false, fixture->now);
	keeper_acted(fixture->keeper, "shop-web-1", true, fixture->now);
	keeper_broken(fixture->keeper, fixture->now);
	list(fixture, true, CONTAINER_EXITED, 143, HEALTH_NONE);
	pass(fixture, 2 * CLOCK_SECOND);
	assert_true(acts(fixture, KEEPER_START, "shop-web-1"));
}

static void an_old_hold_outlives_a_break(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_STOPPED, 0);
	told(fixture, KEEPER_DIED, 0);
	pass(fixture, 60 * CLOCK_SECOND);
	keeper_broken(fixture->keeper, fixture->now);
	list(fixture, true, CONTAINER_EXITED, 0, HEALTH_NONE);
	pass(fixture, 100 * CLOCK_SECOND);
	assert_true(is_quiet(fixture));
	assert_true(is_held(fixture, "shop-web-1"));
}

static void a_list_makes_good_a_lost_removal_and_a_lost_failure(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	list(fixture, true, CONTAINER_RUNNING, 0, HEALTH_UNHEALTHY);
	assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
	told(fixture, KEEPER_STARTED, 0);
	pass(fixture, 10 * CLOCK_SECOND);
	list(fixture, false, 0, 0, 0);
	pass(fixture, 2 * CLOCK_SECOND);
	assert_true(acts(fixture, KEEPER_RECONCILE, NULL));
}

/* A list finds the new life ill before the event of its start comes. */
static void a_failure_that_a_list_and_an_event_tell_of_is_one(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	told(fixture, KEEPER_UNHEALTHY, 0);
	assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
	told(fixture, KEEPER_DIED, 137);
	list(fixture, true, CONTAINER_RUNNING, 0, HEALTH_UNHEALTHY);
	told(fixture, KEEPER_STARTED, 0);
	told(fixture, KEEPER_UNHEALTHY, 0);
	/* The second time waits for 1 s, the third for 2 s. */
	pass(fixture, CLOCK_SECOND);
	assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
}

static void a_finished_one_shot_is_not_made_again(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	tell_of(fixture, "job", KEEPER_DESTROYED, 0);
	pass(fixture, 100 * CLOCK_SECOND);
	assert_true(is_quiet(fixture));
}

static void it_is_idle_when_all_is_held_or_finished_and_a_list_came_after(void **state)
{
	struct fixture *fixture = *state;

	both_run(fixture);
	assert_true(keeper_idle_from(fixture->keeper) == CLOCK_NEVER);
	told(fixture, KEEPER_STOPPED, 0);
	told(fixture, KEEPER_DIED, 0);
	assert_true(keeper_idle_from(fixture->keeper) == CLOCK_NEVER);
	list(fixture, true, CONTAINER_EXITED, 0, HEALTH_NONE);
	/* It may be the engine's own end, which breaks the events next. */
	assert_true(keeper_idle_from(fixture->keeper) == fixture->now + 5 * CLOCK_SECOND);
	told(fixture, KEEPER_DESTROYED, 0);
	list(fixture, false, 0, 0, 0);
	assert_true(keeper_idle_from(fixture->keeper) <= fixture->now);
}

static void what_is_on_hold_is_not_waited_for_and_what_is_ill_is(void **state)
{
	struct fixture *fixture = *state;

	fixture->needs[0].condition = DEPENDENCY_HEALTHY;
	both_run(fixture);
	tell_of(fixture, "job", KEEPER_STARTED, 0);
	told(fixture, KEEPER_DESTROYED, 0);
	told(fixture, KEEPER_CREATED, 0);
	keeper_owe(fixture->keeper, "shop-web-1");
	assert_true(is_quiet(fixture));
	tell_of(fixture, "job", KEEPER_KILLED, 15);
	tell_of(fixture, "job", KEEPER_DIED, 0);
	tell_of(fixture, "job", KEEPER_STOPPED, 0);
	assert_true(is_held(fixture, "shop-job-1"));
	assert_true(acts(fixture, KEEPER_START, "shop-web-1"));
	/* Removed, it is on hold still. */
	tell_of(fixture, "job", KEEPER_DESTROYED, 0);
	keeper_owe(fixture->keeper, "shop-web-1");
	assert_true(acts(fixture, KEEPER_START, "shop-web-1"));
}

static void a_re_creation_of_ours_moves_what_is_known_to_the_new_container(void **state)
{
	struct fixture *fixture = *state;
	struct keeper_event event = {
		.kind = KEEPER_CREATED,
		.container = "abc_shop-web-1",
		.id = "id-new",
		.service = "web",
		.number = 1,
	};

	both_run(fixture);
	keeper_ours(fixture->keeper, "shop-web-1", true, fixture->now);
	keeper_event(fixture->keeper, &event, fixture->now);
	told(fixture, KEEPER_DIED, 137);
	told(fixture, KEEPER_DESTROYED, 0);
	event.kind = KEEPER_RENAMED;
	event.container = "shop-web-1";
	keeper_event(fixture->keeper, &event, fixture->now);
	event.kind = KEEPER_STARTED;
	keeper_event(fixture->keeper, &event, fixture->now);
	keeper_ours(fixture->keeper, "shop-web-1", false, fixture->now);
	pass(fixture, 100 * CLOCK_SECOND);
	assert_true(is_quiet(fixture));
	event.kind = KEEPER_UNHEALTHY;
	keeper_event(fixture->keeper, &event, fixture->now);
	assert_true(acts(fixture, KEEPER_RESTART, "shop-web-1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_first_failure_is_acted_upon_at_once),
		TEST(later_failures_wait_twice_as_long_each_up_to_the_most),
		TEST(a_recovery_cancels_the_wait),
		TEST(a_long_healthy_time_forgives_the_failures),
		TEST(on_failure_n_bounds_the_restarts),
		TEST(ignore_means_nothing_is_done),
		TEST(a_foreign_stop_holds_and_a_removal_after_it_is_not_undone),
		TEST(a_forced_removal_is_undone_after_two_quiet_seconds),
		TEST(a_foreign_kill_becomes_a_hold_when_no_removal_follows),
		TEST(a_forced_removal_that_takes_its_time_is_no_hold),
		TEST(a_start_by_anyone_ends_a_hold),
		TEST(a_stop_of_ours_holds_nothing_by_itself),
		TEST(a_stop_right_after_a_start_of_ours_is_a_hold),
		TEST(what_exits_by_itself_is_the_engines_matter),
		TEST(what_died_with_the_engine_is_started_again),
		TEST(what_we_restarted_as_the_engine_ended_is_started_again),
		TEST(an_old_hold_outlives_a_break),
		TEST(a_list_makes_good_a_lost_removal_and_a_lost_failure),
		TEST(a_failure_that_a_list_and_an_event_tell_of_is_one),
		TEST(a_finished_one_shot_is_not_made_again),
		TEST(it_is_idle_when_all_is_held_or_finished_and_a_list_came_after),
		TEST(what_is_on_hold_is_not_waited_for_and_what_is_ill_is),
		TEST(a_re_creation_of_ours_moves_what_is_known_to_the_new_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
