/* SPDX-License-Identifier: MIT */
#include "engine/image/store.h"

#include <string.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/image/ingest.h"
#include "tests/folder.h"
#include "tests/image.h"

struct world {
	char *folder;
	struct store *store;
	struct error *err;
};

static int set_up(void **state)
{
	struct world *world = memory_zero(1, sizeof(*world));
	CLEANUP(memory_free) char *path = NULL;

	world->folder = folder_new();
	path = path_join(world->folder, "images");
	assert_int_equal(store_open(path, true, &world->store, &world->err), 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	store_drop(&world->store);
	error_drop(&world->err);
	folder_drop(&world->folder);
	free(world);
	return 0;
}

static void count_one(const char *name, void *payload)
{
	(void)name;
	++*(size_t *)payload;
}

static size_t entries(const struct world *world, const char *name)
{
	CLEANUP(memory_free) char *path = path_join(store_folder(world->store), name);
	CLEANUP(error_drop) struct error *err = NULL;
	size_t count = 0;

	assert_int_equal(file_list(path, count_one, &count, &err), 0);
	return count;
}

/* What a writer that was killed leaves. */
static void leave_behind(const struct world *world)
{
	static const char *const paths[] = {"ingest/dead/lock", "ingest/dead/0.part",
					    "ingest/dead/tree/deep/file", ".index.json.1.00000000"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CLEANUP(memory_free) char *path = path_join(store_folder(world->store), paths[i]);
		CLEANUP(memory_free) char *folder = path_folder(path);
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(file_make_folder(folder, &err), 0);
		assert_int_equal(file_write(path, "x", 1, false, &err), 0);
	}
}

static void a_name_leads_to_its_last_manifest(void **state)
{
	struct world *world = *state;
	CLEANUP(memory_free) char *first = image_put(world->store, "docker.io/library/a:1", "one");
	CLEANUP(memory_free) char *second = image_put(world->store, "docker.io/library/a:1", "two");
	CLEANUP(memory_free) char *other = image_put(world->store, "docker.io/library/a:0", "one");
	CLEANUP(store_names_drop) struct store_names names = {0};

	assert_string_equal(first, other);
	assert_int_equal(store_names(world->store, &names, &world->err), 0);
	assert_int_equal(names.len, 2);
	assert_string_equal(names.items[0].name, "docker.io/library/a:0");
	const struct store_name *found = store_names_find(&names, "docker.io/library/a:1");

	assert_string_equal(found->digest, second);
	assert_true(found->tagged > 0);
	assert_null(store_names_find(&names, "docker.io/library/b:1"));
}

static void a_name_that_is_taken_away_is_gone_and_what_others_wrote_stays(void **state)
{
	struct world *world = *state;
	CLEANUP(memory_free) char *index = path_join(store_folder(world->store), "index.json");
	CLEANUP(text_drop) struct text after = {0};
	static const char foreign[] =
		"{\"schemaVersion\":2,\"x\":7,\"manifests\":[{\"mediaType\":\"y\",\"digest\":"
		"\"sha512:z\",\"size\":1,\"annotations\":{\"kept\":\"yes\"}}]}";
	bool was = true;

	assert_int_equal(file_write(index, foreign, strlen(foreign), false, &world->err), 0);
	CLEANUP(memory_free) char *digest = image_put(world->store, "docker.io/library/a:1", "one");

	assert_int_equal(store_untag(world->store, "nobody", &was, &world->err), 0);
	assert_false(was);
	assert_int_equal(store_untag(world->store, "docker.io/library/a:1", &was, &world->err), 0);
	assert_true(was);
	assert_int_equal(file_read(index, 4096, &after, &world->err), 0);
	assert_string_equal(text_string(&after), foreign);
}

static void a_store_that_is_absent_is_empty_for_who_only_reads(void **state)
{
	struct world *world = *state;
	CLEANUP(memory_free) char *path = path_join(world->folder, "none");
	CLEANUP(store_drop) struct store *store = NULL;
	CLEANUP(store_names_drop) struct store_names names = {0};

	assert_int_equal(store_open(path, false, &store, &world->err), 0);
	assert_int_equal(store_names(store, &names, &world->err), 0);
	assert_int_equal(names.len, 0);
	assert_int_equal(file_kind(path), FILE_ABSENT);
}

static void a_layout_of_another_version_is_not_touched(void **state)
{
	struct world *world = *state;
	CLEANUP(memory_free) char *path = path_join(store_folder(world->store), "oci-layout");
	static const char other[] = "{\"imageLayoutVersion\":\"2.0.0\"}";
	struct store *store = NULL;

	assert_int_equal(file_write(path, other, strlen(other), false, &world->err), 0);
	assert_int_equal(store_open(store_folder(world->store), true, &store, &world->err),
			 ERROR_INVALID);
	assert_non_null(strstr(world->err->message, "not a layout of version 1"));
}

static void a_blob_appears_when_it_is_whole(void **state)
{
	struct world *world = *state;
	CLEANUP(ingest_end) struct ingest *ingest = NULL;
	CLEANUP(ingest_blob_drop) struct ingest_blob *blob = NULL;
	CLEANUP(memory_free) char *digest = image_digest("hello", 5);
	CLEANUP(memory_free) char *path = store_blob(world->store, digest);
	CLEANUP(text_drop) struct text text = {0};
	bool there = true;

	assert_int_equal(ingest_begin(world->store, &ingest, &world->err), 0);
	assert_int_equal(ingest_want(ingest, digest, 5, &there, &world->err), 0);
	assert_false(there);
	assert_int_equal(ingest_blob_open(ingest, digest, 5, &blob, &world->err), 0);
	assert_int_equal(ingest_blob_write(blob, "hel", 3, &world->err), 0);
	assert_int_equal(ingest_blob_offset(blob), 3);
	assert_int_equal(file_kind(path), FILE_ABSENT);
	assert_int_equal(ingest_blob_write(blob, "lo", 2, &world->err), 0);
	assert_int_equal(ingest_blob_commit(&blob, NULL, &world->err), 0);
	assert_null(blob);
	assert_int_equal(store_read(world->store, digest, 5, &text, &world->err), 0);
	assert_string_equal(text_string(&text), "hello");
	assert_int_equal(ingest_want(ingest, digest, 5, &there, &world->err), 0);
	assert_true(there);
	ingest_end(&ingest);
	assert_int_equal(entries(world, "ingest"), 0);
}

static void what_is_not_what_it_should_be_is_not_kept(void **state)
{
	static const struct {
		const char *bytes;
		int64_t size;
		const char *part;
	} bad[] = {
		{"hallo", 5, "another digest"},
		{"hell", 5, "there are 4 bytes, not the 5 said"},
		{"hello!", 5, "more bytes than the 5 said"},
		{"hello", 6, "there are 5 bytes, not the 6 said"},
		{"", 5, "there are 0 bytes"},
	};
	struct world *world = *state;
	CLEANUP(memory_free) char *digest = image_digest("hello", 5);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(ingest_end) struct ingest *ingest = NULL;
		CLEANUP(ingest_blob_drop) struct ingest_blob *blob = NULL;

		assert_int_equal(ingest_begin(world->store, &ingest, &err), 0);
		assert_int_equal(ingest_blob_open(ingest, digest, bad[i].size, &blob, &err), 0);
		if (ingest_blob_write(blob, bad[i].bytes, strlen(bad[i].bytes), &err) == 0)
			ingest_blob_commit(&blob, NULL, &err);
		assert_int_equal(err->code, ERROR_INVALID);
		assert_non_null(strstr(err->message, bad[i].part));
		assert_int_equal(entries(world, "blobs/sha256"), 0);
	}
	assert_int_equal(entries(world, "ingest"), 0);
}

