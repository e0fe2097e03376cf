/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "compose/supervise/watch.h"
#include "engine/fake/fake.h"
#include "tests/loop.h"

#define PROJECT "com.docker.compose.project"
#define SERVICE "com.docker.compose.service"
#define NUMBER  "com.docker.compose.container-number"

struct bench {
	uv_loop_t loop;
	struct fake_world *world;
	struct engine *engine, *client;
	struct watch *watch;
	struct text told; /* "open", "list web,api", "start web", "broken", a line each */
	bool greedy;      /* takes the lists over */
	bool closed;
};

static void on_event(const struct engine_event *event, void *payload)
{
	struct bench *bench = payload;

	text_printf(&bench->told, "%s %s\n", event->action, event->name);
}

static void on_observed(struct observed *observed, void *payload)
{
	struct bench *bench = payload;

	text_add(&bench->told, "list");
	ARRAY_FOR_EACH (const struct container, container, &observed->containers)
		text_printf(&bench->told, " %s", container->name);
	text_add(&bench->told, "\n");
	if (!bench->greedy)
		return;
	struct observed mine = *observed;
	*observed = (struct observed){0};
	observed_drop(&mine);
}

static void on_broken(const struct error *err, void *payload)
{
	struct bench *bench = payload;

	assert_non_null(err);
	text_add(&bench->told, "broken\n");
}

static void on_open(void *payload)
{
	struct bench *bench = payload;

	text_add(&bench->told, "open\n");
}

static void open_world(struct bench *bench)
{
	static const char *const built[] = {PROJECT, "shop", SERVICE, "web", NULL};

	*bench = (struct bench){0};
	assert_int_equal(uv_loop_init(&bench->loop), 0);
	bench->world = fake_world_new(&(struct fake_options){.clock = FAKE_VIRTUAL});
	fake_image_add(bench->world, "plain");
	fake_image(bench->world, &(struct fake_image){.reference = "built", .labels = built});
	bench->engine = fake_open(bench->world, &bench->loop, NULL);
	bench->client = fake_open(bench->world, &bench->loop, NULL);
}

static void open_watch(struct bench *bench)
{
	static const struct watch_reader reader = {
		.event = on_event,
		.observed = on_observed,
		.broken = on_broken,
		.open = on_open,
	};

	bench->watch = watch_open(bench->engine, "shop", &reader, bench);
	assert_int_equal(bench->told.len, 0);
}

static void begin(struct bench *bench)
{
	open_world(bench);
	open_watch(bench);
	fake_advance(bench->world, CLOCK_MS);
}

static void on_closed(void *payload)
{
	bool *closed = payload;

	assert_false(*closed);
	*closed = true;
}

static void close_watch(struct bench *bench)
{
	watch_close(bench->watch, on_closed, &bench->closed);
	assert_false(bench->closed);
	for (int i = 0; i < 100 && !bench->closed; i++) {
		uv_run(&bench->loop, UV_RUN_NOWAIT);
		fake_advance(bench->world, CLOCK_MS);
	}
	assert_true(bench->closed);
}

static void end(struct bench *bench)
{
	bool closed[2] = {false};

	if (!bench->closed)
		close_watch(bench);
	engine_close(bench->engine, on_closed, &closed[0]);
	engine_close(bench->client, on_closed, &closed[1]);
	for (int i = 0; i < 10; i++)
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	assert_true(closed[0] && closed[1]);
	fake_world_drop(&bench->world);
	loop_assert_clean(&bench->loop);
	text_drop(&bench->told);
}

static void made(const char *id, const struct error *err, void *payload)
{
	(void)payload;
	assert_non_null(id);
	assert_null(err);
}

static void create(struct bench *bench, const char *name, const char *image, bool own)
{
	struct label labels[] = {{NUMBER, "1"}, {PROJECT, "shop"}, {SERVICE, "web"}};
	const struct container_spec spec = {
		.name = name,
		.image = image,
		.labels = {labels, own ? 3 : 0, 3},
	};

	engine_create(bench->client, &spec, made, NULL);
	fake_advance(bench->world, CLOCK_MS);
	assert_non_null(fake_container(bench->world, name));
}

/* What was told since it was last asked. */
static void assert_told(struct bench *bench, const char *wanted)
{
	assert_string_equal(text_string(&bench->told), wanted);
	text_clear(&bench->told);
}

