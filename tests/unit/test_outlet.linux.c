/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/cli/outlet.h"
#include "tests/folder.h"
#include "tests/loop.h"

#define TURNS 50

struct bench {
	uv_loop_t loop;
	struct outlet *outlet;
	int in, out; /* what is written to, and what it is read from; -1: closed */
	unsigned drained;
	bool closed;
	struct text got;
};

static void on_drained(void *payload)
{
	struct bench *bench = payload;

	bench->drained++;
}

static void on_closed(void *payload)
{
	struct bench *bench = payload;

	assert_false(bench->closed);
	bench->closed = true;
}

static void begin(struct bench *bench, int in, int out)
{
	*bench = (struct bench){.in = in, .out = out};
	assert_int_equal(uv_loop_init(&bench->loop), 0);
	bench->outlet = outlet_open(&bench->loop, in, on_drained, bench);
	assert_true(outlet_empty(bench->outlet));
	assert_false(outlet_full(bench->outlet));
}

static void begin_pipe(struct bench *bench)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	begin(bench, ends[1], ends[0]);
}

static void begin_socket(struct bench *bench)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	begin(bench, ends[1], ends[0]);
}

static unsigned turn(struct bench *bench)
{
	unsigned busy = 0;

	for (int i = 0; i < TURNS; i++) {
		unsigned before = bench->drained;
		uv_run(&bench->loop, UV_RUN_NOWAIT);
		busy += bench->drained != before;
	}
	return busy;
}

/* Takes what is there, at most so much. */
static size_t take(struct bench *bench, size_t most)
{
	char bytes[4096];
	size_t sum = 0;

	fcntl(bench->out, F_SETFL, O_NONBLOCK);
	while (sum < most) {
		size_t part = most - sum < sizeof(bytes) ? most - sum : sizeof(bytes);
		ssize_t count = read(bench->out, bytes, part);
		if (count <= 0)
			break;
		text_add_n(&bench->got, bytes, (size_t)count);
		sum += (size_t)count;
	}
	return sum;
}

static void shut(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

static void end(struct bench *bench)
{
	if (!bench->closed)
		outlet_close(bench->outlet, on_closed, bench);
	turn(bench);
	assert_true(bench->closed);
	shut(&bench->in);
	shut(&bench->out);
	loop_assert_clean(&bench->loop);
	text_drop(&bench->got);
}

static char *many_bytes(size_t len)
{
	char *bytes = memory_alloc(len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)('a' + i * 2654435761U % 26);
	return bytes;
}

static void what_is_written_comes_out_in_its_order(void **state)
{
	const size_t len = 1 << 20;
	CLEANUP(memory_free) char *bytes = many_bytes(len);
	struct bench bench;
	size_t at = 0;

	(void)state;
	begin_pipe(&bench);
	for (size_t part = 1; at < len; part = part * 7 % 60013 + 1) {
		size_t now = part < len - at ? part : len - at;
		outlet_write(bench.outlet, bytes + at, now);
		at += now;
		uv_run(&bench.loop, UV_RUN_NOWAIT);
		take(&bench, part % 5000);
	}
	while (bench.got.len < len) {
		take(&bench, 100000);
		uv_run(&bench.loop, UV_RUN_NOWAIT);
	}
	assert_memory_equal(bench.got.data, bytes, len);
	turn(&bench);
	assert_true(outlet_empty(bench.outlet));
	end(&bench);
}

static void a_reader_that_does_not_read_holds_up_nothing(void **state)
{
	const size_t len = 1 << 20;
	CLEANUP(memory_free) char *bytes = many_bytes(len);
	struct bench bench;

	(void)state;
	begin_pipe(&bench);
	outlet_write(bench.outlet, bytes, len);
	/* It would hang here. */
	turn(&bench);
	assert_true(outlet_full(bench.outlet));
	assert_false(outlet_empty(bench.outlet));
	assert_int_equal(bench.drained, 0);
	/* The handle is shared with other processes, which expect writes to wait. */
	assert_int_equal(fcntl(bench.in, F_GETFL) & O_NONBLOCK, 0);
	end(&bench);
}

static void it_is_told_when_all_that_waited_is_written(void **state)
{
	const size_t len = 300000;
	CLEANUP(memory_free) char *bytes = many_bytes(len);
	struct bench bench;

	(void)state;
	begin_pipe(&bench);
	outlet_write(bench.outlet, bytes, len);
	turn(&bench);
	while (bench.got.len < len) {
		assert_int_equal(bench.drained, 0);
		if (!take(&bench, 10000))
			break;
		uv_run(&bench.loop, UV_RUN_NOWAIT);
		if (outlet_empty(bench.outlet))
			break;
	}
	turn(&bench);
	assert_int_equal(bench.drained, 1);
	assert_true(outlet_empty(bench.outlet));
	assert_false(outlet_full(bench.outlet));
	take(&bench, len);
	assert_int_equal(bench.got.len, len);
	end(&bench);
}

static void a_file_is_written_at_once(void **state)
{
	const size_t len = 500000;
	CLEANUP(memory_free) char *bytes = many_bytes(len);
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "out");
	struct bench bench;

	(void)state;
	int file = open(path, O_CREAT | O_WRONLY, 0600);
	begin(&bench, file, open(path, O_RDONLY));
	outlet_write(bench.outlet, bytes, len);
	assert_true(outlet_empty(bench.outlet));
	assert_null(outlet_error(bench.outlet));
	take(&bench, len);
	assert_int_equal(bench.got.len, len);
	assert_memory_equal(bench.got.data, bytes, len);
	end(&bench);
}

