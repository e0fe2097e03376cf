/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include "tests/supervised.h"

#define HOUR (3600 * CLOCK_SECOND)

static const char yaml[] = SUPERVISED_SHOP;

static void begin(struct supervised *it)
{
	*it = (struct supervised){0};
	supervised_begin(it, yaml);
	supervised_up(it);
}

/* --- the loop */

static void what_is_as_it_should_be_is_left_alone(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	assert_true(supervised_shop_runs(&it));
	unsigned before = fake_mutations(it.world);
	fake_advance(it.world, HOUR);
	assert_int_equal(fake_mutations(it.world), before);
	supervised_end(&it);
}

static void an_unhealthy_container_gets_one_restart_call_at_once(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	unsigned before = fake_mutations(it.world);
	fake_health(it.world, "shop-web-1", "-+");
	fake_advance(it.world, 60 * CLOCK_SECOND);
	assert_int_equal(fake_mutations(it.world) - before, 1);
	assert_int_equal(fake_happened(it.world, "restart", "shop-web-1"), 1);
	assert_int_equal(supervised_when(&it, "restart", "shop-web-1", 1),
			 supervised_when(&it, "health_status: unhealthy", "shop-web-1", 1));
	assert_true(supervised_has_said(&it, "shop-web-1 is unhealthy (1st time): restarting it"));
	supervised_end(&it);
}

static void restarts_that_do_not_help_wait_twice_as_long_each(void **state)
{
	static const uint64_t waits[] = {0, 1, 2, 4, 8, 16, 32, 60, 60};
	struct supervised it;

	(void)state;
	begin(&it);
	fake_behave(it.world, &(struct fake_behaviour){.service = "web", .health = "-"});
	fake_health(it.world, "shop-web-1", "-");
	fake_advance(it.world, HOUR);
	for (unsigned i = 0; i < ARRAY_LEN(waits); i++)
		assert_int_equal(supervised_when(&it, "restart", "shop-web-1", i + 1) -
					 supervised_when(&it, "health_status: unhealthy",
							 "shop-web-1", i + 1),
				 waits[i] * CLOCK_SECOND);
	supervised_end(&it);
}

static void dependents_with_restart_stop_before_and_start_after(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	fake_health(it.world, "shop-store-1", "-+");
	fake_advance(it.world, 30 * CLOCK_SECOND);
	assert_int_equal(fake_happened(it.world, "restart", "shop-store-1"), 1);
	assert_int_equal(fake_happened(it.world, "stop", "shop-api-1"), 1);
	assert_int_equal(fake_happened(it.world, "start", "shop-api-1"), 2);
	assert_true(fake_when(it.world, "stop", "shop-api-1") <
		    fake_when(it.world, "kill", "shop-store-1"));
	assert_true(supervised_when(&it, "start", "shop-api-1", 2) >=
		    supervised_when(&it, "restart", "shop-store-1", 1));
	assert_true(supervised_shop_runs(&it));
	supervised_end(&it);
}

static void dependents_are_started_though_the_restart_failed(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	fake_fail(it.world, &(struct fake_fault){.call = "restart", .count = 1});
	fake_health(it.world, "shop-store-1", "-----------+");
	fake_advance(it.world, 60 * CLOCK_SECOND);
	assert_true(supervised_shop_runs(&it));
	assert_int_equal(fake_happened(it.world, "restart", "shop-store-1"), 1);
	supervised_end(&it);
}

static void a_dependent_whose_start_failed_is_started_later(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	fake_fail(it.world, &(struct fake_fault){.call = "start", .subject = "shop-api-1"});
	fake_health(it.world, "shop-store-1", "-+");
	fake_advance(it.world, 60 * CLOCK_SECOND);
	assert_int_equal(fake_failed(it.world), 1);
	assert_true(supervised_shop_runs(&it));
	supervised_end(&it);
}

