/* SPDX-License-Identifier: MIT */
/* Apart from what hashes: a small program that only wants chance does not bring a library for it. */
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/digest.h"

void digest_random(void *bytes, size_t len)
{
	char *at = bytes;

	while (len) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno != EINTR) {
			fputs("wincompose: the system gives no random numbers\n", stderr);
			_exit(1);
		}
		if (got > 0) {
			at += got;
			len -= got;
		}
	}
}
