/* SPDX-License-Identifier: MIT */
/* What every engine tells in streams: events, logs, attach, exec, copies, stats. */
#include "tests/engine/suite.h"

#define SUITE(state)                                                                               \
	struct suite *suite = *(state);                                                            \
	struct bench *bench = &suite->bench

/* An engine may not have it yet: said, not hidden. */
#define SKIP_UNSUPPORTED(reading)                                                                  \
	do {                                                                                       \
		if ((reading)->ended && (reading)->code == ERROR_UNSUPPORTED) {                    \
			print_message("skipped: %s\n", (reading)->message);                        \
			reading_drop(reading);                                                     \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

/* --- events */

static void follow_events(struct suite *suite, struct reading *reading)
{
	BENCH_READ(&suite->bench, reading, events,
		   &(struct events_options){.project = suite->project});
	BENCH_UNTIL(&suite->bench, reading->open || reading->ended);
	SKIP_UNSUPPORTED(reading);
}

static bool has(const struct reading *reading, const char *action)
{
	return strstr(text_string(&reading->events), action) != NULL;
}

/* The actions alone, in their order: "create start die". */
static const char *actions(const struct reading *reading)
{
	static char out[512];
	char *to = out;

	for (const char *line = text_string(&reading->events); *line;) {
		const char *end = strchr(line, '\n');
		const char *space = memchr(line, ' ', (size_t)(end - line));
		size_t len = (size_t)(space - line);
		assert_true(to + len + 2 < out + sizeof(out));
		if (to > out)
			*to++ = ' ';
		memcpy(to, line, len);
		to += len;
		line = end + 1;
	}
	*to = '\0';
	return out;
}

static void an_exit_of_its_own_is_create_start_die_with_the_code(void **state)
{
	SUITE(state);
	struct reading reading;

	follow_events(suite, &reading);
	suite_up(suite, "job", "exit 4");
	BENCH_UNTIL(bench, has(&reading, "die"));
	assert_string_equal(actions(&reading), "create start die");
	assert_int_equal(reading.exit_code, 4);
	assert_string_equal(reading.service, "service");
	reading_close(&reading);
}

static void a_stop_is_kill_then_die_and_stop(void **state)
{
	SUITE(state);
	struct reading reading;

	suite_up(suite, "web", IDLE);
	follow_events(suite, &reading);
	assert_int_equal(bench_stop(bench, suite_name(suite, "web"), 10), 0);
	BENCH_UNTIL(bench, has(&reading, "die") && has(&reading, "stop"));
	const char *told = actions(&reading);
	assert_true(text_same(told, "kill die stop") || text_same(told, "kill stop die"));
	assert_int_equal(reading.signal, 15);
	reading_close(&reading);
}

static void a_stop_that_takes_too_long_has_a_second_kill(void **state)
{
	SUITE(state);
	struct reading reading;

	suite_up(suite, "web", "trap '' TERM; while :; do sleep 0.1; done");
	follow_events(suite, &reading);
	assert_int_equal(bench_stop(bench, suite_name(suite, "web"), 1), 0);
	BENCH_UNTIL(bench, has(&reading, "die") && has(&reading, "stop"));
	assert_true(text_starts(actions(&reading), "kill kill "));
	assert_int_equal(reading.signal, 9);
	assert_int_equal(reading.exit_code, 137);
	reading_close(&reading);
}

static void a_restart_by_call_is_kill_die_stop_start_restart(void **state)
{
	SUITE(state);
	struct reading reading;

	suite_up(suite, "web", IDLE);
	follow_events(suite, &reading);
	assert_int_equal(bench_restart(bench, suite_name(suite, "web"), 10), 0);
	BENCH_UNTIL(bench, has(&reading, "restart"));
	const char *told = actions(&reading);
	assert_true(text_same(told, "kill die stop start restart") ||
		    text_same(told, "kill stop die start restart"));
	reading_close(&reading);
}

static void a_restart_by_policy_is_die_and_start(void **state)
{
	SUITE(state);
	struct reading reading;
	struct container_spec *spec = suite_spec(suite, "job", "exit 1");

	spec->restart = "on-failure";
	spec->restart_max = 1;
	follow_events(suite, &reading);
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, spec->name), 0);
	BENCH_UNTIL(bench, text_ends(actions(&reading), "start die"));
	if (text_same(actions(&reading), "create start die"))
		BENCH_UNTIL(bench, text_ends(actions(&reading), "die start die"));
	assert_string_equal(actions(&reading), "create start die start die");
	reading_close(&reading);
}

