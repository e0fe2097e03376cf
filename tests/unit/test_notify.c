/* SPDX-License-Identifier: MIT */
#include "base/notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "tests/folder.h"
#include "tests/loop.h"
#include "tests/test.h"

/* The system's own notices are waited for: bounded, as a lost one must fail the test. */
enum { PATIENCE = 10000 /* ms */ };

struct scene {
	uv_loop_t loop;
	struct notify *notify;
	char *folder;
	bool ready, closed, late, lost;
	int failures;
	unsigned batches;
	struct text told; /* the paths, a line each; a batch ends with a line "." */
	const char *skipped;
};

static void on_ready(void *payload)
{
	struct scene *scene = payload;

	assert_false(scene->ready);
	scene->ready = true;
	uv_stop(&scene->loop);
}

static void on_told(const char *const *paths, size_t count, void *payload)
{
	struct scene *scene = payload;

	assert_false(scene->closed);
	scene->batches++;
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || strcmp(paths[i - 1], paths[i]) < 0);
		text_printf(&scene->told, "%s\n", paths[i]);
	}
	scene->lost = scene->lost || !count;
	text_add(&scene->told, ".\n");
	uv_stop(&scene->loop);
}

static void on_failed(const struct error *err, void *payload)
{
	struct scene *scene = payload;

	print_message("%s\n", err->message);
	scene->failures++;
}

static bool is_skipped(const char *path, bool is_folder, void *payload)
{
	struct scene *scene = payload;

	(void)is_folder;
	return scene->skipped && strcmp(path, scene->skipped) == 0;
}

static void on_closed(void *payload)
{
	struct scene *scene = payload;

	scene->closed = true;
	uv_stop(&scene->loop);
}

static void too_late(uv_timer_t *timer)
{
	struct scene *scene = timer->data;

	scene->late = true;
	uv_stop(&scene->loop);
}

/* Until *done, or until the line was told (or the system lost count, and so may have lost it). */
static void run_until(struct scene *scene, const bool *done, const char *line)
{
	uv_timer_t timer;

	scene->late = false;
	uv_timer_init(&scene->loop, &timer);
	timer.data = scene;
	uv_timer_start(&timer, too_late, PATIENCE, 0);
	while (!scene->late &&
	       !(done ? *done : scene->lost || strstr(text_string(&scene->told), line)))
		uv_run(&scene->loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&scene->loop, UV_RUN_NOWAIT);
	if (scene->late)
		fail_msg("not told in time: %s", line ? line : "the end of the walk");
}

static char *at(const struct scene *scene, const char *path)
{
	return *path ? path_join(scene->folder, path) : memory_copy(scene->folder);
}

static void put(struct scene *scene, const char *path)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *full = at(scene, path);

	assert_int_equal(file_write(full, "x", 1, false, &err), 0);
}

static void make(struct scene *scene, const char *path)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *full = at(scene, path);

	assert_int_equal(file_make_folder(full, &err), 0);
}

static void begin(struct scene *scene)
{
	*scene = (struct scene){.folder = folder_new()};
	assert_int_equal(uv_loop_init(&scene->loop), 0);
}

static void watch(struct scene *scene, const char *path)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *full = at(scene, path);
	struct notify_options options = {
		.path = full,
		.quiet = 50 * CLOCK_MS,
		.skip = is_skipped,
		.ready = on_ready,
		.told = on_told,
		.failed = on_failed,
		.payload = scene,
	};

	assert_int_equal(notify_open(&scene->loop, &options, &scene->notify, &err), 0);
	assert_false(scene->ready);
}

static void end(struct scene *scene)
{
	notify_close(scene->notify, on_closed, scene);
	assert_false(scene->closed);
	run_until(scene, &scene->closed, NULL);
	assert_int_equal(scene->failures, 0);
	loop_assert_clean(&scene->loop);
	folder_drop(&scene->folder);
	text_drop(&scene->told);
}

static bool was_told(const struct scene *scene, const char *path)
{
	CLEANUP(memory_free) char *line = memory_format("\n%s\n", path);
	CLEANUP(memory_free) char *all = memory_format("\n%s", text_string(&scene->told));

	return strstr(all, line) != NULL;
}

