/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/tar.h"
#include "tests/docker/harness.h"
#include "tests/test.h"

static void begin_exec(struct heard *heard, struct harness *h, const char *box, const char *script,
		       struct exec_options options)
{
	const char *const command[] = {"sh", "-c", script, NULL};

	options.command = command;
	heard_begin(heard, h, engine_exec(h->engine, box, &options, &heard_reader, heard));
}

static int64_t exit_code_of(struct harness *h, const char *exec)
{
	CLEANUP(told_drop) struct told told = {0};

	engine_exec_exit(h->engine, exec, told_exit, &told);
	told_wait(&told, h);
	assert_int_equal(told.code, 0);
	return told.exit_code;
}

/* Waits until the exec has an id, and copies it. */
static char *id_of(struct heard *heard)
{
	while (!heard->opened && !heard->ends)
		harness_turn(heard->harness);
	if (heard->ends)
		fail_msg("%s", heard->message ? heard->message : "ended before it was open");
	return memory_copy(engine_stream_id(heard->stream));
}

static void exec_reads_its_input_to_the_end_and_gives_its_exit_code(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, false, "exec sleep 1000");
	CLEANUP(heard_free) struct heard *heard = heard_new();

	begin_exec(heard, h, box, "cat; echo done >&2; exit 7",
		   (struct exec_options){.input = true});
	CLEANUP(memory_free) char *exec = id_of(heard);
	heard_write(heard, "hello\n", 6);
	heard_wait_text(heard, STREAM_OUTPUT, "hello\n");
	heard_write(heard, "world\n", 6);
	heard_shutdown(heard);
	heard_wait_end(heard);
	assert_int_equal(heard->code, 0);
	assert_string_equal(text_string(&heard->bytes[1]), "hello\nworld\n");
	assert_string_equal(text_string(&heard->bytes[2]), "done\n");
	assert_int_equal(exit_code_of(h, exec), 7);
	box_remove(h, box);
}

static void what_is_written_before_the_answer_waits_for_it(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, false, "exec sleep 1000");
	CLEANUP(heard_free) struct heard *heard = heard_new();

	begin_exec(heard, h, box, "cat", (struct exec_options){.input = true});
	heard_write(heard, "early", 5);
	heard_shutdown(heard);
	heard_wait_end(heard);
	assert_string_equal(text_string(&heard->bytes[1]), "early");
	box_remove(h, box);
}

struct flood {
	struct heard *heard;
	const char *bytes;
	size_t len, at;
	bool shut;
};

static void flood_on(const struct error *err, void *payload)
{
	struct flood *flood = payload;
	size_t part = flood->len - flood->at;

	assert_null(err);
	if (part > 50000)
		part = 50000;
	if (part) {
		flood->at += part;
		engine_stream_write(flood->heard->stream, flood->bytes + flood->at - part, part,
				    flood_on, flood);
	} else if (!flood->shut) {
		flood->shut = true;
		engine_stream_shutdown(flood->heard->stream, flood_on, flood);
	}
}

static void megabytes_go_in_and_come_back_unchanged(void **state)
{
	struct harness *h = *state;
	size_t len = 6 << 20;
	CLEANUP(memory_free) char *bytes = memory_alloc(len);
	char *box = box_start(h, false, "exec sleep 1000");
	CLEANUP(heard_free) struct heard *heard = heard_new();

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 2654435761U >> 13);
	begin_exec(heard, h, box, "cat", (struct exec_options){.input = true});
	struct flood flood = {.heard = heard, .bytes = bytes, .len = len};
	flood_on(NULL, &flood);
	heard_wait_end(heard);
	assert_int_equal(heard->code, 0);
	assert_int_equal(heard->bytes[1].len, len);
	assert_memory_equal(heard->bytes[1].data, bytes, len);
	box_remove(h, box);
}

static void a_reader_that_does_not_read_is_told_once_a_permission(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, false, "exec sleep 1000");
	CLEANUP(heard_free) struct heard *heard = heard_new();
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	heard->lazy = true;
	begin_exec(heard, h, box, "head -c 100000000 /dev/zero; echo sent >&2",
		   (struct exec_options){0});
	for (int i = 1; i <= 20; i++) {
		engine_stream_read(heard->stream);
		engine_stream_read(heard->stream);
		while (heard->reads < i)
			harness_turn(h);
		assert_int_equal(heard->reads, i);
	}
	uv_sleep(100);
	uv_run(&h->loop, UV_RUN_NOWAIT);
	assert_int_equal(heard->reads, 20);
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_maxrss - before.ru_maxrss < 20000);
	engine_stream_close(heard->stream);
	assert_int_equal(heard->ends, 0);
	heard_wait_end(heard);
	assert_int_equal(heard->code, ERROR_CANCELLED);
	box_remove(h, box);
}

