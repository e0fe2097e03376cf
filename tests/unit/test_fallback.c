/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include "compose/plan/spec.h"
#include "compose/supervise/fallback.h"
#include "compose/supervise/operate.h"
#include "tests/stack.h"
#include "tests/torture.h"

static const char yaml[] = "services:\n"
			   "  api: {image: core, scale: 2, ports: ['80']}\n"
			   "  web: {image: tiny, depends_on: [api]}\n";

/* A run on a Windows host, and what was said. */
struct run {
	struct project *project;
	const char *refuses[2]; /* isolations whose start fails for image core */
	const char *code;       /* of the host's answer */
	struct text said;
};

static void done(const struct error *err, void *payload)
{
	struct torture *torture = payload;

	torture->operation = NULL;
	torture_done(torture, err);
}

static void note_progress(const struct progress *progress, void *payload)
{
	struct run *run = ((struct torture *)payload)->payload;

	if (progress->status == PROGRESS_ERROR)
		text_printf(&run->said, "error: %s\n", progress->details);
}

static void warn(const char *sentence, void *payload)
{
	struct run *run = ((struct torture *)payload)->payload;

	text_printf(&run->said, "%s\n", sentence);
}

static void begin(struct torture *torture)
{
	struct run *run = torture->payload;
	static struct progress_sink sink;
	struct operation operation = {.project = run->project,
				      .plan = {.goal = PLAN_UP, .timeout = -1}};
	struct operate_options options = {.engine = torture->engine, .progress = &sink};
	struct execute_options execute = {.patience = CLOCK_SECOND};

	sink = (struct progress_sink){.tell = note_progress, .warn = warn, .payload = torture};
	torture->operation =
		operate_alone(&torture->loop, &operation, &options, &execute, done, torture);
}

static void prepare(struct torture *torture)
{
	struct run *run = torture->payload;

	fake_image(torture->world,
		   &(struct fake_image){.reference = "core", .os_version = "10.0.26100.3194"});
	fake_image_add(torture->world, "tiny");
	for (size_t i = 0; i < 2 && run->refuses[i]; i++)
		fake_behave(torture->world, &(struct fake_behaviour){
						    .image = "core",
						    .isolation = run->refuses[i],
						    .start_error = run->code,
					    });
}

static const char *isolation_of(struct torture *torture, const char *name, const char *label)
{
	const struct container *container = fake_container(torture->world, name);

	assert_non_null(container);
	return labels_get(&container->labels, label);
}

static void check(struct torture *torture)
{
	static const char *const names[] = {"shop-api-1", "shop-api-2"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_string_equal(isolation_of(torture, names[i], LABEL_ISOLATION), "hyperv");
		assert_int_equal(fake_container(torture->world, names[i])->state,
				 CONTAINER_RUNNING);
	}
	assert_string_equal(isolation_of(torture, "shop-web-1", LABEL_ISOLATION), "process");
	assert_int_equal(fake_containers(torture->world), 3);
	assert_int_equal(fake_running(torture->world), 3);
}

#define WINDOWS_HOST                                                                               \
	{                                                                                          \
		.os_type = "windows", .os_version = "10.0.26100.2605",                             \
		.capabilities = ENGINE_ISOLATION_PROCESS | ENGINE_ISOLATION_HYPERV |               \
				ENGINE_MULTI_NETWORK | ENGINE_HEALTHCHECK | ENGINE_LOCAL           \
	}

static void close_it(struct torture *torture)
{
	operate_cancel(torture->operation);
}

static const struct torture_case falling = {.prepare = prepare,
					    .begin = begin,
					    .close = close_it,
					    .check = check,
					    .world = WINDOWS_HOST,
					    .tolerant = true};

static const char unexpected[] =
	"hcs::System::Start: The virtual machine or container exited unexpectedly. (0xc0370106)";

static void run_once(struct torture *torture)
{
	begin(torture);
	while (torture->operation)
		uv_run(&torture->loop, UV_RUN_ONCE);
}

static void tear_down(struct torture *torture)
{
	struct run *run = torture->payload;

	error_drop(&torture->err);
	torture_close_engine(torture);
	fake_world_drop(&torture->world);
	loop_assert_clean(&torture->loop);
	text_drop(&run->said);
}

static void a_refused_start_is_made_anew_with_the_other_isolation_and_said_once(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	struct run run = {.project = project, .refuses = {"process"}, .code = unexpected};
	struct torture torture;

	(void)state;
	torture_set_up(&torture, &falling, &run, 1);
	run_once(&torture);
	assert_null(torture.err);
	check(&torture);
	assert_string_equal(
		run.said.data,
		"service api: isolation process was refused at start (0xc0370106): the container's "
		"Windows ended while it started; core is of Windows build 10.0.26100.3194, the "
		"host of build 10.0.26100.2605: the image has the newer revision: write isolation: "
		"hyperv, or update the host, or pin a tag of the image that is not newer than the "
		"host; it is made anew with isolation hyperv\n");
	assert_string_equal(isolation_of(&torture, "shop-api-1", LABEL_ISOLATION_REASON),
			    "isolation process was refused at start (0xc0370106)");
	tear_down(&torture);
}

