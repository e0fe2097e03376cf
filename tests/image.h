/* SPDX-License-Identifier: MIT */
/* image -- documents of images for tests, and images put into a store (cmocka through tests/test.h
 * stands before it) */
#pragma once

#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/ingest.h"
#include "engine/image/manifest.h"
#include "engine/image/store.h"

/* sha256:HEX of a text; yours. */
static inline char *image_digest(const char *text, size_t len)
{
	char hex[DIGEST_HEX];

	digest_hex(text, len, hex);
	return memory_format("sha256:%s", hex);
}

/* The config of an image of one layer that is not packed. Yours. */
static inline char *image_config(const char *layer, const char *runtime)
{
	CLEANUP(memory_free) char *digest = image_digest(layer, strlen(layer));

	return memory_format("{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":%s,"
			     "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}",
			     runtime ? runtime : "{}", digest);
}

/* Its manifest. Yours. */
static inline char *image_manifest(const char *layer, const char *config)
{
	CLEANUP(memory_free) char *layers = image_digest(layer, strlen(layer));
	CLEANUP(memory_free) char *configs = image_digest(config, strlen(config));

	return memory_format("{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE_IMAGE "\","
			     "\"config\":{\"mediaType\":\"" MANIFEST_TYPE_CONFIG
			     "\",\"digest\":\"%s\",\"size\":%zu},"
			     "\"layers\":[{\"mediaType\":\"" MANIFEST_TYPE_LAYER
			     "\",\"digest\":\"%s\",\"size\":%zu}]}",
			     configs, strlen(config), layers, strlen(layer));
}

/* Puts an image of one layer, which is just this text, into a store, and names it. Gives the
 * digest of its manifest, yours. */
static inline char *image_put(struct store *store, const char *name, const char *layer)
{
	CLEANUP(ingest_end) struct ingest *ingest = NULL;
	CLEANUP(memory_free) char *config = image_config(layer, NULL);
	CLEANUP(memory_free) char *manifest = image_manifest(layer, config);
	CLEANUP(error_drop) struct error *err = NULL;
	char *digest = NULL;

	assert_int_equal(ingest_begin(store, &ingest, &err), 0);
	assert_int_equal(ingest_put(ingest, layer, strlen(layer), NULL, &err), 0);
	assert_int_equal(ingest_put(ingest, config, strlen(config), NULL, &err), 0);
	assert_int_equal(ingest_put(ingest, manifest, strlen(manifest), &digest, &err), 0);
	const struct store_name entry = {
		.name = (char *)(uintptr_t)name,
		.digest = digest,
		.type = (char *)(uintptr_t)MANIFEST_TYPE_IMAGE,
		.size = (int64_t)strlen(manifest),
	};
	assert_int_equal(store_tag(store, &entry, &err), 0);
	return digest;
}