static void a_restart_that_takes_long_counts_once(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	fake_behave(it.world, &(struct fake_behaviour){.service = "web",
						       .stop_time = 9 * CLOCK_SECOND,
						       .health = "+"});
	assert_int_equal(fake_client_remove(it.world, "shop-web-1", true), 0);
	fake_advance(it.world, 30 * CLOCK_SECOND);
	fake_latency(it.world, "restart", 20 * CLOCK_SECOND);
	fake_health(it.world, "shop-web-1", "-+");
	fake_advance(it.world, 120 * CLOCK_SECOND);
	assert_int_equal(fake_happened(it.world, "restart", "shop-web-1"), 1);
	assert_false(supervised_has_said(&it, "2nd time"));
	supervised_end(&it);
}

static void what_was_removed_by_force_is_made_again_after_two_quiet_seconds(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	assert_int_equal(fake_client_remove(it.world, "shop-api-1", true), 0);
	fake_advance(it.world, 2 * CLOCK_SECOND - 1);
	assert_null(fake_container(it.world, "shop-api-1"));
	fake_advance(it.world, CLOCK_SECOND);
	assert_true(supervised_shop_runs(&it));
	supervised_end(&it);
}

static void what_cannot_be_made_again_is_tried_ever_more_seldom(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	fake_fail(it.world, &(struct fake_fault){.call = "create", .count = 1000});
	assert_int_equal(fake_client_remove(it.world, "shop-api-1", true), 0);
	fake_advance(it.world, HOUR);
	assert_in_range(fake_failed(it.world), 50, 80);
	fake_heal(it.world);
	fake_advance(it.world, 61 * CLOCK_SECOND);
	assert_true(supervised_shop_runs(&it));
	supervised_end(&it);
}

static void a_foreign_stop_is_a_hold_until_a_start(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	unsigned before = fake_mutations(it.world);
	assert_int_equal(fake_client_stop(it.world, "shop-web-1"), 0);
	fake_advance(it.world, HOUR);
	assert_int_equal(fake_mutations(it.world), before);
	assert_false(supervised_runs(&it, "shop-web-1"));
	assert_int_equal(fake_client_start(it.world, "shop-web-1"), 0);
	fake_health(it.world, "shop-web-1", "-+");
	fake_advance(it.world, 30 * CLOCK_SECOND);
	assert_int_equal(fake_happened(it.world, "restart", "shop-web-1"), 1);
	supervised_end(&it);
}

static void nothing_waits_for_what_the_user_stopped(void **state)
{
	static const char *const rest[] = {"shop-web-1", "shop-api-1", "shop-worker-1",
					   "shop-worker-2"};
	struct supervised it = {.background = true};

	(void)state;
	supervised_begin(&it, yaml);
	supervised_up(&it);
	assert_int_equal(fake_client_stop(it.world, "shop-store-1"), 0);
	assert_int_equal(fake_client_remove(it.world, "shop-api-1", true), 0);
	fake_advance(it.world, 60 * CLOCK_SECOND);
	assert_true(supervised_runs(&it, "shop-api-1"));
	assert_false(supervised_runs(&it, "shop-store-1"));
	for (size_t i = 0; i < ARRAY_LEN(rest); i++)
		assert_int_equal(fake_client_stop(it.world, rest[i]), 0);
	fake_advance(it.world, 60 * CLOCK_SECOND);
	assert_true(it.ended);
	supervised_end(&it);
}

static void take_down_as_another_client(struct supervised *it)
{
	static const char *const names[] = {"shop-web-1", "shop-api-1", "shop-worker-1",
					    "shop-worker-2", "shop-store-1"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(fake_client_stop(it->world, names[i]), 0);
		fake_advance(it->world, 100 * CLOCK_MS);
		assert_int_equal(fake_client_remove(it->world, names[i], false), 0);
	}
}

static void a_down_of_another_client_is_not_fought_and_ends_the_supervisor(void **state)
{
	struct supervised it = {.background = true};

	(void)state;
	supervised_begin(&it, yaml);
	supervised_up(&it);
	unsigned before = fake_mutations(it.world);
	take_down_as_another_client(&it);
	fake_advance(it.world, HOUR);
	assert_int_equal(fake_containers(it.world), 0);
	assert_int_equal(fake_mutations(it.world), before);
	assert_true(it.ended);
	supervised_end(&it);
}

