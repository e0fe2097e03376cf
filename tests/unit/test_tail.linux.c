/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/cli/tail.h"
#include "tests/desk.h"
#include "tests/folder.h"

#define PATIENCE (20 * CLOCK_SECOND)

struct bench {
	struct desk desk;
	struct cli *cli;
	struct tail *tail;
	char *folder;
	int stdout_before;
	int out; /* what stdout is read from */
	unsigned drained;
	bool closed;
	struct text got;
};

static void on_drained(void *payload)
{
	struct bench *bench = payload;

	assert_true(tail_is_drained(bench->tail));
	assert_false(bench->closed);
	bench->drained++;
}

static void on_closed(void *payload)
{
	struct bench *bench = payload;

	assert_false(bench->closed);
	bench->closed = true;
}

static void begin_with(struct bench *bench, const struct tail_options *options, size_t chop,
		       bool piped)
{
	int ends[2];

	*bench = (struct bench){0};
	desk_open(&bench->desk, &(struct fake_options){.any_image = true, .chop = chop});
	bench->cli = &bench->desk.cli;
	fflush(stdout);
	bench->stdout_before = dup(1);
	if (piped) {
		assert_int_equal(pipe(ends), 0);
		bench->out = ends[0];
		dup2(ends[1], 1);
		close(ends[1]);
	} else {
		bench->folder = folder_new();
		CLEANUP(memory_free) char *path = path_join(bench->folder, "out");
		int file = open(path, O_CREAT | O_WRONLY, 0600);
		dup2(file, 1);
		close(file);
		bench->out = open(path, O_RDONLY);
	}
	fcntl(bench->out, F_SETFL, O_NONBLOCK);
	bench->tail = tail_open(bench->cli, options, on_drained, bench);
}

static void begin(struct bench *bench, const struct tail_options *options)
{
	begin_with(bench, options, 0, false);
}

/* Turns the loop for so long. */
static void pass_time(struct bench *bench, uint64_t ns)
{
	uint64_t until = clock_monotonic() + ns;

	do {
		for (int i = 0; i < 50; i++)
			uv_run(bench->cli->loop, UV_RUN_NOWAIT);
		if (ns > CLOCK_MS)
			uv_sleep(1);
	} while (clock_monotonic() < until);
}

static const char *take(struct bench *bench)
{
	char bytes[4096];
	ssize_t count;

	while ((count = read(bench->out, bytes, sizeof(bytes))) > 0)
		text_add_n(&bench->got, bytes, (size_t)count);
	return text_string(&bench->got);
}

/* Until this is all that was shown; forgets it then. */
static void wait_shown(struct bench *bench, const char *wanted)
{
	uint64_t until = clock_monotonic() + PATIENCE;

	while (strcmp(take(bench), wanted) != 0 && clock_monotonic() < until &&
	       bench->got.len <= strlen(wanted))
		pass_time(bench, 2 * CLOCK_MS);
	assert_string_equal(take(bench), wanted);
	text_clear(&bench->got);
}

static void wait_drained(struct bench *bench)
{
	uint64_t until = clock_monotonic() + PATIENCE;

	while (!tail_is_drained(bench->tail) && clock_monotonic() < until)
		pass_time(bench, 2 * CLOCK_MS);
	assert_true(tail_is_drained(bench->tail));
	assert_true(bench->drained > 0);
}

static void close_tail(struct bench *bench)
{
	tail_close(bench->tail, on_closed, bench);
	for (int i = 0; i < 50 && !bench->closed; i++)
		uv_run(bench->cli->loop, UV_RUN_NOWAIT);
	assert_true(bench->closed);
}

static void end(struct bench *bench)
{
	if (!bench->closed)
		close_tail(bench);
	dup2(bench->stdout_before, 1);
	close(bench->stdout_before);
	if (bench->out >= 0)
		close(bench->out);
	desk_close(&bench->desk);
	text_drop(&bench->got);
	if (bench->folder)
		folder_drop(&bench->folder);
}

static void made(const char *id, const struct error *err, void *payload)
{
	assert_null(err);
	*(char **)payload = memory_copy(id);
}

/* A container that runs; what there is to add of it. The caller drops it. */
static struct container create(struct bench *bench, const char *name, const char *service,
			       const char *number)
{
	struct label labels[] = {{"com.docker.compose.container-number", number},
				 {"com.docker.compose.project", "shop"},
				 {"com.docker.compose.service", service}};
	const struct container_spec spec = {.name = name, .image = "any", .labels = {labels, 3, 3}};
	struct container container = {.name = memory_copy(name), .state = CONTAINER_RUNNING};

	engine_create(bench->cli->engine, &spec, made, &container.id);
	while (!container.id)
		uv_run(bench->cli->loop, UV_RUN_NOWAIT);
	assert_int_equal(fake_client_start(bench->desk.world, name), 0);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		array_push(&container.labels, ((struct label){memory_copy(labels[i].key),
							      memory_copy(labels[i].value)}));
	return container;
}

