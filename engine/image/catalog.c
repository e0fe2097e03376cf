/* SPDX-License-Identifier: MIT */
#include "engine/image/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/reference.h"

static void image_free(struct catalog_image *image)
{
	manifest_config_drop(&image->config);
	manifest_drop(&image->manifest);
	free(image->digest);
	memory_free_vector(&image->names);
	free(image->damage);
}

void catalog_drop(struct catalog *catalog)
{
	ARRAY_FOR_EACH (struct catalog_image, image, catalog)
		image_free(image);
	array_drop(catalog);
}

/* --- reading */

static void vector_add(char ***vector, char *string)
{
	size_t len = 0;

	while (*vector && (*vector)[len])
		len++;
	*vector = memory_grow(*vector, len + 2, sizeof(**vector));
	(*vector)[len] = string;
	(*vector)[len + 1] = NULL;
}

static bool vector_has(char *const *vector, const char *string)
{
	for (; vector && *vector; vector++)
		if (text_same(*vector, string))
			return true;
	return false;
}

static int read_image(const struct store *store, const struct store_name *name,
		      struct catalog_image *image, struct error **err)
{
	CLEANUP(text_drop) struct text manifest = {0}, config = {0};

	if (store_read(store, name->digest, MANIFEST_MAX, &manifest, err) < 0 ||
	    manifest_parse(text_string(&manifest), manifest.len, name->type, &image->manifest,
			   err) < 0)
		return (*err)->code;
	if (image->manifest.kind != MANIFEST_IMAGE)
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s is an index of images, which another tool put here",
				 name->digest);
	const struct manifest *of = &image->manifest;

	if (store_read(store, of->config.digest, MANIFEST_CONFIG_MAX, &config, err) < 0 ||
	    manifest_config_parse(text_string(&config), config.len, of->items.len, &image->config,
				  err) < 0)
		return (*err)->code;
	image->config.image.id = memory_copy(of->config.digest);
	image->config.image.size = of->config.size;
	ARRAY_FOR_EACH (const struct manifest_blob, layer, &of->items)
		image->config.image.size += layer->size;
	return 0;
}

/* Two manifests may have one config (packed otherwise): they are two images of one id. */
static struct catalog_image *image_of(struct catalog *catalog, const struct store *store,
				      const struct store_name *name)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct catalog_image *image;

	ARRAY_FOR_EACH (struct catalog_image, known, catalog)
		if (text_same(known->digest, name->digest))
			return known;
	image = array_add(catalog);
	image->digest = memory_copy(name->digest);
	if (read_image(store, name, image, &err) < 0)
		image->damage = memory_copy(err->message);
	return image;
}

static void add_name(struct catalog_image *image, const struct store_name *name)
{
	CLEANUP(reference_drop) struct reference reference = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *repository = NULL;
	struct image *of = &image->config.image;

	if (!name->name)
		return;
	if (*name->name == '@') {
		image->held = true;
		return;
	}
	vector_add(&image->names, memory_copy(name->name));
	of->tagged = name->tagged > of->tagged ? name->tagged : of->tagged;
	if (reference_parse(name->name, &reference, &err) < 0)
		return;
	if (!reference.digest)
		vector_add(&of->tags, reference_familiar(&reference));
	repository = reference_name(&reference, true);
	char *digest =
		memory_format("%s@%s", repository, name->source ? name->source : name->digest);

	if (name->source && !vector_has(of->digests, digest))
		vector_add(&of->digests, digest);
	else
		free(digest);
}

static int by_tagged(const void *a, const void *b)
{
	const struct catalog_image *left = a, *right = b;
	int64_t x = left->config.image.tagged, y = right->config.image.tagged;

	return x == y ? strcmp(left->digest, right->digest) : x < y ? 1 : -1;
}

int catalog_read(const struct store *store, struct catalog *ret, struct error **err)
{
	CLEANUP(store_names_drop) struct store_names names = {0};
	struct catalog catalog = {0};

	if (store_names(store, &names, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct store_name, name, &names)
		add_name(image_of(&catalog, store, name), name);
	if (catalog.len)
		qsort(catalog.items, catalog.len, sizeof(*catalog.items), by_tagged);
	*ret = catalog;
	return 0;
}

/* --- finding */

enum { ID_MIN = 4 };

/* The hex digits of an id or of its beginning; NULL: it is none. */
static const char *id_of(const char *name)
{
	const char *hex = text_starts(name, "sha256:") ? name + strlen("sha256:") : name;
	size_t len = strlen(hex);

	return len >= ID_MIN && len <= 64 && strspn(hex, "0123456789abcdef") == len ? hex : NULL;
}

static int find_id(const struct catalog *catalog, const char *hex, const struct catalog_image **ret,
		   struct error **err)
{
	*ret = NULL;
	ARRAY_FOR_EACH (const struct catalog_image, image, catalog) {
		const char *id = image->config.image.id;

		if (!id || !text_starts(id + strlen("sha256:"), hex))
			continue;
		if (*ret && !text_same((*ret)->config.image.id, id))
			return error_set(err, ERROR_CONFLICT, "several images begin with %s", hex);
		if (!*ret)
			*ret = image;
	}
	return 0;
}

static const struct catalog_image *find_name(const struct catalog *catalog, const char *name)
{
	ARRAY_FOR_EACH (const struct catalog_image, image, catalog)
		if (vector_has(image->names, name))
			return image;
	return NULL;
}

static const struct catalog_image *find_digest(const struct catalog *catalog,
					       const struct reference *reference)
{
	CLEANUP(memory_free) char *repository = reference_name(reference, true);
	CLEANUP(memory_free) char *full = reference_name(reference, false);
	CLEANUP(memory_free) char *digest = memory_format("%s@%s", repository, reference->digest);

	ARRAY_FOR_EACH (const struct catalog_image, image, catalog) {
		if (vector_has(image->config.image.digests, digest))
			return image;
		if (!text_same(image->digest, reference->digest))
			continue;
		for (char **name = image->names; name && *name; name++)
			if (text_starts(*name, full) && strchr(":@", (*name)[strlen(full)]))
				return image;
	}
	return NULL;
}

int catalog_find(const struct catalog *catalog, const char *name, const struct catalog_image **ret,
		 struct error **err)
{
	CLEANUP(reference_drop) struct reference reference = {0};
	CLEANUP(memory_free) char *canonical = NULL;
	CLEANUP(error_drop) struct error *why = NULL;
	const char *hex = id_of(name);

	*ret = NULL;
	if (reference_parse(name, &reference, &why) == 0) {
		canonical = reference_canonical(&reference);
		*ret = find_name(catalog, canonical);
		if (!*ret && reference.digest)
			*ret = find_digest(catalog, &reference);
	} else if (!hex) {
		return error_move(err, &why);
	}
	return *ret || !hex ? 0 : find_id(catalog, hex, ret, err);
}
