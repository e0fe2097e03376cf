/* SPDX-License-Identifier: MIT */
/* What every engine does with containers. */
#include "tests/engine/suite.h"

#define SUITE(state)                                                                               \
	struct suite *suite = *(state);                                                            \
	struct bench *bench = &suite->bench

static void a_created_container_is_found_by_name_and_by_id_and_does_not_run(void **state)
{
	SUITE(state);

	suite_create(suite, "web", IDLE);
	CLEANUP(memory_free) char *id = memory_copy(bench->id);
	assert_int_equal(strlen(id), 64);
	assert_int_equal(bench_inspect(bench, id), 0);
	assert_string_equal(bench->container.name, suite_name(suite, "web"));
	assert_int_equal(bench->container.state, CONTAINER_CREATED);
	assert_string_equal(bench->container.image, IMAGE);
	assert_int_equal(bench->container.started, 0);
	assert_int_equal(bench_inspect(bench, suite_name(suite, "web")), 0);
	assert_string_equal(bench->container.id, id);
}

static void a_second_container_of_one_name_is_a_conflict(void **state)
{
	SUITE(state);

	suite_create(suite, "web", IDLE);
	assert_int_equal(bench_create(bench, suite_spec(suite, "web", IDLE)), ERROR_CONFLICT);
	assert_non_null(strstr(bench->message, suite_name(suite, "web")));
}

static void an_image_that_is_not_there_is_not_found(void **state)
{
	SUITE(state);
	struct container_spec *spec = suite_spec(suite, "web", IDLE);

	spec->image = "wincompose/nowhere:1";
	assert_int_equal(bench_create(bench, spec), ERROR_NOT_FOUND);
	assert_non_null(strstr(bench->message, "wincompose/nowhere:1"));
}

static void a_name_with_forbidden_characters_is_invalid(void **state)
{
	SUITE(state);
	struct container_spec *spec = suite_spec(suite, "web", IDLE);

	spec->name = "no/name";
	assert_int_equal(bench_create(bench, spec), ERROR_INVALID);
}

static void what_is_not_there_is_not_found_and_removing_it_is_well(void **state)
{
	SUITE(state);
	const char *name = "conformance-nobody";

	assert_int_equal(bench_inspect(bench, name), ERROR_NOT_FOUND);
	assert_int_equal(bench_start(bench, name), ERROR_NOT_FOUND);
	assert_int_equal(bench_stop(bench, name, 1), ERROR_NOT_FOUND);
	assert_int_equal(bench_restart(bench, name, 1), ERROR_NOT_FOUND);
	assert_int_equal(bench_kill(bench, name, "KILL"), ERROR_NOT_FOUND);
	assert_int_equal(bench_pause(bench, name, true), ERROR_NOT_FOUND);
	assert_int_equal(bench_rename(bench, name, "other"), ERROR_NOT_FOUND);
	assert_int_equal(bench_wait(bench, name), ERROR_NOT_FOUND);
	assert_non_null(strstr(bench->message, name));
	assert_int_equal(bench_remove(bench, name, true, true), 0);
}

static void starting_what_runs_and_stopping_what_is_stopped_is_well(void **state)
{
	SUITE(state);
	const char *name = suite_name(suite, "web");

	suite_up(suite, "web", IDLE);
	assert_int_equal(bench_start(bench, name), 0);
	assert_int_equal(bench_stop(bench, name, 10), 0);
	assert_int_equal(bench_stop(bench, name, 10), 0);
	assert_int_equal(bench_inspect(bench, name), 0);
	assert_int_equal(bench->container.state, CONTAINER_EXITED);
	assert_int_equal(bench->container.exit_code, 0);
	assert_true(bench->container.started > 0);
	assert_true(bench->container.finished >= bench->container.started);
}

static void what_ignores_the_stop_signal_is_killed_after_the_timeout(void **state)
{
	SUITE(state);

	suite_up(suite, "web", "trap '' TERM; while :; do sleep 0.1; done");
	assert_int_equal(bench_stop(bench, suite_name(suite, "web"), 1), 0);
	assert_int_equal(bench_inspect(bench, suite_name(suite, "web")), 0);
	assert_int_equal(bench->container.exit_code, 137);
}

static void a_container_is_stopped_by_its_own_signal_and_within_its_own_timeout(void **state)
{
	SUITE(state);
	struct container_spec *spec =
		suite_spec(suite, "web", "trap 'exit 5' INT; while :; do sleep 0.05; done");

	spec->stop_signal = "SIGINT";
	spec->stop_timeout = 20;
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, spec->name), 0);
	assert_int_equal(bench_stop(bench, spec->name, -1), 0);
	assert_int_equal(bench_inspect(bench, spec->name), 0);
	assert_int_equal(bench->container.exit_code, 5);
}