static void restart_engine(enum fake_restart how)
{
	struct supervised it;

	begin(&it);
	fake_engine_restart(it.world, how, 5 * CLOCK_SECOND);
	fake_advance(it.world, 60 * CLOCK_SECOND);
	assert_true(supervised_shop_runs(&it));
	assert_int_equal(supervised_has_said(&it, "Down shop-web-1 ran before"),
			 how != FAKE_RESTART_LIVE);
	assert_false(supervised_has_said(&it, "Unhealthy"));
	/* And goes on to look after it. */
	fake_health(it.world, "shop-web-1", "-+");
	fake_advance(it.world, 60 * CLOCK_SECOND);
	assert_int_equal(fake_happened(it.world, "restart", "shop-web-1"), 1);
	assert_true(supervised_has_said(&it, "Engine gone"));
	supervised_end(&it);
}

static void what_ran_before_an_engine_restart_runs_after_it(void **state)
{
	(void)state;
	restart_engine(FAKE_RESTART_GRACEFUL);
	restart_engine(FAKE_RESTART_CRASH);
}

static void containers_that_outlive_the_engine_are_left_alone(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	unsigned before = fake_mutations(it.world);
	fake_engine_restart(it.world, FAKE_RESTART_LIVE, 5 * CLOCK_SECOND);
	fake_advance(it.world, 60 * CLOCK_SECOND);
	assert_int_equal(fake_mutations(it.world), before);
	supervised_end(&it);
	restart_engine(FAKE_RESTART_LIVE);
}

static void a_failure_that_waits_outlives_a_break(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	fake_behave(it.world, &(struct fake_behaviour){.service = "web", .health = "-"});
	fake_health(it.world, "shop-web-1", "-");
	/* Into the back-off of the fourth. */
	fake_advance(it.world, 12 * CLOCK_SECOND);
	size_t restarts = fake_happened(it.world, "restart", "shop-web-1");
	fake_break_events(it.world);
	fake_advance(it.world, 30 * CLOCK_SECOND);
	assert_true(fake_happened(it.world, "restart", "shop-web-1") > restarts);
	supervised_end(&it);
}

static void lost_events_are_made_good_by_a_list(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	fake_drop_events(it.world, true);
	assert_int_equal(fake_client_remove(it.world, "shop-worker-2", true), 0);
	fake_health(it.world, "shop-web-1", "-");
	fake_advance(it.world, 5 * CLOCK_SECOND);
	fake_drop_events(it.world, false);
	fake_advance(it.world, 15 * CLOCK_SECOND);
	assert_true(supervised_shop_runs(&it));
	assert_true(fake_happened(it.world, "restart", "shop-web-1") >= 1);
	supervised_end(&it);
}

/* --- what x-wincompose says */

static void begin_with(struct supervised *it, const char *what)
{
	CLEANUP(memory_free)
	char *text = memory_format(
		"services:\n"
		"  web:\n"
		"    image: web\n"
		"    x-wincompose: {on_unhealthy: %s}\n" SUPERVISED_CHECK "  api:\n"
		"    image: api\n"
		"    depends_on: {web: {condition: service_started, restart: true}}\n",
		what);

	*it = (struct supervised){0};
	supervised_begin(it, text);
	supervised_up(it);
	fake_health(it->world, "shop-web-1", "-");
	fake_advance(it->world, 30 * CLOCK_SECOND);
}

static void on_unhealthy_ignore_leaves_it(void **state)
{
	struct supervised it;

	(void)state;
	begin_with(&it, "ignore");
	assert_true(supervised_runs(&it, "shop-web-1"));
	assert_int_equal(fake_happened(it.world, "die", NULL), 0);
	supervised_end(&it);
}

static void on_unhealthy_stop_stops_it_for_good(void **state)
{
	struct supervised it;

	(void)state;
	begin_with(&it, "stop");
	fake_advance(it.world, HOUR);
	assert_non_null(fake_container(it.world, "shop-web-1"));
	assert_false(supervised_runs(&it, "shop-web-1"));
	assert_true(supervised_runs(&it, "shop-api-1"));
	supervised_end(&it);
}

