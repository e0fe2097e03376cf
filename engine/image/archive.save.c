/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/archive.h"
#include "engine/image/catalog.h"
#include "engine/reference.h"
#include "engine/tar.h"

#define NOW(call, ...)                                                                             \
	({                                                                                         \
		uv_fs_t request_;                                                                  \
		int result_ = uv_fs_##call(NULL, &request_, __VA_ARGS__, NULL);                    \
		uv_fs_req_cleanup(&request_);                                                      \
		result_;                                                                           \
	})

enum { PIECE = 256 << 10 };

/* An image that goes, with the names that it goes by. */
struct choice {
	const struct catalog_image *image;
	ARRAY(const char *) names; /* in full, borrowed */
};

struct save {
	const struct store *store;
	struct catalog catalog;
	ARRAY(struct choice) choices;
	struct map blobs; /* digests that were written */
	int (*write)(void *payload, const char *bytes, size_t len, struct error **err);
	void *payload;
};

static void save_drop(struct save *save)
{
	ARRAY_FOR_EACH (struct choice, choice, &save->choices)
		array_drop(&choice->names);
	array_drop(&save->choices);
	map_drop(&save->blobs);
	catalog_drop(&save->catalog);
}

/* --- which images */

static struct choice *choice_of(struct save *save, const struct catalog_image *image)
{
	ARRAY_FOR_EACH (struct choice, choice, &save->choices)
		if (choice->image == image)
			return choice;
	struct choice *choice = array_add(&save->choices);

	choice->image = image;
	return choice;
}

static void add_name(struct choice *choice, const char *name)
{
	ARRAY_FOR_EACH (const char *, known, &choice->names)
		if (text_same(*known, name))
			return;
	array_push(&choice->names, name);
}

/* By a name it goes by that one alone, by its id by all. */
static int choose(struct save *save, const char *name, struct error **err)
{
	CLEANUP(reference_drop) struct reference reference = {0};
	CLEANUP(error_drop) struct error *unused = NULL;
	CLEANUP(memory_free) char *canonical = NULL;
	const struct catalog_image *image = NULL;
	bool by_name = false;

	if (catalog_find(&save->catalog, name, &image, err) < 0)
		return (*err)->code;
	if (!image)
		return error_set(err, ERROR_NOT_FOUND, "there is no image %s", name);
	if (image->damage)
		return error_set(err, ERROR_SYSTEM, "%s: %s", name, image->damage);
	if (reference_parse(name, &reference, &unused) == 0)
		canonical = reference_canonical(&reference);
	struct choice *choice = choice_of(save, image);

	for (char **has = image->names; canonical && has && *has; has++) {
		if (!text_same(*has, canonical))
			continue;
		add_name(choice, *has);
		by_name = true;
	}
	for (char **has = image->names; !by_name && has && *has; has++)
		add_name(choice, *has);
	return 0;
}

/* --- writing */

static int put(struct save *save, const char *path, const char *bytes, size_t len,
	       struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};
	const struct tar_entry entry = {.kind = TAR_FILE, .path = path, .size = len, .mode = 0644};

	tar_file(&text, &entry, bytes);
	return save->write(save->payload, text.data, text.len, err);
}

static int copy(struct save *save, uv_file file, const struct manifest_blob *blob,
		struct error **err)
{
	CLEANUP(memory_free) char *bytes = memory_alloc(PIECE);
	CLEANUP(digest_drop) struct digest *digest = digest_new();
	char hex[DIGEST_HEX];
	int64_t left = blob->size;

	while (left > 0) {
		uv_buf_t buffer = uv_buf_init(bytes, left < PIECE ? (unsigned)left : PIECE);
		int count = NOW(read, file, &buffer, 1, -1);

		if (count <= 0)
			return error_uv(err, count ? count : UV_EIO, "cannot read %s",
					blob->digest);
		digest_add(digest, bytes, (size_t)count);
		if (save->write(save->payload, bytes, (size_t)count, err) < 0)
			return (*err)->code;
		left -= count;
	}
	digest_end(&digest, hex);
	if (!text_same(hex, blob->digest + strlen("sha256:")))
		return error_set(err, ERROR_SYSTEM, "%s is damaged in the store", blob->digest);
	return 0;
}

static int put_blob(struct save *save, const struct manifest_blob *blob, struct error **err)
{
	CLEANUP(memory_free)
	char *path = memory_format("blobs/sha256/%s", blob->digest + strlen("sha256:"));
	CLEANUP(memory_free) char *source = store_blob(save->store, blob->digest);
	CLEANUP(text_drop) struct text head = {0}, padding = {0};
	const struct tar_entry entry = {
		.kind = TAR_FILE, .path = path, .size = (uint64_t)blob->size, .mode = 0644};

	if (map_has(&save->blobs, blob->digest))
		return 0;
	map_set(&save->blobs, blob->digest, save);
	tar_header(&head, &entry);
	tar_pad(&padding, entry.size);
	int file = NOW(open, source, UV_FS_O_RDONLY, 0);

	if (file < 0)
		return error_uv(err, file, "cannot read %s", source);
	int status = save->write(save->payload, head.data, head.len, err);

	if (status == 0)
		status = copy(save, file, blob, err);
	if (status == 0 && padding.len)
		status = save->write(save->payload, padding.data, padding.len, err);
	NOW(close, file);
	return status;
}