static void killing_ends_at_once_and_what_does_not_run_is_a_conflict(void **state)
{
	SUITE(state);
	const char *name = suite_name(suite, "web");

	suite_up(suite, "web", IDLE);
	assert_int_equal(bench_kill(bench, name, "KILL"), 0);
	assert_int_equal(bench_wait(bench, name), 0);
	assert_int_equal(bench->exit_code, 137);
	assert_int_equal(bench_kill(bench, name, "KILL"), ERROR_CONFLICT);
}

static void an_unknown_signal_is_invalid(void **state)
{
	SUITE(state);

	suite_up(suite, "web", IDLE);
	assert_int_equal(bench_kill(bench, suite_name(suite, "web"), "NOSUCH"), ERROR_INVALID);
}

static void what_runs_is_removed_only_by_force(void **state)
{
	SUITE(state);
	const char *name = suite_name(suite, "web");

	suite_up(suite, "web", IDLE);
	assert_int_equal(bench_remove(bench, name, false, false), ERROR_CONFLICT);
	assert_int_equal(bench_remove(bench, name, true, false), 0);
	assert_int_equal(bench_inspect(bench, name), ERROR_NOT_FOUND);
}

static void a_renamed_container_frees_its_name_and_may_not_take_another_s(void **state)
{
	SUITE(state);

	suite_create(suite, "web", IDLE);
	assert_int_equal(bench_rename(bench, suite_name(suite, "web"), suite_name(suite, "old")),
			 0);
	suite_create(suite, "web", IDLE);
	assert_int_equal(bench_rename(bench, suite_name(suite, "web"), suite_name(suite, "old")),
			 ERROR_CONFLICT);
	assert_int_equal(bench_inspect(bench, suite_name(suite, "old")), 0);
	assert_string_equal(bench->container.name, suite_name(suite, "old"));
}

static void a_wait_ends_with_the_exit_code_and_at_once_where_it_has_exited(void **state)
{
	SUITE(state);
	const char *name = suite_name(suite, "job");

	suite_up(suite, "job", "sleep 0.2; exit 7");
	assert_int_equal(bench_wait(bench, name), 0);
	assert_int_equal(bench->exit_code, 7);
	assert_int_equal(bench_wait(bench, name), 0);
	assert_int_equal(bench->exit_code, 7);
	assert_int_equal(bench_inspect(bench, name), 0);
	assert_int_equal(bench->container.state, CONTAINER_EXITED);
	assert_int_equal(bench->container.exit_code, 7);
}

static void a_restart_stops_and_starts_and_starts_what_does_not_run(void **state)
{
	SUITE(state);
	const char *name = suite_name(suite, "web");

	suite_create(suite, "web", IDLE);
	assert_int_equal(bench_restart(bench, name, 10), 0);
	assert_int_equal(bench_inspect(bench, name), 0);
	assert_int_equal(bench->container.state, CONTAINER_RUNNING);
	int64_t first = bench->container.started;
	if (bench->world)
		fake_advance(bench->world, CLOCK_MS);
	assert_int_equal(bench_restart(bench, name, 10), 0);
	assert_int_equal(bench_inspect(bench, name), 0);
	assert_int_equal(bench->container.state, CONTAINER_RUNNING);
	assert_true(bench->container.started > first);
}

static void a_paused_container_is_neither_started_nor_paused_again(void **state)
{
	SUITE(state);
	const char *name = suite_name(suite, "web");

	suite_up(suite, "web", IDLE);
	assert_int_equal(bench_pause(bench, name, true), 0);
	assert_int_equal(bench_inspect(bench, name), 0);
	assert_int_equal(bench->container.state, CONTAINER_PAUSED);
	assert_int_equal(bench_pause(bench, name, true), ERROR_CONFLICT);
	assert_int_equal(bench_start(bench, name), ERROR_CONFLICT);
	assert_int_equal(bench_pause(bench, name, false), 0);
	assert_int_equal(bench_inspect(bench, name), 0);
	assert_int_equal(bench->container.state, CONTAINER_RUNNING);
}

static void on_failure_restarts_as_often_as_it_says(void **state)
{
	SUITE(state);
	struct container_spec *spec = suite_spec(suite, "job", "exit 3");

	spec->restart = "on-failure";
	spec->restart_max = 2;
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, spec->name), 0);
	if (bench->world)
		fake_advance(bench->world, CLOCK_SECOND);
	suite_until(suite, "job", CONTAINER_EXITED);
	assert_int_equal(bench->container.restart_count, 2);
	assert_int_equal(bench->container.exit_code, 3);
}

