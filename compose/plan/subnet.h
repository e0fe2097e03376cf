/* SPDX-License-Identifier: MIT */
/* subnet -- ranges of addresses in CIDR form, and whether two of them overlap */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct subnet {
	uint8_t bytes[16];
	unsigned bits; /* of the prefix */
	bool is_v6;
};

bool subnet_parse(const char *text, struct subnet *subnet); /* false: not one */
bool subnet_overlap(const struct subnet *a, const struct subnet *b);
