/* SPDX-License-Identifier: MIT */
/* Any bytes as a config.json: it is refused with a message, or what is written of it is read as the
 * same object. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/linux/oci.h"
#include "engine/linux/option.h"

static int read_object(const char *bytes, size_t len, struct oci *ret, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;

	if (json_parse(bytes, len, "config.json", &json, err))
		return (*err)->code;
	return oci_parse(json, "config.json", ret, err);
}

static char *written(const struct oci *oci)
{
	CLEANUP(json_drop) cJSON *json = oci_write(oci);

	return json_print(json);
}

static void take_options(const struct oci *oci)
{
	ARRAY_FOR_EACH (const struct oci_mount, mount, &oci->mounts) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(option_drop) struct option_set set = {0};

		if (!option_parse(mount->options, &set, &err) && set.data.len &&
		    set.data.data[set.data.len - 1])
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(oci_drop) struct oci first = {0}, second = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	if (read_object((const char *)data, size, &first, &err)) {
		if (!err->message[0])
			abort();
		return 0;
	}
	take_options(&first);
	CLEANUP(memory_free) char *a = written(&first);

	if (read_object(a, strlen(a), &second, &err))
		abort();
	CLEANUP(memory_free) char *b = written(&second);

	if (strcmp(a, b) != 0)
		abort();
	return 0;
}
