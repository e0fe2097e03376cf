/* SPDX-License-Identifier: MIT */
/* digest -- SHA-256, and base64 for what travels in headers
 *
 * FIPS 180-4; RFC 4648 section 4 and 5. The platform's library computes: Nettle on Linux, BCrypt on Windows.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct digest; /* a running computation */

#define DIGEST_HEX 65 /* characters of a hex digest with its NUL */

struct digest *digest_new(void);
void digest_add(struct digest *digest, const void *bytes, size_t len);
void digest_end(struct digest **digest, char hex[static DIGEST_HEX]); /* and drops it */
void digest_drop(struct digest **digest);
void digest_hex(const void *bytes, size_t len, char hex[static DIGEST_HEX]);

/* Random bytes from the system. Ends the process if there are none. */
void digest_random(void *bytes, size_t len);

char *digest_base64(const void *bytes, size_t len, bool url); /* padded; yours */
/* The bytes, yours, with a NUL behind; NULL: not base64. Accepts both alphabets, padded or not. */
char *digest_unbase64(const char *string, size_t *len);