static void on_unhealthy_recreate_makes_another_and_restarts_dependents(void **state)
{
	struct supervised it;

	(void)state;
	begin_with(&it, "recreate");
	fake_advance(it.world, 30 * CLOCK_SECOND);
	assert_int_equal(fake_happened(it.world, "create", "shop-web-1"), 2);
	assert_true(supervised_runs(&it, "shop-web-1"));
	assert_true(supervised_runs(&it, "shop-api-1"));
	assert_int_equal(fake_happened(it.world, "create", "shop-api-1"), 1);
	assert_true(supervised_when(&it, "start", "shop-api-1", 2) >=
		    supervised_when(&it, "start", "shop-web-1", 2));
	supervised_end(&it);
}

/* --- hooks */

static void begin_hooked(struct supervised *it, const char *pre_stop)
{
	CLEANUP(memory_free)
	char *hooked = memory_format("services:\n"
				     "  web:\n"
				     "    image: web\n"
				     "    stop_grace_period: 3s\n"
				     "    post_start: [{command: [sh, -c, 'echo hello']}]\n"
				     "    pre_stop: [{command: [sh, -c, '%s']}]\n%s",
				     pre_stop, SUPERVISED_CHECK);

	*it = (struct supervised){0};
	supervised_begin(it, hooked);
	supervised_up(it);
}

static void the_loops_own_restart_runs_the_hooks_around_it(void **state)
{
	struct supervised it;

	(void)state;
	begin_hooked(&it, "echo bye");
	assert_int_equal(fake_happened(it.world, "exec", "shop-web-1"), 1);
	fake_health(it.world, "shop-web-1", "-+");
	fake_advance(it.world, 30 * CLOCK_SECOND);
	assert_int_equal(fake_happened(it.world, "restart", "shop-web-1"), 1);
	assert_int_equal(fake_happened(it.world, "exec", "shop-web-1"), 3);
	assert_true(supervised_when(&it, "exec", "shop-web-1", 2) <=
		    supervised_when(&it, "kill", "shop-web-1", 1));
	assert_true(supervised_when(&it, "exec", "shop-web-1", 3) >=
		    supervised_when(&it, "restart", "shop-web-1", 1));
	supervised_end(&it);
}

static void what_the_loop_makes_again_runs_its_hook_after_the_start(void **state)
{
	struct supervised it;

	(void)state;
	begin_hooked(&it, "echo bye");
	assert_int_equal(fake_client_remove(it.world, "shop-web-1", true), 0);
	fake_advance(it.world, 30 * CLOCK_SECOND);
	assert_true(supervised_runs(&it, "shop-web-1"));
	assert_int_equal(fake_happened(it.world, "create", "shop-web-1"), 2);
	assert_int_equal(fake_happened(it.world, "exec", "shop-web-1"), 2);
	supervised_end(&it);
}

static void a_hook_that_hangs_delays_a_restart_by_the_grace_period_at_most(void **state)
{
	struct supervised it;

	(void)state;
	begin_hooked(&it, "sleep infinity");
	fake_health(it.world, "shop-web-1", "-+");
	fake_advance(it.world, 10 * CLOCK_SECOND);
	assert_int_equal(fake_happened(it.world, "restart", "shop-web-1"), 1);
	supervised_end(&it);
}

/* --- other verbs, over the control socket */

struct client {
	struct engine *engine;
	struct operate *operate;
	struct outcome outcome;
};

static void ask(struct supervised *it, struct client *client, const struct operation *operation)
{
	*client = (struct client){.engine = fake_open(it->world, &it->loop, NULL)};
	struct operate_options options = {
		.engine = client->engine, .home = &it->paths, .progress = &it->sink};
	client->operate = operate_start(&it->loop, operation, &options, supervised_finished,
					&client->outcome);
}

static void answered(struct supervised *it, struct client *client)
{
	supervised_until(it, &client->outcome.done);
	supervised_close_engine(it, client->engine);
}

static struct project *scaled(unsigned count)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct project *project = stack_load(yaml);

	assert_int_equal(project_scale(project, "worker", count, &err), 0);
	return project;
}

