/* SPDX-License-Identifier: MIT */
#include "engine/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "tests/folder.h"
#include "tests/loop.h"
#include "tests/test.h"

static char self[1024];

/* --- the helper: this program itself, copied to docker-credential-test */

static int helper(const char *verb)
{
	char server[256] = "";

	if (!strcmp(verb, "list")) {
		puts("{\"https://index.docker.io/v1/\":\"hub\",\"token.test\":\"<token>\","
		     "\"broken.test\":\"x\",\"absent.test\":\"x\"}");
		return 0;
	}
	server[fread(server, 1, sizeof(server) - 1, stdin)] = '\0';
	if (!strcmp(server, "absent.test")) {
		puts("credentials not found in native keychain");
		return 1;
	}
	if (!strcmp(server, "broken.test")) {
		puts("the keychain is locked");
		return 1;
	}
	if (!strcmp(server, "empty.test")) {
		puts("{}");
		return 0;
	}
	if (!strcmp(server, "slow.test")) {
		for (;;)
			uv_sleep(1000);
	}
	if (!strcmp(server, "token.test"))
		printf("{\"ServerURL\":\"%s\",\"Username\":\"<token>\",\"Secret\":\"t0k\"}\n",
		       server);
	else
		printf("{\"ServerURL\":\"%s\",\"Username\":\"hub\",\"Secret\":\"s3cret\"}\n",
		       server);
	return 0;
}

/* --- what a lookup told */

struct outcome {
	int calls;
	int code;
	char *message;
	struct text told; /* "SERVER USER SECRET TOKEN\n" for each */
};

static void outcome_drop(struct outcome *outcome)
{
	free(outcome->message);
	text_drop(&outcome->told);
}

static void done(const struct credentials *items, size_t count, const struct error *err,
		 void *payload)
{
	struct outcome *outcome = payload;

	outcome->calls++;
	if (err) {
		assert_int_equal(count, 0);
		outcome->code = err->code;
		outcome->message = memory_copy(err->message);
	}
	for (size_t i = 0; i < count; i++)
		text_printf(&outcome->told, "%s %s %s %s\n", items[i].server,
			    items[i].user ? items[i].user : "-",
			    items[i].secret ? items[i].secret : "-",
			    items[i].identity_token ? items[i].identity_token : "-");
}

