/* SPDX-License-Identifier: MIT */
#include "engine/image/archive.h"

#include <string.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/image/catalog.h"
#include "tests/folder.h"
#include "tests/image.h"
#include "tests/tarball.h"

struct world {
	char *folder, *file;
	struct store *store, *other;
	struct archive_loaded loaded;
	struct error *err;
	/* An image of one layer. */
	char *config, *manifest;
	char *layer_hex, *config_hex, *manifest_hex;
};

static char *hex_of(const char *text)
{
	CLEANUP(memory_free) char *digest = image_digest(text, strlen(text));

	return memory_copy(digest + strlen("sha256:"));
}

static int set_up(void **state)
{
	struct world *world = memory_zero(1, sizeof(*world));
	CLEANUP(memory_free) char *first = NULL, *second = NULL;

	world->folder = folder_new();
	first = path_join(world->folder, "first");
	second = path_join(world->folder, "second");
	world->file = path_join(world->folder, "archive.tar");
	assert_int_equal(store_open(first, true, &world->store, &world->err), 0);
	assert_int_equal(store_open(second, true, &world->other, &world->err), 0);
	world->config = image_config("layer", NULL);
	world->manifest = image_manifest("layer", world->config);
	world->layer_hex = hex_of("layer");
	world->config_hex = hex_of(world->config);
	world->manifest_hex = hex_of(world->manifest);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	archive_loaded_drop(&world->loaded);
	store_drop(&world->store);
	store_drop(&world->other);
	error_drop(&world->err);
	folder_drop(&world->folder);
	free(world->file);
	free(world->config);
	free(world->manifest);
	free(world->layer_hex);
	free(world->config_hex);
	free(world->manifest_hex);
	free(world);
	return 0;
}

/* CONFIG, MANIFEST, LAYER, CHEX, MHEX, LHEX, SIZE stand for those of the image. */
static char *fill_in(const struct world *world, const char *lines)
{
	CLEANUP(memory_free)
	char *size = memory_format("%zu", strlen(world->manifest));
	const struct {
		const char *word, *value;
	} words[] = {
		{"CONFIG", world->config},
		{"MANIFEST", world->manifest},
		{"LAYER", "layer"},
		{"CHEX", world->config_hex},
		{"MHEX", world->manifest_hex},
		{"LHEX", world->layer_hex},
		{"SIZE", size},
	};
	struct text out = {0};

	while (*lines) {
		size_t i = 0;

		while (i < ARRAY_LEN(words) && !text_starts(lines, words[i].word))
			i++;
		if (i < ARRAY_LEN(words)) {
			text_add(&out, words[i].value);
			lines += strlen(words[i].word);
		} else {
			text_add_char(&out, *lines++);
		}
	}
	return text_steal(&out);
}

static int load(struct world *world, const char *lines, const char *name)
{
	static const struct platform platform = {"linux", "amd64", NULL, NULL};
	CLEANUP(memory_free) char *filled = fill_in(world, lines);
	CLEANUP(text_drop) struct text archive = {0};
	const struct archive_load options = {
		.path = world->file, .name = name, .platform = &platform};

	tarball(&archive, filled);
	error_drop(&world->err);
	archive_loaded_drop(&world->loaded);
	assert_int_equal(file_write(world->file, archive.data, archive.len, false, &world->err), 0);
	return archive_load(world->store, &options, &world->loaded, &world->err);
}

static void assert_there(struct world *world, const struct store *store, const char *name)
{
	CLEANUP(catalog_drop) struct catalog catalog = {0};
	CLEANUP(text_drop) struct text text = {0};
	const struct catalog_image *image = NULL;

	if (world->err)
		print_error("%s\n", world->err->message);
	assert_int_equal(catalog_read(store, &catalog, &world->err), 0);
	assert_int_equal(catalog_find(&catalog, name, &image, &world->err), 0);
	assert_non_null(image);
	assert_null(image->damage);
	assert_string_equal(image->config.image.id + strlen("sha256:"), world->config_hex);
	assert_int_equal(
		store_read(store, image->manifest.items.items[0].digest, 10, &text, &world->err),
		0);
	assert_string_equal(text_string(&text), "layer");
}

