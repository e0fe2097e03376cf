/* SPDX-License-Identifier: MIT */
/* Any bytes as an image's config: values that can be relied on, or one error. The first byte is the
 * number of layers. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/own.h"
#include "base/text.h"
#include "engine/image/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(manifest_config_drop) struct manifest_config config = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	size_t layers = size ? data[0] % 8 : 0, count = 0;

	if (manifest_config_parse((const char *)data + (size > 0), size - (size > 0), layers,
				  &config, &err) < 0) {
		if (!err || config.image.os || config.diff_ids)
			abort();
		return 0;
	}
	if (err || !config.image.os || !config.image.architecture)
		abort();
	for (char **diff_id = config.diff_ids; diff_id && *diff_id; diff_id++, count++)
		if (!manifest_is_digest(*diff_id))
			abort();
	if (count != layers)
		abort();
	for (size_t i = 0; i < config.image.labels.len; i++)
		if (text_starts(config.image.labels.items[i].key, "com.docker.compose."))
			abort();
	return 0;
}