static void print(struct bench *bench, const char *name, const char *line)
{
	fake_print(bench->desk.world, name, STREAM_OUTPUT, line);
}

/* --- how lines look */

static void each_line_has_its_containers_name_padded_to_the_longest(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct tail_options){.follow = true, .count = -1});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	CLEANUP(container_drop)
	struct container own = create(&bench, "chosen-name", "api", "1");
	tail_add(bench.tail, &web, 0);
	tail_add(bench.tail, &own, 0);
	print(&bench, "shop-web-1", "one");
	wait_shown(&bench, "web-1        | one\n");
	print(&bench, "chosen-name", "two");
	wait_shown(&bench, "chosen-name  | two\n");
	end(&bench);
}

static void without_prefix_and_with_times_it_is_as_asked(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct tail_options){.follow = true, .no_prefix = true, .count = -1});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	tail_add(bench.tail, &web, 0);
	print(&bench, "shop-web-1", "one");
	wait_shown(&bench, "one\n");
	end(&bench);

	begin(&bench, &(struct tail_options){.timestamps = true, .count = -1});
	CLEANUP(container_drop) struct container api = create(&bench, "shop-api-1", "api", "1");
	print(&bench, "shop-api-1", "one");
	tail_add(bench.tail, &api, 0);
	wait_drained(&bench);
	const char *shown = take(&bench);
	assert_true(text_starts(shown, "api-1  | ") && shown[strlen("api-1  | 2026")] == '-');
	assert_string_equal(shown + strlen(shown) - 6, "Z one\n");
	end(&bench);
}

static void colours_stay_with_the_service(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct tail_options){.follow = true, .count = -1});
	bench.cli->colour_out = true;
	CLEANUP(container_drop) struct container one = create(&bench, "shop-web-1", "web", "1");
	CLEANUP(container_drop) struct container api = create(&bench, "shop-api-1", "api", "1");
	CLEANUP(container_drop) struct container two = create(&bench, "shop-web-2", "web", "2");
	tail_add(bench.tail, &one, 0);
	tail_add(bench.tail, &api, 0);
	tail_add(bench.tail, &two, 0);
	print(&bench, "shop-web-1", "a");
	wait_shown(&bench, "\033[36mweb-1  | \033[0ma\n");
	print(&bench, "shop-api-1", "b");
	wait_shown(&bench, "\033[33mapi-1  | \033[0mb\n");
	print(&bench, "shop-web-2", "c");
	wait_shown(&bench, "\033[36mweb-2  | \033[0mc\n");
	end(&bench);

	begin(&bench, &(struct tail_options){.no_colour = true, .count = -1});
	bench.cli->colour_out = true;
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	print(&bench, "shop-web-1", "a");
	tail_add(bench.tail, &web, 0);
	wait_shown(&bench, "web-1  | a\n");
	end(&bench);
}

static void lines_are_whole_however_their_pieces_come(void **state)
{
	(void)state;
	for (size_t chop = 1; chop < 60; chop += 7) {
		struct bench bench;
		begin_with(&bench, &(struct tail_options){.follow = true, .count = -1}, chop,
			   false);
		CLEANUP(container_drop)
		struct container web = create(&bench, "shop-web-1", "web", "1");
		CLEANUP(container_drop)
		struct container api = create(&bench, "shop-api-1", "api", "1");
		tail_add(bench.tail, &web, 0);
		tail_add(bench.tail, &api, 0);
		pass_time(&bench, CLOCK_MS);
		print(&bench, "shop-web-1", "a line of web");
		fake_print(bench.desk.world, "shop-web-1", STREAM_ERRORS, "an error of web");
		uint64_t until = clock_monotonic() + PATIENCE;
		while (strlen(take(&bench)) < 48 && clock_monotonic() < until)
			pass_time(&bench, CLOCK_MS);
		assert_non_null(strstr(take(&bench), "web-1  | a line of web\n"));
		assert_non_null(strstr(take(&bench), "web-1  | an error of web\n"));
		end(&bench);
	}
}

