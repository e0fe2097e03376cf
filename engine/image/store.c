/* SPDX-License-Identifier: MIT */
#include "engine/image/store.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/image/manifest.h"

#define REF_NAME "org.opencontainers.image.ref.name"
#define SOURCE   "wincompose.digest"
#define TAGGED   "wincompose.tagged"
#define LAYOUT   "{\"imageLayoutVersion\":\"1.0.0\"}"

enum { INDEX_MAX = 64 << 20, LAYOUT_MAX = 4096, LOCK_SECONDS = 30 };

struct store {
	char *folder;
	char *index; /* its index.json */
};

void store_drop(struct store **store)
{
	if (!*store)
		return;
	free((*store)->folder);
	free((*store)->index);
	free(*store);
	*store = NULL;
}

const char *store_folder(const struct store *store)
{
	return store->folder;
}

/* --- the folder */

static int check_layout(const char *folder, bool *there, struct error **err)
{
	CLEANUP(memory_free) char *path = path_join(folder, "oci-layout");
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(json_drop) cJSON *json = NULL;
	const char *version;

	*there = file_kind(path) != FILE_ABSENT;
	if (!*there)
		return 0;
	if (file_read(path, LAYOUT_MAX, &text, err) < 0 ||
	    json_parse(text_string(&text), text.len, path, &json, err) < 0)
		return (*err)->code;
	version = json_string(json, "imageLayoutVersion");
	if (!version || !text_starts(version, "1."))
		return error_set(err, ERROR_INVALID, "%s: not a layout of version 1", path);
	return 0;
}

static int make_folders(const char *folder, struct error **err)
{
	static const char *const names[] = {"blobs/sha256", "ingest", "layers"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(memory_free) char *path = path_join(folder, names[i]);

		if (file_make_folder(path, err) < 0)
			return (*err)->code;
	}
	return 0;
}

/* oci-layout comes last: where it is, all is. */
static int make_store(struct store *store, struct error **err)
{
	CLEANUP(memory_free) char *layout = path_join(store->folder, "oci-layout");
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	static const char empty[] =
		"{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE_INDEX "\",\"manifests\":[]}";

	if (make_folders(store->folder, err) < 0 || store_lock(store, &lock, err) < 0)
		return (*err)->code;
	if (file_kind(store->index) == FILE_ABSENT &&
	    file_write(store->index, empty, strlen(empty), false, err) < 0)
		return (*err)->code;
	return file_write(layout, LAYOUT, strlen(LAYOUT), false, err);
}

int store_open(const char *folder, bool make, struct store **ret, struct error **err)
{
	CLEANUP(store_drop) struct store *store = memory_zero(1, sizeof(*store));
	bool there = false;

	store->folder = memory_copy(folder);
	store->index = path_join(folder, "index.json");
	if (check_layout(folder, &there, err) < 0 ||
	    (make && (there ? make_folders(folder, err) : make_store(store, err)) < 0))
		return error_wrap(err, "the store of images");
	*ret = steal(&store);
	return 0;
}

int store_lock(struct store *store, struct file_lock **ret, struct error **err)
{
	CLEANUP(memory_free) char *path = path_join(store->folder, "lock");
	uint64_t end = clock_monotonic() + LOCK_SECONDS * CLOCK_SECOND;

	for (;;) {
		int status = file_lock_take(path, ret, err);

		if (status != ERROR_CONFLICT || clock_monotonic() > end)
			return status;
		error_drop(err);
		uv_sleep(2);
	}
}

/* --- names */

static int read_index(const struct store *store, cJSON **ret, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(json_drop) cJSON *json = NULL;

	if (file_kind(store->index) == FILE_ABSENT) {
		text_add(&text, "{\"schemaVersion\":2,\"manifests\":[]}");
	} else if (file_read(store->index, INDEX_MAX, &text, err) < 0) {
		return (*err)->code;
	}
	if (json_parse(text_string(&text), text.len, store->index, &json, err) < 0)
		return (*err)->code;
	if (!cJSON_IsArray(json_get(json, "manifests")))
		return error_set(err, ERROR_INVALID, "%s: it has no list of manifests",
				 store->index);
	*ret = steal(&json);
	return 0;
}

static const char *name_of(const cJSON *entry)
{
	return json_string(json_get(entry, "annotations"), REF_NAME);
}

static void name_drop(struct store_name *name)
{
	free(name->name);
	free(name->digest);
	free(name->type);
	free(name->source);
}

void store_names_drop(struct store_names *names)
{
	ARRAY_FOR_EACH (struct store_name, name, names)
		name_drop(name);
	array_drop(names);
}