static void what_is_written_made_and_removed_is_told(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	make(&scene, "a/b");
	put(&scene, "a/b/old");
	put(&scene, "gone");
	watch(&scene, "");
	run_until(&scene, &scene.ready, NULL);
	assert_int_equal(scene.batches, 0);

	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *gone = at(&scene, "gone");

	put(&scene, "a/b/old");
	put(&scene, "new");
	assert_int_equal(file_remove(gone, &err), 0);
	run_until(&scene, NULL, "new\n");
	assert_true(was_told(&scene, "a/b/old"));
	assert_true(was_told(&scene, "gone"));
	end(&scene);
}

static void what_comes_with_a_new_folder_is_told_too(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	watch(&scene, "");
	run_until(&scene, &scene.ready, NULL);
	make(&scene, "x/y/z");
	put(&scene, "x/y/z/file");
	run_until(&scene, NULL, "x/y/z/file\n");
	text_clear(&scene.told);
	put(&scene, "x/y/z/later");
	run_until(&scene, NULL, "x/y/z/later\n");
	end(&scene);
}

static void a_folder_that_is_made_anew_is_watched_anew(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	make(&scene, "out");
	put(&scene, "out/one");
	watch(&scene, "");
	run_until(&scene, &scene.ready, NULL);

	char *removed = at(&scene, "out");

	folder_drop(&removed);
	make(&scene, "out");
	put(&scene, "out/two");
	run_until(&scene, NULL, "out/two\n");
	assert_false(was_told(&scene, "out/out"));
	put(&scene, "out/three");
	run_until(&scene, NULL, "out/three\n");
	end(&scene);
}

static void what_is_skipped_is_neither_told_nor_looked_into(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	make(&scene, "modules");
	scene.skipped = "modules";
	watch(&scene, "");
	run_until(&scene, &scene.ready, NULL);
	/* On Windows all is told to us, on Linux nothing below: in both cases the one is asked. */
	put(&scene, "other");
	run_until(&scene, NULL, "other\n");
	assert_false(was_told(&scene, "modules"));
	end(&scene);
}

static void a_single_file_is_told_even_when_another_takes_its_place(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	put(&scene, "one");
	watch(&scene, "one");
	run_until(&scene, &scene.ready, NULL);
	put(&scene, "two");
	/* file_write renames a new file to the old name, as editors do. */
	put(&scene, "one");
	run_until(&scene, NULL, ".\n");
	assert_string_equal(text_string(&scene.told), "\n.\n");
	end(&scene);
}

static void many_changes_are_told_at_once(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	watch(&scene, "");
	run_until(&scene, &scene.ready, NULL);
	for (int i = 0; i < 100; i++) {
		CLEANUP(memory_free) char *name = memory_format("f%02d", i);

		put(&scene, name);
	}
	run_until(&scene, NULL, "f99\n");
	assert_true(scene.lost || was_told(&scene, "f00"));
	assert_true(scene.batches < 10);
	end(&scene);
}

static void closing_in_the_middle_of_the_walk_is_well(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	make(&scene, "a/b/c");
	watch(&scene, "");
	end(&scene);
	assert_false(scene.ready);
}

static void what_is_not_there_is_an_error(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct notify *notify = NULL;
	struct scene scene;

	(void)state;
	begin(&scene);
	CLEANUP(memory_free) char *path = at(&scene, "absent");

	assert_int_equal(
		notify_open(&scene.loop, &(struct notify_options){.path = path}, &notify, &err),
		ERROR_NOT_FOUND);
	assert_non_null(strstr(err->message, path));
	loop_assert_clean(&scene.loop);
	folder_drop(&scene.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_made_and_removed_is_told),
		cmocka_unit_test(what_comes_with_a_new_folder_is_told_too),
		cmocka_unit_test(a_folder_that_is_made_anew_is_watched_anew),
		cmocka_unit_test(what_is_skipped_is_neither_told_nor_looked_into),
		cmocka_unit_test(a_single_file_is_told_even_when_another_takes_its_place),
		cmocka_unit_test(many_changes_are_told_at_once),
		cmocka_unit_test(closing_in_the_middle_of_the_walk_is_well),
		cmocka_unit_test(what_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