static void a_line_that_is_too_long_is_split_and_marked(void **state)
{
	CLEANUP(memory_free) char *line = memory_alloc(100001);
	CLEANUP(text_drop) struct text whole = {0};
	struct bench bench;

	(void)state;
	memset(line, 'x', 100000);
	line[100000] = '\0';
	begin(&bench, &(struct tail_options){.no_prefix = true, .count = -1});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	print(&bench, "shop-web-1", line);
	tail_add(bench.tail, &web, 0);
	wait_drained(&bench);
	const char *shown = take(&bench);
	size_t first = strcspn(shown, "\n");
	assert_true(first < 70000);
	assert_memory_equal(shown + first - 6, " [...]", 6);
	assert_memory_equal(shown + first + 1, "[...] x", 7);
	for (const char *c = shown; *c; c++) {
		if (*c == 'x')
			text_add_char(&whole, 'x');
	}
	assert_int_equal(whole.len, 100000);
	end(&bench);
}

/* --- the past and the end */

static void without_follow_it_ends_with_what_there_is(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct tail_options){.count = 2});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	print(&bench, "shop-web-1", "one");
	print(&bench, "shop-web-1", "two");
	print(&bench, "shop-web-1", "three");
	assert_true(tail_is_drained(bench.tail));
	tail_add(bench.tail, &web, 0);
	assert_false(tail_is_drained(bench.tail));
	wait_drained(&bench);
	assert_null(tail_error(bench.tail));
	wait_shown(&bench, "web-1  | two\nweb-1  | three\n");
	end(&bench);
}

static void what_came_before_since_is_not_shown(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct tail_options){.count = -1});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	print(&bench, "shop-web-1", "one");
	int64_t since = fake_wall(bench.desk.world) + 1;
	tail_add(bench.tail, &web, since);
	wait_drained(&bench);
	assert_string_equal(take(&bench), "");
	end(&bench);
}

static void followed_to_its_end_it_is_drained_and_taken_up_when_it_runs_again(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct tail_options){.follow = true, .count = -1});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	tail_add(bench.tail, &web, 0);
	print(&bench, "shop-web-1", "first life");
	wait_shown(&bench, "web-1  | first life\n");
	assert_int_equal(bench.drained, 0);
	fake_exit(bench.desk.world, "shop-web-1", 0);
	wait_drained(&bench);
	/* A list that shows it ended changes nothing. */
	web.state = CONTAINER_EXITED;
	tail_add(bench.tail, &web, 0);
	assert_true(tail_is_drained(bench.tail));
	assert_int_equal(fake_client_start(bench.desk.world, "shop-web-1"), 0);
	print(&bench, "shop-web-1", "second life");
	web.state = CONTAINER_RUNNING;
	tail_add(bench.tail, &web, 0);
	wait_shown(&bench, "web-1  | second life\n");
	end(&bench);
}

static void a_note_comes_behind_the_last_line(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct tail_options){.follow = true, .count = -1});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	tail_add(bench.tail, &web, 0);
	pass_time(&bench, 5 * CLOCK_MS);
	print(&bench, "shop-web-1", "last words");
	fake_exit(bench.desk.world, "shop-web-1", 3);
	/* The event overtakes the log. */
	tail_note(bench.tail, "shop-web-1", "exited with code 3");
	wait_drained(&bench);
	wait_shown(&bench, "web-1  | last words\nweb-1 exited with code 3\n");
	end(&bench);
}

static void a_note_on_what_is_not_added_yet_waits_for_it(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct tail_options){.follow = true, .count = -1});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	print(&bench, "shop-web-1", "last words");
	fake_exit(bench.desk.world, "shop-web-1", 3);
	tail_note(bench.tail, "shop-web-1", "exited with code 3");
	pass_time(&bench, 5 * CLOCK_MS);
	assert_string_equal(take(&bench), "");
	tail_add(bench.tail, &web, 0);
	wait_drained(&bench);
	wait_shown(&bench, "web-1  | last words\nweb-1 exited with code 3\n");
	end(&bench);
}

/* --- breaks */

static void after_a_break_each_line_is_shown_exactly_once(void **state)
{
	CLEANUP(text_drop) struct text wanted = {0};
	struct bench bench;
	char line[32];

	(void)state;
	begin(&bench, &(struct tail_options){.follow = true, .count = -1});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	tail_add(bench.tail, &web, 0);
	for (int i = 0; i < 60; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		text_printf(&wanted, "web-1  | %s\n", line);
		print(&bench, "shop-web-1", line);
		if (i % 20 == 10)
			pass_time(&bench, 5 * CLOCK_MS);
		if (i % 20 == 15)
			fake_break_streams(bench.desk.world);
	}
	wait_shown(&bench, text_string(&wanted));
	assert_true(fake_calls(bench.desk.world, "logs") >= 2);
	end(&bench);
}