static void another_up_changes_what_should_be(void **state)
{
	CLEANUP(project_drop) struct project *four = scaled(4);
	struct operation operation = supervised_operation(four, PLAN_UP);
	struct supervised it;
	struct client client;

	(void)state;
	begin(&it);
	ask(&it, &client, &operation);
	answered(&it, &client);
	assert_int_equal(client.outcome.code, 0);
	assert_true(supervised_runs(&it, "shop-worker-4"));
	assert_true(supervised_has_said(&it, "Container shop-worker-4 Started"));
	fake_advance(it.world, 2 * CLOCK_SECOND);
	assert_int_equal(fake_client_remove(it.world, "shop-worker-3", true), 0);
	fake_advance(it.world, 5 * CLOCK_SECOND);
	assert_true(supervised_runs(&it, "shop-worker-3"));
	supervised_end(&it);
}

static void operations_of_two_clients_run_one_after_the_other(void **state)
{
	CLEANUP(project_drop) struct project *four = scaled(4);
	CLEANUP(project_drop) struct project *one = scaled(1);
	struct operation more = supervised_operation(four, PLAN_UP);
	struct operation less = supervised_operation(one, PLAN_UP);
	struct supervised it;
	struct client a, b;

	(void)state;
	begin(&it);
	ask(&it, &a, &more);
	ask(&it, &b, &less);
	answered(&it, &a);
	answered(&it, &b);
	assert_int_equal(a.outcome.code, 0);
	assert_int_equal(b.outcome.code, 0);
	fake_advance(it.world, 60 * CLOCK_SECOND);
	size_t left = fake_containers(it.world);
	assert_true(left == 4 || left == 7);
	assert_int_equal(fake_running(it.world), left);
	supervised_end(&it);
}

static void a_client_that_goes_away_cancels_what_it_asked(void **state)
{
	struct supervised it = {0};
	struct client client;

	(void)state;
	supervised_begin(&it, yaml);
	fake_behave(it.world, &(struct fake_behaviour){.service = "store", .health = "."});
	struct operation operation = supervised_operation(it.project, PLAN_UP);
	ask(&it, &client, &operation);
	for (int i = 0; i < 50; i++) {
		uv_run(&it.loop, UV_RUN_NOWAIT);
		fake_advance(it.world, 10 * CLOCK_MS);
	}
	assert_true(supervised_runs(&it, "shop-store-1"));
	assert_false(supervised_runs(&it, "shop-api-1"));
	operate_cancel(client.operate);
	answered(&it, &client);
	assert_int_equal(client.outcome.code, ERROR_CANCELLED);
	/* The next one does not wait for it. */
	struct operation stop = supervised_operation(it.project, PLAN_STOP);
	assert_int_equal(supervised_do(&it, &stop), 0);
	assert_int_equal(fake_running(it.world), 0);
	supervised_end(&it);
}

static void a_down_over_the_socket_ends_the_supervisor(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(record_drop) struct record record = {0};
	struct supervised it = {.background = true};
	struct client client;

	(void)state;
	supervised_begin(&it, yaml);
	supervised_up(&it);
	struct operation operation = supervised_operation(it.project, PLAN_DOWN);
	ask(&it, &client, &operation);
	answered(&it, &client);
	assert_int_equal(client.outcome.code, 0);
	fake_advance(it.world, 60 * CLOCK_SECOND);
	assert_int_equal(fake_containers(it.world), 0);
	assert_true(it.ended);
	assert_int_equal(record_read(&it.paths, &record, &err), ERROR_NOT_FOUND);
	supervised_end(&it);
}

static void a_stop_of_ours_is_a_hold_until_the_next_up(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	const char *const services[] = {"worker", NULL};
	struct operation stop = supervised_operation(it.project, PLAN_STOP);
	stop.plan.services = services;
	assert_int_equal(supervised_do(&it, &stop), 0);
	assert_int_equal(fake_client_remove(it.world, "shop-worker-1", true), 0);
	fake_engine_restart(it.world, FAKE_RESTART_LIVE, CLOCK_SECOND);
	fake_advance(it.world, 61 * CLOCK_SECOND);
	fake_advance(it.world, HOUR);
	assert_false(supervised_runs(&it, "shop-worker-2"));
	supervised_up(&it);
	assert_true(supervised_shop_runs(&it));
	supervised_end(&it);
}

