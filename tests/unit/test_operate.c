/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include "compose/supervise/operate.h"
#include "tests/stack.h"
#include "tests/torture.h"

/* What a run is about: a project, and what is done with it. */
struct run {
	struct project *project;
	struct operation operation;
	struct project *before; /* brought up in prepare; NULL: nothing is there */
};

static void done(const struct error *err, void *payload)
{
	struct torture *torture = payload;

	torture->operation = NULL;
	torture_done(torture, err);
}

static void begin(struct torture *torture)
{
	struct run *run = torture->payload;
	struct operate_options options = {.engine = torture->engine};
	struct execute_options execute = {.patience = CLOCK_SECOND};

	torture->operation =
		operate_alone(&torture->loop, &run->operation, &options, &execute, done, torture);
}

static void close_it(struct torture *torture)
{
	operate_cancel(torture->operation);
}

static void set_images(struct torture *torture)
{
	static const char *const images[] = {"web", "api", "worker", "store"};
	static const struct fake_run job = {.after = 2 * CLOCK_SECOND};

	for (size_t i = 0; i < ARRAY_LEN(images); i++)
		fake_image_add(torture->world, images[i]);
	fake_image_add(torture->world, "migrate");
	fake_behave(torture->world,
		    &(struct fake_behaviour){.image = "migrate", .runs = &job, .run_count = 1});
}

static void first_done(const struct error *err, void *payload)
{
	assert_null(err);
	*(bool *)payload = true;
}

static void closed(void *payload)
{
	*(bool *)payload = true;
}

/* The world in which run->before is up, brought there by another client. */
static void prepare(struct torture *torture)
{
	struct run *run = torture->payload;

	set_images(torture);
	if (!run->before)
		return;
	struct engine *engine = fake_open(torture->world, &torture->loop, NULL);
	struct operation operation = {.project = run->before,
				      .plan = {.goal = PLAN_UP, .timeout = -1}};
	struct operate_options options = {.engine = engine};
	struct execute_options execute = {0};
	bool is_done = false;
	operate_alone(&torture->loop, &operation, &options, &execute, first_done, &is_done);
	while (!is_done)
		uv_run(&torture->loop, UV_RUN_ONCE);
	is_done = false;
	engine_close(engine, closed, &is_done);
	while (!is_done)
		uv_run(&torture->loop, UV_RUN_ONCE);
}

/* Exactly the containers that the project wants, by docker compose's names, running or finished. */
static void has_exactly(struct torture *torture, const struct project *project)
{
	size_t wanted = 0;

	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		for (unsigned n = 1; n <= service->replicas; n++, wanted++) {
			CLEANUP(memory_free)
			char *name = memory_format("shop-%s-%u", service->name, n);
			const struct container *container = fake_container(torture->world, name);

			assert_non_null(container);
			if (strcmp(service->name, "migrate") == 0)
				assert_int_equal(container->exit_code, 0);
			else
				assert_int_equal(container->state, CONTAINER_RUNNING);
			assert_string_equal(container->image, service->image);
		}
	}
	assert_int_equal(fake_containers(torture->world), wanted);
}

static void check_up(struct torture *torture)
{
	struct run *run = torture->payload;

	has_exactly(torture, run->project);
	assert_true(fake_has_network(torture->world, "shop_back"));
	assert_true(fake_has_volume(torture->world, "shop_data"));
}

static void check_down(struct torture *torture)
{
	assert_int_equal(fake_containers(torture->world), 0);
	assert_false(fake_has_network(torture->world, "shop_front"));
	assert_false(fake_has_network(torture->world, "shop_back"));
	assert_true(fake_has_volume(torture->world, "shop_data"));
}

static struct run run_of(enum plan_goal goal, struct project *project, struct project *before)
{
	return (struct run){
		.project = project,
		.before = before,
		.operation = {.project = project, .plan = {.goal = goal, .timeout = -1}},
	};
}

/* A broken event stream is opened again, and a network that stays is a warning: tolerant. */
static const struct torture_case bringing_up = {
	.prepare = prepare, .begin = begin, .close = close_it, .check = check_up, .tolerant = true};
static const struct torture_case taking_down = {
	.prepare = prepare, .begin = begin, .close = close_it, .check = check_down};
static const struct torture_case taking_down_badly = {
	.prepare = prepare, .begin = begin, .close = close_it, .tolerant = true};

static void a_failure_is_told_once_and_starts_nothing_more(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(stack_shop);
	struct run up = run_of(PLAN_UP, project, NULL);
	struct run down = run_of(PLAN_DOWN, project, project);

	(void)state;
	assert_true(torture_fail(&bringing_up, &up) > 15);
	assert_true(torture_fail(&taking_down_badly, &down) > 10);
}

