/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/image/manifest.h"

enum {
	STRINGS_MAX = 4096,     /* items of a list: variables, ports, volumes, labels */
	STRING_MAX = 128 << 10, /* as Linux takes as an argument of execve */
};

static const char *const reserved[] = {"com.docker.compose.", "wincompose."};

void manifest_config_drop(struct manifest_config *config)
{
	image_drop(&config->image);
	free(config->variant);
	memory_free_vector(&config->diff_ids);
	memory_free_vector(&config->env);
	memory_free_vector(&config->ports);
	free(config->user);
	free(config->working_dir);
	free(config->stop_signal);
	*config = (struct manifest_config){0};
}

/* --- members of a type; absent is well */

static int check_string(const char *string, const char *where, struct error **err)
{
	if (strlen(string) > STRING_MAX)
		return error_set(err, ERROR_INVALID, "%s is longer than %d bytes", where,
				 STRING_MAX);
	return 0;
}

static int take_string(const cJSON *json, const char *key, char **ret, struct error **err)
{
	const cJSON *value = json_get(json, key);

	if (!value)
		return 0;
	if (!cJSON_IsString(value))
		return error_set(err, ERROR_INVALID, "%s is not a string", key);
	if (check_string(value->valuestring, key, err) < 0)
		return (*err)->code;
	if (*value->valuestring)
		*ret = memory_copy(value->valuestring);
	return 0;
}

static int check_count(const cJSON *value, const char *key, struct error **err)
{
	if (cJSON_GetArraySize(value) > STRINGS_MAX)
		return error_set(err, ERROR_INVALID, "%s has more than %d items", key, STRINGS_MAX);
	return 0;
}

static int take_strings(const cJSON *json, const char *key, char ***ret, struct error **err)
{
	const cJSON *value = json_get(json, key), *item;

	if (!value)
		return 0;
	if (!cJSON_IsArray(value))
		return error_set(err, ERROR_INVALID, "%s is not a list", key);
	if (check_count(value, key, err) < 0)
		return (*err)->code;
	cJSON_ArrayForEach (item, value) {
		if (!cJSON_IsString(item))
			return error_set(err, ERROR_INVALID, "%s: an item is not a string", key);
		if (check_string(item->valuestring, key, err) < 0)
			return (*err)->code;
	}
	*ret = json_vector(value);
	return 0;
}

/* The keys of an object: {"80/tcp": {}}. */
static int take_keys(const cJSON *json, const char *key, char ***ret, struct error **err)
{
	const cJSON *value = json_get(json, key), *item;
	size_t count = 0;

	if (!value)
		return 0;
	if (!cJSON_IsObject(value))
		return error_set(err, ERROR_INVALID, "%s is not an object", key);
	if (check_count(value, key, err) < 0)
		return (*err)->code;
	*ret = memory_zero((size_t)cJSON_GetArraySize(value) + 1, sizeof(**ret));
	cJSON_ArrayForEach (item, value) {
		if (check_string(item->string, key, err) < 0)
			return (*err)->code;
		(*ret)[count++] = memory_copy(item->string);
	}
	return 0;
}

/* --- labels */

static bool is_reserved(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (text_starts(key, reserved[i]))
			return true;
	return false;
}

/* labels_set borrows, and of two of one key the later replaces the earlier: an object that has a
 * key twice is refused instead, so that each string has one owner. */
static int take_labels(const cJSON *json, struct labels *ret, struct error **err)
{
	const cJSON *value = json_get(json, "Labels"), *item;

	if (!value)
		return 0;
	if (!cJSON_IsObject(value))
		return error_set(err, ERROR_INVALID, "Labels is not an object");
	if (check_count(value, "Labels", err) < 0)
		return (*err)->code;
	cJSON_ArrayForEach (item, value) {
		if (!cJSON_IsString(item))
			return error_set(err, ERROR_INVALID, "Labels: a value is not a string");
		if (check_string(item->string, "Labels", err) < 0 ||
		    check_string(item->valuestring, "Labels", err) < 0)
			return (*err)->code;
		if (is_reserved(item->string))
			continue;
		if (labels_get(ret, item->string))
			return error_set(err, ERROR_INVALID, "Labels has a key twice");
		labels_set(ret, memory_copy(item->string), memory_copy(item->valuestring));
	}
	return 0;
}

/* --- the whole */

