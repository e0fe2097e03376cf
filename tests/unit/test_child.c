/* SPDX-License-Identifier: MIT */
#include "base/child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "tests/folder.h"
#include "tests/loop.h"
#include "tests/test.h"

/* The child is this program itself, in one of the roles below: so it is the same on every platform.
 */
static char self[1024];

struct outcome {
	int calls;
	int code; /* the error's, 0 for none */
	int exit_code;
	char *message;
	char *output;
	size_t output_len;
	char *errors;
	struct text passed[3]; /* by channel */
	struct child *child;
	bool cancel; /* at the first output */
};

static void done(const struct child_result *result, const struct error *err, void *payload)
{
	struct outcome *outcome = payload;

	outcome->calls++;
	assert_true(!result == !!err);
	if (err) {
		outcome->code = err->code;
		outcome->message = memory_copy(err->message);
		return;
	}
	outcome->exit_code = result->exit_code;
	outcome->output = memory_copy_n(result->output, result->output_len);
	outcome->output_len = result->output_len;
	outcome->errors = memory_copy(result->errors);
}

static void outcome_drop(struct outcome *outcome)
{
	free(outcome->message);
	free(outcome->output);
	free(outcome->errors);
	text_drop(&outcome->passed[1]);
	text_drop(&outcome->passed[2]);
}

static void pass(int channel, const char *bytes, size_t len, void *payload)
{
	struct outcome *outcome = payload;

	text_add_n(&outcome->passed[channel], bytes, len);
	if (outcome->cancel)
		child_cancel(outcome->child);
}

