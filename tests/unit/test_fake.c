/* SPDX-License-Identifier: MIT */
#include "tests/engine/bench.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void open_virtual(struct bench *bench)
{
	bench_open_fake(bench, NULL);
	fake_image_add(bench->world, "idle");
}

static void open_jump(struct bench *bench)
{
	bench_open_fake(bench, &(struct fake_options){.clock = FAKE_JUMP});
	fake_image_add(bench->world, "idle");
}

static void up(struct bench *bench, const struct container_spec *spec)
{
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, spec->name), 0);
}

static const struct container_spec *spec(const char *name)
{
	static struct container_spec made;

	made = (struct container_spec){.name = name, .image = "idle", .stop_timeout = -1};
	return &made;
}

static void a_completion_never_comes_from_inside_and_exactly_once(void **state)
{
	struct bench bench;

	(void)state;
	open_virtual(&bench);
	bench_forget(&bench);
	engine_create(bench.engine, spec("web"), bench_id_done, &bench);
	assert_false(bench.answered);
	uv_run(&bench.loop, UV_RUN_DEFAULT);
	assert_true(bench.answered);
	assert_int_equal(bench.code, 0);
	assert_int_equal(strlen(bench.id), 64);
	assert_non_null(fake_container(bench.world, "web"));
	bench_close(&bench);
}

static void a_request_takes_effect_after_its_latency(void **state)
{
	struct bench bench;

	(void)state;
	open_virtual(&bench);
	fake_latency(bench.world, "create", 5 * CLOCK_MS);
	bench_forget(&bench);
	engine_create(bench.engine, spec("web"), bench_id_done, &bench);
	fake_advance(bench.world, 4 * CLOCK_MS);
	assert_null(fake_container(bench.world, "web"));
	fake_advance(bench.world, CLOCK_MS);
	assert_non_null(fake_container(bench.world, "web"));
	assert_true(bench.answered);
	bench_close(&bench);
}

/* Runs of no length under restart: always begin 0, 100, 300, 700 ... ms after the first. */
static void the_policy_waits_100_ms_doubled_up_to_a_minute(void **state)
{
	struct bench bench;
	struct container_spec made = *spec("web");
	static const struct fake_run run = {.after = 0, .code = 1};

	(void)state;
	open_virtual(&bench);
	fake_behave(bench.world, &(struct fake_behaviour){.runs = &run, .run_count = 1});
	made.restart = "always";
	up(&bench, &made);
	fake_advance(bench.world, 99 * CLOCK_MS);
	assert_int_equal(fake_happened(bench.world, "start", "web"), 1);
	assert_int_equal(fake_container(bench.world, "web")->state, CONTAINER_RESTARTING);
	fake_advance(bench.world, CLOCK_MS);
	assert_int_equal(fake_happened(bench.world, "start", "web"), 2);
	fake_advance(bench.world, 199 * CLOCK_MS);
	assert_int_equal(fake_happened(bench.world, "start", "web"), 2);
	fake_advance(bench.world, CLOCK_MS);
	assert_int_equal(fake_happened(bench.world, "start", "web"), 3);
	/* 0.1 * (2^10 - 1) = 102.3 s for ten, then one a minute. */
	fake_advance(bench.world, 102 * CLOCK_SECOND);
	size_t before = fake_happened(bench.world, "start", "web");
	fake_advance(bench.world, 600 * CLOCK_SECOND);
	assert_int_equal(fake_happened(bench.world, "start", "web"), before + 10);
	bench_close(&bench);
}

static void a_run_of_ten_seconds_begins_the_back_off_again(void **state)
{
	struct bench bench;
	struct container_spec made = *spec("web");
	static const struct fake_run runs[] = {
		{0, 1}, {0, 1}, {10 * CLOCK_SECOND, 1}, {CLOCK_NEVER, 0}};

	(void)state;
	open_virtual(&bench);
	fake_behave(bench.world, &(struct fake_behaviour){.runs = runs, .run_count = 4});
	made.restart = "on-failure";
	up(&bench, &made);
	fake_advance(bench.world, 300 * CLOCK_MS + 10 * CLOCK_SECOND);
	assert_int_equal(fake_happened(bench.world, "die", "web"), 3);
	fake_advance(bench.world, 99 * CLOCK_MS);
	assert_int_equal(fake_happened(bench.world, "start", "web"), 3);
	fake_advance(bench.world, CLOCK_MS);
	assert_int_equal(fake_happened(bench.world, "start", "web"), 4);
	bench_close(&bench);
}

