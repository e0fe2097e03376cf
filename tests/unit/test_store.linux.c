/* SPDX-License-Identifier: MIT */
/* Writers that are killed at any point, and several at once. */
#include "engine/image/store.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/image/catalog.h"
#include "tests/folder.h"
#include "tests/image.h"

static void count_one(const char *name, void *payload)
{
	(void)name;
	++*(size_t *)payload;
}

static size_t entries(const char *folder, const char *name)
{
	CLEANUP(memory_free) char *path = path_join(folder, name);
	CLEANUP(error_drop) struct error *err = NULL;
	size_t count = 0;

	assert_int_equal(file_list(path, count_one, &count, &err), 0);
	return count;
}

/* Writes images for ever; tells each that is named. */
static void write_images(const char *folder, int told)
{
	struct store *store = NULL;
	struct error *err = NULL;

	if (store_open(folder, true, &store, &err) < 0)
		_exit(1);
	for (unsigned i = 0;; i++) {
		CLEANUP(memory_free) char *name = memory_format("docker.io/library/x:%u", i % 7);
		CLEANUP(memory_free)
		char *layer = memory_format("layer %u of %d", i, (int)getpid());
		CLEANUP(memory_free) char *digest = image_put(store, name, layer);

		if (write(told, "x", 1) != 1)
			_exit(1);
	}
}

static void a_writer_killed_at_any_point_leaves_a_whole_store(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(store_drop) struct store *store = NULL;
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(store_open(folder, true, &store, &err), 0);
	for (unsigned round = 0; round < 40; round++) {
		CLEANUP(catalog_drop) struct catalog catalog = {0};
		int ends[2];
		char byte;

		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();

		if (child == 0)
			write_images(folder, ends[1]);
		close(ends[1]);
		/* Somewhere in the second image. */
		assert_int_equal(read(ends[0], &byte, 1), 1);
		usleep(round * 53 % 1000);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		close(ends[0]);
		assert_int_equal(catalog_read(store, &catalog, &err), 0);
		assert_true(catalog.len > 0);
		ARRAY_FOR_EACH (const struct catalog_image, image, &catalog)
			assert_null(image->damage);
	}
	CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0};

	assert_int_equal(catalog_prune(store, true, &removal, &err), 0);
	assert_int_equal(entries(folder, "ingest"), 0);
	assert_int_equal(entries(folder, "blobs/sha256"), 0);
	/* blobs, index.json, ingest, layers, lock, oci-layout */
	assert_int_equal(entries(folder, "."), 6);
}

static void several_writers_and_pruners_lose_nothing(void **state)
{
	enum { WRITERS = 4, EACH = 12 };
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(store_drop) struct store *store = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(catalog_drop) struct catalog catalog = {0};
	pid_t children[WRITERS];

	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		children[i] = fork();
		if (children[i] != 0)
			continue;
		struct store *own = NULL;
		struct error *why = NULL;
		bool fine = store_open(folder, true, &own, &why) == 0;

		for (int k = 0; fine && k < EACH; k++) {
			CLEANUP(memory_free) char *name = memory_format("localhost/w%d:%d", i, k);
			CLEANUP(memory_free) char *layer = memory_format("%d", k);
			CLEANUP(memory_free) char *digest = image_put(own, name, layer);
			CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0};

			fine = catalog_prune(own, false, &removal, &why) == 0;
		}
		if (!fine)
			fprintf(stderr, "writer %d: %s\n", i, why ? why->message : "");
		_exit(fine ? 0 : 1);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = -1;

		waitpid(children[i], &status, 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(store_open(folder, false, &store, &err), 0);
	assert_int_equal(catalog_read(store, &catalog, &err), 0);
	assert_int_equal(catalog.len, EACH);
	ARRAY_FOR_EACH (const struct catalog_image, image, &catalog) {
		size_t names = 0;

		assert_null(image->damage);
		while (image->names[names])
			names++;
		assert_int_equal(names, WRITERS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_writer_killed_at_any_point_leaves_a_whole_store),
		cmocka_unit_test(several_writers_and_pruners_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
