/* SPDX-License-Identifier: MIT */
/* What every engine does with networks, volumes and images, and with requests that are taken back.
 */
#include "tests/engine/suite.h"

#define SUITE(state)                                                                               \
	struct suite *suite = *(state);                                                            \
	struct bench *bench = &suite->bench

/* --- networks */

static int make_network(struct suite *suite, const char *name)
{
	struct network_spec spec = {.name = suite_name(suite, name), .labels = suite_labels(suite)};

	return BENCH_ASK(&suite->bench, network_create, bench_id_done, &spec);
}

static int remove_network(struct suite *suite, const char *name)
{
	return BENCH_ASK(&suite->bench, network_remove, bench_done, suite_name(suite, name));
}

static struct container_spec *networked(struct suite *suite, const char *name, const char *network)
{
	static struct spec_endpoint endpoint;
	static const char *const aliases[] = {"alias", NULL};
	struct container_spec *spec = suite_spec(suite, name, IDLE);

	endpoint =
		(struct spec_endpoint){.network = suite_name(suite, network), .aliases = aliases};
	spec->endpoints = &endpoint;
	spec->endpoint_count = 1;
	return spec;
}

static void a_network_is_listed_with_its_labels_until_it_is_removed(void **state)
{
	SUITE(state);
	struct engine_filter filter = {.project = suite->project, .networks = true};

	assert_int_equal(make_network(suite, "net"), 0);
	assert_int_equal(bench_list(bench, &filter), 0);
	assert_int_equal(bench->observed.networks.len, 1);
	assert_string_equal(bench->observed.networks.items[0].name, suite_name(suite, "net"));
	assert_string_equal(
		labels_get(&bench->observed.networks.items[0].labels, "com.docker.compose.service"),
		"service");
	assert_int_equal(remove_network(suite, "net"), 0);
	assert_int_equal(bench_list(bench, &filter), 0);
	assert_int_equal(bench->observed.networks.len, 0);
}

static void a_second_network_of_one_name_is_a_conflict(void **state)
{
	struct suite *suite = *state;

	assert_int_equal(make_network(suite, "net"), 0);
	assert_int_equal(make_network(suite, "net"), ERROR_CONFLICT);
}

static void subnets_that_overlap_are_a_conflict(void **state)
{
	SUITE(state);
	struct spec_pool pool = {.subnet = "10.199.7.0/24"};
	struct network_spec spec = {.name = suite_name(suite, "one"),
				    .labels = suite_labels(suite),
				    .pools = &pool,
				    .pool_count = 1};

	assert_int_equal(BENCH_ASK(bench, network_create, bench_id_done, &spec), 0);
	spec.name = suite_name(suite, "two");
	assert_int_equal(BENCH_ASK(bench, network_create, bench_id_done, &spec), ERROR_CONFLICT);
}

static void removing_a_network_that_is_not_there_is_well(void **state)
{
	assert_int_equal(remove_network(*state, "net"), 0);
}

static void a_network_in_use_is_a_conflict_until_its_container_stops(void **state)
{
	SUITE(state);
	const char *name = suite_name(suite, "web");

	assert_int_equal(make_network(suite, "net"), 0);
	assert_int_equal(bench_create(bench, networked(suite, "web", "net")), 0);
	assert_int_equal(bench_start(bench, name), 0);
	assert_int_equal(remove_network(suite, "net"), ERROR_CONFLICT);
	assert_int_equal(bench_stop(bench, name, 10), 0);
	assert_int_equal(remove_network(suite, "net"), 0);
	/* One made anew under the name is another to a container that has run on the first. */
	assert_int_equal(make_network(suite, "net"), 0);
	assert_int_equal(bench_start(bench, name), ERROR_NOT_FOUND);
}

