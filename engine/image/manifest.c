/* SPDX-License-Identifier: MIT */
#include "engine/image/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#define SIZE_MAX_BYTES (INT64_C(1) << 50) /* exact in a double; more than any disk here */

/* What a media type stands for. */
enum role { ROLE_MANIFEST, ROLE_INDEX, ROLE_CONFIG, ROLE_LAYER };

static const struct type {
	const char *name;
	enum role role;
	enum manifest_packing packing;
	bool foreign;
} types[] = {
	{MANIFEST_TYPE_IMAGE, ROLE_MANIFEST},
	{"application/vnd.docker.distribution.manifest.v2+json", ROLE_MANIFEST},
	{MANIFEST_TYPE_INDEX, ROLE_INDEX},
	{"application/vnd.docker.distribution.manifest.list.v2+json", ROLE_INDEX},
	{MANIFEST_TYPE_CONFIG, ROLE_CONFIG},
	{"application/vnd.docker.container.image.v1+json", ROLE_CONFIG},
	{MANIFEST_TYPE_LAYER, ROLE_LAYER, MANIFEST_PLAIN},
	{MANIFEST_TYPE_LAYER "+gzip", ROLE_LAYER, MANIFEST_GZIP},
	{MANIFEST_TYPE_LAYER "+zstd", ROLE_LAYER, MANIFEST_ZSTD},
	{"application/vnd.docker.image.rootfs.diff.tar", ROLE_LAYER, MANIFEST_PLAIN},
	{"application/vnd.docker.image.rootfs.diff.tar.gzip", ROLE_LAYER, MANIFEST_GZIP},
	{"application/vnd.docker.image.rootfs.diff.tar.zstd", ROLE_LAYER, MANIFEST_ZSTD},
	{"application/vnd.docker.image.rootfs.foreign.diff.tar", ROLE_LAYER, MANIFEST_PLAIN, true},
	{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", ROLE_LAYER, MANIFEST_GZIP,
	 true},
	{"application/vnd.oci.image.layer.nondistributable.v1.tar", ROLE_LAYER, MANIFEST_PLAIN,
	 true},
	{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", ROLE_LAYER, MANIFEST_GZIP,
	 true},
	{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", ROLE_LAYER, MANIFEST_ZSTD,
	 true},
};

static const struct type *type_find(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LEN(types); i++)
		if (text_same(types[i].name, name))
			return &types[i];
	return NULL;
}

bool manifest_is_digest(const char *string)
{
	return string && text_starts(string, "sha256:") && strlen(string) == 71 &&
	       strspn(string + 7, "0123456789abcdef") == 64;
}

static void blob_drop(struct manifest_blob *blob)
{
	free(blob->digest);
	free(blob->type);
	free(blob->name);
	platform_drop(&blob->platform);
	*blob = (struct manifest_blob){0};
}

void manifest_drop(struct manifest *manifest)
{
	free(manifest->type);
	blob_drop(&manifest->config);
	ARRAY_FOR_EACH (struct manifest_blob, item, &manifest->items)
		blob_drop(item);
	array_drop(&manifest->items);
	*manifest = (struct manifest){0};
}

/* --- descriptors */

/* What a stranger wrote, as a message may show it. */
static int shown(const char *string)
{
	size_t len = strlen(string);

	return len > 100 ? 100 : (int)len;
}

static int check_digest(const char *digest, const char *where, struct error **err)
{
	if (!digest)
		return error_set(err, ERROR_INVALID, "%s has no digest", where);
	if (manifest_is_digest(digest))
		return 0;
	if (text_starts(digest, "sha512:") && strlen(digest) == 7 + 128)
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s: only SHA-256 digests are understood, not sha512", where);
	return error_set(err, ERROR_INVALID, "%s: \"%.*s\" is not a digest", where, shown(digest),
			 digest);
}

static int blob_parse(const cJSON *json, const char *where, struct manifest_blob *ret,
		      struct error **err)
{
	const char *digest = json_string(json, "digest"), *type = json_string(json, "mediaType");
	const cJSON *size = json_get(json, "size");