static unsigned count(const struct bench *bench, const char *line)
{
	unsigned found = 0;

	for (const char *at = text_string(&bench->told); (at = strstr(at, line)); at++)
		found++;
	return found;
}

/* --- at rest */

static void told_open_it_lists_once_and_then_each_ten_seconds(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	assert_told(&bench, "open\nlist\n");
	fake_advance(bench.world, 9 * CLOCK_SECOND);
	assert_told(&bench, "");
	unsigned before = fake_requests(bench.world);
	fake_advance(bench.world, 30 * CLOCK_SECOND);
	assert_told(&bench, "list\nlist\nlist\n");
	assert_int_equal(fake_requests(bench.world) - before, 3);
	end(&bench);
}

static void events_are_told_in_their_order(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	assert_told(&bench, "open\nlist\n");
	create(&bench, "one", "plain", true);
	fake_client_start(bench.world, "one");
	fake_client_kill(bench.world, "one", "KILL");
	fake_advance(bench.world, CLOCK_MS);
	assert_int_equal(fake_client_remove(bench.world, "one", false), 0);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_told(&bench, "create one\nstart one\nkill one\ndie one\ndestroy one\n");
	end(&bench);
}

static void a_list_may_be_taken_over(void **state)
{
	struct bench bench;

	(void)state;
	open_world(&bench);
	bench.greedy = true;
	create(&bench, "one", "plain", true);
	open_watch(&bench);
	fake_advance(bench.world, CLOCK_MS);
	assert_told(&bench, "open\nlist one\n");
	end(&bench);
}

static void several_calls_for_a_list_are_one(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	assert_told(&bench, "open\nlist\n");
	unsigned before = fake_calls(bench.world, "list");
	fake_latency(bench.world, "list", 10 * CLOCK_MS);
	for (int i = 0; i < 5; i++)
		watch_list_now(bench.watch);
	fake_advance(bench.world, CLOCK_SECOND);
	/* The one under way may not know what the later calls are about. */
	assert_int_equal(fake_calls(bench.world, "list") - before, 2);
	assert_int_equal(count(&bench, "list\n"), 2);
	end(&bench);
}

static void a_list_that_fails_is_made_again_at_the_next_rest(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	assert_told(&bench, "open\nlist\n");
	fake_fail(bench.world, &(struct fake_fault){.call = "list", .any = true});
	fake_advance(bench.world, 10 * CLOCK_SECOND);
	assert_told(&bench, "");
	fake_advance(bench.world, 10 * CLOCK_SECOND);
	assert_told(&bench, "list\n");
	end(&bench);
}

static void the_first_list_is_tried_until_it_comes(void **state)
{
	struct bench bench;

	(void)state;
	open_world(&bench);
	fake_fail(bench.world, &(struct fake_fault){.call = "list", .any = true, .count = 3});
	open_watch(&bench);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_told(&bench, "open\nlist\n");
	end(&bench);
}

static void a_list_that_an_event_overtook_is_not_told_but_made_again(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "one", "plain", true);
	text_clear(&bench.told);
	fake_latency(bench.world, "list", 10 * CLOCK_MS);
	watch_list_now(bench.watch);
	fake_advance(bench.world, 5 * CLOCK_MS);
	fake_client_start(bench.world, "one");
	fake_advance(bench.world, 10 * CLOCK_MS);
	assert_told(&bench, "start one\n");
	fake_advance(bench.world, 15 * CLOCK_MS);
	assert_told(&bench, "list one\n");
	end(&bench);
}

static void where_events_never_cease_a_list_is_told_all_the_same(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "one", "plain", true);
	fake_latency(bench.world, "list", 10 * CLOCK_MS);
	text_clear(&bench.told);
	watch_list_now(bench.watch);
	for (int i = 0; i < 50; i++) {
		if (i % 2)
			fake_client_kill(bench.world, "one", "KILL");
		else
			fake_client_start(bench.world, "one");
		fake_advance(bench.world, 3 * CLOCK_MS);
	}
	assert_true(count(&bench, "list one\n") >= 1);
	end(&bench);
}

/* --- breaks */