static void a_container_on_a_network_that_is_not_there_does_not_start(void **state)
{
	SUITE(state);

	assert_int_equal(bench_create(bench, networked(suite, "web", "nowhere")), 0);
	assert_int_equal(bench_start(bench, suite_name(suite, "web")), ERROR_NOT_FOUND);
	assert_int_equal(bench_inspect(bench, suite_name(suite, "web")), 0);
	assert_int_equal(bench->container.state, CONTAINER_CREATED);
	/* It is there in time for the next start. */
	assert_int_equal(make_network(suite, "nowhere"), 0);
	assert_int_equal(bench_start(bench, suite_name(suite, "web")), 0);
	assert_int_equal(bench_remove(bench, suite_name(suite, "web"), true, false), 0);
}

static size_t networks_of(struct suite *suite, const char *name)
{
	assert_int_equal(bench_inspect(&suite->bench, suite_name(suite, name)), 0);
	return suite->bench.container.networks.len;
}

static bool has_alias(const struct container_network *network, const char *alias)
{
	for (char **each = network->aliases; each && *each; each++) {
		if (text_same(*each, alias))
			return true;
	}
	return false;
}

static void a_container_is_connected_with_aliases_and_disconnected(void **state)
{
	SUITE(state);
	struct spec_endpoint endpoint = {.aliases = WORDS("second")};

	assert_int_equal(make_network(suite, "net"), 0);
	assert_int_equal(make_network(suite, "other"), 0);
	assert_int_equal(bench_create(bench, networked(suite, "web", "net")), 0);
	assert_int_equal(bench_start(bench, suite_name(suite, "web")), 0);
	assert_int_equal(networks_of(suite, "web"), 1);
	assert_true(has_alias(&bench->container.networks.items[0], "alias"));
	assert_non_null(bench->container.networks.items[0].address);
	endpoint.network = suite_name(suite, "other");
	assert_int_equal(BENCH_ASK(bench, network_connect, bench_done, suite_name(suite, "other"),
				   suite_name(suite, "web"), &endpoint),
			 0);
	assert_int_equal(networks_of(suite, "web"), 2);
	assert_int_equal(BENCH_ASK(bench, network_disconnect, bench_done,
				   suite_name(suite, "other"), suite_name(suite, "web"), false),
			 0);
	assert_int_equal(networks_of(suite, "web"), 1);
	assert_int_equal(bench_remove(bench, suite_name(suite, "web"), true, false), 0);
}

static void several_networks_are_connected_by_one_create(void **state)
{
	SUITE(state);
	struct container_spec *spec = suite_spec(suite, "web", IDLE);

	assert_int_equal(make_network(suite, "net"), 0);
	assert_int_equal(make_network(suite, "other"), 0);
	CLEANUP(memory_free) char *first = memory_copy(suite_name(suite, "net"));
	CLEANUP(memory_free) char *second = memory_copy(suite_name(suite, "other"));
	struct spec_endpoint endpoints[] = {{.network = first}, {.network = second}};
	spec->name = suite_name(suite, "web");
	spec->endpoints = endpoints;
	spec->endpoint_count = 2;
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, suite_name(suite, "web")), 0);
	assert_int_equal(networks_of(suite, "web"), 2);
	assert_int_equal(bench_remove(bench, suite_name(suite, "web"), true, false), 0);
}

/* --- volumes */

static int make_volume(struct suite *suite, const char *name)
{
	struct volume_spec spec = {.name = suite_name(suite, name), .labels = suite_labels(suite)};

	return BENCH_ASK(&suite->bench, volume_create, bench_id_done, &spec);
}

static int remove_volume(struct suite *suite, const char *name)
{
	return BENCH_ASK(&suite->bench, volume_remove, bench_done, suite_name(suite, name));
}

static void a_volume_is_listed_with_its_labels_and_may_be_made_twice(void **state)
{
	SUITE(state);
	struct engine_filter filter = {.project = suite->project, .volumes = true};

	assert_int_equal(make_volume(suite, "data"), 0);
	assert_string_equal(bench->id, suite_name(suite, "data"));
	assert_int_equal(make_volume(suite, "data"), 0);
	assert_int_equal(bench_list(bench, &filter), 0);
	assert_int_equal(bench->observed.volumes.len, 1);
	assert_string_equal(bench->observed.volumes.items[0].driver, "local");
	assert_int_equal(remove_volume(suite, "data"), 0);
	assert_int_equal(remove_volume(suite, "data"), 0);
}