/* The label of the container that works holds it, though the config changes. */
static void what_was_found_is_kept_until_the_image_changes(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	struct run run = {.project = project, .refuses = {"process"}, .code = unexpected};
	struct torture torture;

	(void)state;
	torture_set_up(&torture, &falling, &run, 1);
	run_once(&torture);
	text_clear(&run.said);
	torture.done = 0;
	snprintf(project_service(project, "api")->hash, sizeof(project->services.items[0].hash),
		 "%064d", 7);
	run_once(&torture);
	assert_null(torture.err);
	check(&torture);
	assert_string_equal(run.said.data,
			    "service api runs with isolation hyperv: isolation process was refused "
			    "at start (0xc0370106)\n");
	text_clear(&run.said);
	torture.done = 0;
	/* Another image is tried anew. */
	fake_image(torture.world,
		   &(struct fake_image){.reference = "core", .os_version = "10.0.26100.1"});
	fake_behave(torture.world, &(struct fake_behaviour){.image = "core"});
	run_once(&torture);
	assert_null(torture.err);
	assert_string_equal(isolation_of(&torture, "shop-api-1", LABEL_ISOLATION), "process");
	tear_down(&torture);
}

static void what_was_asked_for_fails_with_what_would_work(void **state)
{
	CLEANUP(project_drop)
	struct project *project = stack_load("services:\n"
					     "  api: {image: core, isolation: process}\n");
	struct run run = {.project = project, .refuses = {"process"}, .code = unexpected};
	struct torture torture;

	(void)state;
	torture_set_up(&torture, &falling, &run, 1);
	run_once(&torture);
	assert_non_null(torture.err);
	assert_non_null(strstr(torture.err->message, "update the host"));
	assert_non_null(strstr(torture.err->message, "write isolation: hyperv"));
	assert_non_null(strstr(torture.err->message, unexpected));
	assert_null(strstr(run.said.data, "made anew"));
	tear_down(&torture);
}

static void a_refusal_of_both_ends_it(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	struct run run = {
		.project = project, .refuses = {"process", "hyperv"}, .code = "(0xc0370106)"};
	struct torture torture;

	(void)state;
	torture_set_up(&torture, &falling, &run, 1);
	run_once(&torture);
	assert_non_null(torture.err);
	assert_non_null(strstr(torture.err->message, "virtual machine ended"));
	assert_true(fake_mutations(torture.world) < 20);
	tear_down(&torture);
}

static void no_other_failure_makes_anything_anew(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	struct run run = {.project = project, .refuses = {"process"}, .code = "the disk is full"};
	struct torture torture;

	(void)state;
	torture_set_up(&torture, &falling, &run, 1);
	run_once(&torture);
	assert_non_null(torture.err);
	assert_non_null(strstr(torture.err->message, "the disk is full"));
	assert_string_equal(isolation_of(&torture, "shop-api-1", LABEL_ISOLATION), "process");
	tear_down(&torture);
}

static void a_kill_at_any_call_converges_in_one_more_run(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	struct run run = {.project = project, .refuses = {"process"}, .code = unexpected};

	(void)state;
	assert_true(torture_kill(&falling, &run) > 10);
	text_drop(&run.said);
}

static void a_failure_at_any_request_is_told_once(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	struct run run = {.project = project, .refuses = {"process"}, .code = unexpected};

	(void)state;
	assert_true(torture_fail(&falling, &run) > 10);
	text_drop(&run.said);
}

static void closing_at_any_request_ends_it_cleanly(void **state)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	struct run run = {.project = project, .refuses = {"process"}, .code = unexpected};

	(void)state;
	assert_true(torture_close(&falling, &run) > 10);
	text_drop(&run.said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_refused_start_is_made_anew_with_the_other_isolation_and_said_once),
		cmocka_unit_test(what_was_found_is_kept_until_the_image_changes),
		cmocka_unit_test(what_was_asked_for_fails_with_what_would_work),
		cmocka_unit_test(a_refusal_of_both_ends_it),
		cmocka_unit_test(no_other_failure_makes_anything_anew),
		cmocka_unit_test(a_kill_at_any_call_converges_in_one_more_run),
		cmocka_unit_test(a_failure_at_any_request_is_told_once),
		cmocka_unit_test(closing_at_any_request_ends_it_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
