/* SPDX-License-Identifier: MIT */
#include "engine/image/catalog.h"

#include <string.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/image/ingest.h"
#include "tests/folder.h"
#include "tests/image.h"

#define A1 "docker.io/library/a:1"
#define A2 "docker.io/library/a:2"
#define B1 "localhost:5000/b:1"

struct world {
	char *folder;
	struct store *store;
	struct catalog catalog;
	struct error *err;
};

static int set_up(void **state)
{
	struct world *world = memory_zero(1, sizeof(*world));

	world->folder = folder_new();
	assert_int_equal(store_open(world->folder, true, &world->store, &world->err), 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	catalog_drop(&world->catalog);
	store_drop(&world->store);
	error_drop(&world->err);
	folder_drop(&world->folder);
	free(world);
	return 0;
}

static void put(struct world *world, const char *name, const char *layer)
{
	CLEANUP(memory_free) char *digest = image_put(world->store, name, layer);
}

static void read_again(struct world *world)
{
	catalog_drop(&world->catalog);
	assert_int_equal(catalog_read(world->store, &world->catalog, &world->err), 0);
}

static const struct catalog_image *find(struct world *world, const char *name)
{
	const struct catalog_image *image = NULL;

	assert_int_equal(catalog_find(&world->catalog, name, &image, &world->err), 0);
	return image;
}

static void count_one(const char *name, void *payload)
{
	(void)name;
	++*(size_t *)payload;
}

static size_t blobs(struct world *world)
{
	CLEANUP(memory_free) char *path = path_join(world->folder, "blobs/sha256");
	size_t count = 0;

	assert_int_equal(file_list(path, count_one, &count, &world->err), 0);
	return count;
}

static void images_are_found_by_name_by_digest_and_by_id(void **state)
{
	struct world *world = *state;
	CLEANUP(memory_free) char *digest = image_put(world->store, A1, "one");
	CLEANUP(memory_free) char *by_digest = memory_format("a@%s", digest);
	CLEANUP(memory_free) char *elsewhere = memory_format("b@%s", digest);

	put(world, A2, "one");
	put(world, B1, "two");
	read_again(world);
	assert_int_equal(world->catalog.len, 2);
	const struct catalog_image *image = find(world, "a:1");

	assert_non_null(image);
	assert_string_equal(image->names[0], A1);
	assert_string_equal(image->names[1], A2);
	assert_string_equal(image->config.image.tags[1], "a:2");
	assert_string_equal(image->config.image.architecture, "amd64");
	assert_true(image->config.image.size > 3);
	assert_ptr_equal(find(world, A2), image);
	assert_ptr_equal(find(world, by_digest), image);
	assert_ptr_equal(find(world, image->config.image.id), image);
	CLEANUP(memory_free) char *brief = memory_copy_n(image->config.image.id + 7, 12);

	assert_ptr_equal(find(world, brief), image);
	assert_null(find(world, elsewhere));
	assert_null(find(world, "a"));
	assert_null(find(world, "deadbeef"));
	assert_string_equal(find(world, "localhost:5000/b:1")->names[0], B1);
	assert_int_equal(catalog_find(&world->catalog, "NO NAME", &image, &world->err),
			 ERROR_INVALID);
}

static void an_image_goes_with_its_last_name(void **state)
{
	struct world *world = *state;
	CLEANUP(catalog_removal_drop) struct catalog_removal first = {0}, second = {0};

	put(world, A1, "one");
	put(world, A2, "one");
	put(world, B1, "two");
	assert_int_equal(blobs(world), 6);
	assert_int_equal(catalog_remove(world->store, "a:1", false, &first, &world->err), 0);
	assert_string_equal(first.untagged[0], "a:1");
	assert_null(first.deleted);
	assert_int_equal(blobs(world), 6);
	assert_int_equal(catalog_remove(world->store, "a:2", false, &second, &world->err), 0);
	assert_string_equal(second.untagged[0], "a:2");
	assert_non_null(second.deleted);
	assert_true(second.bytes > 100);
	assert_int_equal(blobs(world), 3);
}

static void an_id_of_several_names_needs_force(void **state)
{
	struct world *world = *state;
	CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0};

	put(world, A1, "one");
	put(world, A2, "one");
	read_again(world);
	const char *id = find(world, "a:1")->config.image.id;

	assert_int_equal(catalog_remove(world->store, id, false, &removal, &world->err),
			 ERROR_CONFLICT);
	error_drop(&world->err);
	assert_int_equal(catalog_remove(world->store, id, true, &removal, &world->err), 0);
	assert_string_equal(removal.untagged[1], "a:2");
	assert_int_equal(blobs(world), 0);
}