static void on_failure_gives_up_after_its_count_and_on_success(void **state)
{
	struct bench bench;
	struct container_spec made = *spec("web");
	static const struct fake_run fails = {0, 1};
	static const struct fake_run works = {0, 0};

	(void)state;
	open_virtual(&bench);
	fake_behave(bench.world, &(struct fake_behaviour){.runs = &fails, .run_count = 1});
	fake_behave(bench.world,
		    &(struct fake_behaviour){.name = "api", .runs = &works, .run_count = 1});
	made.restart = "on-failure";
	made.restart_max = 2;
	up(&bench, &made);
	made.name = "api";
	up(&bench, &made);
	fake_advance(bench.world, 60 * CLOCK_SECOND);
	assert_int_equal(fake_happened(bench.world, "start", "web"), 3);
	assert_int_equal(fake_happened(bench.world, "start", "api"), 1);
	assert_int_equal(fake_container(bench.world, "web")->state, CONTAINER_EXITED);
	bench_close(&bench);
}

static void health_follows_the_script_of_checks(void **state)
{
	struct bench bench;
	struct container_spec made = *spec("web");

	(void)state;
	open_virtual(&bench);
	fake_behave(bench.world, &(struct fake_behaviour){.health = "-+--+"});
	made.healthcheck.test = WORDS("CMD", "true");
	made.healthcheck.interval = CLOCK_SECOND;
	made.healthcheck.retries = 2;
	up(&bench, &made);
	const struct container *seen = fake_container(bench.world, "web");
	assert_int_equal(seen->health, HEALTH_STARTING);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_int_equal(seen->health, HEALTH_STARTING);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_int_equal(seen->health, HEALTH_HEALTHY);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_int_equal(seen->health, HEALTH_HEALTHY);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_int_equal(seen->health, HEALTH_UNHEALTHY);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_int_equal(seen->health, HEALTH_HEALTHY);
	assert_int_equal(fake_happened(bench.world, "health_status: healthy", "web"), 2);
	bench_close(&bench);
}

static void failures_in_the_start_period_do_not_count_and_a_hanging_check_times_out(void **state)
{
	struct bench bench;
	struct container_spec made = *spec("web");

	(void)state;
	open_virtual(&bench);
	fake_behave(bench.world, &(struct fake_behaviour){.health = "---."});
	made.healthcheck.test = WORDS("CMD", "true");
	made.healthcheck.interval = 10 * CLOCK_SECOND;
	made.healthcheck.timeout = 2 * CLOCK_SECOND;
	made.healthcheck.retries = 1;
	made.healthcheck.start_period = 4 * CLOCK_SECOND;
	made.healthcheck.start_interval = CLOCK_SECOND;
	up(&bench, &made);
	/* Checks at 1, 2 and 3 s fail within the period; the one at 4 s hangs until 6 s, out of it.
	 */
	fake_advance(bench.world, 6 * CLOCK_SECOND - 1);
	assert_int_equal(fake_container(bench.world, "web")->health, HEALTH_STARTING);
	fake_advance(bench.world, 1);
	assert_int_equal(fake_container(bench.world, "web")->health, HEALTH_UNHEALTHY);
	bench_close(&bench);
}