static void a_break_is_told_once_and_open_and_a_list_follow(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	assert_told(&bench, "open\nlist\n");
	fake_engine_restart(bench.world, FAKE_RESTART_LIVE, 30 * CLOCK_SECOND);
	fake_advance(bench.world, 29 * CLOCK_SECOND);
	assert_told(&bench, "broken\n");
	fake_advance(bench.world, 4 * CLOCK_SECOND);
	assert_told(&bench, "open\nlist\n");
	end(&bench);
}

static void tries_are_ever_more_seldom_up_to_two_seconds(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	fake_engine_restart(bench.world, FAKE_RESTART_LIVE, 60 * CLOCK_SECOND);
	unsigned before = fake_calls(bench.world, "events");
	fake_advance(bench.world, 3 * CLOCK_SECOND);
	/* At 100 ms, 300, 700, 1.5 s. */
	assert_int_equal(fake_calls(bench.world, "events") - before, 4);
	before = fake_calls(bench.world, "events");
	fake_advance(bench.world, 20 * CLOCK_SECOND);
	assert_int_equal(fake_calls(bench.world, "events") - before, 10);
	end(&bench);
}

static void what_was_asked_before_a_break_is_not_told_after_it(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	text_clear(&bench.told);
	fake_latency(bench.world, "list", CLOCK_SECOND);
	watch_list_now(bench.watch);
	fake_advance(bench.world, CLOCK_MS);
	fake_break_events(bench.world);
	create(&bench, "one", "plain", true);
	fake_advance(bench.world, 3 * CLOCK_SECOND);
	/* Never the list of before, which has no container. */
	assert_told(&bench, "broken\nopen\nlist one\n");
	end(&bench);
}

static void while_it_is_broken_nothing_is_listed(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	text_clear(&bench.told);
	fake_engine_restart(bench.world, FAKE_RESTART_LIVE, 30 * CLOCK_SECOND);
	fake_advance(bench.world, CLOCK_SECOND);
	unsigned before = fake_calls(bench.world, "list");
	watch_list_now(bench.watch);
	fake_advance(bench.world, 20 * CLOCK_SECOND);
	assert_int_equal(fake_calls(bench.world, "list"), before);
	end(&bench);
}

/* --- whose containers */

static void what_only_its_image_calls_our_own_is_not_told(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	create(&bench, "strange", "built", false);
	create(&bench, "own", "built", true);
	fake_client_start(bench.world, "strange");
	fake_client_start(bench.world, "own");
	fake_advance(bench.world, 10 * CLOCK_SECOND);
	assert_told(&bench, "open\nlist\ncreate own\nstart own\nlist own\n");
	fake_client_remove(bench.world, "strange", true);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_told(&bench, "");
	end(&bench);
}

static void an_image_is_asked_for_its_labels_once(void **state)
{
	static const char *const names[] = {"a1", "b1", "c1", "d1", "e1"};
	struct bench bench;

	(void)state;
	begin(&bench);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		create(&bench, names[i], "built", i % 2);
		fake_client_start(bench.world, names[i]);
		fake_advance(bench.world, CLOCK_SECOND);
	}
	assert_int_equal(fake_calls(bench.world, "image"), 1);
	assert_told(&bench, "open\nlist\ncreate b1\nstart b1\ncreate d1\nstart d1\n");
	end(&bench);
}

static void what_a_list_has_shown_needs_no_further_look(void **state)
{
	struct bench bench;

	(void)state;
	open_world(&bench);
	create(&bench, "own", "built", true);
	create(&bench, "strange", "built", false);
	open_watch(&bench);
	fake_advance(bench.world, CLOCK_MS);
	fake_client_start(bench.world, "strange");
	fake_client_start(bench.world, "own");
	fake_advance(bench.world, CLOCK_SECOND);
	assert_told(&bench, "open\nlist own\nstart own\n");
	assert_int_equal(fake_calls(bench.world, "image"), 0);
	end(&bench);
}

static void events_wait_in_their_order_for_the_labels_of_an_image(void **state)
{
	struct bench bench;

	(void)state;
	open_world(&bench);
	create(&bench, "known", "plain", true);
	open_watch(&bench);
	fake_advance(bench.world, CLOCK_MS);
	text_clear(&bench.told);
	fake_latency(bench.world, "image", CLOCK_SECOND);
	create(&bench, "own", "built", true);
	fake_client_start(bench.world, "own");
	fake_client_start(bench.world, "known");
	fake_advance(bench.world, 500 * CLOCK_MS);
	assert_told(&bench, "");
	fake_advance(bench.world, CLOCK_SECOND);
	assert_told(&bench, "create own\nstart own\nstart known\n");
	end(&bench);
}

