/* SPDX-License-Identifier: MIT */
/* chance -- the same choices for the same seed, on every machine */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chance {
	uint64_t state; /* the seed */
};

size_t chance_below(struct chance *chance, size_t end); /* 0 to end - 1 */
bool chance_of(struct chance *chance, unsigned percent);

#define chance_pick(chance, array) ((array)[chance_below(chance, ARRAY_LEN(array))])
