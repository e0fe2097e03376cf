/* SPDX-License-Identifier: MIT */
#include "netns/dns.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"

enum {
	FLAG_ANSWER = 0x8000,
	FLAG_OPERATION = 0x7800,
	FLAG_OWN = 0x0400, /* "authoritative" */
	FLAG_CUT = 0x0200,
	FLAG_ASKED_ON = 0x0100,
	FLAG_ASKS_ON = 0x0080,
	TYPE_OPTIONS = 41,
	CLASS_INTERNET = 1,
	OPTIONS = 11,               /* bytes of an OPT record without options */
	BACK = 0xc000 | DNS_HEADER, /* a pointer to the question's name */
};

static unsigned get16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, unsigned value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static char plain(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return (char)(byte - 'A' + 'a');
	if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
	    byte == '_')
		return (char)byte;
	return '?';
}

/* Reads the question's name, in which nothing is compressed as nothing stands before it. Gives the
 * offset behind it, 0: malformed. */
static size_t read_name(const uint8_t *bytes, size_t len, char *name)
{
	size_t at = DNS_HEADER, used = 0;

	for (;;) {
		if (at >= len || bytes[at] > 63)
			return 0;
		size_t label = bytes[at++];

		if (label == 0)
			break;
		if (at + label > len || at + label - DNS_HEADER >= 255)
			return 0;
		if (used)
			name[used++] = '.';
		for (; label > 0; label--)
			name[used++] = plain(bytes[at++]);
	}
	name[used] = '\0';
	return at;
}

/* Passes over a name of any form. 0: malformed. */
static size_t skip_name(const uint8_t *bytes, size_t len, size_t at)
{
	while (at < len) {
		if (bytes[at] >= 0xc0)
			return at + 2 <= len ? at + 2 : 0;
		if (bytes[at] > 63)
			return 0;
		if (bytes[at] == 0)
			return at + 1;
		at += 1u + bytes[at];
	}
	return 0;
}

/* Looks for the OPT record among the further ones. False: malformed, or two of them. */
static bool read_options(const uint8_t *bytes, size_t len, struct dns_question *question)
{
	size_t at = question->end;
	size_t count = get16(bytes + 6) + get16(bytes + 8) + get16(bytes + 10);

	for (; count > 0; count--) {
		at = skip_name(bytes, len, at);
		if (at == 0 || at + 10 > len)
			return false;
		if (get16(bytes + at) == TYPE_OPTIONS) {
			if (question->has_edns)
				return false;
			size_t size = get16(bytes + at + 2);

			question->has_edns = true;
			if (size > question->size)
				question->size = size < DNS_DATAGRAM ? size : DNS_DATAGRAM;
		}
		at += 10 + get16(bytes + at + 8);
		if (at > len)
			return false;
	}
	return true;
}

int dns_parse(const uint8_t *bytes, size_t len, struct dns_question *ret)
{
	if (len < DNS_HEADER || (get16(bytes + 2) & FLAG_ANSWER))
		return -1;
	*ret = (struct dns_question){
		.id = (uint16_t)get16(bytes),
		.is_asked_on = get16(bytes + 2) & FLAG_ASKED_ON,
		.size = DNS_PLAIN,
		.end = DNS_HEADER,
	};
	if (get16(bytes + 2) & FLAG_OPERATION)
		return DNS_UNKNOWN;
	if (get16(bytes + 4) != 1)
		return DNS_FORMAT;
	size_t at = read_name(bytes, len, ret->name);

	if (at == 0 || at + 4 > len)
		return DNS_FORMAT;
	ret->type = (uint16_t)get16(bytes + at);
	ret->class = (uint16_t)get16(bytes + at + 2);
	ret->end = at + 4;
	if (!read_options(bytes, len, ret))
		return DNS_FORMAT;
	return DNS_GOOD;
}

/* A name in its form on the wire; gives its bytes, 0: it does not fit. */
static size_t write_name(const char *name, uint8_t *out, size_t max)
{
	size_t used = 0;

	while (*name) {
		size_t label = strcspn(name, ".");

		if (label == 0 || label > 63 || used + 1 + label + 1 > max)
			return 0;
		out[used++] = (uint8_t)label;
		memcpy(out + used, name, label);
		used += label;
		name += label + (name[label] == '.');
	}
	if (used >= max)
		return 0;
	out[used++] = 0;
	return used;
}

