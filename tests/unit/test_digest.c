/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "tests/test.h"

/* The first three are examples of FIPS 180-4; their sums are NIST's. */
static void sums_are_those_of_the_standard(void **state)
{
	static const struct {
		const char *string;
		const char *sum;
	} rows[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	char hex[DIGEST_HEX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		digest_hex(rows[i].string, strlen(rows[i].string), hex);
		assert_string_equal(hex, rows[i].sum);
	}
}

static void pieces_make_the_sum_of_the_whole(void **state)
{
	char hex[DIGEST_HEX];
	struct digest *digest = digest_new();

	(void)state;
	for (int i = 0; i < 1000000; i += 1000) {
		char block[1000];

		memset(block, 'a', sizeof(block));
		digest_add(digest, block, sizeof(block));
	}
	digest_add(digest, "", 0);
	digest_end(&digest, hex);
	assert_null(digest);
	assert_string_equal(hex,
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* The end of a block is where padding goes wrong: the sums of the first n bytes of one text, and the
 * sum of these sums as another implementation (coreutils' sha256sum) gives it. */
static void every_length_has_its_sum(void **state)
{
	char bytes[200], hex[DIGEST_HEX];
	struct digest *all = digest_new();

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)('a' + i % 26);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		struct digest *digest = digest_new();

		for (size_t at = 0; at < len; at += 7)
			digest_add(digest, bytes + at, len - at < 7 ? len - at : 7);
		digest_end(&digest, hex);
		digest_add(all, hex, strlen(hex));
	}
	digest_end(&all, hex);
	assert_string_equal(hex,
			    "d8d376b1fe714c0c3a2163d35bc16ee7e89e344929f7904df22e5bc2a83b6129");
}

static void an_unfinished_sum_may_be_dropped(void **state)
{
	CLEANUP(digest_drop) struct digest *digest = digest_new();
	struct digest *none = NULL;

	(void)state;
	digest_add(digest, "x", 1);
	digest_drop(&none);
}

static void base64_is_that_of_rfc_4648(void **state)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(memory_free)
		char *to = digest_base64(rows[i][0], strlen(rows[i][0]), false);
		CLEANUP(memory_free) char *from = digest_unbase64(rows[i][1], &len);

		assert_string_equal(to, rows[i][1]);
		assert_string_equal(from, rows[i][0]);
		assert_int_equal(len, strlen(rows[i][0]));
	}
}

static void both_alphabets_and_missing_padding_are_read(void **state)
{
	static const unsigned char bytes[] = {0xfb, 0xff, 0xfe, 0x00};
	CLEANUP(memory_free) char *plain = digest_base64(bytes, 4, false);
	CLEANUP(memory_free) char *url = digest_base64(bytes, 4, true);
	static const char *const forms[] = {"+//+AA==", "-__-AA==", "-__-AA", "+//+AA"};
	size_t len;

	(void)state;
	assert_string_equal(plain, forms[0]);
	assert_string_equal(url, forms[1]);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		CLEANUP(memory_free) char *back = digest_unbase64(forms[i], &len);

		assert_int_equal(len, 4);
		assert_memory_equal(back, bytes, 4);
		assert_int_equal(back[4], 0);
	}
}

static void what_is_not_base64_is_refused(void **state)
{
	static const char *const wrong[] = {"A",    "AAAAA", "A===",  "AA=",   "Zg==x",
					    "Z g=", "====",  "Zm9v=", "Zm9\n", "\xc3\xa9=="};
	size_t len = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_null(digest_unbase64(wrong[i], &len));
	assert_int_equal(len, 7);
}

static void random_bytes_differ(void **state)
{
	char a[64] = "", b[64] = "";

	(void)state;
	digest_random(a, sizeof(a));
	digest_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	digest_random(a, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_those_of_the_standard),
		cmocka_unit_test(pieces_make_the_sum_of_the_whole),
		cmocka_unit_test(every_length_has_its_sum),
		cmocka_unit_test(an_unfinished_sum_may_be_dropped),
		cmocka_unit_test(base64_is_that_of_rfc_4648),
		cmocka_unit_test(both_alphabets_and_missing_padding_are_read),
		cmocka_unit_test(what_is_not_base64_is_refused),
		cmocka_unit_test(random_bytes_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