static void a_forced_removal_is_kill_die_destroy(void **state)
{
	SUITE(state);
	struct reading reading;

	suite_up(suite, "web", IDLE);
	follow_events(suite, &reading);
	assert_int_equal(bench_remove(bench, suite_name(suite, "web"), true, false), 0);
	BENCH_UNTIL(bench, has(&reading, "destroy"));
	assert_string_equal(actions(&reading), "kill die destroy");
	reading_close(&reading);
}

static void pause_unpause_and_rename_are_told(void **state)
{
	SUITE(state);
	struct reading reading;
	const char *name = suite_name(suite, "web");

	suite_up(suite, "web", IDLE);
	follow_events(suite, &reading);
	assert_int_equal(bench_pause(bench, name, true), 0);
	assert_int_equal(bench_pause(bench, name, false), 0);
	assert_int_equal(bench_rename(bench, name, suite_name(suite, "new")), 0);
	BENCH_UNTIL(bench, has(&reading, "rename"));
	assert_string_equal(actions(&reading), "pause unpause rename");
	assert_non_null(strstr(text_string(&reading.events), suite_name(suite, "new")));
	reading_close(&reading);
}

static void events_of_other_projects_are_not_told(void **state)
{
	SUITE(state);
	struct reading reading;
	struct container_spec *spec = suite_spec(suite, "web", IDLE);

	follow_events(suite, &reading);
	spec->labels = (struct labels){0};
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_remove(bench, spec->name, true, true), 0);
	suite_create(suite, "api", IDLE);
	BENCH_UNTIL(bench, has(&reading, "create"));
	CLEANUP(memory_free) char *only = memory_format("create %s\n", suite_name(suite, "api"));
	assert_string_equal(text_string(&reading.events), only);
	reading_close(&reading);
}

static void what_was_is_replayed_from_since_on_and_until_ends_it(void **state)
{
	SUITE(state);
	struct reading reading;

	follow_events(suite, &reading);
	suite_create(suite, "api", IDLE);
	suite_create(suite, "web", IDLE);
	BENCH_UNTIL(bench, has(&reading, "web"));
	int64_t first = reading.first_time;
	int64_t last = reading.last_time;
	reading_close(&reading);
	struct events_options options = {.project = suite->project, .since = first, .until = last};
	BENCH_READ(bench, &reading, events, &options);
	reading_await(&reading);
	assert_int_equal(reading.code, 0);
	assert_true(reading.open);
	assert_string_equal(actions(&reading), "create create");
	assert_int_equal(reading.first_time, first);
	reading_drop(&reading);
}

static void nothing_is_told_without_permission_to_read(void **state)
{
	SUITE(state);
	struct reading reading = {.bench = bench};

	reading.held = true;
	reading.stream =
		engine_events(bench->engine, &(struct events_options){.project = suite->project},
			      &reader, &reading);
	BENCH_UNTIL(bench, reading.open);
	suite_create(suite, "api", IDLE);
	suite_create(suite, "web", IDLE);
	assert_int_equal(reading.pieces, 0);
	engine_stream_read(reading.stream);
	engine_stream_read(reading.stream);
	BENCH_UNTIL(bench, reading.pieces == 1);
	for (int i = 0; i < 10; i++)
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	assert_int_equal(reading.pieces, 1);
	reading_close(&reading);
}

/* --- logs */

static void read_log(struct suite *suite, struct reading *reading, const struct logs_options *how)
{
	BENCH_READ(&suite->bench, reading, logs, suite_name(suite, "job"), how);
	reading_await(reading);
	SKIP_UNSUPPORTED(reading);
	assert_int_equal(reading->code, 0);
}

static void run_job(struct suite *suite, const char *script)
{
	suite_up(suite, "job", script);
	assert_int_equal(bench_wait(&suite->bench, suite_name(suite, "job")), 0);
}

static void both_channels_of_a_log_come_apart(void **state)
{
	struct suite *suite = *state;
	struct reading reading;

	run_job(suite, "echo one; echo bad >&2; echo two");
	read_log(suite, &reading, &(struct logs_options){.tail = -1});
	assert_string_equal(text_string(&reading.output), "one\ntwo\n");
	assert_string_equal(text_string(&reading.errors), "bad\n");
	reading_drop(&reading);
	read_log(suite, &reading, &(struct logs_options){.tail = -1, .errors = true});
	assert_string_equal(text_string(&reading.output), "");
	assert_string_equal(text_string(&reading.errors), "bad\n");
	reading_drop(&reading);
}