static void an_up_that_fails_its_preflight_changes_no_wish(void **state)
{
	CLEANUP(project_drop) struct project *other = stack_load(yaml);
	struct supervised it;

	(void)state;
	begin(&it);
	/* A service whose image is nowhere, on an engine that cannot isolate. */
	ARRAY_FOR_EACH (struct service, service, &other->services)
		service->isolation = "hyperv";
	struct operation operation = supervised_operation(other, PLAN_UP);
	assert_true(supervised_do(&it, &operation) < 0);
	assert_int_equal(fake_client_remove(it.world, "shop-api-1", true), 0);
	fake_advance(it.world, 10 * CLOCK_SECOND);
	assert_true(supervised_shop_runs(&it));
	supervised_end(&it);
}

/* --- supervisors that follow one another */

static void die_and_come_back(struct supervised *it)
{
	fake_kill(it->engine);
	supervised_close(it);
	supervised_open(it);
	fake_advance(it->world, CLOCK_SECOND);
}

static void holds_survive_the_supervisor(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	assert_int_equal(fake_client_stop(it.world, "shop-web-1"), 0);
	fake_advance(it.world, CLOCK_SECOND);
	die_and_come_back(&it);
	assert_int_equal(fake_client_remove(it.world, "shop-web-1", false), 0);
	assert_int_equal(fake_client_remove(it.world, "shop-api-1", true), 0);
	fake_advance(it.world, HOUR);
	assert_null(fake_container(it.world, "shop-web-1"));
	assert_true(supervised_runs(&it, "shop-api-1"));
	supervised_end(&it);
}

static void what_was_owed_a_start_gets_it_from_the_next_supervisor(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	fake_latency(it.world, "restart", HOUR);
	fake_health(it.world, "shop-store-1", "-+");
	fake_advance(it.world, 5 * CLOCK_SECOND);
	assert_false(supervised_runs(&it, "shop-api-1"));
	die_and_come_back(&it);
	fake_advance(it.world, 10 * CLOCK_SECOND);
	assert_true(supervised_runs(&it, "shop-api-1"));
	supervised_end(&it);
}

static void made(const char *id, const struct error *err, void *payload)
{
	(void)payload;
	assert_non_null(id);
	assert_null(err);
}

/* docker run of an image that compose built: the image's labels name project and service. */
static void run_what_an_image_labels(struct supervised *it, const char *name)
{
	static const char *const labels[] = {"com.docker.compose.project",
					     "shop",
					     "com.docker.compose.service",
					     "web",
					     "wincompose.supervise",
					     "restart",
					     "com.docker.compose.version",
					     "1",
					     NULL};
	static const char *const check[] = {"CMD", "ping", NULL};
	struct engine *other = fake_open(it->world, &it->loop, NULL);
	const struct container_spec spec = {
		.name = name,
		.image = "labelled",
		.healthcheck = {.test = check, .interval = CLOCK_SECOND, .retries = 1},
	};

	fake_image(it->world, &(struct fake_image){.reference = "labelled", .labels = labels});
	engine_create(other, &spec, made, NULL);
	fake_advance(it->world, CLOCK_MS);
	supervised_close_engine(it, other);
	assert_int_equal(fake_client_start(it->world, name), 0);
}

static void what_only_its_image_calls_the_projects_own_is_left_alone(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	unsigned before = fake_mutations(it.world);
	run_what_an_image_labels(&it, "strange");
	unsigned made = fake_mutations(it.world) - before;
	fake_health(it.world, "strange", "-");
	fake_advance(it.world, HOUR);
	assert_int_equal(fake_mutations(it.world), before + made);
	assert_int_equal(fake_happened(it.world, "restart", "strange"), 0);
	assert_false(supervised_has_said(&it, "strange"));
	/* Nor is it made again. */
	assert_int_equal(fake_client_remove(it.world, "strange", true), 0);
	fake_advance(it.world, HOUR);
	assert_int_equal(fake_mutations(it.world), before + made);
	assert_true(supervised_shop_runs(&it));
	supervised_end(&it);
}