static void closing_at_any_request_ends_it_cleanly(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(stack_shop);
	struct run up = run_of(PLAN_UP, project, NULL);
	struct run down = run_of(PLAN_DOWN, project, project);

	(void)state;
	assert_true(torture_close(&bringing_up, &up) > 15);
	assert_true(torture_close(&taking_down, &down) > 10);
}

static void after_a_kill_at_any_call_one_more_run_gives_the_exact_set(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(stack_shop);
	CLEANUP(project_drop) struct project *changed = stack_load(stack_shop);
	CLEANUP(project_drop) struct project *scaled = stack_load(stack_shop);
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	/* Another image for each service is a change of each hash. */
	ARRAY_FOR_EACH (struct service, service, &changed->services)
		snprintf(service->hash, sizeof(service->hash), "%064d", 7);
	assert_int_equal(project_scale(scaled, "worker", 4, &err), 0);
	struct run fresh = run_of(PLAN_UP, project, NULL);
	struct run change = run_of(PLAN_UP, changed, project);
	struct run grow = run_of(PLAN_UP, scaled, project);
	struct run shrink = run_of(PLAN_UP, project, scaled);
	struct run down = run_of(PLAN_DOWN, project, project);
	assert_true(torture_kill(&bringing_up, &fresh) > 15);
	assert_true(torture_kill(&bringing_up, &change) > 15);
	assert_true(torture_kill(&bringing_up, &grow) >= 4);
	assert_true(torture_kill(&bringing_up, &shrink) >= 4);
	assert_true(torture_kill(&taking_down, &down) > 10);
}

static void an_up_with_nothing_to_do_changes_nothing(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(stack_shop);
	struct run again = run_of(PLAN_UP, project, project);
	struct torture torture;

	(void)state;
	torture_set_up(&torture, &bringing_up, &again, 1);
	unsigned before = fake_mutations(torture.world);
	begin(&torture);
	while (torture.operation)
		uv_run(&torture.loop, UV_RUN_ONCE);
	assert_null(torture.err);
	/* The one-shot is started again, as docker compose does; nothing else is touched. */
	assert_true(fake_mutations(torture.world) - before <= 1);
	torture_close_engine(&torture);
	fake_world_drop(&torture.world);
	loop_assert_clean(&torture.loop);
}

/* --- up --wait, where the world changes under its plan */

static const char two[] = "services:\n"
			  "  api: {image: api}\n"
			  "  web: {image: web}\n";

/* api ends a moment after it was started; web's first start comes to nothing. */
static void set_brief(struct torture *torture)
{
	static const struct fake_run brief = {.after = 400 * CLOCK_MS, .code = 3};
	const enum error_code *code = torture->payload;

	fake_image_add(torture->world, "api");
	fake_image_add(torture->world, "web");
	fake_behave(torture->world,
		    &(struct fake_behaviour){.image = "api", .runs = &brief, .run_count = 1});
	fake_fail(torture->world,
		  &(struct fake_fault){.call = "start", .subject = "shop-web-1", .code = *code});
}

static void a_wait_after_a_second_plan_is_for_what_the_first_one_started_too(void **state)
{
	static const struct torture_case brief = {.prepare = set_brief};
	static const enum error_code codes[] = {ERROR_CONFLICT, ERROR_NOT_FOUND, ERROR_UNAVAILABLE};
	CLEANUP(project_drop) struct project *project = stack_load(two);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		enum error_code code = codes[i];
		struct torture torture;
		torture_set_up(&torture, &brief, &code, 1);
		struct run run = run_of(PLAN_UP, project, NULL);
		run.operation.plan.wait = true;
		torture.payload = &run;
		begin(&torture);
		while (torture.operation)
			uv_run(&torture.loop, UV_RUN_ONCE);
		assert_non_null(torture.err);
		assert_non_null(strstr(torture.err->message, "container shop-api-1 exited (3)"));
		assert_int_equal(fake_happened(torture.world, "start", "shop-api-1"), 1);
		assert_int_equal(fake_happened(torture.world, "start", "shop-web-1"), 1);
		error_drop(&torture.err);
		torture_close_engine(&torture);
		fake_world_drop(&torture.world);
		loop_assert_clean(&torture.loop);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_told_once_and_starts_nothing_more),
		cmocka_unit_test(closing_at_any_request_ends_it_cleanly),
		cmocka_unit_test(after_a_kill_at_any_call_one_more_run_gives_the_exact_set),
		cmocka_unit_test(an_up_with_nothing_to_do_changes_nothing),
		cmocka_unit_test(a_wait_after_a_second_plan_is_for_what_the_first_one_started_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