static void run(const char *domain, struct outcome *outcome)
{
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	if (domain)
		credentials_find(&loop, domain, done, outcome);
	else
		credentials_all(&loop, done, outcome);
	assert_int_equal(outcome->calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(outcome->calls, 1);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void write_config(const char *folder, const char *content)
{
	CLEANUP(memory_free) char *path = path_join(folder, "config.json");
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(file_write(path, content, strlen(content), true, &err), 0);
	uv_os_setenv("DOCKER_CONFIG", folder);
	uv_os_unsetenv("DOCKER_AUTH_CONFIG");
}

/* Puts the helper into a folder that PATH begins with. */
static void add_helper(const char *folder)
{
	CLEANUP(memory_free)
	char *target = memory_format("%s/docker-credential-test%s", folder,
				     text_ends(self, ".exe") ? ".exe" : "");
	CLEANUP(memory_free) char *paths = NULL;
	char old[8192];
	size_t size = sizeof(old);
	uv_fs_t request;

	assert_int_equal(uv_fs_copyfile(NULL, &request, self, target, 0, NULL), 0);
	uv_fs_req_cleanup(&request);
	assert_int_equal(uv_os_getenv("PATH", old, &size), 0);
	paths = memory_format("%s%s%s", folder, path_is_windows(self) ? ";" : ":", old);
	uv_os_setenv("PATH", paths);
}

#define AUTHS                                                                                      \
	"{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"aHViOnA6cQ==\"},"                 \
	"\"https://ghcr.io/v2/\":{\"username\":\"me\",\"password\":\"pw\"},"                       \
	"\"empty.test\":{},\"az.test\":{\"auth\":\"MDA6\",\"identitytoken\":\"idt\"}}}"

static void secrets_come_from_auths_by_key_or_host(void **state)
{
	static const struct {
		const char *domain, *told;
	} cases[] = {
		{"docker.io", "https://index.docker.io/v1/ hub p:q -\n"},
		{"ghcr.io", "ghcr.io me pw -\n"},
		{"az.test", "az.test 00  idt\n"},
		{"empty.test", ""},
		{"other.test", ""},
	};
	CLEANUP(folder_drop) char *folder = folder_new();

	(void)state;
	write_config(folder, AUTHS);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(outcome_drop) struct outcome outcome = {0};

		run(cases[i].domain, &outcome);
		assert_null(outcome.message);
		assert_string_equal(text_string(&outcome.told), cases[i].told);
	}
}

static void no_file_means_no_credentials(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *absent = path_join(folder, "absent");
	CLEANUP(outcome_drop) struct outcome one = {0}, all = {0};

	(void)state;
	uv_os_setenv("DOCKER_CONFIG", absent);
	run("docker.io", &one);
	run(NULL, &all);
	assert_null(one.message);
	assert_null(all.message);
	assert_string_equal(text_string(&one.told), "");
	assert_string_equal(text_string(&all.told), "");
}

static void the_variable_goes_before_the_file(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(outcome_drop) struct outcome outcome = {0}, all = {0};

	(void)state;
	write_config(folder, AUTHS);
	uv_os_setenv("DOCKER_AUTH_CONFIG", "{\"auths\":{\"ghcr.io\":{\"auth\":\"Y2k6Y2k=\"}}}");
	run("ghcr.io", &outcome);
	assert_string_equal(text_string(&outcome.told), "ghcr.io ci ci -\n");
	run(NULL, &all);
	assert_true(text_starts(text_string(&all.told),
				"ghcr.io ci ci -\nhttps://index.docker.io/v1/ "));
	uv_os_unsetenv("DOCKER_AUTH_CONFIG");
}

static void a_wrong_file_is_named(void **state)
{
	static const char *const wrong[] = {"{", "[]", "{\"credsStore\":\"../evil\"}",
					    "{\"credHelpers\":{\"docker.io\":\"a\\\\b\"}}"};
	CLEANUP(folder_drop) char *folder = folder_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CLEANUP(outcome_drop) struct outcome outcome = {0};

		write_config(folder, wrong[i]);
		run("docker.io", &outcome);
		assert_int_equal(outcome.code, ERROR_INVALID);
		assert_non_null(strstr(outcome.message, "config.json"));
	}
}

static void a_helper_is_run_and_its_words_are_told(void **state)
{
	static const struct {
		const char *domain, *told;
		int code;
		const char *part;
	} cases[] = {
		{"docker.io", "https://index.docker.io/v1/ hub s3cret -\n", 0, NULL},
		{"token.test", "token.test - - t0k\n", 0, NULL},
		{"absent.test", "", 0, NULL},
		{"broken.test", "", ERROR_SYSTEM, "docker-credential-test: the keychain is locked"},
		{"empty.test", "", ERROR_SYSTEM, "no Username"},
		{"missing.test", "", ERROR_NOT_FOUND, "docker-credential-wincompose-no-such"},
	};
	CLEANUP(folder_drop) char *folder = folder_new();

	(void)state;
	add_helper(folder);
	write_config(folder, "{\"credsStore\":\"test\",\"credHelpers\":"
			     "{\"missing.test\":\"wincompose-no-such\"},"
			     "\"auths\":{\"absent.test\":{\"auth\":\"YTpi\"}}}");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(outcome_drop) struct outcome outcome = {0};

		run(cases[i].domain, &outcome);
		assert_string_equal(text_string(&outcome.told), cases[i].told);
		assert_int_equal(outcome.code, cases[i].code);
		if (cases[i].part && !strstr(outcome.message, cases[i].part))
			fail_msg("no \"%s\" in: %s", cases[i].part, outcome.message);
	}
}

