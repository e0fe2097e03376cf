/* SPDX-License-Identifier: MIT */
/* Any bytes as a manifest or an index: values within their bounds, or one error. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/own.h"
#include "engine/image/manifest.h"

static void check(const struct manifest_blob *blob)
{
	if (!manifest_is_digest(blob->digest) || !blob->type || blob->size < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct platform wanted = {"linux", "arm64", NULL, NULL};
	CLEANUP(manifest_drop) struct manifest manifest = {0};
	CLEANUP(error_drop) struct error *err = NULL, *none = NULL;
	const struct manifest_blob *chosen = NULL;

	if (manifest_parse((const char *)data, size, NULL, &manifest, &err) < 0) {
		if (!err || manifest.type || manifest.items.len)
			abort();
		return 0;
	}
	if (err || manifest.items.len > MANIFEST_ITEMS_MAX)
		abort();
	ARRAY_FOR_EACH (const struct manifest_blob, item, &manifest.items)
		check(item);
	if (manifest.kind == MANIFEST_IMAGE)
		check(&manifest.config);
	else if ((manifest_choose(&manifest, &wanted, &chosen, &none) == 0) != (chosen != NULL))
		abort();
	return 0;
}