static void a_log_is_cut_to_its_tail_and_its_lines_have_times(void **state)
{
	struct suite *suite = *state;
	struct reading reading;
	int64_t time;

	run_job(suite, "echo one; sleep 0.05; echo two; sleep 0.05; echo three");
	read_log(suite, &reading, &(struct logs_options){.tail = 2});
	assert_string_equal(text_string(&reading.output), "two\nthree\n");
	reading_drop(&reading);
	read_log(suite, &reading, &(struct logs_options){.tail = 0});
	assert_string_equal(text_string(&reading.output), "");
	reading_drop(&reading);
	read_log(suite, &reading, &(struct logs_options){.tail = 1, .timestamps = true});
	char *line = memory_copy(text_string(&reading.output));
	char *space = strchr(line, ' ');
	assert_non_null(space);
	assert_string_equal(space, " three\n");
	*space = '\0';
	assert_true(clock_parse(line, &time));
	free(line);
	reading_drop(&reading);
	/* From that very time on, the last line alone. */
	read_log(suite, &reading, &(struct logs_options){.tail = -1, .since = time});
	assert_string_equal(text_string(&reading.output), "three\n");
	reading_drop(&reading);
}

static void a_followed_log_ends_with_the_container(void **state)
{
	SUITE(state);
	struct reading reading;

	suite_up(suite, "job", "echo one; sleep 0.3; echo two; sleep 0.1; exit 1");
	BENCH_READ(bench, &reading, logs, suite_name(suite, "job"),
		   &(struct logs_options){.tail = -1, .follow = true});
	reading_await(&reading);
	SKIP_UNSUPPORTED(&reading);
	assert_int_equal(reading.code, 0);
	assert_string_equal(text_string(&reading.output), "one\ntwo\n");
	reading_drop(&reading);
}

static void a_followed_log_can_be_closed(void **state)
{
	SUITE(state);
	struct reading reading;

	suite_up(suite, "web", "echo one; " IDLE);
	BENCH_READ(bench, &reading, logs, suite_name(suite, "web"),
		   &(struct logs_options){.tail = -1, .follow = true});
	BENCH_UNTIL(bench, reading.ended || reading.output.len);
	SKIP_UNSUPPORTED(&reading);
	assert_string_equal(text_string(&reading.output), "one\n");
	reading_close(&reading);
}

static void a_terminal_s_log_is_one_channel(void **state)
{
	SUITE(state);
	struct reading reading;
	struct container_spec *spec = suite_spec(suite, "job", "echo one; echo bad >&2");

	spec->tty = true;
	assert_int_equal(bench_create(bench, spec), 0);
	assert_int_equal(bench_start(bench, spec->name), 0);
	assert_int_equal(bench_wait(bench, spec->name), 0);
	assert_int_equal(bench_inspect(bench, spec->name), 0);
	assert_true(bench->container.tty);
	read_log(suite, &reading, &(struct logs_options){.tail = -1, .tty = true});
	assert_string_equal(text_string(&reading.output), "one\r\nbad\r\n");
	reading_drop(&reading);
}

static void the_log_of_nobody_ends_with_not_found(void **state)
{
	SUITE(state);
	struct reading reading;

	BENCH_READ(bench, &reading, logs, "conformance-nobody", &(struct logs_options){.tail = -1});
	reading_await(&reading);
	SKIP_UNSUPPORTED(&reading);
	assert_int_equal(reading.code, ERROR_NOT_FOUND);
	assert_false(reading.open);
	reading_drop(&reading);
}

/* --- attach */

static void what_is_attached_before_the_start_sees_all_and_ends_with_it(void **state)
{
	SUITE(state);
	struct reading reading;

	suite_create(suite, "job", "echo one; echo bad >&2; sleep 0.1; echo two; exit 3");
	BENCH_READ(bench, &reading, attach, suite_name(suite, "job"),
		   &(struct attach_options){.output = true, .errors = true});
	BENCH_UNTIL(bench, reading.open || reading.ended);
	SKIP_UNSUPPORTED(&reading);
	assert_int_equal(bench_start(bench, suite_name(suite, "job")), 0);
	reading_await(&reading);
	assert_int_equal(reading.code, 0);
	assert_string_equal(text_string(&reading.output), "one\ntwo\n");
	assert_string_equal(text_string(&reading.errors), "bad\n");
	reading_drop(&reading);
}