/* Runs it to its end; done was called exactly once, not from inside, and the loop is clean. */
static void run(const struct child_options *options, struct outcome *outcome, bool cancel)
{
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	outcome->child = child_start(&loop, options, done, outcome);
	assert_int_equal(outcome->calls, 0);
	if (cancel) {
		child_cancel(outcome->child);
		assert_int_equal(outcome->calls, 0);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(outcome->calls, 1);
	loop_assert_clean(&loop);
}

static void run_role(const char *role, const char *argument, struct child_options options,
		     struct outcome *outcome)
{
	const char *const arguments[] = {self, role, argument, NULL};

	options.arguments = arguments;
	run(&options, outcome, false);
}

static void its_outputs_and_exit_code_are_collected(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {0};

	(void)state;
	run_role("say", NULL, (struct child_options){0}, &outcome);
	assert_int_equal(outcome.exit_code, 7);
	assert_string_equal(outcome.output, "to out");
	assert_int_equal(outcome.output_len, 6);
	assert_string_equal(outcome.errors, "to err");
}

static void its_input_is_given_whole_then_closed(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {0};
	CLEANUP(memory_free) char *large = memory_zero(1, 700000);

	(void)state;
	for (int i = 0; i < 700000; i++)
		large[i] = (char)(i * 7);
	run_role("cat", NULL, (struct child_options){.input = large, .input_len = 700000},
		 &outcome);
	assert_int_equal(outcome.exit_code, 0);
	assert_int_equal(outcome.output_len, 700000);
	assert_memory_equal(outcome.output, large, 700000);
}

static void without_input_it_reads_an_end(void **state)
{
	CLEANUP(outcome_drop) struct outcome none = {0};
	CLEANUP(outcome_drop) struct outcome empty = {0};

	(void)state;
	run_role("cat", NULL, (struct child_options){0}, &none);
	assert_int_equal(none.exit_code, 0);
	assert_int_equal(none.output_len, 0);
	run_role("cat", NULL, (struct child_options){.input = ""}, &empty);
	assert_int_equal(empty.exit_code, 0);
}

static void a_child_that_does_not_read_its_input_is_not_an_error(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {0};
	CLEANUP(memory_free) char *large = memory_zero(1, 700000);

	(void)state;
	run_role("say", NULL, (struct child_options){.input = large, .input_len = 700000},
		 &outcome);
	assert_int_equal(outcome.exit_code, 7);
}

static void output_over_the_maximum_is_an_error_and_its_end(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {0};
	CLEANUP(outcome_drop) struct outcome standard = {0};
	CLEANUP(outcome_drop) struct outcome exact = {0};

	(void)state;
	run_role("flood", "1000000000", (struct child_options){.output_max = 100000}, &outcome);
	assert_int_equal(outcome.code, ERROR_INVALID);
	assert_non_null(
		strstr(outcome.message, "wrote more than 100000 bytes to its standard output"));
	run_role("flood", "1100000", (struct child_options){0}, &standard);
	assert_int_equal(standard.code, ERROR_INVALID);
	run_role("flood", "100000", (struct child_options){.output_max = 100000}, &exact);
	assert_int_equal(exact.code, 0);
	assert_int_equal(exact.output_len, 100000);
}

static void output_may_be_passed_on_without_a_maximum(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {0};
	CLEANUP(outcome_drop) struct outcome said = {0};

	(void)state;
	run_role("flood", "3000000", (struct child_options){.output = pass}, &outcome);
	assert_int_equal(outcome.passed[1].len, 3000000);
	assert_int_equal(outcome.output_len, 0);
	run_role("say", NULL, (struct child_options){.output = pass}, &said);
	assert_string_equal(said.passed[1].data, "to out");
	assert_string_equal(said.passed[2].data, "to err");
	assert_int_equal(said.exit_code, 7);
}

static void a_program_that_is_not_there_is_not_found(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {0};
	CLEANUP(outcome_drop) struct outcome relative = {0};
	const char *const arguments[] = {"docker-credential-nowhere", "get", NULL};
	const char *const below[] = {"./test_child", NULL};

	(void)state;
	run(&(struct child_options){.arguments = arguments}, &outcome, false);
	assert_int_equal(outcome.code, ERROR_NOT_FOUND);
	assert_string_equal(outcome.message, "docker-credential-nowhere is not in PATH");
	run(&(struct child_options){.arguments = below}, &relative, false);
	assert_int_equal(relative.code, ERROR_NOT_FOUND);
}

static void its_working_folder_is_the_one_given(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(outcome_drop) struct outcome outcome = {0};

	(void)state;
	run_role("where", NULL, (struct child_options){.folder = folder}, &outcome);
	assert_int_equal(outcome.exit_code, 0);
	assert_true(text_ends(outcome.output, path_name(folder)));
}

static void a_missing_working_folder_is_named(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *none = path_join(folder, "none");
	CLEANUP(outcome_drop) struct outcome outcome = {0};

	(void)state;
	run_role("where", NULL, (struct child_options){.folder = none}, &outcome);
	assert_int_equal(outcome.code, ERROR_NOT_FOUND);
	assert_non_null(strstr(outcome.message, none));
}

static void its_environment_is_ours_with_some_replaced(void **state)
{
	static const char *const added[] = {"CHILD_TEST_A=new=1", "CHILD_TEST_C=", NULL};
	static const struct {
		const char *name;
		const char *value;
	} rows[] = {{"CHILD_TEST_A", "new=1"}, {"CHILD_TEST_B", "kept"}, {"CHILD_TEST_D", "none"}};

	(void)state;
	uv_os_setenv("CHILD_TEST_A", "old");
	uv_os_setenv("CHILD_TEST_B", "kept");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(outcome_drop) struct outcome outcome = {0};

		run_role("variable", rows[i].name, (struct child_options){.environment = added},
			 &outcome);
		assert_string_equal(outcome.output, rows[i].value);
	}
}

static void cancelling_kills_it_and_is_told_once(void **state)
{
	const char *const arguments[] = {self, "hang", NULL};
	CLEANUP(outcome_drop) struct outcome outcome = {0};

	(void)state;
	run(&(struct child_options){.arguments = arguments}, &outcome, true);
	assert_int_equal(outcome.code, ERROR_CANCELLED);
}

static void cancelling_what_was_not_found_is_told_once(void **state)
{
	const char *const arguments[] = {"docker-credential-nowhere", NULL};
	CLEANUP(outcome_drop) struct outcome outcome = {0};

	(void)state;
	run(&(struct child_options){.arguments = arguments}, &outcome, true);
	assert_int_equal(outcome.code, ERROR_CANCELLED);
}

static void it_may_be_cancelled_from_its_own_output(void **state)
{
	CLEANUP(outcome_drop) struct outcome outcome = {.cancel = true};

	(void)state;
	run_role("flood", "1000000000", (struct child_options){.output = pass}, &outcome);
	assert_int_equal(outcome.code, ERROR_CANCELLED);
	assert_in_range(outcome.passed[1].len, 1, 65536);
}

/* On every platform: another process meets our lock, reads who holds it, and gets it when we have
 * dropped it. */
