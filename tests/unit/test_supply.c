/* SPDX-License-Identifier: MIT */
#include "compose/cli/supply.h"

#include <stdlib.h>
#include <string.h>

#include "tests/torture.h"

/* Six jobs: two pulls, builds of which the last begins from the two others, and a push of that. */
struct batch {
	struct torture *torture;
	struct supply *supply;
	struct supply_job jobs[6];
	struct progress_sink sink;
	size_t lines, layers, errors, warnings;
};

static const struct build_options builds[] = {
	{.context = "/x", .tags = (const char *const[]){"a", NULL}},
	{.context = "/x", .tags = (const char *const[]){"b", NULL}},
	{.context = "/x", .tags = (const char *const[]){"c", NULL}},
};

static void told(const struct progress *progress, void *payload)
{
	struct batch *batch = payload;

	batch->layers += progress->parent != NULL;
	batch->errors += progress->status == PROGRESS_ERROR;
	batch->warnings += progress->status == PROGRESS_WARNING;
}

static void take_line(const struct supply_job *job, const char *line, void *payload)
{
	struct batch *batch = payload;

	assert_non_null(job->build);
	assert_true(*line);
	batch->lines++;
}

static void prepare(struct torture *torture)
{
	fake_image(torture->world, &(struct fake_image){.reference = "redis", .absent = true});
	fake_image(torture->world, &(struct fake_image){.reference = "nginx",
							.absent = true,
							.layers = 3,
							.pull_time = CLOCK_SECOND});
}

static void batch_init(struct batch *batch)
{
	batch->jobs[0] = (struct supply_job){.service = "cache", .image = "redis"};
	batch->jobs[1] = (struct supply_job){.service = "front", .image = "nginx"};
	for (size_t i = 0; i < 3; i++)
		batch->jobs[2 + i] = (struct supply_job){.service = builds[i].tags[0],
							 .image = builds[i].tags[0],
							 .build = &builds[i]};
	batch->jobs[5] = (struct supply_job){.service = "c", .image = "c", .push = true};
	array_push(&batch->jobs[4].after, 2);
	array_push(&batch->jobs[4].after, 3);
	array_push(&batch->jobs[5].after, 4);
}

static void done(const struct error *err, void *payload)
{
	struct batch *batch = payload;

	batch->supply = NULL;
	torture_done(batch->torture, err);
}

static void begin_with(struct torture *torture, struct batch *batch)
{
	batch->sink = (struct progress_sink){.tell = told, .payload = batch};
	batch->torture = torture;
	torture->operation = batch;
	const struct supply_options options = {
		.jobs = batch->jobs,
		.count = ARRAY_LEN(batch->jobs),
		.parallel = 2,
		.progress = &batch->sink,
		.line = take_line,
		.payload = batch,
	};
	batch->supply = supply_start(torture->engine, &options, done, batch);
}

static void begin(struct torture *torture)
{
	struct batch *batch = memory_zero(1, sizeof(*batch));

	batch_init(batch);
	begin_with(torture, batch);
}

static void begin_forgiven(struct torture *torture)
{
	struct batch *batch = memory_zero(1, sizeof(*batch));

	batch_init(batch);
	for (size_t i = 0; i < ARRAY_LEN(batch->jobs); i++)
		batch->jobs[i].forgiven = true;
	begin_with(torture, batch);
}

static void cancel(struct torture *torture)
{
	struct batch *batch = torture->operation;

	if (batch->supply)
		supply_cancel(batch->supply);
}

static void check(struct torture *torture)
{
	const struct batch *batch = torture->operation;

	assert_int_equal(fake_happened(torture->world, "pull", NULL), 2);
	assert_int_equal(fake_happened(torture->world, "build", NULL), 3);
	assert_true(fake_when(torture->world, "build", "c") >
		    fake_when(torture->world, "build", "a"));
	assert_true(fake_when(torture->world, "build", "c") >
		    fake_when(torture->world, "build", "b"));
	assert_true(fake_when(torture->world, "push", "c") >
		    fake_when(torture->world, "build", "c"));
	assert_int_equal(batch->lines, 3);
	assert_true(batch->layers > 3);
	assert_int_equal(batch->errors, 0);
}

static void end(struct torture *torture)
{
	struct batch *batch = torture->operation;

	for (size_t i = 0; i < ARRAY_LEN(batch->jobs); i++) {
		error_drop(&batch->jobs[i].failure);
		array_drop(&batch->jobs[i].after);
	}
	free(batch);
}

static const struct torture_case batch_case = {
	.prepare = prepare, .begin = begin, .close = cancel, .check = check, .end = end};

static void a_failure_is_told_once_and_starts_nothing_more(void **state)
{
	(void)state;
	assert_int_equal(torture_fail(&batch_case, NULL), 6);
}

static void it_is_cancelled_at_every_job(void **state)
{
	struct torture_case engine_goes = batch_case;

	(void)state;
	assert_int_equal(torture_close(&batch_case, NULL), 6);
	engine_goes.close = NULL;
	assert_int_equal(torture_close(&engine_goes, NULL), 6);
}

static void check_forgiven(struct torture *torture)
{
	const struct batch *batch = torture->operation;
	size_t failures = 0;

	for (size_t i = 0; i < ARRAY_LEN(batch->jobs); i++)
		failures += batch->jobs[i].failure != NULL;
	/* What was not built cannot be pushed. */
	size_t after = batch->jobs[4].failure && batch->jobs[5].failure;
	assert_int_equal(failures, fake_failed(torture->world) + after);
	assert_int_equal(batch->warnings, failures);
	assert_int_equal(batch->errors, 0);
	assert_int_equal(fake_happened(torture->world, "pull", NULL) +
				 fake_happened(torture->world, "build", NULL) +
				 fake_happened(torture->world, "push", NULL) + failures,
			 ARRAY_LEN(batch->jobs));
}

static void what_is_forgiven_is_a_warning_and_the_rest_goes_on(void **state)
{
	struct torture_case forgiven = batch_case;

	(void)state;
	forgiven.begin = begin_forgiven;
	forgiven.check = check_forgiven;
	forgiven.tolerant = true;
	assert_int_equal(torture_fail(&forgiven, NULL), 6);
}

static void begin_circle(struct torture *torture)
{
	struct batch *batch = memory_zero(1, sizeof(*batch));

	batch_init(batch);
	array_push(&batch->jobs[2].after, 4);
	array_push(&batch->jobs[3].after, 2);
	begin_with(torture, batch);
}

static void check_circle(struct torture *torture)
{
	assert_int_equal(fake_happened(torture->world, "build", NULL), 3);
}

static void jobs_that_wait_for_each_other_run_all_the_same(void **state)
{
	struct torture_case circle = batch_case;

	(void)state;
	circle.begin = begin_circle;
	circle.check = check_circle;
	assert_int_equal(torture_close(&circle, NULL), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_told_once_and_starts_nothing_more),
		cmocka_unit_test(it_is_cancelled_at_every_job),
		cmocka_unit_test(what_is_forgiven_is_a_warning_and_the_rest_goes_on),
		cmocka_unit_test(jobs_that_wait_for_each_other_run_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