static void a_fault_fails_exactly_the_mutating_request_it_names(void **state)
{
	struct bench bench;

	(void)state;
	open_jump(&bench);
	fake_fail(bench.world,
		  &(struct fake_fault){.nth = 2, .code = ERROR_CONFLICT, .message = "no"});
	assert_int_equal(bench_create(&bench, spec("web")), 0);
	assert_int_equal(bench_inspect(&bench, "web"), 0);
	assert_int_equal(bench_start(&bench, "web"), ERROR_CONFLICT);
	assert_string_equal(bench.message, "no");
	assert_int_equal(fake_container(bench.world, "web")->state, CONTAINER_CREATED);
	assert_int_equal(bench_start(&bench, "web"), 0);
	assert_int_equal(fake_failed(bench.world), 1);
	bench_close(&bench);
}

static void a_late_fault_takes_effect_and_loses_the_answer(void **state)
{
	struct bench bench;

	(void)state;
	open_jump(&bench);
	fake_fail(bench.world, &(struct fake_fault){.call = "create", .late = true});
	assert_int_equal(bench_create(&bench, spec("web")), ERROR_UNAVAILABLE);
	assert_non_null(fake_container(bench.world, "web"));
	bench_close(&bench);
}

static void kill_client(const struct fake_request *request, enum fake_moment moment, void *payload)
{
	if (request->mutation == 2 && moment == *(enum fake_moment *)payload)
		fake_kill(request->engine);
}

static void a_killed_client_leaves_what_had_arrived_and_nothing_more(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct bench bench;
		enum fake_moment moment = i ? FAKE_AFTER : FAKE_BEFORE;
		open_jump(&bench);
		fake_on_request(bench.world, kill_client, &moment);
		assert_int_equal(bench_create(&bench, spec("web")), 0);
		assert_int_equal(bench_start(&bench, "web"), ERROR_CANCELLED);
		assert_int_equal(fake_container(bench.world, "web")->state,
				 i ? CONTAINER_RUNNING : CONTAINER_CREATED);
		assert_int_equal(bench_remove(&bench, "web", true, false), ERROR_CANCELLED);
		assert_int_equal(fake_containers(bench.world), 1);
		bench_close_engine(&bench);
		/* The next client finds the world as it was left. */
		bench.engine = fake_open(bench.world, &bench.loop, NULL);
		assert_int_equal(bench_remove(&bench, "web", true, false), 0);
		assert_int_equal(fake_containers(bench.world), 0);
		bench_close(&bench);
	}
}

static void closing_completes_what_is_pending_with_cancelled(void **state)
{
	struct bench bench;
	struct reading reading;

	(void)state;
	open_virtual(&bench);
	fake_latency(bench.world, "create", CLOCK_SECOND);
	bench_forget(&bench);
	engine_create(bench.engine, spec("web"), bench_id_done, &bench);
	BENCH_READ(&bench, &reading, events, &(struct events_options){0});
	bench_close_engine(&bench);
	assert_true(bench.answered);
	assert_int_equal(bench.code, ERROR_CANCELLED);
	assert_true(reading.ended);
	assert_int_equal(reading.code, ERROR_CANCELLED);
	assert_int_equal(fake_containers(bench.world), 0);
	reading_drop(&reading);
	bench_close(&bench);
}

static void note_slow(const char *what, void *payload)
{
	assert_string_equal(what, "create");
	++*(int *)payload;
}

static void a_hung_engine_is_told_after_2_s_given_up_at_the_timeout_and_acts_later(void **state)
{
	struct bench bench;
	int slow = 0;

	(void)state;
	open_virtual(&bench);
	bench_close_engine(&bench);
	bench.engine = fake_open(bench.world, &bench.loop,
				 &(struct engine_options){.timeout = 5 * CLOCK_SECOND,
							  .slow = note_slow,
							  .slow_payload = &slow});
	fake_hang(bench.world, true);
	bench_forget(&bench);
	engine_create(bench.engine, spec("web"), bench_id_done, &bench);
	fake_advance(bench.world, 2 * CLOCK_SECOND - 1);
	assert_int_equal(slow, 0);
	fake_advance(bench.world, 1);
	assert_int_equal(slow, 1);
	fake_advance(bench.world, 3 * CLOCK_SECOND);
	assert_true(bench.answered);
	assert_int_equal(bench.code, ERROR_TIMEOUT);
	assert_null(fake_container(bench.world, "web"));
	fake_hang(bench.world, false);
	fake_advance(bench.world, 0);
	assert_non_null(fake_container(bench.world, "web"));
	bench_close(&bench);
}

