/* SPDX-License-Identifier: MIT */
#include "engine/image/pull.h"

#include <string.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/catalog.h"
#include "tests/registry.h"

static void an_image_is_pulled_and_the_second_time_it_is_there(void **state)
{
	struct world *world = *state;

	run(world, WELL);
	assert_whole(world);
	assert_true(world->is_new);
	assert_non_null(strstr(text_string(&world->told), "Pulling from 127.0.0.1:"));
	assert_non_null(strstr(text_string(&world->told),
			       "Pulling fs layer\nVerifying Checksum\nDownload complete\n"
			       "Pull complete\nDigest: sha256:"));
	assert_non_null(strstr(text_string(&world->told), "Status: Downloaded newer image for "));
	run(world, WELL);
	assert_whole(world);
	assert_false(world->is_new);
	assert_int_equal(world->layer_questions, 1);
	assert_non_null(strstr(text_string(&world->told), "Already exists"));
	assert_non_null(strstr(text_string(&world->told), "Status: Image is up to date for "));
}

static void of_an_index_the_digest_of_the_name_is_kept(void **state)
{
	struct world *world = *state;
	CLEANUP(store_names_drop) struct store_names names = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	run(world, INDEX);
	assert_whole(world);
	assert_int_equal(store_names(world->store, &names, &err), 0);
	assert_string_equal(names.items[0].source, world->index_digest);
	assert_string_equal(names.items[0].digest, world->manifest_digest);
}

static void an_image_is_pulled_by_its_digest(void **state)
{
	struct world *world = *state;

	free(world->reference);
	world->reference =
		memory_format("127.0.0.1:%d/a/b@%s", world->server.port, world->manifest_digest);
	run(world, FLIPPED_MANIFEST);
	assert_int_equal(world->err->code, ERROR_INVALID);
	assert_nothing(world);
	run(world, WELL);
	assert_whole(world);
}

