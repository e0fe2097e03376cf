/* SPDX-License-Identifier: MIT */
#include "netns/dns.h"

#include <string.h>

#include "base/own.h"
#include "tests/test.h"

struct bytes {
	uint8_t data[2048];
	size_t len;
};

static void put(struct bytes *bytes, const char *from, size_t len)
{
	memcpy(bytes->data + bytes->len, from, len);
	bytes->len += len;
}

#define PUT(bytes_, literal_) put(bytes_, literal_, sizeof(literal_) - 1)

/* A question by hand: id 0x1234, recursion desired. name is in its form on the wire. */
static struct bytes ask(const char *name, size_t len, uint8_t type, unsigned edns)
{
	struct bytes bytes = {0};

	PUT(&bytes, "\x12\x34\x01\0\0\1\0\0\0\0\0");
	bytes.data[bytes.len++] = edns ? 1 : 0;
	put(&bytes, name, len);
	bytes.data[bytes.len++] = 0;
	bytes.data[bytes.len++] = type;
	PUT(&bytes, "\0\1");
	if (edns) {
		PUT(&bytes, "\0\0\x29");
		bytes.data[bytes.len++] = (uint8_t)(edns >> 8);
		bytes.data[bytes.len++] = (uint8_t)edns;
		PUT(&bytes, "\0\0\0\0\0\0");
	}
	return bytes;
}

#define ASK(name_, type_, edns_) ask(name_, sizeof(name_), type_, edns_)

static void a_question_is_taken_apart(void **state)
{
	struct bytes bytes = ASK("\2Db\7example", DNS_AAAA, 0);
	struct dns_question question;

	(void)state;
	assert_int_equal(dns_parse(bytes.data, bytes.len, &question), DNS_GOOD);
	assert_string_equal(question.name, "db.example");
	assert_int_equal(question.id, 0x1234);
	assert_int_equal(question.type, DNS_AAAA);
	assert_int_equal(question.class, 1);
	assert_int_equal(question.size, 512);
	assert_true(question.is_asked_on);
	assert_false(question.has_edns);
	assert_int_equal(question.end, bytes.len);
}

static void a_point_within_a_label_makes_no_other_name(void **state)
{
	struct bytes bytes = ASK("\4d.b\0", DNS_A, 0);
	struct dns_question question;

	(void)state;
	assert_int_equal(dns_parse(bytes.data, bytes.len, &question), DNS_GOOD);
	assert_string_equal(question.name, "d?b?");
}

static void the_size_that_is_offered_is_kept_within_bounds(void **state)
{
	static const unsigned cases[][2] = {{100, 512}, {512, 512}, {900, 900}, {4096, 1232}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bytes bytes = ASK("\2db", DNS_A, cases[i][0]);
		struct dns_question question;

		assert_int_equal(dns_parse(bytes.data, bytes.len, &question), DNS_GOOD);
		assert_true(question.has_edns);
		assert_int_equal(question.size, cases[i][1]);
	}
}

static void what_is_no_question_is_told_apart(void **state)
{
	struct bytes good = ASK("\2db", DNS_A, 0), edns = ASK("\2db", DNS_A, 1232), bytes;
	struct dns_question question;

	(void)state;
	for (size_t len = 0; len < good.len; len++)
		assert_int_equal(dns_parse(good.data, len, &question),
				 len < DNS_HEADER ? -1 : DNS_FORMAT);
	bytes = good;
	bytes.data[2] |= 0x80;
	assert_int_equal(dns_parse(bytes.data, bytes.len, &question), -1);
	bytes = good;
	bytes.data[2] |= 0x10;
	assert_int_equal(dns_parse(bytes.data, bytes.len, &question), DNS_UNKNOWN);
	bytes = good;
	bytes.data[5] = 2;
	assert_int_equal(dns_parse(bytes.data, bytes.len, &question), DNS_FORMAT);
	/* A pointer to itself. */
	bytes = good;
	bytes.data[12] = 0xc0;
	bytes.data[13] = 12;
	assert_int_equal(dns_parse(bytes.data, bytes.len, &question), DNS_FORMAT);
	assert_int_equal(dns_parse(edns.data, edns.len - 1, &question), DNS_FORMAT);
	/* Two OPT records. */
	edns.data[11] = 2;
	PUT(&edns, "\0\0\x29\4\0\0\0\0\0\0\0");
	assert_int_equal(dns_parse(edns.data, edns.len, &question), DNS_FORMAT);
}