static void what_the_policy_restarts_is_restarting_and_a_stop_ends_that(void **state)
{
	SUITE(state);
	struct container_spec *spec = suite_spec(suite, "job", "exit 3");

	spec->restart = "always";
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, spec->name), 0);
	suite_until(suite, "job", CONTAINER_RESTARTING);
	/* So that the back-off is long enough to be met. */
	for (int i = 0; i < 40 && bench->container.restart_count < 4; i++) {
		if (bench->world)
			fake_advance(bench->world, 100 * CLOCK_MS);
		else
			uv_sleep(100);
		suite_until(suite, "job", CONTAINER_RESTARTING);
	}
	assert_int_equal(bench_remove(bench, spec->name, false, false), ERROR_CONFLICT);
	assert_int_equal(bench_stop(bench, spec->name, 1), 0);
	assert_int_equal(bench_inspect(bench, spec->name), 0);
	assert_int_equal(bench->container.state, CONTAINER_EXITED);
}

static void a_container_that_removes_itself_is_gone_after_its_exit(void **state)
{
	SUITE(state);
	struct container_spec *spec = suite_spec(suite, "job", "sleep 0.1");

	spec->auto_remove = true;
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, spec->name), 0);
	assert_int_equal(bench_wait(bench, spec->name), 0);
	for (int i = 0; i < 200 && !bench_inspect(bench, spec->name); i++)
		uv_sleep(20);
	assert_int_equal(bench_inspect(bench, spec->name), ERROR_NOT_FOUND);
}

static void labels_and_environment_are_as_they_were_asked_for(void **state)
{
	SUITE(state);
	struct container_spec *spec = suite_spec(suite, "job", "echo $GREETING to you");
	struct reading reading;

	spec->env = WORDS("GREETING=hello");
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, spec->name), 0);
	assert_int_equal(bench_wait(bench, spec->name), 0);
	assert_int_equal(bench_inspect(bench, spec->name), 0);
	assert_string_equal(labels_get(&bench->container.labels, "com.docker.compose.project"),
			    suite->project);
	assert_null(labels_get(&bench->container.image_labels, "com.docker.compose.project"));
	BENCH_READ(bench, &reading, logs, spec->name, &(struct logs_options){.tail = -1});
	reading_await(&reading);
	assert_string_equal(text_string(&reading.output), "hello to you\n");
	reading_drop(&reading);
}

static void a_list_has_the_project_s_containers_by_name_and_what_is_named(void **state)
{
	SUITE(state);
	struct engine_filter filter = {
		.project = suite->project,
		.containers = true,
		.images = WORDS(IMAGE, "wincompose/nowhere:1"),
		.network_names = WORDS("none", "conformance-no-network"),
		.volume_names = WORDS("conformance-no-volume"),
	};

	suite_up(suite, "web", IDLE);
	suite_create(suite, "api", IDLE);
	assert_int_equal(bench_list(bench, &filter), 0);
	assert_int_equal(bench->observed.containers.len, 2);
	assert_string_equal(bench->observed.containers.items[0].name, suite_name(suite, "api"));
	assert_int_equal(bench->observed.containers.items[0].state, CONTAINER_CREATED);
	assert_string_equal(bench->observed.containers.items[1].name, suite_name(suite, "web"));
	assert_int_equal(bench->observed.containers.items[1].state, CONTAINER_RUNNING);
	assert_true(text_starts(bench->observed.containers.items[1].status, "Up "));
	assert_true(text_starts(bench->observed.containers.items[1].image_id, "sha256:"));
	assert_int_equal(bench->observed.images.len, 1);
	assert_int_equal(bench->observed.networks.len, 1);
	assert_string_equal(bench->observed.networks.items[0].name, "none");
	assert_int_equal(bench->observed.volumes.len, 0);
}

static void an_inspecting_list_knows_what_an_inspect_knows(void **state)
{
	SUITE(state);
	struct engine_filter filter = {
		.project = suite->project, .containers = true, .inspect = true};

	suite_up(suite, "web", IDLE);
	assert_int_equal(bench_inspect(bench, suite_name(suite, "web")), 0);
	int64_t started = bench->container.started;
	assert_int_equal(bench_list(bench, &filter), 0);
	assert_int_equal(bench->observed.containers.len, 1);
	assert_int_equal(bench->observed.containers.items[0].started, started);
}

static const struct container_spec *checked(struct suite *suite, const char *test)
{
	struct container_spec *spec = suite_spec(suite, "web", IDLE);
	static const char *words[3];

	words[0] = "CMD-SHELL";
	words[1] = test;
	spec->healthcheck.test = words;
	spec->healthcheck.interval = 200 * CLOCK_MS;
	spec->healthcheck.retries = 2;
	return spec;
}