#define DOCKER(layer_)                                                                             \
	"f|manifest.json|[{\"Config\":\"CHEX.json\",\"RepoTags\":[\"a:1\"],\"Layers\":[\"" layer_  \
	"\"]}]\nf|CHEX.json|CONFIG\n"
#define LAYOUT(annotations_)                                                                       \
	"f|oci-layout|{\"imageLayoutVersion\":\"1.0.0\"}\nf|index.json|{\"schemaVersion\":2,"      \
	"\"manifests\":[{\"mediaType\":\"" MANIFEST_TYPE_IMAGE "\",\"digest\":\"sha256:MHEX\","    \
	"\"size\":SIZE" annotations_ "}]}\nf|blobs/sha256/MHEX|MANIFEST\nf|blobs/sha256/CHEX|"     \
	"CONFIG\nf|blobs/sha256/LHEX|LAYER\n"
#define NAMED(name_) ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" name_ "\"}"

static void docker_archives_of_any_age_are_loaded(void **state)
{
	static const char *const good[] = {
		/* Docker 1.10 to 24 */
		DOCKER("x/layer.tar") "f|x/layer.tar|LAYER\nf|x/VERSION|1.0\nd|x\n",
		/* skopeo */
		DOCKER("LHEX.tar") "f|LHEX.tar|LAYER\ns|x/layer.tar|../LHEX.tar\n",
		/* ... whose manifest names the link */
		DOCKER("x/layer.tar") "f|LHEX.tar|LAYER\ns|x/layer.tar|../LHEX.tar\n",
		DOCKER("x/layer.tar") "f|LHEX.tar|LAYER\nh|x/layer.tar|LHEX.tar\n",
		/* links of links, in any order */
		"s|b|c\ns|a|b\n" DOCKER("a") "f|c|LAYER\n",
		/* the last of two of one name counts */
		DOCKER("a") "f|a|other\nf|a|LAYER\n",
		DOCKER("./a") "f|./a|LAYER\n",
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0};

		load(world, good[i], NULL);
		assert_there(world, world->store, "a:1");
		assert_string_equal(world->loaded.names[0], "docker.io/library/a:1");
		assert_null(world->loaded.names[1]);
		assert_int_equal(catalog_prune(world->store, true, &removal, &world->err), 0);
	}
}