static void without_a_record_it_only_watches_health(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct supervised it;

	(void)state;
	begin(&it);
	fake_kill(it.engine);
	supervised_close(&it);
	assert_int_equal(record_remove(&it.paths, &err), 0);
	supervised_open(&it);
	fake_advance(it.world, CLOCK_SECOND);
	assert_int_equal(fake_client_remove(it.world, "shop-worker-1", true), 0);
	fake_health(it.world, "shop-web-1", "-+");
	fake_advance(it.world, 60 * CLOCK_SECOND);
	assert_null(fake_container(it.world, "shop-worker-1"));
	assert_int_equal(fake_happened(it.world, "restart", "shop-web-1"), 1);
	supervised_end(&it);
}

struct call {
	bool done;
	enum control_outcome outcome;
	long pid;
	char health[256]; /* as it was written */
};

static void called(enum control_outcome outcome, const cJSON *reply, const struct error *err,
		   void *payload)
{
	struct call *call = payload;

	assert_null(err);
	call->done = true;
	call->outcome = outcome;
	call->pid = (long)json_int(reply, "pid", 0);
	if (reply && json_get(reply, "health")) {
		CLEANUP(memory_free) char *health = json_print(json_get(reply, "health"));
		snprintf(call->health, sizeof(call->health), "%s", health);
	}
}

static struct call call_verb(struct supervised *it, const char *verb, int version)
{
	CLEANUP(json_drop) cJSON *message = cJSON_CreateObject();
	struct call call = {0};

	json_set_int(message, "version", version);
	json_set_string(message, "verb", verb);
	control_call(&it->loop, &it->paths, message, NULL, called, &call);
	supervised_until(it, &call.done);
	return call;
}

static void its_status_tells_what_probes_find(void **state)
{
	static const char probed[] = "services:\n"
				     "  web:\n"
				     "    image: web\n"
				     "    x-wincompose: {probe: {log: ready}}\n"
				     "  api:\n"
				     "    image: api\n" SUPERVISED_CHECK;
	struct supervised it = {0};

	(void)state;
	supervised_begin(&it, probed);
	supervised_up(&it);
	struct call call = call_verb(&it, "status", CONTROL_VERSION);
	assert_int_equal(call.outcome, CONTROL_ANSWERED);
	assert_string_equal(call.health, "{\"shop-web-1\":\"starting\"}");
	fake_print(it.world, "shop-web-1", STREAM_OUTPUT, "ready to serve");
	fake_advance(it.world, CLOCK_SECOND);
	call = call_verb(&it, "status", CONTROL_VERSION);
	assert_string_equal(call.health, "{\"shop-web-1\":\"healthy\"}");
	assert_int_equal(fake_client_stop(it.world, "shop-web-1"), 0);
	fake_advance(it.world, 30 * CLOCK_SECOND);
	call = call_verb(&it, "status", CONTROL_VERSION);
	assert_string_equal(call.health, "{}");
	supervised_end(&it);
}

static void who_started_it_is_answered_though_nothing_is_left_to_be_kept(void **state)
{
	struct supervised it = {.background = true};

	(void)state;
	supervised_begin(&it, yaml);
	fake_advance(it.world, 5 * CLOCK_SECOND);
	assert_false(it.ended);
	assert_int_equal(call_verb(&it, "status", CONTROL_VERSION).outcome, CONTROL_ANSWERED);
	assert_true(it.ended);
	supervised_close(&it);
	/* Who started it was killed meanwhile. */
	supervised_open(&it);
	fake_advance(it.world, 11 * CLOCK_SECOND);
	assert_true(it.ended);
	supervised_end(&it);
}