/* One record at out; gives its bytes, 0: it does not fit. */
static size_t write_record(const struct dns_record *record, uint32_t ttl, uint8_t *out, size_t max)
{
	enum { FIXED = 12 };
	unsigned type = record->name ? DNS_PTR : record->address.is_v6 ? DNS_AAAA : DNS_A;
	size_t len = record->address.is_v6 ? 16 : 4;

	if (max < FIXED)
		return 0;
	if (record->name)
		len = write_name(record->name, out + FIXED, max - FIXED);
	else if (max < FIXED + len)
		len = 0;
	else
		memcpy(out + FIXED, record->address.bytes, len);
	if (len == 0)
		return 0;
	put16(out, BACK);
	put16(out + 2, type);
	put16(out + 4, CLASS_INTERNET);
	put16(out + 6, ttl >> 16);
	put16(out + 8, ttl & 0xffff);
	put16(out + 10, (unsigned)len);
	return FIXED + len;
}

size_t dns_answer(const uint8_t *bytes, const struct dns_question *question, enum dns_code code,
		  const struct dns_record *records, size_t count, uint32_t ttl, uint8_t *out,
		  size_t max)
{
	size_t used = question->end;
	size_t room = max - (question->has_edns ? OPTIONS : 0);
	bool is_whole = question->end > DNS_HEADER;
	unsigned flags = FLAG_ANSWER | FLAG_ASKS_ON | (unsigned)code;
	unsigned written = 0;

	if (code == DNS_GOOD || code == DNS_NOBODY)
		flags |= FLAG_OWN;
	flags |= get16(bytes + 2) & (FLAG_ASKED_ON | FLAG_OPERATION);
	memcpy(out, bytes, used);
	for (; written < count; written++) {
		size_t len = write_record(&records[written], ttl, out + used, room - used);

		if (len == 0) {
			flags |= FLAG_CUT;
			break;
		}
		used += len;
	}
	put16(out + 2, flags);
	put16(out + 4, is_whole ? 1 : 0);
	put16(out + 6, written);
	put16(out + 8, 0);
	put16(out + 10, question->has_edns ? 1 : 0);
	if (question->has_edns) {
		memset(out + used, 0, OPTIONS);
		put16(out + used + 1, TYPE_OPTIONS);
		put16(out + used + 3, DNS_DATAGRAM);
		used += OPTIONS;
	}
	return used;
}

/* The length of a label is below the letters, so that bytes may be compared without their case. */
static uint8_t fold(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

bool dns_answers(const uint8_t *answer, size_t len, const uint8_t *bytes,
		 const struct dns_question *question)
{
	if (len < question->end || get16(answer) != question->id ||
	    !(get16(answer + 2) & FLAG_ANSWER) || get16(answer + 4) != 1)
		return false;
	for (size_t i = DNS_HEADER; i < question->end; i++)
		if (fold(answer[i]) != fold(bytes[i]))
			return false;
	return true;
}

static bool reverse_v4(const char *name, size_t len, struct cidr *ret)
{
	struct cidr address = {.prefix = 32};
	size_t at = 0;

	for (unsigned part = 4; part-- > 0;) {
		unsigned value = 0, digits = 0;

		for (; at < len && name[at] >= '0' && name[at] <= '9' && digits < 3; digits++)
			value = value * 10 + (unsigned)(name[at++] - '0');
		if (digits == 0 || value > 255 ||
		    (part ? at >= len || name[at++] != '.' : at != len))
			return false;
		address.bytes[part] = (uint8_t)value;
	}
	*ret = address;
	return true;
}

static bool reverse_v6(const char *name, size_t len, struct cidr *ret)
{
	static const char digits[] = "0123456789abcdef";
	struct cidr address = {.is_v6 = true, .prefix = 128};

	if (len != 63)
		return false;
	for (unsigned i = 0; i < 32; i++) {
		const char *digit = strchr(digits, name[(size_t)2 * i]);

		if (!digit || !*digit || (i < 31 && name[2 * i + 1] != '.'))
			return false;
		address.bytes[15 - i / 2] |= (uint8_t)((digit - digits) << (i % 2 ? 4 : 0));
	}
	*ret = address;
	return true;
}

bool dns_reverse(const char *name, struct cidr *ret)
{
	static const struct {
		const char *end;
		bool (*read)(const char *name, size_t len, struct cidr *ret);
	} kinds[] = {{".in-addr.arpa", reverse_v4}, {".ip6.arpa", reverse_v6}};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (text_ends(name, kinds[i].end))
			return kinds[i].read(name, strlen(name) - strlen(kinds[i].end), ret);
	return false;
}
