/* SPDX-License-Identifier: MIT */
#include "compose/cli/oneoff.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "compose/plan/spec.h"
#include "tests/test.h"

#include "tests/desk.h"
#include "tests/folder.h"

#ifndef O_BINARY
#define O_BINARY 0
#endif

/* Standard input and output are files while it runs. */
struct hands {
	char *folder, *input, *output;
	int saved[2];
};

static void hands_take(struct hands *hands, const char *input)
{
	struct error *err = NULL;

	hands->folder = folder_new();
	hands->input = path_join(hands->folder, "in");
	hands->output = path_join(hands->folder, "out");
	assert_int_equal(file_write(hands->input, input, strlen(input), false, &err), 0);
	fflush(stdout);
	int in = open(hands->input, O_RDONLY | O_BINARY);
	int out = open(hands->output, O_WRONLY | O_CREAT | O_TRUNC | O_BINARY, 0600);
	for (int i = 0; i < 2; i++)
		hands->saved[i] = dup(i);
	dup2(in, 0);
	dup2(out, 1);
	close(in);
	close(out);
}

static void hands_give_back(struct hands *hands, struct text *output)
{
	struct error *err = NULL;

	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		dup2(hands->saved[i], i);
		close(hands->saved[i]);
	}
	assert_int_equal(file_read(hands->output, 1 << 20, output, &err), 0);
	folder_drop(&hands->folder);
	memory_free(&hands->input);
	memory_free(&hands->output);
}

static struct label labels[] = {
	{"com.docker.compose.project", "shop"},
	{"com.docker.compose.oneoff", "True"},
	{"com.docker.compose.slug", "0123456789ab"},
};

static struct container_spec spec_of(const char *script)
{
	static const char *command[4] = {"sh", "-c", NULL, NULL};

	command[2] = script;
	return (struct container_spec){
		.name = "shop-job-run-0123456789ab",
		.image = "tiny",
		.command = command,
		.labels = {labels, ARRAY_LEN(labels), ARRAY_LEN(labels)},
		.auto_remove = true,
	};
}

struct result {
	int status, exit_code;
	struct error *err;
	struct text output;
};

static void result_drop(struct result *result)
{
	error_drop(&result->err);
	text_drop(&result->output);
}

static void go(struct desk *desk, const struct oneoff_options *options, const char *input,
	       struct result *result)
{
	struct hands hands;

	hands_take(&hands, input);
	result->status = oneoff_run(&desk->cli, options, &result->exit_code, &result->err);
	hands_give_back(&hands, &result->output);
}

static void what_it_says_comes_whole_and_its_code_is_ours(void **state)
{
	struct container_spec spec = spec_of("echo first; sleep 5; echo last; exit 7");
	const struct oneoff_options options = {.project = "shop", .spec = &spec};
	CLEANUP(result_drop) struct result result = {0};
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	fake_image_add(desk.world, "tiny");
	go(&desk, &options, "", &result);
	assert_int_equal(result.status, 0);
	assert_int_equal(result.exit_code, 7);
	assert_string_equal(text_string(&result.output), "first\nlast\n");
	assert_int_equal(fake_containers(desk.world), 0);
	desk_close(&desk);
}

static void what_ends_at_once_is_not_missed(void **state)
{
	struct container_spec spec = spec_of("exit 3");
	const struct oneoff_options options = {.project = "shop", .spec = &spec};
	CLEANUP(result_drop) struct result result = {0};
	struct desk desk;

	(void)state;
	spec.auto_remove = false;
	desk_open(&desk, NULL);
	fake_image_add(desk.world, "tiny");
	go(&desk, &options, "", &result);
	assert_int_equal(result.exit_code, 3);
	assert_int_equal(fake_containers(desk.world), 1);
	desk_close(&desk);
}