static void another_process_conflicts_on_our_lock(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "lock");
	CLEANUP(memory_free) char *holder = memory_format("%d", uv_os_getpid());
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(outcome_drop) struct outcome held = {0};
	CLEANUP(outcome_drop) struct outcome dropped = {0};

	(void)state;
	assert_int_equal(file_lock_take(path, &lock, &err), 0);
	run_role("lock", path, (struct child_options){0}, &held);
	assert_int_equal(held.exit_code, -ERROR_CONFLICT);
	assert_string_equal(held.output, holder);
	file_lock_drop(&lock);
	run_role("lock", path, (struct child_options){0}, &dropped);
	assert_int_equal(dropped.exit_code, 0);
	assert_string_equal(dropped.output, "0");
}

static void an_absolute_path_is_found_and_another_name_is_not(void **state)
{
	CLEANUP(memory_free) char *found = child_find(self);

	(void)state;
	assert_string_equal(found, self);
	assert_null(child_find("no-such-program-anywhere"));
	assert_null(child_find(""));
}

/* --- the roles of the child; each gives its exit code */

static int play_say(const char *argument)
{
	(void)argument;
	fputs("to out", stdout);
	fputs("to err", stderr);
	return 7;
}

static int play_cat(const char *argument)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	uv_fs_t request;

	(void)argument;
	if (file_read("-", 1000000, &text, &err) < 0)
		return 1;
	for (size_t at = 0; at < text.len;) {
		uv_buf_t rest = uv_buf_init(text.data + at, (unsigned int)(text.len - at));
		int count = uv_fs_write(NULL, &request, 1, &rest, 1, -1, NULL);

		if (count < 0)
			return 2;
		at += (size_t)count;
	}
	return 0;
}

static int play_flood(const char *argument)
{
	char buffer[4096];

	memset(buffer, 'f', sizeof(buffer));
	for (long left = strtol(argument, NULL, 10); left > 0;) {
		size_t piece = left < 4096 ? (size_t)left : 4096;

		if (fwrite(buffer, 1, piece, stdout) != piece)
			return 1;
		left -= (long)piece;
	}
	return 0;
}

static int play_hang(const char *argument)
{
	(void)argument;
	uv_sleep(60000);
	return 0;
}

static int play_lock(const char *argument)
{
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	CLEANUP(error_drop) struct error *err = NULL;

	printf("%ld", file_lock_holder(argument));
	return -file_lock_take(argument, &lock, &err);
}

static int play_where(const char *argument)
{
	CLEANUP(memory_free) char *current = path_current();

	(void)argument;
	fputs(current, stdout);
	return 0;
}

static int play_variable(const char *argument)
{
	const char *value = getenv(argument);

	fputs(value ? value : "none", stdout);
	return 0;
}

static const struct {
	const char *name;
	int (*play)(const char *argument);
} roles[] = {
	{"say", play_say},           {"cat", play_cat},   {"flood", play_flood},
	{"hang", play_hang},         {"lock", play_lock}, {"where", play_where},
	{"variable", play_variable},
};

static int play(const char *role, const char *argument)
{
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (strcmp(roles[i].name, role) == 0)
			return roles[i].play(argument);
	return 99;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_outputs_and_exit_code_are_collected),
		cmocka_unit_test(its_input_is_given_whole_then_closed),
		cmocka_unit_test(without_input_it_reads_an_end),
		cmocka_unit_test(a_child_that_does_not_read_its_input_is_not_an_error),
		cmocka_unit_test(output_over_the_maximum_is_an_error_and_its_end),
		cmocka_unit_test(output_may_be_passed_on_without_a_maximum),
		cmocka_unit_test(a_program_that_is_not_there_is_not_found),
		cmocka_unit_test(its_working_folder_is_the_one_given),
		cmocka_unit_test(a_missing_working_folder_is_named),
		cmocka_unit_test(its_environment_is_ours_with_some_replaced),
		cmocka_unit_test(cancelling_kills_it_and_is_told_once),
		cmocka_unit_test(cancelling_what_was_not_found_is_told_once),
		cmocka_unit_test(it_may_be_cancelled_from_its_own_output),
		cmocka_unit_test(another_process_conflicts_on_our_lock),
		cmocka_unit_test(an_absolute_path_is_found_and_another_name_is_not),
	};
	size_t size = sizeof(self);

	if (argc > 1)
		return play(argv[1], argv[2]);
	uv_exepath(self, &size);
#ifdef SIGPIPE
	signal(SIGPIPE, SIG_IGN);
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