static void another_version_is_told_so_and_may_take_the_lock(void **state)
{
	struct supervised it;

	(void)state;
	begin(&it);
	assert_int_equal(call_verb(&it, "status", CONTROL_VERSION).outcome, CONTROL_ANSWERED);
	assert_int_equal(call_verb(&it, "status", CONTROL_VERSION).pid, uv_os_getpid());
	assert_int_equal(call_verb(&it, "status", CONTROL_VERSION + 1).outcome,
			 CONTROL_OTHER_VERSION);
	assert_false(it.ended);
	assert_int_equal(call_verb(&it, "give-up", CONTROL_VERSION + 1).outcome, CONTROL_ANSWERED);
	fake_advance(it.world, CLOCK_SECOND);
	assert_true(it.ended);
	assert_true(supervised_shop_runs(&it));
	supervised_end(&it);
}

static void who_waits_for_a_silent_lock_is_told_for_whom_once(void **state)
{
	CLEANUP(memory_free)
	char *wanted = memory_format("waiting for process %d, which is changing the project",
				     uv_os_getpid());
	struct supervised it = {0};
	struct client client;

	(void)state;
	supervised_begin(&it, yaml);
	supervised_close(&it);
	struct operation operation = supervised_operation(it.project, PLAN_UP);
	ask(&it, &client, &operation);
	for (int i = 0; i < 300; i++) {
		uv_run(&it.loop, UV_RUN_NOWAIT);
		fake_advance(it.world, 10 * CLOCK_MS);
	}
	assert_true(supervised_has_said(&it, wanted));
	assert_null(strstr(strstr(it.said.data, wanted) + 1, wanted));
	file_lock_drop(&it.lock);
	answered(&it, &client);
	assert_int_equal(client.outcome.code, 0);
	assert_true(supervised_shop_runs(&it));
	supervised_open(&it);
	supervised_end(&it);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_as_it_should_be_is_left_alone),
		TEST(an_unhealthy_container_gets_one_restart_call_at_once),
		TEST(restarts_that_do_not_help_wait_twice_as_long_each),
		TEST(dependents_with_restart_stop_before_and_start_after),
		TEST(dependents_are_started_though_the_restart_failed),
		TEST(a_dependent_whose_start_failed_is_started_later),
		TEST(a_restart_that_takes_long_counts_once),
		TEST(what_was_removed_by_force_is_made_again_after_two_quiet_seconds),
		TEST(what_cannot_be_made_again_is_tried_ever_more_seldom),
		TEST(a_foreign_stop_is_a_hold_until_a_start),
		TEST(nothing_waits_for_what_the_user_stopped),
		TEST(a_down_of_another_client_is_not_fought_and_ends_the_supervisor),
		TEST(what_ran_before_an_engine_restart_runs_after_it),
		TEST(containers_that_outlive_the_engine_are_left_alone),
		TEST(a_failure_that_waits_outlives_a_break),
		TEST(lost_events_are_made_good_by_a_list),
		TEST(on_unhealthy_ignore_leaves_it),
		TEST(on_unhealthy_stop_stops_it_for_good),
		TEST(on_unhealthy_recreate_makes_another_and_restarts_dependents),
		TEST(the_loops_own_restart_runs_the_hooks_around_it),
		TEST(what_the_loop_makes_again_runs_its_hook_after_the_start),
		TEST(a_hook_that_hangs_delays_a_restart_by_the_grace_period_at_most),
		TEST(another_up_changes_what_should_be),
		TEST(operations_of_two_clients_run_one_after_the_other),
		TEST(a_client_that_goes_away_cancels_what_it_asked),
		TEST(a_down_over_the_socket_ends_the_supervisor),
		TEST(a_stop_of_ours_is_a_hold_until_the_next_up),
		TEST(an_up_that_fails_its_preflight_changes_no_wish),
		TEST(holds_survive_the_supervisor),
		TEST(what_was_owed_a_start_gets_it_from_the_next_supervisor),
		TEST(what_only_its_image_calls_the_projects_own_is_left_alone),
		TEST(without_a_record_it_only_watches_health),
		TEST(its_status_tells_what_probes_find),
		TEST(who_started_it_is_answered_though_nothing_is_left_to_be_kept),
		TEST(another_version_is_told_so_and_may_take_the_lock),
		TEST(who_waits_for_a_silent_lock_is_told_for_whom_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