static void exec_with_a_terminal_has_its_size(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, false, "exec sleep 1000");
	CLEANUP(heard_free) struct heard *heard = heard_new();
	CLEANUP(told_drop) struct told resized = {0};

	begin_exec(heard, h, box,
		   "until stty size 2>/dev/null | grep 101; do sleep 0.05; done; read b; stty size",
		   (struct exec_options){.input = true, .tty = true, .width = 101, .height = 33});
	CLEANUP(memory_free) char *exec = id_of(heard);
	heard_wait_text(heard, STREAM_OUTPUT, "33 101");
	engine_resize(h->engine, exec, true, 77, 22, told_done, &resized);
	told_wait(&resized, h);
	assert_int_equal(resized.code, 0);
	heard_write(heard, "\n", 1);
	heard_wait_text(heard, STREAM_OUTPUT, "22 77");
	heard_wait_end(heard);
	assert_int_equal(exit_code_of(h, exec), 0);
	box_remove(h, box);
}

static void exec_takes_user_folder_and_environment(void **state)
{
	static const char *const env[] = {"WORD=two words", NULL};
	struct harness *h = *state;
	char *box = box_start(h, false, "exec sleep 1000");
	CLEANUP(heard_free) struct heard *heard = heard_new();

	begin_exec(heard, h, box, "echo $WORD; pwd; id -u",
		   (struct exec_options){.env = env, .folder = "/tmp", .user = "nobody"});
	heard_wait_end(heard);
	assert_string_equal(text_string(&heard->bytes[1]), "two words\n/tmp\n65534\n");
	box_remove(h, box);
}

static void the_exit_code_is_waited_for_where_the_output_ends_before(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, false, "exec sleep 1000");
	CLEANUP(heard_free) struct heard *heard = heard_new();

	begin_exec(heard, h, box, "exec >/dev/null 2>&1; sleep 0.4; exit 9",
		   (struct exec_options){0});
	CLEANUP(memory_free) char *exec = id_of(heard);
	assert_int_equal(exit_code_of(h, exec), 9);
	heard_wait_end(heard);
	box_remove(h, box);
}

static void a_detached_exec_ends_at_once_and_runs_on(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, false, "exec sleep 1000");
	CLEANUP(heard_free) struct heard *detached = heard_new(), *check = heard_new();

	begin_exec(detached, h, box, "echo x >/tmp/mark", (struct exec_options){.detach = true});
	heard_wait_end(detached);
	assert_int_equal(detached->code, 0);
	begin_exec(check, h, box, "until test -s /tmp/mark; do sleep 0.05; done; cat /tmp/mark",
		   (struct exec_options){0});
	heard_wait_end(check);
	assert_string_equal(text_string(&check->bytes[1]), "x\n");
	box_remove(h, box);
}

static void exec_where_it_cannot_be_says_why(void **state)
{
	static const char *const missing[] = {"/no/such/program", NULL};
	struct harness *h = *state;
	char *box = box_start(h, false, "exec sleep 1000");
	CLEANUP(heard_free)
	struct heard *absent = heard_new(), *stopped = heard_new(), *unknown = heard_new();
	CLEANUP(told_drop) struct told killed = {0}, ended = {0};

	begin_exec(absent, h, "wincompose-no-such", "true", (struct exec_options){0});
	heard_wait_end(absent);
	assert_int_equal(absent->code, ERROR_NOT_FOUND);
	assert_non_null(strstr(absent->message, "wincompose-no-such"));
	heard_begin(unknown, h,
		    engine_exec(h->engine, box, &(struct exec_options){.command = missing},
				&heard_reader, unknown));
	CLEANUP(memory_free) char *exec = id_of(unknown);
	heard_wait_end(unknown);
	assert_in_range(exit_code_of(h, exec), 126, 127);
	assert_true(text_starts(text_string(&unknown->bytes[1]), "OCI runtime exec failed"));
	engine_wait(h->engine, box, told_exit, &ended);
	engine_kill(h->engine, box, "KILL", told_done, &killed);
	told_wait(&ended, h);
	begin_exec(stopped, h, box, "true", (struct exec_options){0});
	heard_wait_end(stopped);
	assert_int_equal(stopped->code, ERROR_CONFLICT);
	box_remove(h, box);
}

/* --- attach */

