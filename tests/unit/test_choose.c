/* SPDX-License-Identifier: MIT */
#include "compose/cli/choose.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/supervise/record.h"
#include "tests/stack.h"

/* Docker's own settings, a home, and records in it. */
struct place {
	char *folder, *config, *home;
	struct cli cli;
};

static void place_open(struct place *place)
{
	static const char *const variables[] = {"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS",
						"DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"};

	*place = (struct place){.folder = folder_new()};
	place->config = path_join(place->folder, "docker");
	place->home = path_join(place->folder, "home");
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		uv_os_unsetenv(variables[i]);
	uv_os_setenv("DOCKER_CONFIG", place->config);
	uv_os_setenv("WINCOMPOSE_HOME", place->home);
	home_find(&place->cli.home);
}

static void place_close(struct place *place)
{
	home_drop(&place->cli.home);
	memory_free(&place->config);
	memory_free(&place->home);
	folder_drop(&place->folder);
}

static void leave_record(struct place *place, const char *engine_id, const char *address)
{
	CLEANUP(project_drop) struct project *project = stack_load("services: {web: {image: a}}");
	CLEANUP(home_project_drop) struct home_project paths = {0};
	struct record record = {
		.project = project,
		.driver = (char *)(uintptr_t) "docker",
		.address = (char *)(uintptr_t)address,
		.engine_id = (char *)(uintptr_t)engine_id,
		.tls_folder = place->config,
		.tls_skip_verify = true,
	};
	struct error *err = NULL;

	assert_int_equal(home_project(&place->cli.home, engine_id, "shop", &paths, &err), 0);
	assert_int_equal(home_make(&place->cli.home, &paths, &err), 0);
	assert_int_equal(record_write(&paths, &record, &err), 0);
}

static void choose_well(const struct place *place, const char *project, struct choices *choices)
{
	struct error *err = NULL;

	if (choose(&place->cli, project, choices, &err) < 0)
		fail_msg("%s", err->message);
	assert_true(choices->list.len > 0);
}

static void with_nothing_known_it_is_the_default(void **state)
{
	CLEANUP(choices_drop) struct choices choices = {0};
	struct place place;

	(void)state;
	place_open(&place);
	choose_well(&place, "shop", &choices);
	assert_true(choices.is_default);
	assert_false(choices.diverted);
	/* There is no home, and none is made by asking. */
	assert_int_equal(file_kind(place.home), FILE_ABSENT);
	place_close(&place);
}

static void a_record_leads_to_its_engine_in_every_respect(void **state)
{
	CLEANUP(choices_drop) struct choices choices = {0};
	struct place place;

	(void)state;
	place_open(&place);
	leave_record(&place, "one", "tcp://engine.test:2376");
	choose_well(&place, "shop", &choices);
	assert_int_equal(choices.list.len, 1);
	assert_string_equal(choices.list.items[0].address, "tcp://engine.test:2376");
	assert_string_equal(choices.list.items[0].tls_folder, place.config);
	assert_true(choices.list.items[0].tls_skip_verify);
	assert_true(choices.diverted);
	place_close(&place);
}

static void another_projects_record_and_two_of_one_lead_nowhere(void **state)
{
	CLEANUP(choices_drop) struct choices choices = {0};
	CLEANUP(choices_drop) struct choices doubtful = {0};
	struct place place;

	(void)state;
	place_open(&place);
	leave_record(&place, "one", "tcp://engine.test:2376");
	choose_well(&place, "sho", &choices);
	assert_true(choices.is_default);
	leave_record(&place, "two", "tcp://other.test:2376");
	choose_well(&place, "shop", &doubtful);
	assert_true(doubtful.is_default);
	place_close(&place);
}

static void what_the_user_names_comes_before_a_record(void **state)
{
	CLEANUP(choices_drop) struct choices choices = {0};
	struct place place;

	(void)state;
	place_open(&place);
	leave_record(&place, "one", "tcp://engine.test:2376");
	place.cli.globals.host = "tcp://named.test:1234";
	choose_well(&place, "shop", &choices);
	assert_int_equal(choices.list.len, 1);
	assert_string_equal(choices.list.items[0].address, "tcp://named.test:1234");
	assert_false(choices.diverted);
	place_close(&place);
}

static void a_sockets_path_is_made_absolute(void **state)
{
	CLEANUP(choices_drop) struct choices choices = {0};
	CLEANUP(memory_free) char *current = path_current();
	CLEANUP(memory_free) char *path = path_join(current, "engine.sock");
	CLEANUP(memory_free) char *wanted = memory_format("unix://%s", path);
	struct place place;

	(void)state;
	place_open(&place);
	place.cli.globals.host = "unix://engine.sock";
	choose_well(&place, NULL, &choices);
	assert_string_equal(choices.list.items[0].address, wanted);
	place_close(&place);
}

static void tls_without_verification_and_its_folder_are_the_flags_word(void **state)
{
	CLEANUP(choices_drop) struct choices choices = {0};
	CLEANUP(memory_free) char *ca = NULL;
	struct place place;

	(void)state;
	place_open(&place);
	ca = path_join(place.folder, "ca.pem");
	place.cli.globals.host = "tcp://named.test";
	place.cli.globals.tls = true;
	place.cli.globals.tls_ca = ca;
	choose_well(&place, NULL, &choices);
	assert_string_equal(choices.list.items[0].address, "tcp://named.test:2376");
	assert_string_equal(choices.list.items[0].tls_folder, place.folder);
	assert_true(choices.list.items[0].tls_skip_verify);
	place_close(&place);
}

static void certificates_of_two_folders_are_refused(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct choices choices = {0};
	struct place place;

	(void)state;
	place_open(&place);
	place.cli.globals.host = "tcp://named.test";
	place.cli.globals.tls_ca = "/a/ca.pem";
	place.cli.globals.tls_cert = "/b/cert.pem";
	assert_int_equal(choose(&place.cli, NULL, &choices, &err), ERROR_UNSUPPORTED);
	assert_int_equal(choices.list.len, 0);
	place_close(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_nothing_known_it_is_the_default),
		cmocka_unit_test(a_record_leads_to_its_engine_in_every_respect),
		cmocka_unit_test(another_projects_record_and_two_of_one_lead_nowhere),
		cmocka_unit_test(what_the_user_names_comes_before_a_record),
		cmocka_unit_test(a_sockets_path_is_made_absolute),
		cmocka_unit_test(tls_without_verification_and_its_folder_are_the_flags_word),
		cmocka_unit_test(certificates_of_two_folders_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