static void an_engine_restart_cuts_connections_and_starts_by_policy(void **state)
{
	struct bench bench;
	struct reading reading;
	struct container_spec made = *spec("web");

	(void)state;
	open_virtual(&bench);
	made.restart = "unless-stopped";
	up(&bench, &made);
	made.name = "api";
	made.restart = NULL;
	up(&bench, &made);
	made.name = "job";
	made.restart = "unless-stopped";
	up(&bench, &made);
	assert_int_equal(bench_stop(&bench, "job", 1), 0);
	BENCH_READ(&bench, &reading, events, &(struct events_options){0});
	fake_advance(bench.world, 0);
	fake_engine_restart(bench.world, FAKE_RESTART_GRACEFUL, CLOCK_SECOND);
	fake_advance(bench.world, 0);
	assert_int_equal(reading.code, ERROR_UNAVAILABLE);
	assert_int_equal(bench_inspect(&bench, "web"), ERROR_UNAVAILABLE);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_int_equal(bench_inspect(&bench, "web"), 0);
	assert_int_equal(bench.container.state, CONTAINER_RUNNING);
	assert_int_equal(fake_container(bench.world, "api")->state, CONTAINER_EXITED);
	assert_int_equal(fake_container(bench.world, "job")->state, CONTAINER_EXITED);
	reading_drop(&reading);
	bench_close(&bench);
}

static void containers_run_on_through_a_live_restart(void **state)
{
	struct bench bench;

	(void)state;
	open_virtual(&bench);
	up(&bench, spec("web"));
	fake_engine_restart(bench.world, FAKE_RESTART_LIVE, CLOCK_SECOND);
	assert_int_equal(fake_running(bench.world), 1);
	assert_int_equal(fake_happened(bench.world, "die", NULL), 0);
	bench_close(&bench);
}

static void dropped_events_can_be_replayed_and_a_broken_stream_says_unavailable(void **state)
{
	struct bench bench;
	struct reading reading;

	(void)state;
	open_virtual(&bench);
	int64_t since = fake_wall(bench.world);
	BENCH_READ(&bench, &reading, events, &(struct events_options){0});
	fake_advance(bench.world, 0);
	assert_true(reading.open);
	fake_drop_events(bench.world, true);
	up(&bench, spec("web"));
	fake_advance(bench.world, CLOCK_SECOND);
	assert_string_equal(text_string(&reading.events), "");
	fake_break_events(bench.world);
	fake_advance(bench.world, 0);
	assert_int_equal(reading.code, ERROR_UNAVAILABLE);
	reading_drop(&reading);
	BENCH_READ(&bench, &reading, events, &(struct events_options){.since = since});
	fake_advance(bench.world, 0);
	assert_string_equal(text_string(&reading.events), "create web\nstart web\n");
	engine_stream_close(reading.stream);
	fake_advance(bench.world, 0);
	reading_drop(&reading);
	bench_close(&bench);
}

static struct label labels_of(const char *key, const char *value)
{
	return (struct label){key, value};
}

