/* SPDX-License-Identifier: MIT */
/* Any bytes as a message to the network's DNS: an answer that keeps to its size and fits its
 * question, or none. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "netns/dns.h"
#include "netns/names.h"

static void check_answer(const uint8_t *data, const struct dns_question *question, int code,
			 size_t max)
{
	struct dns_record records[40] = {0};
	uint8_t out[4096];

	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		records[i].address = (struct cidr){.is_v6 = i % 2, .bytes = {10, (uint8_t)i}};
		records[i].name = i % 3 ? NULL : "web-1.front";
	}
	size_t len = dns_answer(data, question, code, records, code ? 0 : ARRAY_LEN(records), 5,
				out, max);

	if (len > max || len < DNS_HEADER || !(out[2] & 0x80) || (out[3] & 15) != code)
		abort();
	if (code == DNS_GOOD && !dns_answers(out, len, data, question))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_question question;
	struct cidr address;
	int code = dns_parse(data, size, &question);

	if (code < 0)
		return 0;
	if (question.size < DNS_PLAIN || question.size > DNS_DATAGRAM || question.end > size)
		abort();
	check_answer(data, &question, code, question.size);
	check_answer(data, &question, code, 4096);
	if (code != DNS_GOOD)
		return 0;
	if (strlen(question.name) > NAMES_MAX)
		abort();
	dns_reverse(question.name, &address);
	dns_answers(data + 1, size - 1, data, &question);
	return 0;
}