	if (!cJSON_IsObject(json))
		return error_set(err, ERROR_INVALID, "%s is not a descriptor", where);
	if (check_digest(digest, where, err) < 0)
		return (*err)->code;
	if (!type)
		return error_set(err, ERROR_INVALID, "%s has no mediaType", where);
	if (!cJSON_IsNumber(size) || size->valuedouble < 0 ||
	    size->valuedouble > (double)SIZE_MAX_BYTES ||
	    size->valuedouble != (double)(int64_t)size->valuedouble)
		return error_set(err, ERROR_INVALID, "%s has no size that could be one", where);
	ret->digest = memory_copy(digest);
	ret->type = memory_copy(type);
	ret->size = (int64_t)size->valuedouble;
	return 0;
}

static int config_descriptor(const cJSON *json, struct manifest *manifest, struct error **err)
{
	const struct type *type;

	if (blob_parse(json, "config", &manifest->config, err) < 0)
		return (*err)->code;
	type = type_find(manifest->config.type);
	if (!type || type->role != ROLE_CONFIG)
		return error_set(err, ERROR_UNSUPPORTED,
				 "this is not an image: its config is of the type \"%.*s\"",
				 shown(manifest->config.type), manifest->config.type);
	if (manifest->config.size > MANIFEST_CONFIG_MAX)
		return error_set(err, ERROR_INVALID, "config: %lld bytes, the most allowed is %d",
				 (long long)manifest->config.size, MANIFEST_CONFIG_MAX);
	return 0;
}

static int layer_descriptor(struct manifest_blob *layer, const char *where, struct error **err)
{
	const struct type *type = type_find(layer->type);

	if (!type || type->role != ROLE_LAYER)
		return error_set(err, ERROR_UNSUPPORTED, "%s is of an unknown type: \"%.*s\"",
				 where, shown(layer->type), layer->type);
	layer->packing = type->packing;
	layer->foreign = type->foreign;
	return 0;
}

static void platform_of(const cJSON *json, struct manifest_blob *blob)
{
	const cJSON *platform = json_get(json, "platform");
	const struct platform said = {
		.os = json_string(platform, "os"),
		.architecture = json_string(platform, "architecture"),
		.variant = json_string(platform, "variant"),
		.os_version = json_string(platform, "os.version"),
	};
	const cJSON *annotations = json_get(json, "annotations");
	const char *name = json_string(annotations, "io.containerd.image.name");

	blob->has_platform = said.os && said.architecture;
	if (blob->has_platform)
		platform_normal(&said, &blob->platform);
	/* The second is often only a tag. */
	blob->name = memory_copy(
		name ? name : json_string(annotations, "org.opencontainers.image.ref.name"));
}

static int items_parse(const cJSON *array, const char *key, struct manifest *manifest,
		       struct error **err)
{
	const cJSON *json;

	if (!cJSON_IsArray(array))
		return error_set(err, ERROR_INVALID, "%s is not a list", key);
	if (cJSON_GetArraySize(array) > MANIFEST_ITEMS_MAX)
		return error_set(err, ERROR_INVALID, "%s: %d of them, the most allowed is %d", key,
				 cJSON_GetArraySize(array), MANIFEST_ITEMS_MAX);
	cJSON_ArrayForEach (json, array) {
		CLEANUP(memory_free)
		char *where = memory_format("%s[%zu]", key, manifest->items.len);
		struct manifest_blob *item = array_add(&manifest->items);

		if (blob_parse(json, where, item, err) < 0)
			return (*err)->code;
		if (manifest->kind == MANIFEST_INDEX)
			platform_of(json, item);
		else if (layer_descriptor(item, where, err) < 0)
			return (*err)->code;
	}
	return 0;
}

/* --- documents */