static struct container_spec *mounted(struct suite *suite, const char *volume)
{
	static struct spec_mount mount;
	struct container_spec *spec = suite_spec(suite, "web", IDLE);

	mount = (struct spec_mount){.type = "volume",
				    .source = volume ? suite_name(suite, volume) : NULL,
				    .target = "/data"};
	spec->mounts = &mount;
	spec->mount_count = 1;
	return spec;
}

static void a_volume_is_in_use_as_long_as_its_container_is_there(void **state)
{
	SUITE(state);

	assert_int_equal(make_volume(suite, "data"), 0);
	assert_int_equal(bench_create(bench, mounted(suite, "data")), 0);
	assert_int_equal(remove_volume(suite, "data"), ERROR_CONFLICT);
	assert_int_equal(bench_inspect(bench, suite_name(suite, "web")), 0);
	assert_int_equal(bench->container.mounts.len, 1);
	assert_string_equal(bench->container.mounts.items[0].name, suite_name(suite, "data"));
	assert_string_equal(bench->container.mounts.items[0].target, "/data");
	assert_int_equal(bench_remove(bench, suite_name(suite, "web"), true, true), 0);
	/* A named one stays. */
	assert_int_equal(remove_volume(suite, "data"), 0);
}

static size_t volumes_named(struct suite *suite, const char *name)
{
	struct engine_filter filter = {.project = suite->project, .volume_names = WORDS(name)};

	assert_int_equal(bench_list(&suite->bench, &filter), 0);
	return suite->bench.observed.volumes.len;
}

static void an_anonymous_volume_goes_with_its_container_where_asked(void **state)
{
	SUITE(state);

	for (int i = 0; i < 2; i++) {
		bool goes = i;
		assert_int_equal(bench_create(bench, mounted(suite, NULL)), 0);
		assert_int_equal(bench_inspect(bench, suite_name(suite, "web")), 0);
		CLEANUP(memory_free)
		char *name = memory_copy(bench->container.mounts.items[0].name);
		assert_int_equal(strlen(name), 64);
		assert_int_equal(bench_remove(bench, suite_name(suite, "web"), true, goes), 0);
		assert_int_equal(volumes_named(suite, name), goes ? 0 : 1);
		assert_int_equal(BENCH_ASK(bench, volume_remove, bench_done, name), 0);
	}
}

/* --- images and the host */

static void an_image_is_there_or_is_not_without_an_error(void **state)
{
	SUITE(state);

	assert_int_equal(BENCH_ASK(bench, image, bench_image_done, IMAGE), 0);
	assert_true(bench->has_image);
	assert_int_equal(BENCH_ASK(bench, image, bench_image_done, "wincompose/nowhere:1"), 0);
	assert_false(bench->has_image);
	assert_int_equal(BENCH_ASK(bench, image_remove, bench_done, "wincompose/nowhere:1", false),
			 0);
}

static void an_image_in_use_is_not_removed(void **state)
{
	SUITE(state);

	suite_up(suite, "web", IDLE);
	assert_int_equal(BENCH_ASK(bench, image_remove, bench_done, IMAGE, false), ERROR_CONFLICT);
}

static void a_pull_from_nowhere_ends_with_one_error(void **state)
{
	SUITE(state);
	struct reading reading;

	BENCH_READ(bench, &reading, pull, "localhost:1/nowhere:1", &(struct pull_options){0});
	reading_await(&reading);
	assert_int_not_equal(reading.code, 0);
	assert_non_null(reading.message);
	reading_drop(&reading);
}

static void the_host_is_known_after_it_was_asked_and_keeps_its_id(void **state)
{
	SUITE(state);

	assert_null(engine_host_known(bench->engine));
	assert_int_equal(bench_host(bench), 0);
	const struct engine_host *host = engine_host_known(bench->engine);
	assert_string_equal(host->driver, engine_driver(bench->engine));
	assert_true(text_same(host->os_type, "linux") || text_same(host->os_type, "windows"));
	assert_true(host->id && host->version && host->api_version && host->architecture);
	assert_true(host->cpus > 0 && host->memory > 0);
	assert_true(host->capabilities & ENGINE_HEALTHCHECK);
	CLEANUP(memory_free) char *id = memory_copy(host->id);
	assert_int_equal(bench_host(bench), 0);
	assert_string_equal(engine_host_known(bench->engine)->id, id);
}