static void await_health(struct suite *suite, enum container_health health)
{
	struct reading reading;
	struct bench *bench = &suite->bench;
	const char *word = container_health_name(health);

	BENCH_READ(bench, &reading, events, &(struct events_options){.project = suite->project});
	BENCH_UNTIL(bench, reading.open);
	assert_int_equal(bench_start(bench, suite->spec.name), 0);
	assert_int_equal(bench_inspect(bench, suite->spec.name), 0);
	assert_true(bench->container.has_healthcheck);
	assert_int_equal(bench->container.health, HEALTH_STARTING);
	BENCH_UNTIL(bench, strstr(text_string(&reading.events), word));
	reading_close(&reading);
	assert_int_equal(bench_inspect(bench, suite->spec.name), 0);
	assert_int_equal(bench->container.health, health);
}

static void a_check_that_goes_well_makes_it_healthy(void **state)
{
	SUITE(state);

	assert_int_equal(bench_create(bench, checked(suite, "exit 0")), 0);
	await_health(suite, HEALTH_HEALTHY);
	assert_int_equal(bench_stop(bench, suite->spec.name, 10), 0);
	assert_int_equal(bench_inspect(bench, suite->spec.name), 0);
	assert_int_equal(bench->container.health, HEALTH_NONE);
}

static void a_check_that_fails_as_often_as_it_may_makes_it_unhealthy(void **state)
{
	SUITE(state);

	assert_int_equal(bench_create(bench, checked(suite, "exit 1")), 0);
	await_health(suite, HEALTH_UNHEALTHY);
}

static void a_file_given_with_the_container_is_there_when_it_starts(void **state)
{
	SUITE(state);
	struct container_spec *spec = suite_spec(suite, "job", "cat /etc/greeting");
	struct spec_file file = {
		.target = "/etc/greeting", .bytes = "well met\n", .len = 9, .mode = 0444};
	struct reading reading;

	spec->files = &file;
	spec->file_count = 1;
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, spec->name), 0);
	assert_int_equal(bench_wait(bench, spec->name), 0);
	BENCH_READ(bench, &reading, logs, spec->name, &(struct logs_options){.tail = -1});
	reading_await(&reading);
	assert_string_equal(text_string(&reading.output), "well met\n");
	reading_drop(&reading);
}

static void a_published_port_is_seen_and_a_second_one_on_it_does_not_start(void **state)
{
	SUITE(state);
	struct spec_port port = {.host_ip = "127.0.0.1", .target = 80, .protocol = "tcp"};
	struct container_spec *spec = suite_spec(suite, "web", IDLE);
	char published[16];

	spec->ports = &port;
	spec->port_count = 1;
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, spec->name), 0);
	assert_int_equal(bench_inspect(bench, spec->name), 0);
	assert_int_equal(bench->container.ports.len, 1);
	assert_int_equal(bench->container.ports.items[0].target, 80);
	assert_true(bench->container.ports.items[0].published > 0);
	snprintf(published, sizeof(published), "%u", bench->container.ports.items[0].published);
	port.published = published;
	spec->name = suite_name(suite, "other");
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_not_equal(bench_start(bench, spec->name), 0);
	assert_non_null(strstr(bench->message, published));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_created_container_is_found_by_name_and_by_id_and_does_not_run),
		TEST(a_second_container_of_one_name_is_a_conflict),
		TEST(an_image_that_is_not_there_is_not_found),
		TEST(a_name_with_forbidden_characters_is_invalid),
		TEST(what_is_not_there_is_not_found_and_removing_it_is_well),
		TEST(starting_what_runs_and_stopping_what_is_stopped_is_well),
		TEST(what_ignores_the_stop_signal_is_killed_after_the_timeout),
		TEST(a_container_is_stopped_by_its_own_signal_and_within_its_own_timeout),
		TEST(killing_ends_at_once_and_what_does_not_run_is_a_conflict),
		TEST(an_unknown_signal_is_invalid),
		TEST(what_runs_is_removed_only_by_force),
		TEST(a_renamed_container_frees_its_name_and_may_not_take_another_s),
		TEST(a_wait_ends_with_the_exit_code_and_at_once_where_it_has_exited),
		TEST(a_restart_stops_and_starts_and_starts_what_does_not_run),
		TEST(a_paused_container_is_neither_started_nor_paused_again),
		TEST(on_failure_restarts_as_often_as_it_says),
		TEST(what_the_policy_restarts_is_restarting_and_a_stop_ends_that),
		TEST(a_container_that_removes_itself_is_gone_after_its_exit),
		TEST(labels_and_environment_are_as_they_were_asked_for),
		TEST(a_list_has_the_project_s_containers_by_name_and_what_is_named),
		TEST(an_inspecting_list_knows_what_an_inspect_knows),
		TEST(a_check_that_goes_well_makes_it_healthy),
		TEST(a_check_that_fails_as_often_as_it_may_makes_it_unhealthy),
		TEST(a_file_given_with_the_container_is_there_when_it_starts),
		TEST(a_published_port_is_seen_and_a_second_one_on_it_does_not_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
