/* SPDX-License-Identifier: MIT */
#include "compose/cli/batch.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/cli/sieve.h"
#include "tests/folder.h"
#include "tests/test.h"

static void put(const char *folder, const char *name, const char *bytes)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *path = path_join(folder, name);
	CLEANUP(memory_free) char *parent = path_folder(path);

	assert_int_equal(file_make_folder(parent, &err), 0);
	assert_int_equal(file_write(path, bytes, strlen(bytes), false, &err), 0);
}

static void what_is_there_is_put_and_what_is_gone_removed(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(batch_drop) struct batch batch = {0};
	struct watch_rule rule = {.path = folder, .action = WATCH_SYNC, .target = "/app"};

	(void)state;
	put(folder, "a/file", "x");
	assert_true(batch_is_empty(&batch));
	batch_add(&batch, &rule, (const char *[]){"a", "a/file", "a/gone"}, 3);
	assert_int_equal(batch.put.len, 1);
	assert_string_equal(batch.put.items[0].target, "/app/a/file");
	assert_int_equal(batch.removed.len, 1);
	assert_string_equal(batch.removed.items[0], "/app/a/gone");
	assert_false(batch.restart || batch.rebuild || batch.commands.len);
	assert_int_equal(batch.changes, 3);
	assert_string_equal(batch.first, "a");
}

static void each_action_asks_for_its_own(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	static const struct {
		enum watch_action action;
		size_t put, commands;
		bool restart, rebuild;
	} rows[] = {
		{WATCH_REBUILD, 0, 0, false, true},    {WATCH_SYNC, 1, 0, false, false},
		{WATCH_RESTART, 0, 0, true, false},    {WATCH_SYNC_RESTART, 1, 0, true, false},
		{WATCH_SYNC_EXEC, 1, 1, false, false},
	};

	(void)state;
	put(folder, "f", "x");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(batch_drop) struct batch batch = {0};
		struct watch_rule rule = {
			.path = folder, .action = rows[i].action, .target = "/app/"};

		batch_add(&batch, &rule, (const char *[]){"f"}, 1);
		batch_add(&batch, &rule, (const char *[]){"f"}, 1);
		assert_false(batch_is_empty(&batch));
		assert_int_equal(batch.put.len, rows[i].put);
		assert_int_equal(batch.commands.len, rows[i].commands);
		assert_int_equal(batch.restart, rows[i].restart);
		assert_int_equal(batch.rebuild, rows[i].rebuild);
		if (rows[i].put)
			assert_string_equal(batch.put.items[0].target, "/app/f");
	}
}

static void a_single_file_is_the_target_itself(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "one");
	CLEANUP(batch_drop) struct batch batch = {0};
	struct watch_rule rule = {.path = path, .action = WATCH_SYNC, .target = "/etc/one"};

	(void)state;
	put(folder, "one", "x");
	batch_add(&batch, &rule, (const char *[]){""}, 1);
	assert_int_equal(batch.put.len, 1);
	assert_string_equal(batch.put.items[0].target, "/etc/one");
	assert_string_equal(batch.first, "one");
}

static void archives_are_cut_where_they_are_large_enough(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(batch_drop) struct batch batch = {0};
	CLEANUP(text_drop) struct text tar = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct watch_rule rule = {.path = folder, .action = WATCH_SYNC, .target = "/app"};
	const char *names[] = {"a", "b", "c"};
	size_t next = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		put(folder, names[i], "x");
	batch_add(&batch, &rule, names, ARRAY_LEN(names));
	/* A header and a block each: the first reaches the bound, the entry's path stands first. */
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(memory_free) char *wanted = memory_format("app/%s", names[i]);

		assert_int_equal(batch_archive(&batch, &next, 1024, &tar, &err), 0);
		assert_int_equal(next, i + 1);
		assert_string_equal(text_string(&tar), wanted);
	}
}

static void what_vanished_meanwhile_is_left_out(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "a");
	CLEANUP(batch_drop) struct batch batch = {0};
	CLEANUP(text_drop) struct text tar = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct watch_rule rule = {.path = folder, .action = WATCH_SYNC, .target = "/app"};
	size_t next = 0;

	(void)state;
	put(folder, "a", "x");
	batch_add(&batch, &rule, (const char *[]){"a"}, 1);
	assert_int_equal(file_remove(path, &err), 0);
	assert_int_equal(batch_archive(&batch, &next, 1024, &tar, &err), 0);
	assert_int_equal(next, 1);
	assert_string_equal(text_string(&tar), "");
}

static void a_sieve_leaves_out_what_the_rule_the_context_and_habit_name(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "src");
	CLEANUP(sieve_drop) struct sieve *sieve = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	struct build build = {.context = folder};
	struct service service = {.build = &build};
	const char *ignored[] = {"cache/", "*.log"};
	struct watch_rule rule = {.path = path, .ignore = {.items = ignored, .len = 2}};
	static const struct {
		const char *path;
		bool is_folder, holds;
	} rows[] = {
		{"main.c", false, true},     {"a/b", true, true},
		{"cache", true, false},      {"x.log", false, false},
		{"a/x.log", false, true},    {"secret", false, false},
		{".git", true, false},       {"a/.main.c.swp", false, false},
		{"a/main.c~", false, false},
	};

	(void)state;
	put(folder, "src/main.c", "x");
	put(folder, ".dockerignore", "src/secret\n");
	assert_int_equal(sieve_new(&service, &rule, &sieve, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (sieve_holds(sieve, rows[i].path, rows[i].is_folder) != rows[i].holds)
			fail_msg("%s", rows[i].path);
	}
}

static void with_include_only_what_it_names_counts(void **state)
{
	CLEANUP(sieve_drop) struct sieve *sieve = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	struct service service = {0};
	const char *included[] = {"**/*.c"};
	struct watch_rule rule = {.path = "/src", .include = {.items = included, .len = 1}};

	(void)state;
	assert_int_equal(sieve_new(&service, &rule, &sieve, &err), 0);
	assert_true(sieve_holds(sieve, "a/b.c", false));
	assert_true(sieve_holds(sieve, "a", true));
	assert_false(sieve_holds(sieve, "a/b.h", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_put_and_what_is_gone_removed),
		cmocka_unit_test(each_action_asks_for_its_own),
		cmocka_unit_test(a_single_file_is_the_target_itself),
		cmocka_unit_test(archives_are_cut_where_they_are_large_enough),
		cmocka_unit_test(what_vanished_meanwhile_is_left_out),
		cmocka_unit_test(a_sieve_leaves_out_what_the_rule_the_context_and_habit_name),
		cmocka_unit_test(with_include_only_what_it_names_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