static void
two_of_one_number_that_run_and_a_start_before_its_dependency_are_violations(void **state)
{
	struct bench bench;
	struct container_spec made = *spec("web");
	struct label items[] = {
		labels_of("com.docker.compose.container-number", "1"),
		labels_of("com.docker.compose.depends_on", "db:service_healthy:false"),
		labels_of("com.docker.compose.project", "p"),
		labels_of("com.docker.compose.service", "web"),
	};

	(void)state;
	open_virtual(&bench);
	made.labels = (struct labels){items, 4, 4};
	assert_int_equal(bench_create(&bench, &made), 0);
	assert_string_equal(fake_violations(bench.world), "");
	assert_int_equal(bench_start(&bench, "web"), 0);
	assert_string_equal(fake_violations(bench.world),
			    "client 1 started web before its dependency db was service_healthy\n");
	struct container_spec awaited = *spec("db");
	struct label own[] = {
		labels_of("com.docker.compose.project", "p"),
		labels_of("com.docker.compose.service", "db"),
	};
	awaited.labels = (struct labels){own, 2, 2};
	up(&bench, &awaited);
	assert_int_equal(fake_client_stop(bench.world, "db"), 0);
	assert_int_equal(bench_stop(&bench, "web", 1), 0);
	assert_int_equal(bench_start(&bench, "web"), 0);
	assert_string_equal(fake_violations(bench.world),
			    "client 1 started web before its dependency db was service_healthy\n");
	made.name = "api";
	items[1].value = "";
	assert_int_equal(bench_create(&bench, &made), 0);
	assert_int_equal(bench_start(&bench, "api"), 0);
	assert_non_null(strstr(fake_violations(bench.world),
			       "web and api run at once: both are number 1 of web\n"));
	bench_close(&bench);
}

static void note_alarm(void *payload)
{
	*(uint64_t *)payload = fake_now(*(struct fake_world **)((uint64_t *)payload + 1));
}

static void an_alarm_rings_at_its_time(void **state)
{
	struct bench bench;
	struct {
		uint64_t time;
		struct fake_world *world;
	} rung = {0};

	(void)state;
	open_virtual(&bench);
	rung.world = bench.world;
	uint64_t due = fake_now(bench.world) + 7;
	fake_at(bench.world, due, note_alarm, &rung);
	struct fake_alarm *other = fake_at(bench.world, due + 1, note_alarm, &rung);
	assert_int_equal(fake_next(bench.world), due);
	fake_advance(bench.world, 7);
	assert_int_equal(rung.time, due);
	fake_forget(&other);
	fake_advance(bench.world, 7);
	assert_int_equal(rung.time, due);
	bench_close(&bench);
}

static void another_client_acts_and_its_events_are_seen(void **state)
{
	struct bench bench;
	struct reading reading;

	(void)state;
	open_virtual(&bench);
	up(&bench, spec("web"));
	BENCH_READ(&bench, &reading, events, &(struct events_options){0});
	fake_advance(bench.world, 0);
	assert_int_equal(fake_client_stop(bench.world, "web"), 0);
	fake_advance(bench.world, 0);
	assert_int_equal(fake_client_start(bench.world, "web"), 0);
	assert_int_equal(fake_client_remove(bench.world, "web", false), ERROR_CONFLICT);
	assert_int_equal(fake_client_remove(bench.world, "web", true), 0);
	fake_advance(bench.world, 0);
	assert_string_equal(
		text_string(&reading.events),
		"kill web\ndie web\nstop web\nstart web\nkill web\ndie web\ndestroy web\n");
	engine_stream_close(reading.stream);
	fake_advance(bench.world, 0);
	reading_drop(&reading);
	bench_close(&bench);
}

static void what_ignores_its_stop_signal_is_killed_after_the_grace(void **state)
{
	struct bench bench;

	(void)state;
	open_jump(&bench);
	fake_behave(bench.world, &(struct fake_behaviour){.ignores_stop = true});
	up(&bench, spec("web"));
	uint64_t before = fake_now(bench.world);
	assert_int_equal(bench_stop(&bench, "web", -1), 0);
	assert_int_equal(fake_now(bench.world) - before, 10 * CLOCK_SECOND);
	assert_int_equal(fake_container(bench.world, "web")->exit_code, 137);
	assert_int_equal(fake_happened(bench.world, "kill", "web"), 2);
	bench_close(&bench);
}

