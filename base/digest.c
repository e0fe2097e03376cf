/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"

static const char alphabets[2][65] = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void digest_hex(const void *bytes, size_t len, char hex[static DIGEST_HEX])
{
	struct digest *digest = digest_new();

	digest_add(digest, bytes, len);
	digest_end(&digest, hex);
}

char *digest_base64(const void *bytes, size_t len, bool url)
{
	const char *alphabet = alphabets[url];
	const unsigned char *in = bytes;
	char *string = memory_zero(len / 3 + 2, 4);
	char *out = string;

	for (; len >= 3; len -= 3, in += 3) {
		*out++ = alphabet[in[0] >> 2];
		*out++ = alphabet[(in[0] << 4 | in[1] >> 4) & 63];
		*out++ = alphabet[(in[1] << 2 | in[2] >> 6) & 63];
		*out++ = alphabet[in[2] & 63];
	}
	if (len) {
		unsigned char second = len > 1 ? in[1] : 0;

		*out++ = alphabet[in[0] >> 2];
		*out++ = alphabet[(in[0] << 4 | second >> 4) & 63];
		*out++ = len > 1 ? alphabet[second << 2 & 63] : '=';
		*out++ = '=';
	}
	return string;
}

static int value_of(char c)
{
	switch (c) {
	case 'A' ... 'Z':
		return c - 'A';
	case 'a' ... 'z':
		return c - 'a' + 26;
	case '0' ... '9':
		return c - '0' + 52;
	case '+':
	case '-':
		return 62;
	case '/':
	case '_':
		return 63;
	default:
		return -1;
	}
}

char *digest_unbase64(const char *string, size_t *len)
{
	size_t count = strlen(string);
	size_t padded = count;

	while (count && padded - count < 2 && string[count - 1] == '=')
		count--;
	/* One letter is less than a byte, and padding fills up to four letters or is left out. */
	if (count % 4 == 1 || (padded != count && padded % 4))
		return NULL;
	CLEANUP(memory_free) char *bytes = memory_alloc(count / 4 * 3 + 3);
	size_t used = 0;
	unsigned int bits = 0;

	for (size_t i = 0; i < count; i++) {
		int value = value_of(string[i]);

		if (value < 0)
			return NULL;
		bits = bits << 6 | (unsigned int)value;
		if (i % 4)
			bytes[used++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	bytes[used] = '\0';
	*len = used;
	return steal(&bytes);
}