static void our_input_reaches_it_with_its_end(void **state)
{
	static const char *const cat[] = {"cat", NULL};
	struct container_spec spec = spec_of("");
	const struct oneoff_options options = {.project = "shop", .spec = &spec};
	CLEANUP(result_drop) struct result result = {0};
	struct desk desk;

	(void)state;
	spec.command = cat;
	spec.open_stdin = spec.stdin_once = spec.attach_stdin = true;
	desk_open(&desk, NULL);
	fake_image_add(desk.world, "tiny");
	go(&desk, &options, "one\ntwo\n", &result);
	assert_int_equal(result.status, 0);
	assert_int_equal(result.exit_code, 0);
	assert_string_equal(text_string(&result.output), "one\ntwo\n");
	desk_close(&desk);
}

static void detached_its_id_is_told(void **state)
{
	struct container_spec spec = spec_of("sleep 100");
	const struct oneoff_options options = {.project = "shop", .spec = &spec, .detach = true};
	CLEANUP(result_drop) struct result result = {0};
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	fake_image_add(desk.world, "tiny");
	go(&desk, &options, "", &result);
	assert_int_equal(result.status, 0);
	assert_int_equal(fake_running(desk.world), 1);
	assert_int_equal(result.output.len, 65);
	assert_memory_equal(text_string(&result.output), fake_container(desk.world, spec.name)->id,
			    64);
	desk_close(&desk);
}

static void a_code_is_asked_for_where_the_events_broke(void **state)
{
	struct container_spec spec = spec_of("sleep 5; exit 4");
	const struct oneoff_options options = {.project = "shop", .spec = &spec};
	CLEANUP(result_drop) struct result result = {0};
	struct desk desk;

	(void)state;
	spec.auto_remove = false;
	desk_open(&desk, NULL);
	fake_image_add(desk.world, "tiny");
	fake_fail(desk.world, &(struct fake_fault){.call = "events", .any = true});
	go(&desk, &options, "", &result);
	assert_int_equal(result.status, 0);
	assert_int_equal(result.exit_code, 4);
	desk_close(&desk);
}

static void a_failure_at_any_request_leaves_nothing_behind(void **state)
{
	bool got_through = false;
	unsigned round = 0;

	(void)state;
	while (!got_through) {
		struct container_spec spec = spec_of("echo hi; sleep 1");
		const struct oneoff_options options = {.project = "shop", .spec = &spec};
		CLEANUP(result_drop) struct result result = {0};
		struct desk desk;

		desk_open(&desk, NULL);
		fake_image_add(desk.world, "tiny");
		fake_fail(desk.world, &(struct fake_fault){.nth = ++round, .any = true});
		go(&desk, &options, "", &result);
		got_through = !fake_failed(desk.world);
		assert_int_equal(result.status < 0, result.err != NULL);
		assert_true(!got_through || result.status == 0);
		assert_int_equal(fake_containers(desk.world), 0);
		desk_close(&desk);
	}
	/* events, create, attach, start */
	assert_int_equal(round - 1, 4);
}

struct stop {
	struct desk *desk;
	unsigned at, count;
};

static void press(const struct fake_request *request, enum fake_moment moment, void *payload)
{
	struct stop *stop = payload;

	(void)request;
	if (moment == FAKE_BEFORE && ++stop->count == stop->at)
		uv_kill(uv_os_getpid(), SIGTERM);
}

static void ctrl_c_at_any_request_leaves_nothing_behind(void **state)
{
	(void)state;
	if (path_host_is_windows())
		skip();
	for (unsigned at = 1; at <= 4; at++) {
		struct container_spec spec =
			spec_of("trap 'exit 5' TERM; while :; do sleep 1; done");
		const struct oneoff_options options = {.project = "shop", .spec = &spec};
		CLEANUP(result_drop) struct result result = {0};
		struct desk desk;
		struct stop stop = {.desk = &desk, .at = at};

		desk_open(&desk, NULL);
		fake_image_add(desk.world, "tiny");
		fake_on_request(desk.world, press, &stop);
		go(&desk, &options, "", &result);
		assert_true(result.status == ERROR_CANCELLED || result.exit_code == 5);
		assert_int_equal(fake_containers(desk.world), 0);
		desk_close(&desk);
	}
}

