/* SPDX-License-Identifier: MIT */
#include "base/child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "tests/folder.h"
#include "tests/loop.h"
#include "tests/test.h"

struct outcome {
	int calls;
	int code;
	int exit_code;
	char *output;
};

static void done(const struct child_result *result, const struct error *err, void *payload)
{
	struct outcome *outcome = payload;

	outcome->calls++;
	outcome->code = err ? err->code : 0;
	outcome->exit_code = result ? result->exit_code : -1;
	outcome->output = result ? memory_copy(result->output) : NULL;
}

static void outcome_drop(struct outcome *outcome)
{
	free(outcome->output);
}

static void run(const char *const *arguments, struct outcome *outcome)
{
	struct child_options options = {.arguments = arguments};
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	child_start(&loop, &options, done, outcome);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(outcome->calls, 1);
	loop_assert_clean(&loop);
}

static void run_shell(const char *script, struct outcome *outcome)
{
	const char *const arguments[] = {"sh", "-c", script, NULL};

	run(arguments, outcome);
}

static void a_signal_that_ended_it_is_128_and_its_number(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {0};

	(void)state;
	run_shell("kill -TERM $$", &outcome);
	assert_int_equal(outcome.exit_code, 128 + SIGTERM);
}

static void it_has_no_descriptor_but_the_standard_ones(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {0};
	/* As whoever started us may have left it, and far away. */
	int inherited = open("/dev/null", O_RDONLY);
	int far = fcntl(inherited, F_DUPFD, 200);

	(void)state;
	assert_true(inherited >= 0 && far >= 200);
	run_shell("fd=3; while [ $fd -lt 256 ]; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; "
		  "fd=$((fd + 1)); done",
		  &outcome);
	close(inherited);
	close(far);
	assert_string_equal(outcome.output, "");
}

static void what_it_leaves_behind_does_not_hold_us(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {0};
	uint64_t start = clock_monotonic();

	(void)state;
	run_shell("sleep 30 & echo started; exit 5", &outcome);
	assert_int_equal(outcome.exit_code, 5);
	assert_string_equal(outcome.output, "started\n");
	assert_true(clock_monotonic() - start < 20 * CLOCK_SECOND);
}

static void what_it_leaves_behind_is_read_while_it_writes(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {0};

	(void)state;
	run_shell("(sleep 0.2; echo late) & exit 0", &outcome);
	assert_string_equal(outcome.output, "late\n");
}

static void put_program(const char *path, mode_t mode)
{
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(file_write(path, "#!/bin/sh\necho found\n", 21, false, &err), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void a_program_is_looked_up_in_the_absolute_parts_of_path(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *program = path_join(folder, "child-test-program");
	CLEANUP(memory_free) char *here = path_current();
	CLEANUP(memory_free) char *before = memory_copy(getenv("PATH"));
	CLEANUP(memory_free) char *path = memory_format("/nowhere::.:%s", folder);
	CLEANUP(memory_free) char *found = NULL;

	(void)state;
	put_program(program, 0755);
	assert_int_equal(chdir(folder), 0);
	/* The working folder is meant by an empty part and by a dot. */
	setenv("PATH", "/nowhere::.:", 1);
	found = child_find("child-test-program");
	assert_null(found);
	setenv("PATH", path, 1);
	found = child_find("child-test-program");
	unsetenv("PATH");
	char *none = child_find("child-test-program");

	setenv("PATH", before, 1);
	assert_int_equal(chdir(here), 0);
	assert_string_equal(found, program);
	assert_null(none);
	assert_int_equal(chmod(program, 0644), 0);
	assert_null(child_find(program));
	assert_null(child_find(folder));
}

static void a_start_that_the_system_refuses_is_told_from_the_loop(void **state)
{
	const char *const arguments[] = {"sh", "-c", "exit 0", NULL};
	struct child_options options = {.arguments = arguments, .input = "x", .input_len = 1};
	CLEANUP(outcome_drop) struct outcome outcome = {0};
	struct rlimit before, none;
	uv_loop_t loop;

	(void)state;
	/* Valgrind takes the limit on descriptors for itself, and libuv aborts in the middle. */
	if (getenv("LD_PRELOAD") && strstr(getenv("LD_PRELOAD"), "vgpreload")) {
		print_message("skipped: valgrind does not keep to the limit on descriptors\n");
		skip();
	}
	assert_int_equal(uv_loop_init(&loop), 0);
	/* Not one descriptor more than there are. */
	int next = dup(0);

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	child_start(&loop, &options, done, &outcome);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(outcome.calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(outcome.calls, 1);
	assert_int_equal(outcome.code, ERROR_SYSTEM);
	loop_assert_clean(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_that_ended_it_is_128_and_its_number),
		cmocka_unit_test(it_has_no_descriptor_but_the_standard_ones),
		cmocka_unit_test(what_it_leaves_behind_does_not_hold_us),
		cmocka_unit_test(what_it_leaves_behind_is_read_while_it_writes),
		cmocka_unit_test(a_program_is_looked_up_in_the_absolute_parts_of_path),
		cmocka_unit_test(a_start_that_the_system_refuses_is_told_from_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