static void a_pull_reports_each_layer_and_a_cancelled_one_leaves_nothing(void **state)
{
	struct bench bench;
	struct reading reading;

	(void)state;
	open_jump(&bench);
	fake_image(bench.world, &(struct fake_image){.reference = "web:1",
						     .absent = true,
						     .layers = 2,
						     .pull_time = 10 * CLOCK_SECOND});
	BENCH_READ(&bench, &reading, pull, "web:1", &(struct pull_options){0});
	BENCH_UNTIL(&bench, reading.pieces > 3);
	reading_close(&reading);
	assert_int_equal(BENCH_ASK(&bench, image, bench_image_done, "web:1"), 0);
	assert_false(bench.has_image);
	BENCH_READ(&bench, &reading, pull, "web:1", &(struct pull_options){0});
	reading_await(&reading);
	assert_int_equal(reading.code, 0);
	assert_non_null(strstr(text_string(&reading.progress), "layer0000001 Pull complete\n"));
	assert_int_equal(BENCH_ASK(&bench, image, bench_image_done, "web:1"), 0);
	assert_true(bench.has_image);
	reading_drop(&reading);
	bench_close(&bench);
}

static void a_script_is_the_driver_s_address_and_its_faults_name_the_statement(void **state)
{
	struct bench bench;
	CLEANUP(error_drop) struct error *err = NULL;
	struct engine *engine = NULL;

	(void)state;
	bench_open(&bench, "fake", "fake://strict; image web:1; fail call=start code=conflict");
	assert_string_equal(engine_driver(bench.engine), "fake");
	assert_int_equal(bench_create(&bench, spec("web")), ERROR_NOT_FOUND);
	struct container_spec made = *spec("web");
	made.image = "web:1";
	assert_int_equal(bench_create(&bench, &made), 0);
	assert_int_equal(bench_start(&bench, "web"), ERROR_CONFLICT);
	assert_int_equal(bench_start(&bench, "web"), 0);
	assert_int_equal(engine_open(&bench.loop,
				     &(struct engine_options){.driver = "fake",
							      .address = "image a; frobnicate"},
				     &engine, &err),
			 ERROR_INVALID);
	assert_non_null(strstr(err->message, "frobnicate"));
	bench_close(&bench);
}

static void the_real_clock_runs_by_itself(void **state)
{
	struct bench bench;
	struct container_spec made = *spec("web");

	(void)state;
	bench_open_fake(&bench, &(struct fake_options){.clock = FAKE_REAL, .any_image = true});
	made.command = WORDS("sh", "-c", "sleep 0.02; exit 3");
	uint64_t before = clock_monotonic();
	up(&bench, &made);
	assert_int_equal(bench_wait(&bench, "web"), 0);
	assert_int_equal(bench.exit_code, 3);
	assert_true(clock_monotonic() - before >= 10 * CLOCK_MS);
	bench_close(&bench);
}

static void a_stop_by_sigkill_of_what_removes_itself_ends_with_it(void **state)
{
	struct bench bench;
	struct container_spec made = *spec("web");

	(void)state;
	open_jump(&bench);
	made.stop_signal = "SIGKILL";
	made.auto_remove = true;
	up(&bench, &made);
	assert_int_equal(bench_stop(&bench, "web", 10), 0);
	assert_null(fake_container(bench.world, "web"));
	assert_int_equal(fake_happened(bench.world, "kill", "web"), 1);
	bench_close(&bench);
}

static void a_stream_can_be_failed_like_any_request(void **state)
{
	struct bench bench;
	struct reading reading;

	(void)state;
	open_jump(&bench);
	fake_fail(bench.world, &(struct fake_fault){.call = "events", .any = true});
	BENCH_READ(&bench, &reading, events, &(struct events_options){0});
	reading_await(&reading);
	assert_int_equal(reading.code, ERROR_SYSTEM);
	assert_int_equal(reading.pieces, 0);
	reading_drop(&reading);
	bench_close(&bench);
}

static void a_killed_client_s_streams_end_and_what_they_asked_for_goes_on(void **state)
{
	struct bench bench;
	struct reading reading;

	(void)state;
	open_virtual(&bench);
	up(&bench, spec("web"));
	BENCH_READ(&bench, &reading, events, &(struct events_options){0});
	fake_latency(bench.world, "stop", CLOCK_SECOND);
	bench_forget(&bench);
	engine_stop(bench.engine, "web", 10, bench_done, &bench);
	fake_advance(bench.world, 0);
	fake_kill(bench.engine);
	fake_advance(bench.world, 10 * CLOCK_SECOND);
	assert_int_equal(bench.code, ERROR_CANCELLED);
	assert_int_equal(reading.code, ERROR_CANCELLED);
	assert_int_equal(fake_running(bench.world), 1);
	reading_drop(&reading);
	bench_close(&bench);
}