static void give(struct suite *suite, struct reading *reading, const char *bytes)
{
	struct bench *bench = &suite->bench;

	bench_forget(bench);
	if (bytes)
		engine_stream_write(reading->stream, bytes, strlen(bytes), bench_done, bench);
	else
		engine_stream_shutdown(reading->stream, bench_done, bench);
	assert_int_equal(bench_await(bench), 0);
}

static void input_reaches_the_container_and_its_end_ends_what_reads_it(void **state)
{
	SUITE(state);
	struct reading reading;
	struct container_spec *spec = suite_spec(suite, "job", "cat; echo done");

	spec->open_stdin = spec->stdin_once = spec->attach_stdin = true;
	assert_int_equal(bench_create(bench, spec), 0);
	BENCH_READ(bench, &reading, attach, spec->name,
		   &(struct attach_options){.input = true, .output = true, .errors = true});
	BENCH_UNTIL(bench, reading.open || reading.ended);
	SKIP_UNSUPPORTED(&reading);
	assert_int_equal(bench_start(bench, spec->name), 0);
	give(suite, &reading, "hello\n");
	BENCH_UNTIL(bench, strstr(text_string(&reading.output), "hello\n"));
	give(suite, &reading, NULL);
	reading_await(&reading);
	assert_int_equal(reading.code, 0);
	assert_string_equal(text_string(&reading.output), "hello\ndone\n");
	reading_drop(&reading);
}

/* --- exec */

static void run_exec(struct suite *suite, struct reading *reading,
		     const struct exec_options *options)
{
	suite_up(suite, "web", IDLE);
	BENCH_READ(&suite->bench, reading, exec, suite_name(suite, "web"), options);
	BENCH_UNTIL(&suite->bench, reading->open || reading->ended);
	SKIP_UNSUPPORTED(reading);
}

static void an_exec_gives_output_errors_and_its_exit_code(void **state)
{
	SUITE(state);
	struct reading reading;
	struct exec_options options = {
		.command = WORDS("sh", "-c", "echo $WHO; echo bad >&2; sleep 0.1; exit 6"),
		.env = WORDS("WHO=me")};

	run_exec(suite, &reading, &options);
	CLEANUP(memory_free) char *id = memory_copy(engine_stream_id(reading.stream));
	assert_non_null(id);
	reading_await(&reading);
	assert_int_equal(reading.code, 0);
	assert_string_equal(text_string(&reading.output), "me\n");
	assert_string_equal(text_string(&reading.errors), "bad\n");
	assert_int_equal(BENCH_ASK(bench, exec_exit, bench_exit_done, id), 0);
	assert_int_equal(bench->exit_code, 6);
	reading_drop(&reading);
}

static void an_exec_reads_its_input_to_the_end(void **state)
{
	struct suite *suite = *state;
	struct reading reading;

	run_exec(suite, &reading, &(struct exec_options){.command = WORDS("cat"), .input = true});
	give(suite, &reading, "one\n");
	give(suite, &reading, "two\n");
	give(suite, &reading, NULL);
	reading_await(&reading);
	assert_int_equal(reading.code, 0);
	assert_string_equal(text_string(&reading.output), "one\ntwo\n");
	reading_drop(&reading);
}

static void an_exec_on_a_terminal_has_one_channel_and_can_be_resized(void **state)
{
	SUITE(state);
	struct reading reading;
	struct exec_options options = {.command = WORDS("sh", "-c", "sleep 0.5; echo bad >&2"),
				       .tty = true,
				       .input = true,
				       .width = 80,
				       .height = 24};

	run_exec(suite, &reading, &options);
	assert_int_equal(BENCH_ASK(bench, resize, bench_done, engine_stream_id(reading.stream),
				   true, 100, 30),
			 0);
	reading_await(&reading);
	assert_string_equal(text_string(&reading.output), "bad\r\n");
	assert_string_equal(text_string(&reading.errors), "");
	reading_drop(&reading);
}