static void a_file_that_takes_no_more_is_an_error_at_once(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, open("/dev/full", O_WRONLY), -1);
	outlet_write(bench.outlet, "x", 1);
	turn(&bench);
	assert_non_null(outlet_error(bench.outlet));
	assert_true(outlet_empty(bench.outlet));
	outlet_write(bench.outlet, "x", 1);
	assert_true(outlet_empty(bench.outlet));
	end(&bench);
}

static void a_reader_that_leaves_is_known_before_the_next_write(void **state)
{
	struct bench bench;

	(void)state;
	for (int i = 0; i < 2; i++) {
		if (i)
			begin_socket(&bench);
		else
			begin_pipe(&bench);
		outlet_write(bench.outlet, "one\n", 4);
		turn(&bench);
		assert_int_equal(bench.drained, 1);
		shut(&bench.out);
		assert_int_equal(turn(&bench), 1);
		assert_non_null(outlet_error(bench.outlet));
		assert_int_equal(bench.drained, 2);
		outlet_write(bench.outlet, "two\n", 4);
		assert_true(outlet_empty(bench.outlet));
		assert_int_equal(turn(&bench), 0);
		end(&bench);
	}
}

static void a_reader_that_leaves_in_the_middle_fails_what_waits(void **state)
{
	const size_t len = 1 << 20;
	CLEANUP(memory_free) char *bytes = many_bytes(len);
	struct bench bench;

	(void)state;
	for (int i = 0; i < 2; i++) {
		if (i)
			begin_socket(&bench);
		else
			begin_pipe(&bench);
		outlet_write(bench.outlet, bytes, len);
		turn(&bench);
		assert_true(outlet_full(bench.outlet));
		shut(&bench.out);
		assert_int_equal(turn(&bench), 1);
		assert_non_null(outlet_error(bench.outlet));
		assert_false(outlet_full(bench.outlet));
		assert_true(outlet_empty(bench.outlet));
		end(&bench);
	}
}

/* nc -N, and whatever else ends its own side first. */
static void a_socket_whose_other_side_sends_no_more_is_written_to(void **state)
{
	struct bench bench;

	(void)state;
	begin_socket(&bench);
	outlet_write(bench.outlet, "one\n", 4);
	turn(&bench);
	shutdown(bench.out, SHUT_WR);
	/* Nor does it keep the loop busy. */
	assert_int_equal(turn(&bench), 0);
	assert_null(outlet_error(bench.outlet));
	outlet_write(bench.outlet, "two\n", 4);
	assert_int_equal(turn(&bench), 1);
	take(&bench, 100);
	assert_string_equal(text_string(&bench.got), "one\ntwo\n");
	end(&bench);
}

static void closing_writes_what_needs_no_waiting_and_drops_the_rest(void **state)
{
	const size_t len = 1 << 20;
	CLEANUP(memory_free) char *bytes = many_bytes(len);
	struct bench bench;

	(void)state;
	begin_pipe(&bench);
	outlet_write(bench.outlet, "one\n", 4);
	outlet_close(bench.outlet, on_closed, &bench);
	turn(&bench);
	assert_true(bench.closed);
	take(&bench, 100);
	assert_string_equal(text_string(&bench.got), "one\n");
	end(&bench);

	begin_pipe(&bench);
	outlet_write(bench.outlet, bytes, len);
	outlet_close(bench.outlet, on_closed, &bench);
	turn(&bench);
	assert_true(bench.closed);
	take(&bench, len);
	assert_true(bench.got.len >= 4096 && bench.got.len < len);
	assert_memory_equal(bench.got.data, bytes, bench.got.len);
	end(&bench);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_comes_out_in_its_order),
		TEST(a_reader_that_does_not_read_holds_up_nothing),
		TEST(it_is_told_when_all_that_waited_is_written),
		TEST(a_file_is_written_at_once),
		TEST(a_file_that_takes_no_more_is_an_error_at_once),
		TEST(a_reader_that_leaves_is_known_before_the_next_write),
		TEST(a_reader_that_leaves_in_the_middle_fails_what_waits),
		TEST(a_socket_whose_other_side_sends_no_more_is_written_to),
		TEST(closing_writes_what_needs_no_waiting_and_drops_the_rest),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