static void a_crash_of_the_engine_tells_no_events_and_forgets_the_old_ones(void **state)
{
	struct bench bench;
	struct reading reading;
	struct container_spec made = *spec("web");

	(void)state;
	open_virtual(&bench);
	int64_t since = fake_wall(bench.world);
	made.restart = "always";
	up(&bench, &made);
	fake_engine_restart(bench.world, FAKE_RESTART_CRASH, CLOCK_SECOND);
	fake_advance(bench.world, CLOCK_SECOND);
	BENCH_READ(&bench, &reading, events, &(struct events_options){.since = since});
	fake_advance(bench.world, 0);
	assert_string_equal(text_string(&reading.events), "start web\n");
	engine_stream_close(reading.stream);
	fake_advance(bench.world, 0);
	reading_drop(&reading);
	bench_close(&bench);
}

static void print_journal(struct text *out)
{
	struct bench bench;
	struct container_spec made = *spec("web");
	static const struct fake_run run = {CLOCK_SECOND, 1};
	const struct fake_entry *entries;

	open_virtual(&bench);
	fake_behave(bench.world, &(struct fake_behaviour){.runs = &run, .run_count = 1});
	made.restart = "always";
	up(&bench, &made);
	made.name = "api";
	up(&bench, &made);
	fake_advance(bench.world, 60 * CLOCK_SECOND);
	size_t count = fake_journal(bench.world, &entries);
	for (size_t i = 0; i < count; i++)
		text_printf(out, "%llu %s %s %s\n", (unsigned long long)entries[i].time,
			    entries[i].what, entries[i].name, entries[i].actor);
	bench_close(&bench);
}

static void the_same_test_sees_the_same_world(void **state)
{
	CLEANUP(text_drop) struct text one = {0};
	CLEANUP(text_drop) struct text other = {0};

	(void)state;
	print_journal(&one);
	print_journal(&other);
	assert_true(one.len > 1000);
	assert_string_equal(one.data, other.data);
}

static void data_comes_in_pieces_as_small_as_asked(void **state)
{
	struct bench bench;
	struct reading reading;

	(void)state;
	bench_open_fake(&bench, &(struct fake_options){.clock = FAKE_JUMP, .chop = 3});
	fake_image_add(bench.world, "idle");
	up(&bench, spec("web"));
	fake_print(bench.world, "web", STREAM_OUTPUT, "12345");
	BENCH_READ(&bench, &reading, logs, "web", &(struct logs_options){.tail = -1});
	reading_await(&reading);
	assert_string_equal(text_string(&reading.output), "12345\n");
	assert_int_equal(reading.pieces, 2);
	reading_drop(&reading);
	bench_close(&bench);
}

static void a_pull_without_credentials_is_denied_and_an_unknown_tag_is_not_found(void **state)
{
	struct bench bench;
	struct reading reading;
	static const struct credentials credentials = {.user = "me", .secret = "you"};

	(void)state;
	open_jump(&bench);
	fake_image(bench.world,
		   &(struct fake_image){.reference = "private", .absent = true, .denied = true});
	fake_image(bench.world, &(struct fake_image){.reference = "web:0", .unknown = true});
	BENCH_READ(&bench, &reading, pull, "private", &(struct pull_options){0});
	reading_await(&reading);
	assert_int_equal(reading.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(reading.message, "pull access denied"));
	reading_drop(&reading);
	BENCH_READ(&bench, &reading, pull, "private",
		   &(struct pull_options){.credentials = &credentials});
	reading_await(&reading);
	assert_int_equal(reading.code, 0);
	reading_drop(&reading);
	BENCH_READ(&bench, &reading, pull, "web:0", &(struct pull_options){0});
	reading_await(&reading);
	assert_int_equal(reading.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(reading.message, "manifest unknown"));
	reading_drop(&reading);
	bench_close(&bench);
}