static void attach_has_both_channels_and_half_close(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, false, "read a; echo got $a; echo bad >&2; cat; exit 3");
	CLEANUP(heard_free) struct heard *heard = heard_new();
	CLEANUP(told_drop) struct told ended = {0};
	const struct attach_options options = {
		.input = true, .output = true, .errors = true, .logs = true};

	engine_wait(h->engine, box, told_exit, &ended);
	heard_begin(heard, h, engine_attach(h->engine, box, &options, &heard_reader, heard));
	heard_write(heard, "one\n", 4);
	heard_wait_text(heard, STREAM_OUTPUT, "got one\n");
	heard_wait_text(heard, STREAM_ERRORS, "bad\n");
	heard_write(heard, "rest", 4);
	heard_shutdown(heard);
	heard_wait_end(heard);
	assert_int_equal(heard->code, 0);
	assert_int_equal(heard->opened, 1);
	assert_string_equal(text_string(&heard->bytes[1]), "got one\nrest");
	told_wait(&ended, h);
	assert_int_equal(ended.exit_code, 3);
	box_remove(h, box);
}

static void attach_to_a_terminal_is_one_raw_channel_that_can_be_resized(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, true, "echo ready; read a; stty size; read b; exit 4");
	CLEANUP(heard_free) struct heard *heard = heard_new();
	CLEANUP(told_drop) struct told resized = {0};
	const struct attach_options options = {
		.input = true, .output = true, .errors = true, .tty = true, .logs = true};

	heard_begin(heard, h, engine_attach(h->engine, box, &options, &heard_reader, heard));
	heard_wait_text(heard, STREAM_OUTPUT, "ready\r\n");
	engine_resize(h->engine, box, false, 90, 30, told_done, &resized);
	told_wait(&resized, h);
	heard_write(heard, "b\n", 2);
	heard_wait_text(heard, STREAM_OUTPUT, "30 90\r\n");
	heard_write(heard, "\4", 1);
	heard_wait_end(heard);
	assert_int_equal(heard->code, 0);
	assert_int_equal(heard->bytes[2].len, 0);
	box_remove(h, box);
}

static void attach_to_what_is_not_there_is_told(void **state)
{
	struct harness *h = *state;
	CLEANUP(heard_free) struct heard *heard = heard_new();
	const struct attach_options options = {.output = true};

	heard_begin(heard, h,
		    engine_attach(h->engine, "wincompose-no-such", &options, &heard_reader, heard));
	heard_wait_end(heard);
	assert_int_equal(heard->code, ERROR_NOT_FOUND);
	assert_int_equal(heard->opened, 0);
}

/* Closed after so many turns of the loop: before the negotiation, before the answer, among data. */
static void closing_at_any_turn_ends_once(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, false, "while :; do echo line; done");
	const struct attach_options options = {.input = true, .output = true};

	for (int turns = 0; turns < 25; turns++) {
		CLEANUP(heard_free) struct heard *attach = heard_new(), *exec = heard_new();
		CLEANUP(told_drop) struct told written = {0};

		heard_begin(attach, h,
			    engine_attach(h->engine, box, &options, &heard_reader, attach));
		begin_exec(exec, h, box, "while :; do echo line; done",
			   (struct exec_options){.input = true});
		engine_stream_write(exec->stream, "x", 1, told_done, &written);
		harness_turns(h, turns);
		engine_stream_close(attach->stream);
		engine_stream_close(exec->stream);
		heard_wait_end(attach);
		heard_wait_end(exec);
		assert_int_equal(attach->code, ERROR_CANCELLED);
		assert_int_equal(exec->code, ERROR_CANCELLED);
		assert_int_equal(written.calls, 1);
	}
	box_remove(h, box);
}

static void closing_the_engine_at_any_turn_ends_every_stream_once(void **state)
{
	struct harness *first = *state;
	char *box = box_start(first, false, "while :; do echo line; done");
	const struct attach_options options = {.output = true};

	for (int turns = 0; turns < 16; turns++) {
		struct harness h = {0};
		CLEANUP(heard_free)
		struct heard *attach = heard_new(), *exec = heard_new(), *stats = heard_new(),
			     *copy = heard_new();
		CLEANUP(told_drop) struct told exit_told = {0};

		harness_open(&h);
		heard_begin(attach, &h,
			    engine_attach(h.engine, box, &options, &heard_reader, attach));
		begin_exec(exec, &h, box, "cat", (struct exec_options){.input = true});
		heard_begin(stats, &h,
			    engine_container_stats(h.engine, box, false, &heard_reader, stats));
		heard_begin(copy, &h, engine_copy_out(h.engine, box, "/bin", &heard_reader, copy));
		engine_exec_exit(h.engine, "no-such", told_exit, &exit_told);
		harness_turns(&h, turns);
		harness_close(&h);
		assert_int_equal(attach->ends, 1);
		assert_int_equal(exec->ends, 1);
		assert_int_equal(stats->ends, 1);
		assert_int_equal(copy->ends, 1);
		assert_int_equal(exit_told.calls, 1);
	}
	box_remove(first, box);
}