static int put_image(struct save *save, const struct catalog_image *image, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};
	const struct manifest *manifest = &image->manifest;

	if (store_read(save->store, image->digest, MANIFEST_MAX, &text, err) < 0)
		return (*err)->code;
	const struct manifest_blob own = {.digest = image->digest, .size = (int64_t)text.len};

	if (put_blob(save, &own, err) < 0 || put_blob(save, &manifest->config, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct manifest_blob, layer, &manifest->items)
		if (put_blob(save, layer, err) < 0)
			return (*err)->code;
	return 0;
}

/* --- documents */

static void add_to_index(cJSON *manifests, const struct save *save, const struct choice *choice,
			 const char *name)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *unused = NULL;
	cJSON *entry = cJSON_CreateObject(), *annotations;

	store_read(save->store, choice->image->digest, MANIFEST_MAX, &text, &unused);
	json_set_string(entry, "mediaType", choice->image->manifest.type);
	json_set_string(entry, "digest", choice->image->digest);
	json_set_int(entry, "size", (int64_t)text.len);
	if (name) {
		annotations = cJSON_AddObjectToObject(entry, "annotations");
		json_set_string(annotations, "io.containerd.image.name", name);
		json_set_string(annotations, "org.opencontainers.image.ref.name", name);
	}
	cJSON_AddItemToArray(manifests, entry);
}

static cJSON *make_index(const struct save *save)
{
	cJSON *index = cJSON_CreateObject(), *manifests;

	json_set_int(index, "schemaVersion", 2);
	json_set_string(index, "mediaType", MANIFEST_TYPE_INDEX);
	manifests = cJSON_AddArrayToObject(index, "manifests");
	ARRAY_FOR_EACH (const struct choice, choice, &save->choices) {
		ARRAY_FOR_EACH (const char *, name, &choice->names)
			add_to_index(manifests, save, choice, *name);
		if (!choice->names.len)
			add_to_index(manifests, save, choice, NULL);
	}
	return index;
}

static void add_path(cJSON *array, const char *digest)
{
	CLEANUP(memory_free)
	char *path = memory_format("blobs/sha256/%s", digest + strlen("sha256:"));

	cJSON_AddItemToArray(array, cJSON_CreateString(path));
}

/* What Docker before 25, and skopeo as docker-archive, read. */
static cJSON *make_manifest(const struct save *save)
{
	cJSON *images = cJSON_CreateArray();

	ARRAY_FOR_EACH (const struct choice, choice, &save->choices) {
		const struct manifest *manifest = &choice->image->manifest;
		CLEANUP(memory_free)
		char *config = memory_format("blobs/sha256/%s",
					     manifest->config.digest + strlen("sha256:"));
		cJSON *image = cJSON_CreateObject(), *tags, *layers;

		json_set_string(image, "Config", config);
		tags = cJSON_AddArrayToObject(image, "RepoTags");
		ARRAY_FOR_EACH (const char *, name, &choice->names) {
			CLEANUP(reference_drop) struct reference reference = {0};
			CLEANUP(error_drop) struct error *err = NULL;
			CLEANUP(memory_free) char *familiar = NULL;

			if (reference_parse(*name, &reference, &err) < 0 || reference.digest)
				continue;
			familiar = reference_familiar(&reference);
			cJSON_AddItemToArray(tags, cJSON_CreateString(familiar));
		}
		layers = cJSON_AddArrayToObject(image, "Layers");
		ARRAY_FOR_EACH (const struct manifest_blob, layer, &manifest->items)
			add_path(layers, layer->digest);
		cJSON_AddItemToArray(images, image);
	}
	return images;
}

static int put_documents(struct save *save, struct error **err)
{
	static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	CLEANUP(json_drop) cJSON *index = make_index(save), *manifest = make_manifest(save);
	CLEANUP(memory_free) char *first = json_print(index), *second = json_print(manifest);

	if (put(save, "oci-layout", layout, strlen(layout), err) < 0 ||
	    put(save, "index.json", first, strlen(first), err) < 0)
		return (*err)->code;
	return put(save, "manifest.json", second, strlen(second), err);
}

int archive_save(const struct store *store, const char *const *names,
		 int (*write)(void *payload, const char *bytes, size_t len, struct error **err),
		 void *payload, struct error **err)
{
	CLEANUP(save_drop)
	struct save save = {.store = store, .write = write, .payload = payload};
	CLEANUP(text_drop) struct text end = {0};

	if (catalog_read(store, &save.catalog, err) < 0)
		return (*err)->code;
	for (; *names; names++)
		if (choose(&save, *names, err) < 0)
			return (*err)->code;
	if (put_documents(&save, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct choice, choice, &save.choices)
		if (put_image(&save, choice->image, err) < 0)
			return (*err)->code;
	tar_end(&end);
	return write(payload, end.data, end.len, err);
}