static void a_list_waits_for_an_event_that_waits(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	text_clear(&bench.told);
	fake_latency(bench.world, "image", 100 * CLOCK_MS);
	create(&bench, "own", "built", true);
	watch_list_now(bench.watch);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_told(&bench, "create own\nlist own\n");
	end(&bench);
}

static void where_the_image_cannot_be_asked_a_list_tells(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	text_clear(&bench.told);
	fake_fail(bench.world, &(struct fake_fault){.call = "image", .any = true});
	create(&bench, "own", "built", true);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_told(&bench, "list own\n");
	fake_client_start(bench.world, "own");
	fake_advance(bench.world, CLOCK_SECOND);
	assert_told(&bench, "start own\n");
	end(&bench);
}

static void a_break_ends_the_waiting_of_an_event(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	text_clear(&bench.told);
	fake_latency(bench.world, "image", 10 * CLOCK_SECOND);
	create(&bench, "own", "built", true);
	fake_break_events(bench.world);
	fake_advance(bench.world, CLOCK_SECOND);
	assert_told(&bench, "broken\nopen\nlist own\n");
	fake_client_start(bench.world, "own");
	fake_advance(bench.world, CLOCK_SECOND);
	assert_told(&bench, "start own\n");
	end(&bench);
}

/* --- closing */

static void closed_in_any_state_it_ends_clean_and_tells_nothing_more(void **state)
{
	static const char *const calls[] = {"events", "list", "image"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		struct bench bench;
		open_world(&bench);
		create(&bench, "own", "built", true);
		fake_latency(bench.world, calls[i], CLOCK_SECOND);
		open_watch(&bench);
		fake_advance(bench.world, 10 * CLOCK_MS);
		create(&bench, "another", "plain", true);
		text_clear(&bench.told);
		close_watch(&bench);
		fake_client_start(bench.world, "own");
		fake_advance(bench.world, 20 * CLOCK_SECOND);
		assert_told(&bench, "");
		end(&bench);
	}
}

static void closed_while_it_waits_for_the_engine_it_ends_clean(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	fake_engine_restart(bench.world, FAKE_RESTART_LIVE, 30 * CLOCK_SECOND);
	fake_advance(bench.world, 5 * CLOCK_SECOND);
	text_clear(&bench.told);
	unsigned before = fake_calls(bench.world, "events");
	close_watch(&bench);
	fake_advance(bench.world, 60 * CLOCK_SECOND);
	assert_told(&bench, "");
	assert_int_equal(fake_calls(bench.world, "events"), before);
	end(&bench);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(told_open_it_lists_once_and_then_each_ten_seconds),
		TEST(events_are_told_in_their_order),
		TEST(a_list_may_be_taken_over),
		TEST(several_calls_for_a_list_are_one),
		TEST(a_list_that_fails_is_made_again_at_the_next_rest),
		TEST(the_first_list_is_tried_until_it_comes),
		TEST(a_list_that_an_event_overtook_is_not_told_but_made_again),
		TEST(where_events_never_cease_a_list_is_told_all_the_same),
		TEST(a_break_is_told_once_and_open_and_a_list_follow),
		TEST(tries_are_ever_more_seldom_up_to_two_seconds),
		TEST(what_was_asked_before_a_break_is_not_told_after_it),
		TEST(while_it_is_broken_nothing_is_listed),
		TEST(what_only_its_image_calls_our_own_is_not_told),
		TEST(an_image_is_asked_for_its_labels_once),
		TEST(what_a_list_has_shown_needs_no_further_look),
		TEST(events_wait_in_their_order_for_the_labels_of_an_image),
		TEST(a_list_waits_for_an_event_that_waits),
		TEST(where_the_image_cannot_be_asked_a_list_tells),
		TEST(a_break_ends_the_waiting_of_an_event),
		TEST(closed_in_any_state_it_ends_clean_and_tells_nothing_more),
		TEST(closed_while_it_waits_for_the_engine_it_ends_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