static void oci_layouts_are_loaded(void **state)
{
	static const struct {
		const char *lines, *name, *expected;
	} good[] = {
		{LAYOUT(NAMED("docker.io/library/a:1")), NULL, "a:1"},
		{LAYOUT(NAMED("ghcr.io/x/y:2")), "ignored:1", "ghcr.io/x/y:2"},
		{LAYOUT(",\"annotations\":{\"org.opencontainers.image.ref.name\":\"1\","
			"\"io.containerd.image.name\":\"docker.io/library/a:1\"}"),
		 NULL, "a:1"},
		{LAYOUT(NAMED("latest")), "b:1", "b:1"},
		{LAYOUT(""), "b:1", "b:1"},
		/* what Docker 25 saves is both */
		{LAYOUT(NAMED("b:2")) DOCKER("blobs/sha256/LHEX"), NULL, "b:2"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(catalog_removal_drop) struct catalog_removal removal = {0};

		load(world, good[i].lines, good[i].name);
		assert_there(world, world->store, good[i].expected);
		assert_int_equal(catalog_prune(world->store, true, &removal, &world->err), 0);
	}
}

static void archives_that_are_wrong_name_nothing(void **state)
{
	static const struct {
		const char *lines;
		int code;
		const char *part;
	} bad[] = {
		{"", ERROR_INVALID, "no archive of images"},
		{"f|index.json|{}\n", ERROR_INVALID, "no archive of images"},
		{"f|manifest.json|x\n", ERROR_INVALID, "not JSON"},
		{"f|manifest.json|[]\n", ERROR_INVALID, "names no image"},
		{"f|manifest.json|[7]\n", ERROR_INVALID, "the config without a name"},
		{"f|manifest.json|[{\"Config\":\"../x\"}]\n", ERROR_INVALID, "is not in it"},
		{DOCKER("x"), ERROR_INVALID, "the layer x is not in it"},
		{DOCKER("x") "s|x|x\n", ERROR_INVALID, "the layer x is not in it"},
		{DOCKER("x") "s|x|y\ns|y|x\n", ERROR_INVALID, "the layer x is not in it"},
		{DOCKER("x") "s|x|/etc/passwd\n", ERROR_INVALID, "leads outside"},
		{DOCKER("x") "s|x|../../etc/passwd\n", ERROR_INVALID, "leads outside"},
		{DOCKER("x") "s|a/x|../../etc/passwd\n", ERROR_INVALID, "leads outside"},
		{DOCKER("x") "h|x|../etc/passwd\n", ERROR_INVALID, "leads outside"},
		{DOCKER("../x") "f|x|LAYER\n", ERROR_INVALID, "is not in it"},
		{DOCKER("x") "f|../x|LAYER\n", ERROR_INVALID, "leads outside"},
		{DOCKER("x") "f|x|other\n", ERROR_INVALID, "than its config says"},
		{DOCKER("x") "f|x|BZh9\n", ERROR_UNSUPPORTED, "xz or bzip2"},
		{DOCKER("x") "c|x|1,3\n", ERROR_INVALID, "is a device"},
		{DOCKER("x") "f|CHEX.json|{}\nf|x|LAYER\n", ERROR_INVALID, "has another digest"},
		{DOCKER("x") "f|x|LAYER|size=9999\n", ERROR_INVALID, "ends in the middle"},
		{"f|manifest.json|[{\"Config\":\"c\",\"RepoTags\":[\"@container/"
		 "x\"],\"Layers\":[\"l\"]"
		 "}]\nf|c|CONFIG\nf|l|LAYER\n",
		 ERROR_INVALID, "the image's name"},
		{"f|manifest.json|[{\"Config\":\"c\",\"RepoTags\":[7],\"Layers\":[\"l\"]}]\n"
		 "f|c|CONFIG\nf|l|LAYER\n",
		 ERROR_INVALID, "RepoTags"},
		{"f|manifest.json|[{\"Config\":\"c\",\"Layers\":[\"l\"]}]\nf|c|CONFIG\nf|l|LAYER\n",
		 ERROR_INVALID, "--name"},
		{"f|manifest.json|[{\"Config\":\"c\",\"Layers\":[7]}]\nf|c|CONFIG\n", ERROR_INVALID,
		 "the layer without a name"},
		{"f|manifest.json|[{\"Config\":\"c\",\"Layers\":[]}]\nf|c|CONFIG\n", ERROR_INVALID,
		 "of 1 layers, its manifest of 0"},
		{LAYOUT("") "f|blobs/sha256/LHEX|other\n", ERROR_INVALID, "--name"},
		{LAYOUT(NAMED("a:1")) "f|blobs/sha256/LHEX|other\n", ERROR_INVALID,
		 "has another digest"},
		{LAYOUT(NAMED("a:1")) "f|blobs/sha256/CHEX|{}\n", ERROR_INVALID,
		 "has another digest"},
		{LAYOUT(NAMED("a:1")) "f|blobs/sha256/MHEX|{}\n", ERROR_INVALID,
		 "has another digest"},
		{LAYOUT(NAMED("@container:x")), ERROR_INVALID, "the image's name"},
		{LAYOUT(NAMED("a:1")) "f|index.json|[]\n", ERROR_INVALID, "index.json"},
		{LAYOUT(NAMED("a:1")) "f|index.json|MANIFEST\n", ERROR_INVALID, "is no index"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(store_names_drop) struct store_names names = {0};
		CLEANUP(error_drop) struct error *err = NULL;
		int code = load(world, bad[i].lines, NULL);

		if (code != bad[i].code || !strstr(world->err->message, bad[i].part))
			print_error("%zu: %s\n", i, world->err ? world->err->message : "loaded");
		assert_int_equal(code, bad[i].code);
		assert_non_null(strstr(world->err->message, bad[i].part));
		assert_int_equal(store_names(world->store, &names, &err), 0);
		assert_int_equal(names.len, 0);
	}
}

/* --- saving */

static int collect(void *payload, const char *bytes, size_t len, struct error **err)
{
	(void)err;
	text_add_n(payload, bytes, len);
	return 0;
}

static int fill_up(void *payload, const char *bytes, size_t len, struct error **err)
{
	unsigned *left = payload;

	(void)bytes;
	(void)len;
	return (*left)-- ? 0 : error_set(err, ERROR_SYSTEM, "the disk is full");
}

static void what_is_saved_is_loaded_as_it_was(void **state)
{
	static const char *const names[] = {"a:1", "b", NULL};
	struct world *world = *state;
	CLEANUP(memory_free)
	char *digest = image_put(world->store, "docker.io/library/a:1", "layer");
	CLEANUP(memory_free)
	char *second = image_put(world->store, "docker.io/library/b:latest", "layer");
	CLEANUP(memory_free)
	char *unsaved = image_put(world->store, "docker.io/library/c:1", "layer");
	CLEANUP(text_drop) struct text archive = {0};
	CLEANUP(store_names_drop) struct store_names all = {0};
	const struct archive_load options = {.path = world->file};

	assert_int_equal(archive_save(world->store, names, collect, &archive, &world->err), 0);
	assert_int_equal(file_write(world->file, archive.data, archive.len, false, &world->err), 0);
	assert_int_equal(archive_load(world->other, &options, &world->loaded, &world->err), 0);
	assert_there(world, world->other, "a:1");
	assert_there(world, world->other, "b");
	assert_int_equal(store_names(world->other, &all, &world->err), 0);
	assert_int_equal(all.len, 2);
	assert_string_equal(all.items[0].digest, digest);
}

static void what_cannot_be_saved_is_told(void **state)
{
	static const char *const names[] = {"a:1", NULL}, *const none[] = {"nosuch", NULL};
	struct world *world = *state;
	CLEANUP(memory_free)
	char *digest = image_put(world->store, "docker.io/library/a:1", "layer");
	CLEANUP(memory_free) char *layer = memory_format("sha256:%s", world->layer_hex);
	CLEANUP(memory_free) char *path = store_blob(world->store, layer);
	CLEANUP(text_drop) struct text archive = {0};

	assert_int_equal(archive_save(world->store, none, collect, &archive, &world->err),
			 ERROR_NOT_FOUND);
	assert_int_equal(archive.len, 0);
	for (unsigned writes = 0; writes < 8; writes++) {
		unsigned left = writes;

		error_drop(&world->err);
		assert_int_equal(archive_save(world->store, names, fill_up, &left, &world->err),
				 ERROR_SYSTEM);
	}
	error_drop(&world->err);
	assert_int_equal(file_write(path, "lover", 5, false, &world->err), 0);
	assert_int_equal(archive_save(world->store, names, collect, &archive, &world->err),
			 ERROR_SYSTEM);
	assert_non_null(strstr(world->err->message, "damaged"));
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(docker_archives_of_any_age_are_loaded),
		TEST(oci_layouts_are_loaded),
		TEST(archives_that_are_wrong_name_nothing),
		TEST(what_is_saved_is_loaded_as_it_was),
		TEST(what_cannot_be_saved_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
