/* SPDX-License-Identifier: MIT */
/* dns -- messages of the Domain Name System, as far as a container's resolver sends them
 *
 * RFC 1035 (messages), 3596 (AAAA), 6891 (EDNS). Only questions are taken apart; what another
 * resolver answered is passed on as bytes, after a look whether it fits the question.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/cidr.h"

enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28, DNS_ANY = 255 };
enum dns_code {
	DNS_GOOD = 0,
	DNS_FORMAT = 1,
	DNS_FAILED = 2,
	DNS_NOBODY = 3, /* NXDOMAIN */
	DNS_UNKNOWN = 4,
	DNS_REFUSED = 5,
};

enum {
	DNS_HEADER = 12,
	DNS_PLAIN = 512,     /* of a message by UDP where nothing else is said */
	DNS_DATAGRAM = 1232, /* what we answer by UDP at most: it fits every path */
	DNS_MESSAGE = 65535, /* by TCP */
	DNS_NAME = 256,      /* a name as text with its NUL */
};

struct dns_question {
	uint16_t id;
	uint16_t type, class;
	bool is_asked_on; /* "recursion desired" */
	bool has_edns;
	size_t size;         /* what the asker takes by UDP: 512 to DNS_DATAGRAM */
	size_t end;          /* bytes of the header and the question */
	char name[DNS_NAME]; /* in small letters without a point at its end; a byte that no host's
				name has, and a point within a label, is '?' */
};

/* A record of an answer: an address, or a name where it is not NULL. */
struct dns_record {
	const char *name;
	struct cidr address;
};

/* How a message of len bytes has to be answered: DNS_GOOD, it is a question and *ret says which;
 * DNS_FORMAT and DNS_UNKNOWN, with this code and nothing else; -1: not at all (no message, or an
 * answer, which two servers could send each other for ever). ret->id, end and size are set for
 * every code but -1. */
int dns_parse(const uint8_t *bytes, size_t len, struct dns_question *ret);

/* Writes the answer to the question that bytes hold, into max bytes at out (DNS_PLAIN at least),
 * and gives its length. Records that do not fit are left off and the answer is marked truncated.
 * ttl: seconds. */
size_t dns_answer(const uint8_t *bytes, const struct dns_question *question, enum dns_code code,
		  const struct dns_record *records, size_t count, uint32_t ttl, uint8_t *out,
		  size_t max);

/* Whether a message answers the question: the same id, name, type and class. */
bool dns_answers(const uint8_t *answer, size_t len, const uint8_t *bytes,
		 const struct dns_question *question);

/* The address that a name of in-addr.arpa or ip6.arpa asks for. False: it is none. */
bool dns_reverse(const char *name, struct cidr *ret);
