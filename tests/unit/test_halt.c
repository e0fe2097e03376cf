/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include "base/clock.h"
#include "compose/supervise/halt.h"
#include "compose/supervise/operate.h"
#include "tests/stack.h"
#include "tests/torture.h"

#define ENDED_BY_CONTROL 0xC000013A

static void a_stop_that_was_cut_short_or_forced_is_explained(void **state)
{
	static const struct {
		struct halt halt;
		const char *says; /* NULL: nothing */
	} rows[] = {
		{{"web", 5 * CLOCK_SECOND, 30, ENDED_BY_CONTROL, true, false},
		 "after 5 s of the 30 s that it had (code 0xC000013A)"},
		{{"web", 5 * CLOCK_SECOND, 60, 0x40010004, true, false}, "/d 60000"},
		{{"web", 5 * CLOCK_SECOND, 0, ENDED_BY_CONTROL, true, false}, "of the 30 s"},
		{{"web", 1 * CLOCK_SECOND, 30, ENDED_BY_CONTROL, true, false}, NULL},
		{{"web", 5 * CLOCK_SECOND, 30, 0, true, false}, NULL},
		{{"web", 5 * CLOCK_SECOND, 30, ENDED_BY_CONTROL, false, false}, NULL},
		{{"web", 30 * CLOCK_SECOND, 30, 1, true, false},
		 "did not end within 30 s and was ended by force"},
		{{"web", 10 * CLOCK_SECOND, 10, 0, false, true}, "tty: true"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool told = halt_explain(&rows[i].halt, text, sizeof(text));

		assert_int_equal(told, rows[i].says != NULL);
		if (told && !strstr(text, rows[i].says))
			fail_msg("\"%s\" has no \"%s\"", text, rows[i].says);
	}
}

/* --- through the executor */

struct run {
	struct project *project;
	enum plan_goal goal;
	struct text said;
};

static void done(const struct error *err, void *payload)
{
	struct torture *torture = payload;

	torture->operation = NULL;
	torture_done(torture, err);
}

static void ignore(const struct progress *progress, void *payload)
{
	(void)progress, (void)payload;
}

static void warn(const char *sentence, void *payload)
{
	text_printf(&((struct run *)((struct torture *)payload)->payload)->said, "%s\n", sentence);
}

static void begin(struct torture *torture)
{
	struct run *run = torture->payload;
	static struct progress_sink sink;
	struct operation operation = {.project = run->project,
				      .plan = {.goal = run->goal, .timeout = -1}};
	struct operate_options options = {.engine = torture->engine, .progress = &sink};
	struct execute_options execute = {.patience = CLOCK_SECOND};

	sink = (struct progress_sink){.tell = ignore, .warn = warn, .payload = torture};
	torture->operation =
		operate_alone(&torture->loop, &operation, &options, &execute, done, torture);
}

static void run_goal(struct torture *torture, enum plan_goal goal)
{
	((struct run *)torture->payload)->goal = goal;
	torture->done = 0;
	begin(torture);
	while (torture->operation)
		uv_run(&torture->loop, UV_RUN_ONCE);
	assert_null(torture->err);
}

static void prepare(struct torture *torture)
{
	fake_image_add(torture->world, "core");
	fake_behave(torture->world, &(struct fake_behaviour){.image = "core",
							     .stop_time = 5 * CLOCK_SECOND,
							     .stop_code = ENDED_BY_CONTROL});
}

static const char yaml[] = "services:\n"
			   "  web: {image: core, stop_grace_period: 40s}\n";

static void check_goal(const char *os, enum plan_goal goal, const char *wanted)
{
	const struct torture_case how = {.prepare = prepare,
					 .begin = begin,
					 .world = {.os_type = os,
						   .os_version = "10.0.20348.1",
						   .capabilities = ENGINE_ISOLATION_PROCESS |
								   ENGINE_MULTI_NETWORK |
								   (os ? 0 : ENGINE_LINUX)}};
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	struct run run = {.project = project};
	struct torture torture;

	torture_set_up(&torture, &how, &run, 1);
	run_goal(&torture, PLAN_UP);
	run_goal(&torture, goal);
	if (*wanted ? !strstr(text_string(&run.said), wanted) : run.said.len > 0)
		fail_msg("%s", text_string(&run.said));
	torture_close_engine(&torture);
	fake_world_drop(&torture.world);
	loop_assert_clean(&torture.loop);
	text_drop(&run.said);
}

static void stop_and_down_say_why_a_windows_container_ended_early(void **state)
{
	(void)state;
	check_goal("windows", PLAN_STOP,
		   "shop-web-1 was ended by its Windows after 5 s of the 40 s");
	check_goal("windows", PLAN_DOWN,
		   "shop-web-1 was ended by its Windows after 5 s of the 40 s");
}

static void nothing_is_said_on_linux_and_of_a_restart_that_was_in_time(void **state)
{
	(void)state;
	check_goal(NULL, PLAN_STOP, "");
	check_goal("windows", PLAN_RESTART, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_that_was_cut_short_or_forced_is_explained),
		cmocka_unit_test(stop_and_down_say_why_a_windows_container_ended_early),
		cmocka_unit_test(nothing_is_said_on_linux_and_of_a_restart_that_was_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
