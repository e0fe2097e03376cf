/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <nettle/sha2.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

struct digest {
	struct sha256_ctx context;
};

struct digest *digest_new(void)
{
	struct digest *digest = memory_zero(1, sizeof(*digest));

	sha256_init(&digest->context);
	return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
	sha256_update(&digest->context, len, bytes);
}

void digest_end(struct digest **digest, char hex[static DIGEST_HEX])
{
	uint8_t sum[SHA256_DIGEST_SIZE];

	sha256_digest(&(*digest)->context, sizeof(sum), sum);
	for (size_t i = 0; i < 2 * sizeof(sum); i++)
		hex[i] = "0123456789abcdef"[sum[i / 2] >> (i % 2 ? 0 : 4) & 15];
	hex[2 * sizeof(sum)] = '\0';
	digest_drop(digest);
}

void digest_drop(struct digest **digest)
{
	free(*digest);
	*digest = NULL;
}
