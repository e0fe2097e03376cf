/* SPDX-License-Identifier: MIT */
/* SHA-256 by FIPS 180-4. A library would do, but the smallest there is costs each run of the program
 * a millisecond and 3 MiB for the sake of a few kilobytes (docs/performance.md). */
#include "base/digest.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

#include "base/memory.h"

enum { BLOCK = 64 };

struct digest {
	uint32_t state[8];
	uint64_t bytes; /* that were added */
	uint8_t block[BLOCK];
	void (*compress)(uint32_t state[8], const uint8_t *bytes, size_t blocks);
};

/* Section 4.2.2: of the cube roots of the first 64 primes. */
static const uint32_t rounds[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t turn(uint32_t word, unsigned bits)
{
	return word >> bits | word << (32 - bits);
}

/* Section 6.2.2, steps 2 to 4, on one block whose schedule begins with its 16 words. */
static void mix(uint32_t state[8], uint32_t w[64])
{
	uint32_t v[8];

	for (size_t t = 16; t < 64; t++)
		w[t] = w[t - 16] + w[t - 7] +
		       (turn(w[t - 15], 7) ^ turn(w[t - 15], 18) ^ w[t - 15] >> 3) +
		       (turn(w[t - 2], 17) ^ turn(w[t - 2], 19) ^ w[t - 2] >> 10);
	memcpy(v, state, sizeof(v));
	for (size_t t = 0; t < 64; t++) {
		uint32_t one = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) +
			       ((v[4] & v[5]) ^ (~v[4] & v[6])) + rounds[t] + w[t];
		uint32_t two = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) +
			       ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += one;
		v[0] = one + two;
	}
	for (size_t i = 0; i < 8; i++)
		state[i] += v[i];
}

static void compress_plain(uint32_t state[8], const uint8_t *bytes, size_t blocks)
{
	uint32_t w[64];

	for (; blocks > 0; blocks--) {
		for (size_t i = 0; i < 16; i++, bytes += 4)
			w[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
			       (uint32_t)bytes[2] << 8 | bytes[3];
		mix(state, w);
	}
}

#ifdef __x86_64__
/* The same with the processor's own instructions, which want the state as the words ABEF and CDGH. */
__attribute__((target("sha,sse4.1"))) static void compress_fast(uint32_t state[8],
								const uint8_t *bytes, size_t blocks)
{
	const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((__m128i *)state), 0xb1);
	const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((__m128i *)(state + 4)), 0x1b);
	__m128i abef = _mm_alignr_epi8(abcd, efgh, 8);
	__m128i cdgh = _mm_blend_epi16(efgh, abcd, 0xf0);

	for (; blocks > 0; blocks--, bytes += BLOCK) {
		const __m128i abef_before = abef, cdgh_before = cdgh;
		__m128i w[4];

		for (size_t i = 0; i < 4; i++)
			w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes + i), order);
		for (size_t i = 0; i < 16; i++) {
			__m128i *at = &w[i % 4], *last = &w[(i + 3) % 4];
			__m128i k = _mm_loadu_si128((const __m128i *)rounds + i);

			k = _mm_add_epi32(*at, k);
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
			*at = _mm_sha256msg1_epu32(*at, w[(i + 1) % 4]);
			*at = _mm_add_epi32(*at, _mm_alignr_epi8(*last, w[(i + 2) % 4], 4));
			*at = _mm_sha256msg2_epu32(*at, *last);
		}
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}
	abef = _mm_shuffle_epi32(abef, 0x1b);
	cdgh = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)state, _mm_blend_epi16(abef, cdgh, 0xf0));
	_mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(cdgh, abef, 8));
}

static bool has_instructions(void)
{
	unsigned a, b, c, d;

	return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
	       (b & bit_SHA);
}
#endif

struct digest *digest_new(void)
{
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	struct digest *digest = memory_zero(1, sizeof(*digest));

	memcpy(digest->state, start, sizeof(start));
	digest->compress = compress_plain;
#ifdef __x86_64__
	if (has_instructions())
		digest->compress = compress_fast;
#endif
	return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	size_t held = digest->bytes % BLOCK;

	digest->bytes += len;
	if (held > 0 && len >= BLOCK - held) {
		memcpy(digest->block + held, at, BLOCK - held);
		digest->compress(digest->state, digest->block, 1);
		at += BLOCK - held;
		len -= BLOCK - held;
		held = 0;
	}
	if (held == 0 && len >= BLOCK) {
		digest->compress(digest->state, at, len / BLOCK);
		at += len / BLOCK * BLOCK;
		len %= BLOCK;
	}
	if (len > 0)
		memcpy(digest->block + held, at, len);
}

/* Section 5.1.1: a bit 1, zeros, and the length in bits. */
void digest_end(struct digest **digest, char hex[static DIGEST_HEX])
{
	static const uint8_t padding[BLOCK] = {0x80};
	uint64_t bits = (*digest)->bytes * 8;
	uint8_t length[8];

	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	digest_add(*digest, padding, BLOCK - ((*digest)->bytes + sizeof(length)) % BLOCK);
	digest_add(*digest, length, sizeof(length));
	for (size_t i = 0; i < 8; i++)
		snprintf(hex + 8 * i, 9, "%08x", (*digest)->state[i]);
	digest_drop(digest);
}

void digest_drop(struct digest **digest)
{
	free(*digest);
	*digest = NULL;
}

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