static void an_answer_has_the_records_behind_the_question(void **state)
{
	struct bytes bytes = ASK("\2DB", DNS_A, 0);
	struct dns_question question;
	struct dns_record records[2] = {0};
	uint8_t out[512];

	(void)state;
	assert_true(cidr_parse("10.0.0.2", &records[0].address));
	assert_true(cidr_parse("10.0.0.3", &records[1].address));
	assert_int_equal(dns_parse(bytes.data, bytes.len, &question), DNS_GOOD);
	size_t len = dns_answer(bytes.data, &question, DNS_GOOD, records, 2, 5, out, sizeof(out));
	static const char expected[] = "\x12\x34\x85\x80\0\1\0\2\0\0\0\0\2DB\0\0\1\0\1"
				       "\xc0\x0c\0\1\0\1\0\0\0\5\0\4\x0a\0\0\2"
				       "\xc0\x0c\0\1\0\1\0\0\0\5\0\4\x0a\0\0\3";

	assert_int_equal(len, sizeof(expected) - 1);
	assert_memory_equal(out, expected, len);
	assert_true(dns_answers(out, len, bytes.data, &question));
	out[1]++;
	assert_false(dns_answers(out, len, bytes.data, &question));
	out[1]--;
	/* Letters come back as they were asked; another resolver may have changed them. */
	out[13] = 'd';
	assert_true(dns_answers(out, len, bytes.data, &question));
	out[13] = 'x';
	assert_false(dns_answers(out, len, bytes.data, &question));
}

static void an_answer_that_does_not_fit_is_marked_and_within_the_size(void **state)
{
	struct bytes bytes = ASK("\2db", DNS_A, 900);
	struct dns_question question;
	struct dns_record records[100] = {0};
	uint8_t out[DNS_DATAGRAM];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(records); i++)
		assert_true(cidr_parse("10.0.0.2", &records[i].address));
	assert_int_equal(dns_parse(bytes.data, bytes.len, &question), DNS_GOOD);
	size_t len = dns_answer(bytes.data, &question, DNS_GOOD, records, ARRAY_LEN(records), 5,
				out, question.size);

	assert_in_range(len, 880, 900);
	assert_true(out[2] & 0x02);
	assert_int_equal(out[7], (900 - 11 - 20) / 16);
	/* The OPT record is there all the same, last. */
	assert_int_equal(out[11], 1);
	assert_memory_equal(out + len - 11, "\0\0\x29\x04\xd0", 5);
	uint8_t whole[4096];

	len = dns_answer(bytes.data, &question, DNS_GOOD, records, ARRAY_LEN(records), 5, whole,
			 sizeof(whole));
	assert_false(whole[2] & 0x02);
	assert_int_equal(whole[7], 100);
}

static void an_address_is_asked_for_backwards(void **state)
{
	static const struct {
		const char *name, *address;
	} cases[] = {
		{"2.0.0.10.in-addr.arpa", "10.0.0.2"},
		{"255.255.255.255.in-addr.arpa", "255.255.255.255"},
		{"256.0.0.10.in-addr.arpa", NULL},
		{"0.0.10.in-addr.arpa", NULL},
		{"1.2.0.0.10.in-addr.arpa", NULL},
		{"2.0.0.10.in-addr.arpa.example", NULL},
		{".0.0.10.in-addr.arpa", NULL},
		{"in-addr.arpa", NULL},
		{"2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.1.d.f.ip6.arpa",
		 "fd1a::2"},
		{"0.0.d.f.ip6.arpa", NULL},
		{"x.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.1.d.f.ip6.arpa", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cidr address;
		char text[CIDR_TEXT];

		assert_int_equal(dns_reverse(cases[i].name, &address), cases[i].address != NULL);
		if (!cases[i].address)
			continue;
		cidr_format_address(&address, text);
		assert_string_equal(text, cases[i].address);
	}
}

static void a_name_is_answered_as_labels(void **state)
{
	struct bytes bytes = ASK("\1"
				 "2\1"
				 "0\1"
				 "0\2"
				 "10\7in-addr\4arpa",
				 DNS_PTR, 0);
	struct dns_question question;
	struct dns_record record = {.name = "web-1.front"};
	uint8_t out[512];

	(void)state;
	assert_int_equal(dns_parse(bytes.data, bytes.len, &question), DNS_GOOD);
	size_t len = dns_answer(bytes.data, &question, DNS_GOOD, &record, 1, 5, out, sizeof(out));
	static const char expected[] = "\xc0\x0c\0\x0c\0\1\0\0\0\5\0\x0d\5web-1\5front";

	assert_int_equal(len, bytes.len + sizeof(expected));
	assert_memory_equal(out + bytes.len, expected, sizeof(expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_taken_apart),
		cmocka_unit_test(a_point_within_a_label_makes_no_other_name),
		cmocka_unit_test(the_size_that_is_offered_is_kept_within_bounds),
		cmocka_unit_test(what_is_no_question_is_told_apart),
		cmocka_unit_test(an_answer_has_the_records_behind_the_question),
		cmocka_unit_test(an_answer_that_does_not_fit_is_marked_and_within_the_size),
		cmocka_unit_test(an_address_is_asked_for_backwards),
		cmocka_unit_test(a_name_is_answered_as_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