static void an_engine_that_answers_can_be_pinged(void **state)
{
	SUITE(state);

	bench_forget(bench);
	engine_ping(bench->engine, bench_done, bench);
	assert_int_equal(bench_await(bench), 0);
}

/* --- taken back */

static void a_cancelled_request_completes_with_cancelled(void **state)
{
	SUITE(state);

	suite_up(suite, "web", IDLE);
	bench_forget(bench);
	struct engine_request *request =
		engine_wait(bench->engine, suite_name(suite, "web"), bench_exit_done, bench);
	for (int i = 0; i < 5; i++)
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	assert_false(bench->answered);
	engine_cancel(request);
	assert_false(bench->answered);
	assert_int_equal(bench_await(bench), ERROR_CANCELLED);
	assert_int_equal(bench_inspect(bench, suite_name(suite, "web")), 0);
	assert_int_equal(bench->container.state, CONTAINER_RUNNING);
}

static void closing_an_engine_completes_all_that_is_pending_with_cancelled(void **state)
{
	SUITE(state);
	struct bench wait = {0};
	struct reading events, log;

	suite_up(suite, "web", IDLE);
	engine_wait(bench->engine, suite_name(suite, "web"), bench_exit_done, &wait);
	BENCH_READ(bench, &events, events, &(struct events_options){.project = suite->project});
	BENCH_READ(bench, &log, logs, suite_name(suite, "web"),
		   &(struct logs_options){.tail = -1, .follow = true});
	BENCH_UNTIL(bench, events.open);
	bench_close_engine(bench);
	assert_true(wait.answered);
	assert_int_equal(wait.code, ERROR_CANCELLED);
	assert_true(events.ended && log.ended);
	assert_int_equal(events.code, ERROR_CANCELLED);
	assert_int_equal(log.code, ERROR_CANCELLED);
	reading_drop(&events);
	reading_drop(&log);
	free(wait.message);
	suite_open(suite);
}

static void many_requests_at_once_are_each_answered(void **state)
{
	SUITE(state);
	struct bench asked[20] = {0};

	suite_up(suite, "web", IDLE);
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		engine_inspect(bench->engine, suite_name(suite, i % 2 ? "web" : "none"),
			       bench_container_done, &asked[i]);
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		BENCH_UNTIL(bench, asked[i].answered);
		assert_int_equal(asked[i].code, i % 2 ? 0 : ERROR_NOT_FOUND);
		bench_forget(&asked[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_network_is_listed_with_its_labels_until_it_is_removed),
		TEST(a_second_network_of_one_name_is_a_conflict),
		TEST(subnets_that_overlap_are_a_conflict),
		TEST(removing_a_network_that_is_not_there_is_well),
		TEST(a_network_in_use_is_a_conflict_until_its_container_stops),
		TEST(a_container_on_a_network_that_is_not_there_does_not_start),
		TEST(a_container_is_connected_with_aliases_and_disconnected),
		TEST(several_networks_are_connected_by_one_create),
		TEST(a_volume_is_listed_with_its_labels_and_may_be_made_twice),
		TEST(a_volume_is_in_use_as_long_as_its_container_is_there),
		TEST(an_anonymous_volume_goes_with_its_container_where_asked),
		TEST(an_image_is_there_or_is_not_without_an_error),
		TEST(an_image_in_use_is_not_removed),
		TEST(a_pull_from_nowhere_ends_with_one_error),
		TEST(the_host_is_known_after_it_was_asked_and_keeps_its_id),
		TEST(an_engine_that_answers_can_be_pinged),
		TEST(a_cancelled_request_completes_with_cancelled),
		TEST(closing_an_engine_completes_all_that_is_pending_with_cancelled),
		TEST(many_requests_at_once_are_each_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
