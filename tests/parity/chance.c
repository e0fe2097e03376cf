/* SPDX-License-Identifier: MIT */
#include "tests/parity/chance.h"

/* Vigna's splitmix64. */
static uint64_t next(struct chance *chance)
{
	uint64_t z = chance->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

size_t chance_below(struct chance *chance, size_t end)
{
	return (size_t)(next(chance) % end);
}

bool chance_of(struct chance *chance, unsigned percent)
{
	return chance_below(chance, 100) < percent;
}
