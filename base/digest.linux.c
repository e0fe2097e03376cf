/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/memory.h"

struct digest {
	EVP_MD_CTX *context;
};

/* libcrypto fails here only without memory or where an administrator has taken SHA-256 away:
 * nothing can go on. */
static void __attribute__((noreturn)) end(const char *what)
{
	fprintf(stderr, "wincompose: %s\n", what);
	_exit(1);
}

struct digest *digest_new(void)
{
	struct digest *digest = memory_zero(1, sizeof(*digest));

	digest->context = EVP_MD_CTX_new();
	if (!digest->context || !EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL))
		end("libcrypto has no SHA-256");
	return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
	if (!EVP_DigestUpdate(digest->context, bytes, len))
		end("libcrypto failed at SHA-256");
}

void digest_end(struct digest **digest, char hex[static DIGEST_HEX])
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	if (!EVP_DigestFinal_ex((*digest)->context, sum, NULL))
		end("libcrypto failed at SHA-256");
	for (size_t i = 0; i < DIGEST_HEX / 2; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	digest_drop(digest);
}

void digest_drop(struct digest **digest)
{
	if (!*digest)
		return;
	EVP_MD_CTX_free((*digest)->context);
	free(*digest);
	*digest = NULL;
}

void digest_random(void *bytes, size_t len)
{
	char *at = bytes;

	while (len) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno != EINTR)
			end("the system gives no random numbers");
		if (got > 0) {
			at += got;
			len -= got;
		}
	}
}