static void all_of_a_store_are_collected_without_those_it_refuses(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(outcome_drop) struct outcome outcome = {0};

	(void)state;
	add_helper(folder);
	write_config(folder, "{\"credsStore\":\"test\",\"credHelpers\":{\"own.test\":\"test\","
			     "\"x.test\":\"wincompose-no-such\"}}");
	run(NULL, &outcome);
	assert_null(outcome.message);
	assert_string_equal(text_string(&outcome.told), "own.test hub s3cret -\n"
							"https://index.docker.io/v1/ hub s3cret -\n"
							"token.test - - t0k\n");
}

static void drop_it(uv_timer_t *timer)
{
	struct credentials_lookup **lookup = timer->data;

	credentials_drop(lookup);
	assert_null(*lookup);
	uv_close((uv_handle_t *)timer, NULL);
}

static void a_dropped_lookup_calls_nothing_and_leaves_nothing(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();

	(void)state;
	add_helper(folder);
	write_config(folder, "{\"credsStore\":\"test\"}");
	for (int later = 0; later < 2; later++) {
		CLEANUP(outcome_drop) struct outcome outcome = {0};
		struct credentials_lookup *lookup;
		uv_timer_t timer;
		uv_loop_t loop;

		assert_int_equal(uv_loop_init(&loop), 0);
		lookup = credentials_find(&loop, "slow.test", done, &outcome);
		uv_timer_init(&loop, &timer);
		timer.data = &lookup;
		if (later)
			uv_timer_start(&timer, drop_it, 30, 0);
		else
			drop_it(&timer);
		uv_run(&loop, UV_RUN_DEFAULT);
		assert_int_equal(outcome.calls, 0);
		assert_int_equal(uv_loop_close(&loop), 0);
	}
}

static void headers_are_base64url_of_json(void **state)
{
	const struct credentials items[] = {
		{.user = "me", .secret = "p\xc3\xbf\xc3\xbe?>", .server = "ghcr.io"},
		{.identity_token = "idt", .server = "az.test"},
	};
	CLEANUP(memory_free) char *one = credentials_header(&items[0]);
	CLEANUP(memory_free) char *all = credentials_headers(items, 2);
	size_t len;
	CLEANUP(memory_free) char *plain_one = digest_unbase64(one, &len);
	CLEANUP(memory_free) char *plain_all = digest_unbase64(all, &len);

	(void)state;
	assert_null(strpbrk(one, "+/\n"));
	assert_string_equal(plain_one, "{\"username\":\"me\",\"password\":\"p\xc3\xbf\xc3\xbe?>\","
				       "\"serveraddress\":\"ghcr.io\"}");
	CLEANUP(memory_free)
	char *wanted = memory_format("{\"ghcr.io\":%s,\"az.test\":{\"identitytoken\":\"idt\","
				     "\"serveraddress\":\"az.test\"}}",
				     plain_one);
	assert_string_equal(plain_all, wanted);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_come_from_auths_by_key_or_host),
		cmocka_unit_test(no_file_means_no_credentials),
		cmocka_unit_test(the_variable_goes_before_the_file),
		cmocka_unit_test(a_wrong_file_is_named),
		cmocka_unit_test(a_helper_is_run_and_its_words_are_told),
		cmocka_unit_test(all_of_a_store_are_collected_without_those_it_refuses),
		cmocka_unit_test(a_dropped_lookup_calls_nothing_and_leaves_nothing),
		cmocka_unit_test(headers_are_base64url_of_json),
	};
	size_t size = sizeof(self);

	if (argc == 2 && (!strcmp(argv[1], "get") || !strcmp(argv[1], "list")))
		return helper(argv[1]);
	uv_exepath(self, &size);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
