/* SPDX-License-Identifier: MIT */
/* Any bytes as a tar archive: entries within their bounds, or one error. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "engine/image/untar.h"

struct source {
	const uint8_t *data;
	size_t size;
};

static int give(void *payload, char *bytes, size_t max, size_t *len, struct error **err)
{
	struct source *source = payload;

	(void)err;
	*len = source->size < max ? source->size : max;
	if (*len)
		memcpy(bytes, source->data, *len);
	if (*len)
		source->data += *len;
	source->size -= *len;
	return 0;
}

static void check(struct untar *untar, const struct untar_entry *entry)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *path = NULL;
	const char *bytes;
	size_t len;
	uint64_t got = 0;

	if (untar_path(entry->path, &path, &err) == 0 &&
	    (*path == '/' || strstr(path, "//") || !strcmp(path, "..") ||
	     !strncmp(path, "../", 3) || strstr(path, "/../")))
		abort();
	error_drop(&err);
	while (untar_data(untar, &bytes, &len, &err) == 0 && len)
		got += len;
	if (!err && got != entry->size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {data, size};
	CLEANUP(untar_drop) struct untar *untar = untar_new(give, &source);
	CLEANUP(error_drop) struct error *err = NULL;
	const struct untar_entry *entry;
	int status;

	while ((status = untar_next(untar, &entry, &err)) > 0) {
		if (strlen(entry->path) > UNTAR_PATH_MAX ||
		    strlen(entry->target) > UNTAR_PATH_MAX || entry->mode > 07777)
			abort();
		check(untar, entry);
		if (size && data[0] & 1 && entry->size > size)
			break;
	}
	if ((status < 0) != (err != NULL))
		abort();
	return 0;
}