/* --- copy */

static void files_are_copied_in_and_out(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, false, "exec sleep 1000");
	CLEANUP(heard_free)
	struct heard *out = heard_new(), *absent = heard_new(), *look = heard_new();
	CLEANUP(told_drop) struct told in = {0}, nowhere = {0};
	CLEANUP(text_drop) struct text tar = {0};
	CLEANUP(memory_free) char *big = memory_zero(1, 3000000);

	tar_file(&tar,
		 &(struct tar_entry){.path = "a/hello", .size = 6, .mode = 0640, .uid = 65534},
		 "world\n");
	tar_file(&tar, &(struct tar_entry){.path = "a/big", .size = 3000000, .mode = 0600}, big);
	tar_end(&tar);
	engine_copy_in(h->engine, box, "/tmp", tar.data, tar.len, told_done, &in);
	told_wait(&in, h);
	if (in.code)
		fail_msg("%s", in.message);
	begin_exec(look, h, box, "cd /tmp/a; stat -c '%n %a %u %s' *; cat hello",
		   (struct exec_options){0});
	heard_wait_end(look);
	assert_string_equal(text_string(&look->bytes[1]),
			    "big 600 0 3000000\nhello 640 65534 6\nworld\n");
	heard_begin(out, h, engine_copy_out(h->engine, box, "/tmp/a", &heard_reader, out));
	heard_wait_end(out);
	assert_int_equal(out->code, 0);
	assert_true(out->bytes[1].len > 3000000);
	assert_non_null(memmem(out->bytes[1].data, out->bytes[1].len, "a/hello", 8));
	assert_non_null(memmem(out->bytes[1].data, out->bytes[1].len, "world\n\0", 7));
	heard_begin(absent, h, engine_copy_out(h->engine, box, "/no/such", &heard_reader, absent));
	heard_wait_end(absent);
	assert_int_equal(absent->code, ERROR_NOT_FOUND);
	assert_non_null(strstr(absent->message, "/no/such"));
	engine_copy_in(h->engine, box, "/no/such", tar.data, tar.len, told_done, &nowhere);
	told_wait(&nowhere, h);
	assert_int_equal(nowhere.code, ERROR_NOT_FOUND);
	box_remove(h, box);
}

/* --- stats */

static void stats_come_once_or_as_a_stream(void **state)
{
	struct harness *h = *state;
	char *box = box_start(h, false, "while :; do :; done");
	CLEANUP(heard_free) struct heard *once = heard_new(), *stream = heard_new();

	heard_begin(once, h, engine_container_stats(h->engine, box, true, &heard_reader, once));
	heard_begin(stream, h,
		    engine_container_stats(h->engine, box, false, &heard_reader, stream));
	heard_wait_end(once);
	assert_int_equal(once->code, 0);
	assert_int_equal(once->samples, 1);
	assert_true(once->stats.cpu_percent > 5 && once->stats.cpu_percent < 150);
	while (stream->samples < 2)
		harness_turn(h);
	assert_true(stream->stats.memory_limit > 1 << 20);
	engine_stream_close(stream->stream);
	heard_wait_end(stream);
	assert_int_equal(stream->code, ERROR_CANCELLED);
	box_remove(h, box);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_ENGINE(exec_reads_its_input_to_the_end_and_gives_its_exit_code),
		WITH_ENGINE(what_is_written_before_the_answer_waits_for_it),
		WITH_ENGINE(megabytes_go_in_and_come_back_unchanged),
		WITH_ENGINE(a_reader_that_does_not_read_is_told_once_a_permission),
		WITH_ENGINE(exec_with_a_terminal_has_its_size),
		WITH_ENGINE(exec_takes_user_folder_and_environment),
		WITH_ENGINE(the_exit_code_is_waited_for_where_the_output_ends_before),
		WITH_ENGINE(a_detached_exec_ends_at_once_and_runs_on),
		WITH_ENGINE(exec_where_it_cannot_be_says_why),
		WITH_ENGINE(attach_has_both_channels_and_half_close),
		WITH_ENGINE(attach_to_a_terminal_is_one_raw_channel_that_can_be_resized),
		WITH_ENGINE(attach_to_what_is_not_there_is_told),
		WITH_ENGINE(closing_at_any_turn_ends_once),
		WITH_ENGINE(closing_the_engine_at_any_turn_ends_every_stream_once),
		WITH_ENGINE(files_are_copied_in_and_out),
		WITH_ENGINE(stats_come_once_or_as_a_stream),
	};

	if (!harness_begin(argc, argv))
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