static void without_follow_a_break_is_an_error(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct tail_options){.count = -1});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	fake_fail(bench.desk.world, &(struct fake_fault){.call = "logs",
							 .any = true,
							 .code = ERROR_UNAVAILABLE,
							 .message = "the engine is gone"});
	tail_add(bench.tail, &web, 0);
	wait_drained(&bench);
	assert_non_null(tail_error(bench.tail));
	assert_string_equal(tail_error(bench.tail)->message, "the engine is gone");
	end(&bench);
}

static void a_container_that_is_gone_is_no_error(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, &(struct tail_options){.follow = true, .count = -1});
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	assert_int_equal(fake_client_remove(bench.desk.world, "shop-web-1", true), 0);
	tail_add(bench.tail, &web, 0);
	wait_drained(&bench);
	assert_null(tail_error(bench.tail));
	assert_string_equal(take(&bench), "");
	end(&bench);
}

/* --- stdout */

static void a_reader_that_is_slow_gets_every_line_in_its_order(void **state)
{
	CLEANUP(text_drop) struct text wanted = {0};
	struct bench bench;
	char line[128];

	(void)state;
	begin_with(&bench, &(struct tail_options){.follow = true, .count = -1}, 0, true);
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	tail_add(bench.tail, &web, 0);
	for (int i = 0; i < 8000; i++) {
		snprintf(line, sizeof(line), "%060d", i);
		text_printf(&wanted, "web-1  | %s\n", line);
		print(&bench, "shop-web-1", line);
	}
	/* Nobody reads: the loop goes on, and nothing is told. */
	pass_time(&bench, 20 * CLOCK_MS);
	assert_false(tail_is_drained(bench.tail));
	wait_shown(&bench, text_string(&wanted));
	fake_exit(bench.desk.world, "shop-web-1", 0);
	wait_drained(&bench);
	end(&bench);
}

static void where_nobody_reads_any_more_it_is_drained_with_an_error(void **state)
{
	struct bench bench;

	(void)state;
	begin_with(&bench, &(struct tail_options){.follow = true, .count = -1}, 0, true);
	CLEANUP(container_drop) struct container web = create(&bench, "shop-web-1", "web", "1");
	tail_add(bench.tail, &web, 0);
	print(&bench, "shop-web-1", "one");
	wait_shown(&bench, "web-1  | one\n");
	close(bench.out);
	bench.out = -1;
	print(&bench, "shop-web-1", "two");
	wait_drained(&bench);
	assert_non_null(tail_error(bench.tail));
	end(&bench);
}

/* --- closing */

static void closed_in_any_state_it_ends_clean(void **state)
{
	(void)state;
	for (int turns = 0; turns < 16; turns++) {
		struct bench bench;
		begin(&bench, &(struct tail_options){.follow = true, .count = -1});
		CLEANUP(container_drop)
		struct container web = create(&bench, "shop-web-1", "web", "1");
		CLEANUP(container_drop)
		struct container api = create(&bench, "shop-api-1", "api", "1");
		print(&bench, "shop-web-1", "one");
		tail_add(bench.tail, &web, 0);
		tail_add(bench.tail, &api, 0);
		tail_note(bench.tail, "shop-nobody-1", "exited with code 0");
		for (int i = 0; i < turns; i++)
			uv_run(bench.cli->loop, UV_RUN_NOWAIT);
		if (turns > 12) {
			fake_break_streams(bench.desk.world);
			pass_time(&bench, 5 * CLOCK_MS);
		}
		close_tail(&bench);
		end(&bench);
	}
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_line_has_its_containers_name_padded_to_the_longest),
		TEST(without_prefix_and_with_times_it_is_as_asked),
		TEST(colours_stay_with_the_service),
		TEST(lines_are_whole_however_their_pieces_come),
		TEST(a_line_that_is_too_long_is_split_and_marked),
		TEST(without_follow_it_ends_with_what_there_is),
		TEST(what_came_before_since_is_not_shown),
		TEST(followed_to_its_end_it_is_drained_and_taken_up_when_it_runs_again),
		TEST(a_note_comes_behind_the_last_line),
		TEST(a_note_on_what_is_not_added_yet_waits_for_it),
		TEST(after_a_break_each_line_is_shown_exactly_once),
		TEST(without_follow_a_break_is_an_error),
		TEST(a_container_that_is_gone_is_no_error),
		TEST(a_reader_that_is_slow_gets_every_line_in_its_order),
		TEST(where_nobody_reads_any_more_it_is_drained_with_an_error),
		TEST(closed_in_any_state_it_ends_clean),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