static void a_blob_can_begin_anew(void **state)
{
	struct world *world = *state;
	CLEANUP(ingest_end) struct ingest *ingest = NULL;
	CLEANUP(ingest_blob_drop) struct ingest_blob *blob = NULL;
	CLEANUP(memory_free) char *digest = image_digest("hello", 5);

	assert_int_equal(ingest_begin(world->store, &ingest, &world->err), 0);
	assert_int_equal(ingest_blob_open(ingest, digest, 5, &blob, &world->err), 0);
	assert_int_equal(ingest_blob_write(blob, "junk", 4, &world->err), 0);
	assert_int_equal(ingest_blob_restart(blob, &world->err), 0);
	assert_int_equal(ingest_blob_offset(blob), 0);
	assert_int_equal(ingest_blob_write(blob, "hello", 5, &world->err), 0);
	assert_int_equal(ingest_blob_commit(&blob, NULL, &world->err), 0);
}

static void a_blob_that_lost_bytes_is_wanted_again(void **state)
{
	struct world *world = *state;
	CLEANUP(ingest_end) struct ingest *ingest = NULL;
	CLEANUP(memory_free) char *digest = NULL, *path = NULL;
	CLEANUP(text_drop) struct text text = {0};
	bool there = true;

	assert_int_equal(ingest_begin(world->store, &ingest, &world->err), 0);
	assert_int_equal(ingest_put(ingest, "hello", 5, &digest, &world->err), 0);
	path = store_blob(world->store, digest);
	assert_int_equal(file_write(path, "hell", 4, false, &world->err), 0);
	assert_int_equal(store_read(world->store, digest, 100, &text, &world->err), ERROR_SYSTEM);
	assert_non_null(strstr(world->err->message, "damaged"));
	error_drop(&world->err);
	assert_int_equal(ingest_want(ingest, digest, 5, &there, &world->err), 0);
	assert_false(there);
	assert_int_equal(file_kind(path), FILE_ABSENT);
}

static void what_the_dead_left_goes_and_the_living_stay(void **state)
{
	struct world *world = *state;
	CLEANUP(ingest_end) struct ingest *living = NULL, *next = NULL;
	CLEANUP(memory_free)
	char *temporary = path_join(store_folder(world->store), ".index.json.1.00000000");

	assert_int_equal(ingest_begin(world->store, &living, &world->err), 0);
	leave_behind(world);
	assert_int_equal(entries(world, "ingest"), 2);
	assert_int_equal(ingest_begin(world->store, &next, &world->err), 0);
	assert_int_equal(entries(world, "ingest"), 2);
	assert_int_equal(file_kind(ingest_folder(living)), FILE_FOLDER);
	assert_int_equal(file_kind(ingest_folder(next)), FILE_FOLDER);
	assert_int_equal(file_kind(temporary), FILE_ABSENT);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_name_leads_to_its_last_manifest),
		TEST(a_name_that_is_taken_away_is_gone_and_what_others_wrote_stays),
		TEST(a_store_that_is_absent_is_empty_for_who_only_reads),
		TEST(a_layout_of_another_version_is_not_touched),
		TEST(a_blob_appears_when_it_is_whole),
		TEST(what_is_not_what_it_should_be_is_not_kept),
		TEST(a_blob_can_begin_anew),
		TEST(a_blob_that_lost_bytes_is_wanted_again),
		TEST(what_the_dead_left_goes_and_the_living_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
