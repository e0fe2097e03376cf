/* SPDX-License-Identifier: MIT */
#include "compose/plan/subnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_v4(const char *text, uint8_t *bytes)
{
	for (int i = 0; i < 4; i++) {
		char *end;
		if (*text < '0' || *text > '9')
			return false;
		unsigned long part = strtoul(text, &end, 10);
		if (part > 255 || (i < 3 && *end != '.') || (i == 3 && *end))
			return false;
		bytes[i] = (uint8_t)part;
		text = end + 1;
	}
	return true;
}

/* RFC 4291 section 2.2, without the form that ends in an IPv4 address. */
static bool parse_v6(const char *text, uint8_t *bytes)
{
	uint16_t words[8] = {0};
	int len = 0, gap = -1;
	if (text[0] == ':' && text[1] == ':') {
		gap = 0;
		text += 2;
	}
	while (*text) {
		char *end;
		if (len == 8 || !strchr("0123456789abcdefABCDEF", *text))
			return false;
		unsigned long word = strtoul(text, &end, 16);
		if (word > 0xffff || end - text > 4)
			return false;
		words[len++] = (uint16_t)word;
		if (*end == ':' && end[1] == ':') {
			if (gap >= 0)
				return false;
			gap = len;
			end++;
		} else if (*end == ':' && !end[1]) {
			return false;
		}
		text = *end == ':' ? end + 1 : end;
		if (*end && *end != ':')
			return false;
	}
	if (gap < 0 ? len != 8 : len > 7)
		return false;
	for (int i = 0; i < len; i++) {
		int at = gap >= 0 && i >= gap ? 8 - len + i : i;
		bytes[2 * at] = (uint8_t)(words[i] >> 8);
		bytes[2 * at + 1] = (uint8_t)words[i];
	}
	return true;
}

bool subnet_parse(const char *text, struct subnet *subnet)
{
	char address[64];
	const char *slash = text ? strchr(text, '/') : NULL;
	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	*subnet = (struct subnet){.is_v6 = strchr(address, ':') != NULL};
	char *end;
	unsigned long bits = strtoul(slash + 1, &end, 10);
	if (end == slash + 1 || *end || bits > (subnet->is_v6 ? 128u : 32u))
		return false;
	subnet->bits = (unsigned)bits;
	return subnet->is_v6 ? parse_v6(address, subnet->bytes) : parse_v4(address, subnet->bytes);
}

bool subnet_overlap(const struct subnet *a, const struct subnet *b)
{
	if (a->is_v6 != b->is_v6)
		return false;
	unsigned bits = a->bits < b->bits ? a->bits : b->bits;
	for (unsigned i = 0; i < bits; i++) {
		uint8_t mask = (uint8_t)(0x80 >> (i % 8));
		if ((a->bytes[i / 8] ^ b->bytes[i / 8]) & mask)
			return false;
	}
	return true;
}
