/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/archive.h"
#include "engine/image/inflow.h"
#include "engine/image/ingest.h"
#include "engine/image/manifest.h"
#include "engine/image/untar.h"
#include "engine/reference.h"

enum { LINKS_MAX = 10, MAGIC = 6 };

/* A file or a link of the archive. */
struct member {
	char *digest; /* of a file, which is in the store */
	int64_t size;
	char magic[MAGIC];
	char *target; /* of a link: a path inside; or NULL */
};

struct load {
	struct store *store;
	struct ingest *ingest;
	const struct archive_load *options;
	struct platform platform;
	struct map members; /* by path */
	char **names;       /* that were given */
};

static void member_drop(void *value)
{
	struct member *member = value;

	free(member->digest);
	free(member->target);
	free(member);
}

static void load_drop(struct load *load)
{
	ingest_end(&load->ingest);
	platform_drop(&load->platform);
	map_drop_with(&load->members, member_drop);
	memory_free_vector(&load->names);
}

void archive_loaded_drop(struct archive_loaded *loaded)
{
	memory_free_vector(&loaded->names);
}

/* --- taking it in */

static int take_file(struct load *load, struct untar *untar, const struct untar_entry *entry,
		     struct member *member, struct error **err)
{
	CLEANUP(ingest_blob_drop) struct ingest_blob *blob = NULL;
	size_t len = 0, at = 0;
	const char *bytes;

	if (ingest_blob_open(load->ingest, NULL, -1, &blob, err) < 0)
		return (*err)->code;
	do {
		if (untar_data(untar, &bytes, &len, err) < 0 ||
		    ingest_blob_write(blob, bytes, len, err) < 0)
			return (*err)->code;
		for (size_t i = 0; i < len && at < MAGIC; i++)
			member->magic[at++] = bytes[i];
	} while (len);
	member->size = (int64_t)entry->size;
	return ingest_blob_commit(&blob, &member->digest, err);
}

/* Takes the last part off a path. False: there is none. */
static bool go_up(struct text *path)
{
	char *slash = path->len ? strrchr(path->data, '/') : NULL;

	if (!path->len)
		return false;
	text_remove(path, slash ? (size_t)(slash - path->data) : 0,
		    path->len - (slash ? (size_t)(slash - path->data) : 0));
	return true;
}

/* Where a symbolic link leads, read at its own folder; it must stay inside. */
static int link_target(const char *path, const char *target, char **ret, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};
	bool inside = *target != '/';

	text_add(&text, path);
	go_up(&text);
	while (*target && inside) {
		size_t len = strcspn(target, "/");

		if (len == 2 && target[0] == '.' && target[1] == '.') {
			inside = go_up(&text);
		} else if (len && !(len == 1 && *target == '.')) {
			text_printf(&text, "%s%.*s", text.len ? "/" : "", (int)len, target);
		}
		target += len + (target[len] == '/');
	}
	if (!inside || text.len > UNTAR_PATH_MAX)
		return error_set(err, ERROR_INVALID, "the link %.200s leads outside", path);
	*ret = text_steal(&text);
	return 0;
}

static int take_entry(struct load *load, struct untar *untar, const struct untar_entry *entry,
		      struct error **err)
{
	CLEANUP(memory_free) char *path = NULL;
	struct member *member;
	int status;

	if (untar_path(entry->path, &path, err) < 0)
		return (*err)->code;
	if (entry->kind == UNTAR_FOLDER)
		return 0;
	if (load->members.len >= ARCHIVE_ENTRIES_MAX)
		return error_set(err, ERROR_INVALID, "it has more than %d files",
				 ARCHIVE_ENTRIES_MAX);
	member = memory_zero(1, sizeof(*member));
	if (entry->kind == UNTAR_FILE)
		status = take_file(load, untar, entry, member, err);
	else if (entry->kind == UNTAR_SYMLINK)
		status = link_target(path, entry->target, &member->target, err);
	else if (entry->kind == UNTAR_HARDLINK)
		status = untar_path(entry->target, &member->target, err);
	else
		status = error_set(err, ERROR_INVALID, "%.200s is a device", path);
	if (status < 0) {
		member_drop(member);
		return status;
	}
	struct member *old = map_set(&load->members, path, member);

	if (old)
		member_drop(old);
	return 0;
}

static int take_all(struct load *load, struct inflow *inflow, struct error **err)
{
	CLEANUP(untar_drop) struct untar *untar = untar_new(inflow_read, inflow);
	const struct untar_entry *entry;
	int status;

	while ((status = untar_next(untar, &entry, err)) > 0)
		if (take_entry(load, untar, entry, err) < 0)
			return (*err)->code;
	return status;
}