static void what_a_container_holds_stays(void **state)
{
	struct world *world = *state;
	CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0}, all = {0};

	put(world, A1, "one");
	put(world, "@container/c1", "one");
	assert_int_equal(catalog_remove(world->store, "a:1", true, &removal, &world->err),
			 ERROR_CONFLICT);
	assert_non_null(strstr(world->err->message, "used by a container"));
	error_drop(&world->err);
	assert_int_equal(catalog_prune(world->store, true, &all, &world->err), 0);
	assert_int_equal(blobs(world), 3);
	assert_null(all.untagged);
	read_again(world);
	assert_int_equal(world->catalog.len, 1);
	assert_true(world->catalog.items[0].held);
}

static void prune_takes_what_no_name_leads_to(void **state)
{
	struct world *world = *state;
	CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0}, all = {0};
	CLEANUP(memory_free) char *layer = path_join(world->folder, "layers/0123/x");

	put(world, A1, "one");
	put(world, A1, "two");
	assert_int_equal(file_make_folder(layer, &world->err), 0);
	assert_int_equal(blobs(world), 6);
	assert_int_equal(catalog_prune(world->store, false, &removal, &world->err), 0);
	assert_int_equal(blobs(world), 3);
	assert_int_equal(file_kind(layer), FILE_ABSENT);
	assert_true(removal.bytes > 100);
	assert_int_equal(catalog_prune(world->store, true, &all, &world->err), 0);
	assert_string_equal(all.untagged[0], "a:1");
	assert_int_equal(blobs(world), 0);
}

static void a_layer_unpacked_stays_as_long_as_its_image(void **state)
{
	struct world *world = *state;
	CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0}, all = {0};
	CLEANUP(memory_free) char *diff_id = image_digest("one", 3);
	CLEANUP(memory_free) char *layer = store_layer(world->store, diff_id);

	put(world, A1, "one");
	assert_int_equal(file_make_folder(layer, &world->err), 0);
	assert_int_equal(catalog_prune(world->store, false, &removal, &world->err), 0);
	assert_int_equal(file_kind(layer), FILE_FOLDER);
	assert_int_equal(catalog_remove(world->store, "a:1", false, &all, &world->err), 0);
	assert_int_equal(file_kind(layer), FILE_ABSENT);
}

static void what_a_writer_brings_is_not_pruned(void **state)
{
	struct world *world = *state;
	CLEANUP(ingest_end) struct ingest *ingest = NULL;
	CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0}, after = {0};

	assert_int_equal(ingest_begin(world->store, &ingest, &world->err), 0);
	assert_int_equal(ingest_put(ingest, "new", 3, NULL, &world->err), 0);
	assert_int_equal(catalog_prune(world->store, true, &removal, &world->err), 0);
	assert_int_equal(blobs(world), 1);
	ingest_end(&ingest);
	assert_int_equal(catalog_prune(world->store, true, &after, &world->err), 0);
	assert_int_equal(blobs(world), 0);
}

static void nothing_is_removed_where_a_named_image_cannot_be_read(void **state)
{
	struct world *world = *state;
	CLEANUP(memory_free) char *digest = image_put(world->store, A1, "one");
	CLEANUP(memory_free) char *path = store_blob(world->store, digest);
	CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0};

	put(world, A2, "two");
	put(world, A2, "three");
	assert_int_equal(file_write(path, "{}", 2, false, &world->err), 0);
	assert_int_equal(catalog_prune(world->store, false, &removal, &world->err), ERROR_SYSTEM);
	assert_non_null(strstr(world->err->message, "nothing is removed, as " A1));
	assert_int_equal(blobs(world), 9);
	read_again(world);
	assert_non_null(find(world, "a:1")->damage);
	error_drop(&world->err);
	assert_int_equal(catalog_remove(world->store, "a:1", false, &removal, &world->err), 0);
	assert_int_equal(blobs(world), 3);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(images_are_found_by_name_by_digest_and_by_id),
		TEST(an_image_goes_with_its_last_name),
		TEST(an_id_of_several_names_needs_force),
		TEST(what_a_container_holds_stays),
		TEST(prune_takes_what_no_name_leads_to),
		TEST(a_layer_unpacked_stays_as_long_as_its_image),
		TEST(what_a_writer_brings_is_not_pruned),
		TEST(nothing_is_removed_where_a_named_image_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