/* False: another tool wrote what we cannot read. */
static bool name_parse(const cJSON *entry, struct store_name *ret)
{
	const cJSON *annotations = json_get(entry, "annotations");
	const char *digest = json_string(entry, "digest"), *type = json_string(entry, "mediaType");
	const char *source = json_string(annotations, SOURCE);
	const char *tagged = json_string(annotations, TAGGED);

	if (!manifest_is_digest(digest) || !type)
		return false;
	*ret = (struct store_name){
		.name = memory_copy(name_of(entry)),
		.digest = memory_copy(digest),
		.type = memory_copy(type),
		.size = json_int(entry, "size", 0),
		.source = manifest_is_digest(source) ? memory_copy(source) : NULL,
	};
	if (!tagged || !clock_parse(tagged, &ret->tagged))
		ret->tagged = 0;
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct store_name *left = a, *right = b;

	return strcmp(left->name ? left->name : "", right->name ? right->name : "");
}

int store_names(const struct store *store, struct store_names *ret, struct error **err)
{
	CLEANUP(json_drop) cJSON *index = NULL;
	struct store_names names = {0};
	struct store_name name;
	const cJSON *entry;

	if (read_index(store, &index, err) < 0)
		return (*err)->code;
	cJSON_ArrayForEach (entry, json_get(index, "manifests"))
		if (name_parse(entry, &name))
			array_push(&names, name);
	if (names.len)
		qsort(names.items, names.len, sizeof(*names.items), by_name);
	*ret = names;
	return 0;
}

const struct store_name *store_names_find(const struct store_names *names, const char *name)
{
	ARRAY_FOR_EACH (const struct store_name, item, names)
		if (text_same(item->name, name))
			return item;
	return NULL;
}

static bool detach(cJSON *manifests, const char *name)
{
	bool was = false;

	for (cJSON *entry = manifests->child, *next; entry; entry = next) {
		next = entry->next;
		if (!text_same(name_of(entry), name))
			continue;
		cJSON_Delete(cJSON_DetachItemViaPointer(manifests, entry));
		was = true;
	}
	return was;
}

static cJSON *entry_of(const struct store_name *name)
{
	cJSON *entry = cJSON_CreateObject(), *annotations = cJSON_CreateObject();
	char now[40];

	clock_format(clock_wall(), now);
	json_set_string(entry, "mediaType", name->type);
	json_set_string(entry, "digest", name->digest);
	json_set_int(entry, "size", name->size);
	json_set_string(annotations, REF_NAME, name->name);
	json_set_string(annotations, SOURCE, name->source);
	json_set_string(annotations, TAGGED, now);
	cJSON_AddItemToObject(entry, "annotations", annotations);
	return entry;
}

/* Takes the name away, and gives it anew where to is one. */
static int change(struct store *store, const char *name, const struct store_name *to, bool *was,
		  struct error **err)
{
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	CLEANUP(json_drop) cJSON *index = NULL;
	CLEANUP(memory_free) char *printed = NULL;
	cJSON *manifests;

	if (store_lock(store, &lock, err) < 0 || read_index(store, &index, err) < 0)
		return (*err)->code;
	manifests = cJSON_GetObjectItemCaseSensitive(index, "manifests");
	*was = detach(manifests, name);
	if (to)
		cJSON_AddItemToArray(manifests, entry_of(to));
	else if (!*was)
		return 0;
	printed = json_print(index);
	return file_write(store->index, printed, strlen(printed), false, err);
}

int store_tag(struct store *store, const struct store_name *name, struct error **err)
{
	bool was;

	return change(store, name->name, name, &was, err);
}

int store_untag(struct store *store, const char *name, bool *was, struct error **err)
{
	bool unused = false;

	return change(store, name, NULL, was ? was : &unused, err);
}

/* --- blobs */

static const char *hex_of(const char *digest)
{
	return digest + strlen("sha256:");
}

char *store_blob(const struct store *store, const char *digest)
{
	return memory_format("%s/blobs/sha256/%s", store->folder, hex_of(digest));
}

char *store_layer(const struct store *store, const char *diff_id)
{
	return memory_format("%s/layers/%s", store->folder, hex_of(diff_id));
}

int store_read(const struct store *store, const char *digest, size_t max, struct text *out,
	       struct error **err)
{
	CLEANUP(memory_free) char *path = store_blob(store, digest);
	CLEANUP(text_drop) struct text text = {0};
	char hex[DIGEST_HEX];

	if (file_read(path, max, &text, err) < 0)
		return (*err)->code;
	digest_hex(text_string(&text), text.len, hex);
	if (!text_same(hex, hex_of(digest)))
		return error_set(err, ERROR_SYSTEM,
				 "%s is damaged: it is not what its name says. Remove it, and pull "
				 "the image again",
				 path);
	text_add_n(out, text_string(&text), text.len);
	return 0;
}
