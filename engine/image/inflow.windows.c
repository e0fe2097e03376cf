/* SPDX-License-Identifier: MIT */
#include "engine/image/inflow.h"

#include "base/error.h"

struct unpacker {
	char unused;
};

int unpacker_open(unpacker_source *source, void *payload, struct unpacker **ret, struct error **err)
{
	(void)source;
	(void)payload;
	(void)ret;
	return error_set(err, ERROR_UNSUPPORTED,
			 "on Windows packed archives cannot be read yet: unpack it first");
}

int unpacker_read(struct unpacker *unpacker, char *bytes, size_t max, size_t *len,
		  struct error **err)
{
	(void)unpacker;
	(void)bytes;
	(void)max;
	(void)len;
	return error_set(err, ERROR_UNSUPPORTED, "nothing is unpacked on Windows yet");
}

void unpacker_close(struct unpacker **unpacker)
{
	*unpacker = NULL;
}