/* --- looking into it */

/* The file at a path, through links. NULL: there is none. */
static const struct member *find(const struct load *load, const char *path)
{
	CLEANUP(error_drop) struct error *unused = NULL;
	CLEANUP(memory_free) char *clean = NULL;
	const struct member *member = NULL;

	if (untar_path(path, &clean, &unused) < 0)
		return NULL;
	member = map_get(&load->members, clean);
	for (unsigned links = 0; member && member->target && links < LINKS_MAX; links++)
		member = map_get(&load->members, member->target);
	return member && !member->target ? member : NULL;
}

static int read_member(const struct load *load, const struct member *member, struct text *out,
		       struct error **err)
{
	return store_read(load->store, member->digest, ARCHIVE_DOCUMENT_MAX, out, err);
}

/* A blob of a layout; what it is must be what it is called. */
static const struct member *find_blob(const struct load *load, const struct manifest_blob *blob,
				      struct error **err)
{
	CLEANUP(memory_free)
	char *path = memory_format("blobs/sha256/%s", blob->digest + strlen("sha256:"));
	const struct member *member = find(load, path);

	if (!member)
		error_set(err, ERROR_INVALID, "%s is not in it", path);
	else if (!text_same(member->digest, blob->digest))
		error_set(err, ERROR_INVALID, "%s has another digest, %s", path, member->digest);
	else if (member->size != blob->size)
		error_set(err, ERROR_INVALID, "%s has %lld bytes, not the %lld said", path,
			  (long long)member->size, (long long)blob->size);
	else
		return member;
	return NULL;
}

static void add_name(struct load *load, char *name)
{
	size_t len = 0;

	while (load->names && load->names[len])
		len++;
	load->names = memory_grow(load->names, len + 2, sizeof(*load->names));
	load->names[len] = name;
	load->names[len + 1] = NULL;
}

static int name_image(struct load *load, const char *name, const struct store_name *entry,
		      struct error **err)
{
	CLEANUP(reference_drop) struct reference reference = {0};
	CLEANUP(memory_free) char *canonical = NULL;
	struct store_name named = *entry;

	if (reference_parse(name, &reference, err) < 0)
		return error_wrap(err, "the image's name \"%.200s\"", name);
	canonical = named.name = reference_canonical(&reference);
	if (store_tag(load->store, &named, err) < 0)
		return (*err)->code;
	add_name(load, steal(&canonical));
	return 0;
}

static int no_name(struct error **err)
{
	return error_set(err, ERROR_INVALID, "it gives the image no name: --name gives it one");
}

/* --- OCI layouts */

static int take_image(struct load *load, const struct manifest_blob *blob, const char *name,
		      struct error **err)
{
	const struct member *member = find_blob(load, blob, err);
	CLEANUP(manifest_drop) struct manifest manifest = {0};
	CLEANUP(manifest_config_drop) struct manifest_config config = {0};
	CLEANUP(text_drop) struct text text = {0}, inner = {0};
	const struct manifest_blob *chosen = NULL;