/* --- post_start */

static const char *const hello[] = {"echo", "hello", NULL};
static const char *const failing[] = {"sh", "-c", "echo no table; exit 5", NULL};
static const char *const endless[] = {"sleep", "1000", NULL};

static void run_hooked(const char *script, struct hook *items, size_t len, bool detach,
		       struct result *result, unsigned *execs)
{
	struct container_spec spec = spec_of(script);
	const struct hooks hooks = {items, len, len};
	const struct oneoff_options options = {
		.project = "shop", .spec = &spec, .detach = detach, .post_start = &hooks};
	struct desk desk;

	/* Hooks take turns of the loop, which a jumping clock does not wait for. */
	desk_open(&desk, &(struct fake_options){.clock = FAKE_REAL});
	fake_image_add(desk.world, "tiny");
	go(&desk, &options, "", result);
	*execs = fake_calls(desk.world, "exec");
	desk_close(&desk);
}

static void hooks_run_after_its_start_one_after_the_other(void **state)
{
	struct hook hooks[] = {{.command = (char **)hello}, {.command = (char **)hello}};
	CLEANUP(result_drop) struct result result = {0}, detached = {0};
	unsigned execs;

	(void)state;
	run_hooked("sleep 0.3; echo last; exit 7", hooks, 2, false, &result, &execs);
	assert_int_equal(result.status, 0);
	assert_int_equal(result.exit_code, 7);
	assert_string_equal(text_string(&result.output), "last\n");
	assert_int_equal(execs, 2);
	run_hooked("sleep 0.3", hooks, 2, true, &detached, &execs);
	assert_int_equal(detached.status, 0);
	assert_int_equal(execs, 2);
}

static void a_hook_that_fails_is_the_error_of_what_ended_well(void **state)
{
	struct hook hooks[] = {{.command = (char **)hello},
			       {.command = (char **)failing},
			       {.command = (char **)hello}};
	CLEANUP(result_drop) struct result well = {0}, badly = {0};
	unsigned execs;

	(void)state;
	run_hooked("sleep 0.3", hooks, 3, false, &well, &execs);
	assert_int_equal(well.status, ERROR_SYSTEM);
	assert_non_null(strstr(well.err->message, "shop-job-run-0123456789ab: post_start[1]"));
	assert_non_null(strstr(well.err->detail, "no table"));
	assert_int_equal(execs, 2);
	run_hooked("sleep 0.3; exit 7", hooks, 3, false, &badly, &execs);
	assert_int_equal(badly.status, 0);
	assert_int_equal(badly.exit_code, 7);
}

static void what_ends_before_its_hooks_needs_them_no_more(void **state)
{
	struct hook hooks[] = {{.command = (char **)endless}, {.command = (char **)hello}};
	CLEANUP(result_drop) struct result result = {0};
	unsigned execs;

	(void)state;
	run_hooked("sleep 0.3", hooks, 2, false, &result, &execs);
	assert_int_equal(result.status, 0);
	assert_int_equal(execs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says_comes_whole_and_its_code_is_ours),
		cmocka_unit_test(what_ends_at_once_is_not_missed),
		cmocka_unit_test(our_input_reaches_it_with_its_end),
		cmocka_unit_test(detached_its_id_is_told),
		cmocka_unit_test(a_code_is_asked_for_where_the_events_broke),
		cmocka_unit_test(a_failure_at_any_request_leaves_nothing_behind),
		cmocka_unit_test(ctrl_c_at_any_request_leaves_nothing_behind),
		cmocka_unit_test(hooks_run_after_its_start_one_after_the_other),
		cmocka_unit_test(a_hook_that_fails_is_the_error_of_what_ended_well),
		cmocka_unit_test(what_ends_before_its_hooks_needs_them_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
