/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>

#include <windows.h>
#include <bcrypt.h>

#include "base/memory.h"

struct digest {
	BCRYPT_ALG_HANDLE algorithm;
	BCRYPT_HASH_HANDLE hash;
};

/* BCrypt fails here only where the system is broken: nothing can go on. */
static void __attribute__((noreturn)) end(const char *what)
{
	fprintf(stderr, "wincompose: %s\n", what);
	fflush(stderr);
	_exit(1);
}

struct digest *digest_new(void)
{
	struct digest *digest = memory_zero(1, sizeof(*digest));

	if (BCryptOpenAlgorithmProvider(&digest->algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0) < 0 ||
	    BCryptCreateHash(digest->algorithm, &digest->hash, NULL, 0, NULL, 0, 0) < 0)
		end("BCrypt has no SHA-256");
	return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
	UCHAR *at = (UCHAR *)bytes;

	while (len) {
		ULONG piece = len < (1u << 30) ? (ULONG)len : 1u << 30;

		if (BCryptHashData(digest->hash, at, piece, 0) < 0)
			end("BCrypt failed at SHA-256");
		at += piece;
		len -= piece;
	}
}

void digest_end(struct digest **digest, char hex[static DIGEST_HEX])
{
	UCHAR sum[DIGEST_HEX / 2];

	if (BCryptFinishHash((*digest)->hash, sum, sizeof(sum), 0) < 0)
		end("BCrypt failed at SHA-256");
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	digest_drop(digest);
}

void digest_drop(struct digest **digest)
{
	if (!*digest)
		return;
	BCryptDestroyHash((*digest)->hash);
	BCryptCloseAlgorithmProvider((*digest)->algorithm, 0);
	free(*digest);
	*digest = NULL;
}

void digest_random(void *bytes, size_t len)
{
	if (BCryptGenRandom(NULL, bytes, (ULONG)len, BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0)
		end("the system gives no random numbers");
}