	if (!member || read_member(load, member, &text, err) < 0 ||
	    manifest_parse(text_string(&text), text.len, blob->type, &manifest, err) < 0)
		return (*err)->code;
	if (manifest.kind == MANIFEST_INDEX) {
		if (manifest_choose(&manifest, &load->platform, &chosen, err) < 0)
			return (*err)->code;
		return take_image(load, chosen, name, err);
	}
	member = find_blob(load, &manifest.config, err);
	if (!member || read_member(load, member, &inner, err) < 0 ||
	    manifest_config_parse(text_string(&inner), inner.len, manifest.items.len, &config,
				  err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (const struct manifest_blob, layer, &manifest.items)
		if (!find_blob(load, layer, err))
			return (*err)->code;
	const struct store_name entry = {
		.digest = blob->digest, .type = manifest.type, .size = (int64_t)text.len};

	return name_image(load, name, &entry, err);
}

/* A bare tag is no image's name. */
static bool is_name(const char *name)
{
	return name && strpbrk(name, "/:@");
}

/* How well an image suits by its config, where the index does not say its platform. */
static int rank_config(const struct load *load, const struct manifest_blob *item)
{
	const struct member *member;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(manifest_drop) struct manifest manifest = {0};
	CLEANUP(manifest_config_drop) struct manifest_config config = {0};
	CLEANUP(text_drop) struct text text = {0}, inner = {0};
	CLEANUP(platform_drop) struct platform platform = {0};

	member = find_blob(load, item, &err);
	if (!member || read_member(load, member, &text, &err) < 0 ||
	    manifest_parse(text_string(&text), text.len, item->type, &manifest, &err) < 0 ||
	    manifest.kind != MANIFEST_IMAGE)
		return 0;
	member = find_blob(load, &manifest.config, &err);
	if (!member || read_member(load, member, &inner, &err) < 0 ||
	    manifest_config_parse(text_string(&inner), inner.len, manifest.items.len, &config,
				  &err) < 0)
		return 0;
	const struct platform said = {config.image.os, config.image.architecture, config.variant,
				      config.image.os_version};

	platform_normal(&said, &platform);
	return platform_rank(&load->platform, &platform);
}

/* The only one, or the one that suits best. */
static const struct manifest_blob *choose_item(const struct load *load,
					       const struct manifest *index, struct error **err)
{
	const struct manifest_blob *chosen = NULL;
	int most = 0;

	if (index->items.len == 1)
		return index->items.items;
	ARRAY_FOR_EACH (const struct manifest_blob, item, &index->items) {
		int rank = item->has_platform ? platform_rank(&load->platform, &item->platform)
					      : rank_config(load, item);

		if (rank <= most)
			continue;
		most = rank;
		chosen = item;
	}
	if (!chosen)
		manifest_choose(index, &load->platform, &chosen, err);
	return chosen;
}

static int take_layout(struct load *load, const struct member *index, struct error **err)
{
	CLEANUP(manifest_drop) struct manifest manifest = {0};
	CLEANUP(text_drop) struct text text = {0};
	const struct manifest_blob *chosen = NULL;

	if (read_member(load, index, &text, err) < 0 ||
	    manifest_parse(text_string(&text), text.len, NULL, &manifest, err) < 0)
		return error_wrap(err, "index.json");
	if (manifest.kind != MANIFEST_INDEX)
		return error_set(err, ERROR_INVALID, "index.json is no index");
	ARRAY_FOR_EACH (const struct manifest_blob, item, &manifest.items)
		if (is_name(item->name) && take_image(load, item, item->name, err) < 0)
			return error_wrap(err, "%.200s", item->name);
	if (load->names)
		return 0;
	if (!load->options->name)
		return no_name(err);
	chosen = choose_item(load, &manifest, err);
	return chosen ? take_image(load, chosen, load->options->name, err) : (*err)->code;
}

/* --- docker-archives */

static const char *layer_type(const struct member *member)
{
	static const struct {
		const char *bytes, *type;
		size_t len;
	} magics[] = {
		{"\x1f\x8b", MANIFEST_TYPE_LAYER "+gzip", 2},
		{"\x28\xb5\x2f\xfd", MANIFEST_TYPE_LAYER "+zstd", 4},
		{"\xfd\x37zXZ", NULL, 5},
		{"BZh", NULL, 3},
	};

	for (size_t i = 0; i < ARRAY_LEN(magics); i++)
		if (memcmp(member->magic, magics[i].bytes, magics[i].len) == 0)
			return magics[i].type;
	return MANIFEST_TYPE_LAYER;
}

static cJSON *descriptor(const char *type, const struct member *member)
{
	cJSON *json = cJSON_CreateObject();

	json_set_string(json, "mediaType", type);
	json_set_string(json, "digest", member->digest);
	json_set_int(json, "size", member->size);
	return json;
}

/* The config's name in an archive is its digest, since Docker 1.10. */
static int check_config(const char *path, const struct member *member, struct error **err)
{
	const char *name = path_name(path);
	size_t hex = strspn(name, "0123456789abcdef");

	if (hex == 64 && strncmp(name, member->digest + strlen("sha256:"), 64) != 0)
		return error_set(err, ERROR_INVALID, "%.200s has another digest, %s", path,
				 member->digest);
	return 0;
}

static int add_layer(const struct load *load, const char *path, const char *diff_id, cJSON *layers,
		     struct error **err)
{
	const struct member *member = path ? find(load, path) : NULL;
	const char *type = member ? layer_type(member) : NULL;

	if (!member)
		return error_set(err, ERROR_INVALID, "manifest.json: the layer %.200s is not in it",
				 path ? path : "without a name");
	if (!type)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the layer %.200s is packed with xz or bzip2", path);
	if (text_same(type, MANIFEST_TYPE_LAYER) && !text_same(member->digest, diff_id))
		return error_set(err, ERROR_INVALID,
				 "the layer %.200s has another digest, %s, than its config says",
				 path, member->digest);
	cJSON_AddItemToArray(layers, descriptor(type, member));
	return 0;
}

static int make_manifest(const struct load *load, const cJSON *item, cJSON **ret,
			 struct error **err)
{
	CLEANUP(json_drop) cJSON *made = cJSON_CreateObject();
	CLEANUP(manifest_config_drop) struct manifest_config config = {0};
	CLEANUP(text_drop) struct text text = {0};
	const char *path = json_string(item, "Config");
	const struct member *member = path ? find(load, path) : NULL;
	const cJSON *names = json_get(item, "Layers"), *name;
	size_t count = 0;

	if (!member)
		return error_set(err, ERROR_INVALID,
				 "manifest.json: the config %.200s is not in it",
				 path ? path : "without a name");
	if (check_config(path, member, err) < 0 || read_member(load, member, &text, err) < 0 ||
	    manifest_config_parse(text_string(&text), text.len, (size_t)cJSON_GetArraySize(names),
				  &config, err) < 0)
		return (*err)->code;
	json_set_int(made, "schemaVersion", 2);
	json_set_string(made, "mediaType", MANIFEST_TYPE_IMAGE);
	cJSON_AddItemToObject(made, "config", descriptor(MANIFEST_TYPE_CONFIG, member));
	cJSON *layers = cJSON_AddArrayToObject(made, "layers");

	cJSON_ArrayForEach (name, names)
		if (add_layer(load, name->valuestring, config.diff_ids[count++], layers, err) < 0)
			return (*err)->code;
	*ret = steal(&made);
	return 0;
}

static int take_docker_image(struct load *load, const cJSON *item, struct error **err)
{
	CLEANUP(json_drop) cJSON *made = NULL;
	CLEANUP(memory_free) char *printed = NULL, *digest = NULL;
	CLEANUP(manifest_drop) struct manifest judged = {0};
	const cJSON *tags = json_get(item, "RepoTags"), *tag;
	size_t named = 0;

	if (make_manifest(load, item, &made, err) < 0)
		return (*err)->code;
	printed = json_print(made);
	/* Not more layers than an image may have, and so on. */
	if (manifest_parse(printed, strlen(printed), NULL, &judged, err) < 0 ||
	    ingest_put(load->ingest, printed, strlen(printed), &digest, err) < 0)
		return (*err)->code;
	const struct store_name entry = {
		.digest = digest, .type = judged.type, .size = (int64_t)strlen(printed)};

	cJSON_ArrayForEach (tag, tags) {
		if (!cJSON_IsString(tag))
			return error_set(err, ERROR_INVALID,
					 "manifest.json: RepoTags is no list of "
					 "names");
		if (name_image(load, tag->valuestring, &entry, err) < 0)
			return (*err)->code;
		named++;
	}
	if (named)
		return 0;
	return load->options->name ? name_image(load, load->options->name, &entry, err)
				   : no_name(err);
}

static int take_docker(struct load *load, const struct member *member, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(text_drop) struct text text = {0};
	const cJSON *item;

	if (read_member(load, member, &text, err) < 0 ||
	    json_parse(text_string(&text), text.len, "manifest.json", &json, err) < 0)
		return (*err)->code;
	if (!cJSON_IsArray(json) || !json->child)
		return error_set(err, ERROR_INVALID, "manifest.json names no image");
	cJSON_ArrayForEach (item, json)
		if (take_docker_image(load, item, err) < 0)
			return (*err)->code;
	return 0;
}

/* --- the whole */

static int take_images(struct load *load, struct error **err)
{
	const struct member *index = find(load, "oci-layout") ? find(load, "index.json") : NULL;
	const struct member *manifest = find(load, "manifest.json");

	if (index)
		return take_layout(load, index, err);
	if (manifest)
		return take_docker(load, manifest, err);
	return error_set(err, ERROR_INVALID,
			 "it is no archive of images: it has neither an index.json with its "
			 "oci-layout nor a manifest.json");
}

int archive_load(struct store *store, const struct archive_load *options,
		 struct archive_loaded *ret, struct error **err)
{
	CLEANUP(load_drop) struct load load = {.store = store, .options = options};
	CLEANUP(inflow_close) struct inflow *inflow = NULL;

	if (options->platform)
		platform_normal(options->platform, &load.platform);
	else
		platform_host(&load.platform);
	if (inflow_open(options->path, &inflow, err) < 0)
		return (*err)->code;
	if (ingest_begin(store, &load.ingest, err) < 0)
		return (*err)->code;
	if (take_all(&load, inflow, err) < 0 || take_images(&load, err) < 0)
		return error_wrap(err, "%s",
				  strcmp(options->path, "-") == 0 ? "the standard input"
								  : options->path);
	ret->names = steal(&load.names);
	return 0;
}