/* Which of the two kinds it is. */
static int kind_of(const cJSON *json, const char *given, struct manifest *ret, struct error **err)
{
	const char *said = json_string(json, "mediaType");
	bool image = json_get(json, "config") || json_get(json, "layers");
	bool index = json_get(json, "manifests");
	const struct type *type;

	if (said && given && !text_same(said, given) && type_find(given))
		return error_set(err, ERROR_INVALID,
				 "it is said to be \"%.*s\", and itself says \"%.*s\"",
				 shown(given), given, shown(said), said);
	if (json_int(json, "schemaVersion", 0) == 1 || json_get(json, "fsLayers"))
		return error_set(
			err, ERROR_UNSUPPORTED,
			"it is of Docker's schema 1, which has been given up: push it anew "
			"with a Docker of today");
	if (json_int(json, "schemaVersion", 0) != 2)
		return error_set(err, ERROR_INVALID, "its schemaVersion is not 2");
	if (image && index)
		return error_set(err, ERROR_INVALID,
				 "it can be read as an image and as an index of images");
	if (!image && !index)
		return error_set(err, ERROR_INVALID, "it names neither layers nor manifests");
	said = said ? said : given && type_find(given) ? given : NULL;
	said = said ? said : index ? MANIFEST_TYPE_INDEX : MANIFEST_TYPE_IMAGE;
	type = type_find(said);
	if (!type || type->role != (index ? ROLE_INDEX : ROLE_MANIFEST))
		return error_set(err, ERROR_INVALID, "its type \"%.*s\" is not what it looks like",
				 shown(said), said);
	ret->kind = index ? MANIFEST_INDEX : MANIFEST_IMAGE;
	ret->type = memory_copy(said);
	return 0;
}

int manifest_parse(const char *bytes, size_t len, const char *type, struct manifest *ret,
		   struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(manifest_drop) struct manifest made = {0};

	if (len > MANIFEST_MAX)
		return error_set(err, ERROR_INVALID, "manifest: %zu bytes, the most allowed is %d",
				 len, MANIFEST_MAX);
	if (json_parse(bytes, len, "manifest", &json, err) < 0)
		return (*err)->code;
	if (!cJSON_IsObject(json))
		return error_set(err, ERROR_INVALID, "manifest: it is not a JSON object");
	if (kind_of(json, type, &made, err) < 0)
		return error_wrap(err, "manifest");
	const char *key = made.kind == MANIFEST_INDEX ? "manifests" : "layers";

	if ((made.kind == MANIFEST_IMAGE &&
	     config_descriptor(json_get(json, "config"), &made, err) < 0) ||
	    items_parse(json_get(json, key), key, &made, err) < 0)
		return error_wrap(err, "manifest");
	*ret = made;
	made = (struct manifest){0};
	return 0;
}

static int none_suits(const struct manifest *index, const struct platform *wanted,
		      struct error **err)
{
	CLEANUP(memory_free) char *name = platform_name(wanted);
	CLEANUP(text_drop) struct text list = {0};
	size_t told = 0;

	ARRAY_FOR_EACH (const struct manifest_blob, item, &index->items) {
		CLEANUP(memory_free) char *other = NULL;

		/* What a build says of itself stands beside its images. */
		if (!item->has_platform || text_same(item->platform.os, "unknown"))
			continue;
		other = platform_name(&item->platform);
		if (told++ < 20)
			text_printf(&list, "%s%.*s", told > 1 ? ", " : "", shown(other), other);
	}
	if (!told)
		text_add(&list, "none");
	return error_set(err, ERROR_NOT_FOUND, "there is no image for %s; there is: %s", name,
			 text_string(&list));
}

int manifest_choose(const struct manifest *index, const struct platform *wanted,
		    const struct manifest_blob **ret, struct error **err)
{
	const struct manifest_blob *best = NULL;
	int most = 0;

	ARRAY_FOR_EACH (const struct manifest_blob, item, &index->items) {
		const struct type *type = type_find(item->type);
		int rank = item->has_platform ? platform_rank(wanted, &item->platform)
					      : index->items.len == 1;

		if (rank <= most || !type || type->role != ROLE_MANIFEST)
			continue;
		most = rank;
		best = item;
	}
	if (!best)
		return none_suits(index, wanted, err);
	if (best->size > MANIFEST_MAX)
		return error_set(err, ERROR_INVALID,
				 "the manifest has %lld bytes, the most allowed is %d",
				 (long long)best->size, MANIFEST_MAX);
	*ret = best;
	return 0;
}