static void what_is_not_what_was_asked_for_is_refused(void **state)
{
	static const struct {
		enum way way;
		int code;
		const char *part;
	} bad[] = {
		{FLIPPED_CONFIG, ERROR_INVALID, "another digest"},
		{FLIPPED_LAYER, ERROR_INVALID, "another digest"},
		{LYING_HEADER, ERROR_INVALID, "the registry says that the digest is"},
		{LONG_LAYER, ERROR_INVALID, "more bytes than the 300000 said"},
		{CUT_OTHER_PART, ERROR_SYSTEM, "another part"},
		{ABSENT, ERROR_NOT_FOUND, "manifest unknown"},
		{REDIRECT_FOREVER, ERROR_SYSTEM, "without end"},
		{ODD_CHALLENGE, ERROR_UNSUPPORTED, "Negotiate"},
		{TOO_LARGE, ERROR_INVALID, ""},
		{BASIC, ERROR_INVALID, "docker login 127.0.0.1:"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		world->layer_questions = 0;
		run(world, bad[i].way);
		assert_nothing(world);
		if (world->err->code != bad[i].code || !strstr(world->err->message, bad[i].part))
			print_error("%zu: %s\n", i, world->err->message);
		assert_int_equal(world->err->code, bad[i].code);
		assert_non_null(strstr(world->err->message, bad[i].part));
	}
}

static void a_layer_that_breaks_off_goes_on_where_it_was(void **state)
{
	struct world *world = *state;

	run(world, CUT_LAYER);
	assert_whole(world);
	assert_int_equal(world->layer_questions, 2);
	assert_string_equal(text_string(&world->ranges), "150000 ");
	assert_non_null(strstr(text_string(&world->told), "Retrying"));
}

static void a_registry_without_ranges_sends_it_again(void **state)
{
	struct world *world = *state;

	run(world, CUT_NO_RANGES);
	assert_whole(world);
	assert_int_equal(world->layer_questions, 2);
}

static void a_busy_registry_is_asked_again(void **state)
{
	struct world *world = *state;

	run(world, BUSY_ONCE);
	assert_whole(world);
	assert_int_equal(world->layer_questions, 2);
}

static void a_user_and_a_secret_go_to_the_registry(void **state)
{
	static const struct credentials known = {.user = "user", .secret = "secret"};
	static const struct credentials wrong = {.user = "user", .secret = "wrong"};
	struct world *world = *state;

	world->way = BASIC;
	pull_with(world, &wrong, NULL, world->reference);
	assert_int_equal(world->err->code, ERROR_INVALID);
	assert_non_null(strstr(world->err->message, "access denied"));
	assert_nothing(world);
	pull_with(world, &known, NULL, world->reference);
	assert_whole(world);
}

static void credentials_are_those_of_docker_login(void **state)
{
	struct world *world = *state;
	CLEANUP(memory_free) char *path = path_join(world->folder, "config.json");
	CLEANUP(memory_free)
	char *config = memory_format("{\"auths\":{\"127.0.0.1:%d\":{\"auth\":\"%s\"}}}",
				     world->server.port, "dXNlcjpzZWNyZXQ=");
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(file_write(path, config, strlen(config), true, &err), 0);
	run(world, BASIC);
	assert_whole(world);
}

static void a_token_is_asked_for_with_the_users_secret(void **state)
{
	static const struct credentials known = {.user = "user", .secret = "secret"};
	struct world *world = *state;

	world->way = TOKEN;
	pull_with(world, &known, NULL, world->reference);
	assert_whole(world);
	assert_int_equal(world->tokens, 1);
	const char *request = text_string(&world->token_request);

	assert_true(text_starts(request, "GET /token?x=1&service=the%20registry&scope="
					 "repository%3Aa%2Fb%3Apull&account=user HTTP"));
	assert_non_null(strstr(request, "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
}

static void an_identity_token_is_exchanged(void **state)
{
	static const struct credentials known = {.identity_token = "id&1"};
	struct world *world = *state;

	world->way = TOKEN;
	pull_with(world, &known, NULL, world->reference);
	assert_whole(world);
	const char *request = text_string(&world->token_request);

	assert_true(text_starts(request, "POST /token?x=1 HTTP"));
	assert_non_null(strstr(request, "grant_type=refresh_token&"));
	assert_non_null(strstr(request, "refresh_token=id%261"));
}

static void a_token_that_ran_out_is_renewed(void **state)
{
	struct world *world = *state;

	run(world, TOKEN_EXPIRES);
	assert_whole(world);
	assert_int_equal(world->tokens, 2);
}

static void nothing_secret_follows_a_redirect(void **state)
{
	static const struct credentials known = {.user = "user", .secret = "secret"};
	struct world *world = *state;

	world->way = REDIRECT;
	pull_with(world, &known, NULL, world->reference);
	assert_whole(world);
	assert_non_null(strstr(text_string(&world->other_requests), "GET /cdn/sha256:"));
	assert_null(strstr(text_string(&world->other_requests), "Authorization"));
}

static void a_mirror_is_asked_first_and_does_without(void **state)
{
	struct world *world = *state;
	CLEANUP(memory_free) char *dead = memory_copy("http://127.0.0.1:1");
	CLEANUP(memory_free)
	char *mirror = memory_format("http://127.0.0.1:%d", world->server.port);
	const char *const mirrors[] = {dead, mirror, NULL};

	free(world->reference);
	world->reference = memory_copy("a/b:1");
	world->way = WELL;
	pull_with(world, NULL, mirrors, world->reference);
	assert_whole(world);
}

static void a_pull_that_is_broken_off_says_so_at_any_time(void **state)
{
	struct world *world = *state;
	static const struct platform platform = {"linux", "amd64", NULL, NULL};
	const struct pull_order order = {.reference = world->reference, .platform = &platform};
	unsigned cancelled = 0;

	for (unsigned turns = 0; turns < 60; turns++) {
		CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		world->done = false;
		struct pull *pull =
			pull_start(&world->loop, world->http, world->store, &order, &events, world);

		for (unsigned i = 0; i < turns && !world->done; i++)
			uv_run(&world->loop, UV_RUN_NOWAIT);
		if (world->done)
			continue;
		pull_cancel(pull);
		assert_false(world->done);
		UNTIL(world, world->done);
		cancelled += world->err && world->err->code == ERROR_CANCELLED;
		assert_int_equal(catalog_prune(world->store, true, &removal, &err), 0);
	}
	assert_true(cancelled > 3);
}

static void what_is_for_another_platform_is_told_before_its_layers(void **state)
{
	struct world *world = *state;
	static const struct platform platform = {"linux", "s390x", NULL, NULL};
	const struct pull_order order = {.reference = world->reference, .platform = &platform};

	for (int way = WELL; way <= INDEX; way++) {
		world->way = (enum way)way;
		world->done = false;
		pull_start(&world->loop, world->http, world->store, &order, &events, world);
		UNTIL(world, world->done);
		assert_nothing(world);
		assert_int_equal(world->err->code, ERROR_NOT_FOUND);
		assert_non_null(strstr(world->err->message, "linux/s390x"));
		assert_int_equal(world->layer_questions, 0);
	}
}

static void no_registry_and_no_reference_are_errors(void **state)
{
	struct world *world = *state;

	pull_with(world, NULL, NULL, "127.0.0.1:1/a/b");
	assert_int_equal(world->err->code, ERROR_UNAVAILABLE);
	pull_with(world, NULL, NULL, "NO SUCH");
	assert_int_equal(world->err->code, ERROR_INVALID);
	assert_nothing(world);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_image_is_pulled_and_the_second_time_it_is_there),
		TEST(of_an_index_the_digest_of_the_name_is_kept),
		TEST(an_image_is_pulled_by_its_digest),
		TEST(what_is_not_what_was_asked_for_is_refused),
		TEST(a_layer_that_breaks_off_goes_on_where_it_was),
		TEST(a_registry_without_ranges_sends_it_again),
		TEST(a_busy_registry_is_asked_again),
		TEST(a_user_and_a_secret_go_to_the_registry),
		TEST(credentials_are_those_of_docker_login),
		TEST(a_token_is_asked_for_with_the_users_secret),
		TEST(an_identity_token_is_exchanged),
		TEST(a_token_that_ran_out_is_renewed),
		TEST(nothing_secret_follows_a_redirect),
		TEST(a_mirror_is_asked_first_and_does_without),
		TEST(a_pull_that_is_broken_off_says_so_at_any_time),
		TEST(what_is_for_another_platform_is_told_before_its_layers),
		TEST(no_registry_and_no_reference_are_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