static void the_labels_of_an_image_are_told_apart_from_the_container_s_own(void **state)
{
	struct bench bench;
	struct label own = {"com.docker.compose.project", "mine"};
	struct container_spec made = *spec("web");

	(void)state;
	open_jump(&bench);
	fake_image(bench.world, &(struct fake_image){
					.reference = "idle",
					.labels = WORDS("com.docker.compose.project", "theirs",
							"maker", "somebody"),
				});
	up(&bench, &made);
	assert_int_equal(bench_inspect(&bench, "web"), 0);
	assert_string_equal(labels_get(&bench.container.labels, own.key), "theirs");
	assert_string_equal(labels_get(&bench.container.image_labels, own.key), "theirs");
	made.name = "api";
	made.labels = (struct labels){&own, 1, 1};
	up(&bench, &made);
	assert_int_equal(bench_inspect(&bench, "api"), 0);
	assert_string_equal(labels_get(&bench.container.labels, own.key), "mine");
	assert_string_equal(labels_get(&bench.container.labels, "maker"), "somebody");
	assert_string_equal(labels_get(&bench.container.image_labels, own.key), "theirs");
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_completion_never_comes_from_inside_and_exactly_once),
		cmocka_unit_test(a_request_takes_effect_after_its_latency),
		cmocka_unit_test(the_policy_waits_100_ms_doubled_up_to_a_minute),
		cmocka_unit_test(a_run_of_ten_seconds_begins_the_back_off_again),
		cmocka_unit_test(on_failure_gives_up_after_its_count_and_on_success),
		cmocka_unit_test(health_follows_the_script_of_checks),
		cmocka_unit_test(
			failures_in_the_start_period_do_not_count_and_a_hanging_check_times_out),
		cmocka_unit_test(a_fault_fails_exactly_the_mutating_request_it_names),
		cmocka_unit_test(a_late_fault_takes_effect_and_loses_the_answer),
		cmocka_unit_test(a_killed_client_leaves_what_had_arrived_and_nothing_more),
		cmocka_unit_test(closing_completes_what_is_pending_with_cancelled),
		cmocka_unit_test(
			a_hung_engine_is_told_after_2_s_given_up_at_the_timeout_and_acts_later),
		cmocka_unit_test(an_engine_restart_cuts_connections_and_starts_by_policy),
		cmocka_unit_test(containers_run_on_through_a_live_restart),
		cmocka_unit_test(
			dropped_events_can_be_replayed_and_a_broken_stream_says_unavailable),
		cmocka_unit_test(
			two_of_one_number_that_run_and_a_start_before_its_dependency_are_violations),
		cmocka_unit_test(an_alarm_rings_at_its_time),
		cmocka_unit_test(another_client_acts_and_its_events_are_seen),
		cmocka_unit_test(what_ignores_its_stop_signal_is_killed_after_the_grace),
		cmocka_unit_test(a_pull_reports_each_layer_and_a_cancelled_one_leaves_nothing),
		cmocka_unit_test(
			a_script_is_the_driver_s_address_and_its_faults_name_the_statement),
		cmocka_unit_test(the_real_clock_runs_by_itself),
		cmocka_unit_test(a_stop_by_sigkill_of_what_removes_itself_ends_with_it),
		cmocka_unit_test(a_stream_can_be_failed_like_any_request),
		cmocka_unit_test(a_killed_client_s_streams_end_and_what_they_asked_for_goes_on),
		cmocka_unit_test(a_crash_of_the_engine_tells_no_events_and_forgets_the_old_ones),
		cmocka_unit_test(the_same_test_sees_the_same_world),
		cmocka_unit_test(data_comes_in_pieces_as_small_as_asked),
		cmocka_unit_test(
			a_pull_without_credentials_is_denied_and_an_unknown_tag_is_not_found),
		cmocka_unit_test(the_labels_of_an_image_are_told_apart_from_the_container_s_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
