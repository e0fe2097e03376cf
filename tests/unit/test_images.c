/* SPDX-License-Identifier: MIT */
#include "compose/cli/images.h"

#include <string.h>

#include "tests/test.h"

#include "tests/desk.h"
#include "tests/stack.h"

/* Two that share an image to be pulled, one that builds, one that builds what it also names. */
static const char shop[] = "services:\n"
			   "  web: {image: nginx, depends_on: [api]}\n"
			   "  edge: {image: 'nginx:latest'}\n"
			   "  twin: {image: nginx}\n"
			   "  api: {build: .}\n"
			   "  job: {image: 'registry.test/job', build: .}\n";

static void stock(struct desk *desk)
{
	fake_image(desk->world, &(struct fake_image){.reference = "nginx:latest", .absent = true});
}

static void prepare(struct desk *desk, const char *yaml, const struct images_options *options)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	struct error *err = NULL;

	if (images_prepare(&desk->cli, project, options, &err) < 0)
		fail_msg("%s", err->message);
}

static struct error *fail_to_prepare(struct desk *desk, const char *yaml,
				     const struct images_options *options)
{
	CLEANUP(project_drop) struct project *project = stack_load(yaml);
	struct error *err = NULL;

	assert_true(images_prepare(&desk->cli, project, options, &err) < 0);
	return err;
}

static void what_is_missing_is_pulled_once_and_built(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	stock(&desk);
	prepare(&desk, shop, &(struct images_options){0});
	assert_int_equal(fake_happened(desk.world, "pull", NULL), 1);
	assert_int_equal(fake_happened(desk.world, "build", "shop-api"), 1);
	/* It could not be pulled, which was forgiven. */
	assert_int_equal(fake_happened(desk.world, "build", "registry.test/job"), 1);
	unsigned before = fake_mutations(desk.world);
	prepare(&desk, shop, &(struct images_options){0});
	assert_int_equal(fake_mutations(desk.world), before);
	desk_close(&desk);
}

static void only_what_the_named_services_need_is_prepared(void **state)
{
	static const char *const web[] = {"web", NULL};
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	stock(&desk);
	prepare(&desk, shop, &(struct images_options){.services = web, .no_deps = true});
	assert_int_equal(fake_happened(desk.world, "build", NULL), 0);
	prepare(&desk, shop, &(struct images_options){.services = web});
	assert_int_equal(fake_happened(desk.world, "build", NULL), 1);
	assert_int_equal(fake_happened(desk.world, "build", "shop-api"), 1);
	desk_close(&desk);
}

static void with_build_all_that_can_be_is_built_again(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	stock(&desk);
	prepare(&desk, shop, &(struct images_options){.build = true});
	prepare(&desk, shop, &(struct images_options){.build = true});
	assert_int_equal(fake_happened(desk.world, "build", "shop-api"), 2);
	assert_int_equal(fake_happened(desk.world, "build", "registry.test/job"), 2);
	assert_int_equal(fake_happened(desk.world, "pull", NULL), 1);
	desk_close(&desk);
}

static void built_images_say_whose_they_are(void **state)
{
	static const char text[] = "services: {api: {build: .}}\n";
	CLEANUP(project_drop) struct project *project = stack_load(text);
	CLEANUP(images_stock_drop) struct images_stock stocked = {0};
	CLEANUP(memory_free) bool *chosen = images_choose(project, NULL, false);
	struct error *err = NULL;
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	prepare(&desk, text, &(struct images_options){0});
	assert_int_equal(images_observe(&desk.cli, project, chosen, &stocked, &err), 0);
	const struct image *image = images_find(&stocked, "shop-api");
	assert_non_null(image);
	assert_string_equal(labels_get(&image->labels, "com.docker.compose.service"), "api");
	desk_close(&desk);
}

static void what_may_not_be_fetched_is_told_with_its_line(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	stock(&desk);
	CLEANUP(error_drop)
	struct error *never = fail_to_prepare(
		&desk, "services:\n  web:\n    image: nginx\n    pull_policy: never\n",
		&(struct images_options){0});
	assert_non_null(strstr(never->message, "compose.yaml:3:12: services.web: image nginx"));
	CLEANUP(error_drop)
	struct error *no_build =
		fail_to_prepare(&desk, shop, &(struct images_options){.no_build = true});
	assert_non_null(strstr(no_build->message, "registry.test/job"));
	assert_int_equal(fake_happened(desk.world, "build", NULL), 0);
	CLEANUP(error_drop)
	struct error *word =
		fail_to_prepare(&desk, shop, &(struct images_options){.pull = "sometimes"});
	assert_true(text_starts(word->message, "--pull: "));
	desk_close(&desk);
}

static void pull_policies_of_the_command_line_go_before_the_services(void **state)
{
	static const char text[] = "services: {a: {image: redis, pull_policy: always}}\n";
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	fake_image_add(desk.world, "redis");
	prepare(&desk, text, &(struct images_options){.pull = "missing"});
	assert_int_equal(fake_calls(desk.world, "pull"), 0);
	prepare(&desk, text, &(struct images_options){0});
	assert_int_equal(fake_calls(desk.world, "pull"), 1);
	desk_close(&desk);
}

static void an_image_that_another_one_begins_from_is_built_first(void **state)
{
	static const char text[] = "services:\n"
				   "  a:\n"
				   "    build: {context: ., dockerfile_inline: 'FROM shop-z'}\n"
				   "  z:\n"
				   "    build: {context: ., dockerfile_inline: 'FROM scratch'}\n";
	struct desk desk;

	(void)state;
	desk_open(&desk, NULL);
	prepare(&desk, text, &(struct images_options){0});
	assert_true(fake_when(desk.world, "build", "shop-a") >
		    fake_when(desk.world, "build", "shop-z"));
	assert_int_equal(fake_happened(desk.world, "build", NULL), 2);
	desk_close(&desk);
}

static void every_request_can_fail(void **state)
{
	bool got_through = false;
	unsigned round = 0;

	(void)state;
	while (!got_through) {
		CLEANUP(project_drop) struct project *project = stack_load(shop);
		CLEANUP(error_drop) struct error *err = NULL;
		struct desk desk;

		desk_open(&desk, NULL);
		stock(&desk);
		fake_image(desk.world,
			   &(struct fake_image){.reference = "registry.test/job", .absent = true});
		fake_fail(desk.world, &(struct fake_fault){.nth = ++round, .any = true});
		int status = images_prepare(&desk.cli, project, &(struct images_options){0}, &err);
		got_through = !fake_failed(desk.world);
		assert_int_equal(status < 0, err != NULL);
		assert_true(!got_through || status == 0);
		desk_close(&desk);
	}
	/* A list, three pulls of which one is forgiven, a build. */
	assert_in_range(round, 5, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_is_pulled_once_and_built),
		cmocka_unit_test(only_what_the_named_services_need_is_prepared),
		cmocka_unit_test(with_build_all_that_can_be_is_built_again),
		cmocka_unit_test(built_images_say_whose_they_are),
		cmocka_unit_test(what_may_not_be_fetched_is_told_with_its_line),
		cmocka_unit_test(pull_policies_of_the_command_line_go_before_the_services),
		cmocka_unit_test(an_image_that_another_one_begins_from_is_built_first),
		cmocka_unit_test(every_request_can_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