static int check_layers(struct manifest_config *config, size_t layers, struct error **err)
{
	size_t count = 0;

	for (char **diff_id = config->diff_ids; diff_id && *diff_id; diff_id++, count++)
		if (!manifest_is_digest(*diff_id))
			return error_set(err, ERROR_INVALID, "diff_ids[%zu] is not a digest",
					 count);
	if (count != layers)
		return error_set(err, ERROR_INVALID, "it is of %zu layers, its manifest of %zu",
				 count, layers);
	return 0;
}

/* An id beyond 32 bits has been taken for another user elsewhere (CVE-2024-40635). Names are looked
 * up in the image's own files, which is not done here. */
static int check_user(const char *user, struct error **err)
{
	for (const char *part = user; part && *part;) {
		size_t len = strcspn(part, ":");
		bool number = len && strspn(part, "0123456789") >= len;

		if (number && (len > 10 || strtoull(part, NULL, 10) > UINT32_MAX - 1))
			return error_set(err, ERROR_INVALID,
					 "User: %.*s is not a user's or a group's number",
					 len > 40 ? 40 : (int)len, part);
		part += len + (part[len] == ':');
	}
	return 0;
}

static int take_runtime(const cJSON *json, struct manifest_config *config, struct error **err)
{
	struct image *image = &config->image;
	const cJSON *health = json_get(json, "Healthcheck");

	if (take_strings(json, "Env", &config->env, err) < 0 ||
	    take_strings(json, "Cmd", &image->command, err) < 0 ||
	    take_strings(json, "Entrypoint", &image->entrypoint, err) < 0 ||
	    take_keys(json, "Volumes", &image->volumes, err) < 0 ||
	    take_keys(json, "ExposedPorts", &config->ports, err) < 0 ||
	    take_string(json, "User", &config->user, err) < 0 ||
	    take_string(json, "WorkingDir", &config->working_dir, err) < 0 ||
	    take_string(json, "StopSignal", &config->stop_signal, err) < 0 ||
	    take_labels(json, &image->labels, err) < 0 || check_user(config->user, err) < 0)
		return (*err)->code;
	const cJSON *test = cJSON_GetArrayItem(json_get(health, "Test"), 0);

	image->has_healthcheck = cJSON_IsString(test) && !text_same(test->valuestring, "NONE");
	return 0;
}

static int take_all(const cJSON *json, size_t layers, struct manifest_config *config,
		    struct error **err)
{
	const cJSON *rootfs = json_get(json, "rootfs"), *runtime = json_get(json, "config");
	struct image *image = &config->image;
	const char *created = json_string(json, "created");

	if (!text_same(json_string(rootfs, "type"), "layers"))
		return error_set(err, ERROR_INVALID, "rootfs is not one of layers");
	if (runtime && !cJSON_IsObject(runtime))
		return error_set(err, ERROR_INVALID, "config is not an object");
	if (take_strings(rootfs, "diff_ids", &config->diff_ids, err) < 0 ||
	    check_layers(config, layers, err) < 0 || take_string(json, "os", &image->os, err) < 0 ||
	    take_string(json, "os.version", &image->os_version, err) < 0 ||
	    take_string(json, "architecture", &image->architecture, err) < 0 ||
	    take_string(json, "variant", &config->variant, err) < 0 ||
	    take_runtime(runtime, config, err) < 0)
		return (*err)->code;
	if (!image->os || !image->architecture)
		return error_set(err, ERROR_INVALID, "it names no os and architecture");
	if (created && !clock_parse(created, &image->created))
		image->created = 0;
	return 0;
}

int manifest_config_parse(const char *bytes, size_t len, size_t layers, struct manifest_config *ret,
			  struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(manifest_config_drop) struct manifest_config made = {0};

	if (len > MANIFEST_CONFIG_MAX)
		return error_set(err, ERROR_INVALID, "config: %zu bytes, the most allowed is %d",
				 len, MANIFEST_CONFIG_MAX);
	if (json_parse(bytes, len, "config", &json, err) < 0)
		return (*err)->code;
	if (!cJSON_IsObject(json))
		return error_set(err, ERROR_INVALID, "config: it is not a JSON object");
	if (take_all(json, layers, &made, err) < 0)
		return error_wrap(err, "config of the image");
	*ret = made;
	made = (struct manifest_config){0};
	return 0;
}