static void an_exec_in_what_does_not_run_is_a_conflict(void **state)
{
	SUITE(state);
	struct reading reading;

	suite_create(suite, "web", IDLE);
	BENCH_READ(bench, &reading, exec, suite_name(suite, "web"),
		   &(struct exec_options){.command = WORDS("true")});
	reading_await(&reading);
	SKIP_UNSUPPORTED(&reading);
	assert_int_equal(reading.code, ERROR_CONFLICT);
	assert_false(reading.open);
	reading_drop(&reading);
}

/* --- copies and stats */

static void what_is_copied_out_can_be_copied_in(void **state)
{
	SUITE(state);
	struct reading reading;
	struct container_spec *spec = suite_spec(suite, "web", IDLE);
	struct spec_file file = {
		.target = "/tmp/note", .bytes = "as it was\n", .len = 10, .mode = 0644};

	spec->files = &file;
	spec->file_count = 1;
	assert_int_equal(bench_create(bench, spec), 0);
	BENCH_READ(bench, &reading, copy_out, spec->name, "/tmp/note");
	reading_await(&reading);
	SKIP_UNSUPPORTED(&reading);
	assert_int_equal(reading.code, 0);
	assert_string_equal(text_string(&reading.output), "note");
	assert_true(reading.output.len >= 1024);
	suite_create(suite, "job", "cat /var/note");
	int status = BENCH_ASK(bench, copy_in, bench_done, suite_name(suite, "job"), "/var",
			       reading.output.data, reading.output.len);
	reading_drop(&reading);
	if (status == ERROR_UNSUPPORTED)
		skip();
	assert_int_equal(status, 0);
	assert_int_equal(bench_start(bench, suite_name(suite, "job")), 0);
	assert_int_equal(bench_wait(bench, suite_name(suite, "job")), 0);
	read_log(suite, &reading, &(struct logs_options){.tail = -1});
	assert_string_equal(text_string(&reading.output), "as it was\n");
	reading_drop(&reading);
}

static void a_file_that_is_not_there_is_not_found(void **state)
{
	SUITE(state);
	struct reading reading;

	suite_create(suite, "web", IDLE);
	BENCH_READ(bench, &reading, copy_out, suite_name(suite, "web"), "/nowhere/at/all");
	reading_await(&reading);
	SKIP_UNSUPPORTED(&reading);
	assert_int_equal(reading.code, ERROR_NOT_FOUND);
	reading_drop(&reading);
}

static void stats_asked_for_once_are_one_sample(void **state)
{
	SUITE(state);
	struct reading reading;

	suite_up(suite, "web", IDLE);
	BENCH_READ(bench, &reading, container_stats, suite_name(suite, "web"), true);
	reading_await(&reading);
	SKIP_UNSUPPORTED(&reading);
	assert_int_equal(reading.code, 0);
	assert_int_equal(reading.pieces, 1);
	assert_true(reading.stats);
	reading_drop(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_exit_of_its_own_is_create_start_die_with_the_code),
		TEST(a_stop_is_kill_then_die_and_stop),
		TEST(a_stop_that_takes_too_long_has_a_second_kill),
		TEST(a_restart_by_call_is_kill_die_stop_start_restart),
		TEST(a_restart_by_policy_is_die_and_start),
		TEST(a_forced_removal_is_kill_die_destroy),
		TEST(pause_unpause_and_rename_are_told),
		TEST(events_of_other_projects_are_not_told),
		TEST(what_was_is_replayed_from_since_on_and_until_ends_it),
		TEST(nothing_is_told_without_permission_to_read),
		TEST(both_channels_of_a_log_come_apart),
		TEST(a_log_is_cut_to_its_tail_and_its_lines_have_times),
		TEST(a_followed_log_ends_with_the_container),
		TEST(a_followed_log_can_be_closed),
		TEST(a_terminal_s_log_is_one_channel),
		TEST(the_log_of_nobody_ends_with_not_found),
		TEST(what_is_attached_before_the_start_sees_all_and_ends_with_it),
		TEST(input_reaches_the_container_and_its_end_ends_what_reads_it),
		TEST(an_exec_gives_output_errors_and_its_exit_code),
		TEST(an_exec_reads_its_input_to_the_end),
		TEST(an_exec_on_a_terminal_has_one_channel_and_can_be_resized),
		TEST(an_exec_in_what_does_not_run_is_a_conflict),
		TEST(what_is_copied_out_can_be_copied_in),
		TEST(a_file_that_is_not_there_is_not_found),
		TEST(stats_asked_for_once_are_one_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
