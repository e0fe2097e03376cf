/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/catalog.h"
#include "engine/image/ingest.h"
#include "engine/reference.h"

#define PREFIX "sha256:"

/* What is needed: hex digits of blobs and of layers unpacked. They do not meet: a layer that is not
 * packed has one digest for both, and is needed for both. */
struct need {
	const struct store *store;
	struct map hexes;
	struct map images; /* ids */
	struct error *err;
};

static char mark; /* what the maps' values point to */

static void need(struct need *need, const char *digest)
{
	if (digest)
		map_set(&need->hexes, digest + strlen(PREFIX), &mark);
}

static void need_wanted(const char *digest, void *payload)
{
	need(payload, digest);
}

/* An index that another tool put here needs its manifests as well. */
static int need_manifest(struct need *of, const char *digest, const char *type, int depth,
			 struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(manifest_drop) struct manifest manifest = {0};

	need(of, digest);
	if (store_read(of->store, digest, MANIFEST_MAX, &text, err) < 0 ||
	    manifest_parse(text_string(&text), text.len, type, &manifest, err) < 0)
		return (*err)->code;
	if (manifest.kind == MANIFEST_IMAGE) {
		need(of, manifest.config.digest);
		map_set(&of->images, manifest.config.digest, &mark);
	} else if (depth > 2) {
		return error_set(err, ERROR_INVALID, "%s: indexes inside of indexes", digest);
	}
	ARRAY_FOR_EACH (const struct manifest_blob, item, &manifest.items) {
		CLEANUP(memory_free) char *path = store_blob(of->store, item->digest);

		need(of, item->digest);
		/* An index may name what is not here. */
		if (manifest.kind == MANIFEST_INDEX && file_kind(path) == FILE_REGULAR &&
		    need_manifest(of, item->digest, item->type, depth + 1, err) < 0)
			return (*err)->code;
	}
	if (manifest.kind == MANIFEST_INDEX)
		return 0;
	CLEANUP(text_drop) struct text config = {0};
	CLEANUP(manifest_config_drop) struct manifest_config parsed = {0};

	if (store_read(of->store, manifest.config.digest, MANIFEST_CONFIG_MAX, &config, err) < 0 ||
	    manifest_config_parse(text_string(&config), config.len, manifest.items.len, &parsed,
				  err) < 0)
		return (*err)->code;
	for (char **diff_id = parsed.diff_ids; diff_id && *diff_id; diff_id++)
		need(of, *diff_id);
	return 0;
}

static int need_all(struct need *of, struct error **err)
{
	CLEANUP(store_names_drop) struct store_names names = {0};

	if (store_names(of->store, &names, err) < 0 ||
	    ingest_wanted(of->store, need_wanted, of, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct store_name, name, &names) {
		const char *shown = name->name ? name->name : name->digest;

		if (need_manifest(of, name->digest, name->type, 0, err) < 0)
			return error_wrap(err, "nothing is removed, as %s cannot be read", shown);
	}
	return 0;
}

/* --- sweeping */

struct sweep {
	const struct need *need;
	const char *folder;
	uint64_t bytes;
};

static void sweep_entry(const char *name, void *payload)
{
	struct sweep *sweep = payload;
	CLEANUP(memory_free) char *path = path_join(sweep->folder, name);

	if (!map_has(&sweep->need->hexes, name))
		sweep->bytes += ingest_remove(path);
}

static int sweep_folder(const struct need *of, const char *name, uint64_t *bytes,
			struct error **err)
{
	CLEANUP(memory_free) char *folder = path_join(store_folder(of->store), name);
	struct sweep sweep = {.need = of, .folder = folder};

	if (file_list(folder, sweep_entry, &sweep, err) < 0)
		return (*err)->code;
	*bytes += sweep.bytes;
	return 0;
}

static void need_drop(struct need *of)
{
	map_drop(&of->hexes);
	map_drop(&of->images);
}

static int collect(struct store *store, uint64_t *bytes, struct error **err)
{
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	CLEANUP(need_drop) struct need of = {.store = store};

	if (store_lock(store, &lock, err) < 0 || ingest_sweep(store, err) < 0 ||
	    need_all(&of, err) < 0 || sweep_folder(&of, "blobs/sha256", bytes, err) < 0)
		return (*err)->code;
	return sweep_folder(&of, "layers", bytes, err);
}

/* --- removing */

static void vector_add(char ***vector, char *string)
{
	size_t len = 0;

	while (*vector && (*vector)[len])
		len++;
	*vector = memory_grow(*vector, len + 2, sizeof(**vector));
	(*vector)[len] = string;
	(*vector)[len + 1] = NULL;
}

void catalog_removal_drop(struct catalog_removal *removal)
{
	memory_free_vector(&removal->untagged);
	memory_free_vector(&removal->deleted);
	*removal = (struct catalog_removal){0};
}

static char *familiar(const char *name)
{
	CLEANUP(reference_drop) struct reference reference = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	if (reference_parse(name, &reference, &err) < 0)
		return memory_copy(name);
	return reference_familiar(&reference);
}

static int untag(struct store *store, const char *name, struct catalog_removal *removal,
		 struct error **err)
{
	bool was = false;

	if (store_untag(store, name, &was, err) < 0)
		return (*err)->code;
	if (was)
		vector_add(&removal->untagged, familiar(name));
	return 0;
}

static size_t count(char *const *vector)
{
	size_t len = 0;

	while (vector && vector[len])
		len++;
	return len;
}

static int untag_all(struct store *store, const struct catalog_image *image,
		     struct catalog_removal *removal, struct error **err)
{
	for (char **name = image->names; name && *name; name++)
		if (untag(store, *name, removal, err) < 0)
			return (*err)->code;
	if (!image->held)
		vector_add(&removal->deleted,
			   memory_copy(image->config.image.id ? image->config.image.id
							      : image->digest));
	return 0;
}

static int remove_found(struct store *store, const struct catalog_image *image, const char *name,
			bool by_name, bool force, struct catalog_removal *removal,
			struct error **err)
{
	size_t names = count(image->names);

	if (by_name && names > 1)
		return untag(store, name, removal, err);
	if (image->held)
		return error_set(err, ERROR_CONFLICT,
				 "the image %s is used by a container: remove that first", name);
	if (!by_name && names > 1 && !force)
		return error_set(err, ERROR_CONFLICT,
				 "the image %s has %zu names: --force removes them all", name,
				 names);
	return untag_all(store, image, removal, err);
}

int catalog_remove(struct store *store, const char *name, bool force, struct catalog_removal *ret,
		   struct error **err)
{
	CLEANUP(catalog_drop) struct catalog catalog = {0};
	CLEANUP(catalog_removal_drop) struct catalog_removal made = {0};
	CLEANUP(reference_drop) struct reference reference = {0};
	CLEANUP(error_drop) struct error *unused = NULL;
	CLEANUP(memory_free) char *canonical = NULL;
	const struct catalog_image *image = NULL;
	bool by_name = false;

	if (catalog_read(store, &catalog, err) < 0 || catalog_find(&catalog, name, &image, err) < 0)
		return (*err)->code;
	if (!image)
		return error_set(err, ERROR_NOT_FOUND, "there is no image %s", name);
	if (reference_parse(name, &reference, &unused) == 0)
		canonical = reference_canonical(&reference);
	for (char **has = image->names; canonical && has && *has; has++)
		by_name |= text_same(*has, canonical);
	if (remove_found(store, image, by_name ? canonical : name, by_name, force, &made, err) < 0)
		return (*err)->code;
	if (made.deleted && collect(store, &made.bytes, err) < 0)
		return error_wrap(err, "%s is removed, but not its layers", name);
	*ret = made;
	made = (struct catalog_removal){0};
	return 0;
}

int catalog_prune(struct store *store, bool all, struct catalog_removal *ret, struct error **err)
{
	CLEANUP(catalog_drop) struct catalog catalog = {0};
	CLEANUP(catalog_removal_drop) struct catalog_removal made = {0};

	if (all && catalog_read(store, &catalog, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct catalog_image, image, &catalog) {
		if (!image->held && image->names && untag_all(store, image, &made, err) < 0)
			return (*err)->code;
	}
	if (collect(store, &made.bytes, err) < 0)
		return (*err)->code;
	*ret = made;
	made = (struct catalog_removal){0};
	return 0;
}
