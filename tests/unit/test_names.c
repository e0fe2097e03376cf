/* SPDX-License-Identifier: MIT */
#include "netns/names.h"

#include <string.h>

#include "base/own.h"
#include "tests/test.h"

static void add(struct names *names, const char *owner, const char *name, const char *address)
{
	struct cidr at;

	assert_true(cidr_parse(address, &at));
	names_add(names, owner, name, &at);
}

/* "10.0.0.2 10.0.0.3", or the word of another result. */
static void assert_found(struct names *names, const char *name, bool is_v6, const char *expected)
{
	struct cidrs found = {0};
	char text[256] = "", one[CIDR_TEXT];
	enum names_result result = names_find(names, name, is_v6, &found);

	if (result != NAMES_FOUND)
		strcpy(text, result == NAMES_NOBODY ? "nobody" : "foreign");
	ARRAY_FOR_EACH (struct cidr, it, &found.list) {
		cidr_format_address(it, one);
		strncat(text, *text ? " " : "", 2);
		strncat(text, one, CIDR_TEXT);
	}
	assert_string_equal(text, expected);
	cidrs_drop(&found);
}

static void replicas_take_turns_at_the_front(void **state)
{
	struct names names = {0};

	(void)state;
	add(&names, "c1", "web", "10.0.0.2");
	add(&names, "c1", "web", "fd00::2");
	add(&names, "c2", "web", "10.0.0.3");
	add(&names, "c2", "web", "fd00::3");
	add(&names, "c3", "web", "10.0.0.4");
	/* Told twice: once. */
	add(&names, "c3", "web", "10.0.0.4");
	/* A resolver asks for both kinds each time. */
	assert_found(&names, "web", false, "10.0.0.2 10.0.0.3 10.0.0.4");
	assert_found(&names, "web", true, "fd00::2 fd00::3");
	assert_found(&names, "WEB", false, "10.0.0.3 10.0.0.4 10.0.0.2");
	assert_found(&names, "web", true, "fd00::3 fd00::2");
	assert_found(&names, "web", false, "10.0.0.4 10.0.0.2 10.0.0.3");
	assert_found(&names, "web", false, "10.0.0.2 10.0.0.3 10.0.0.4");
	names_drop(&names);
}

static void a_name_stays_the_networks_own_when_nobody_has_it_any_more(void **state)
{
	struct names names = {0};

	(void)state;
	names_reserve(&names, "db");
	add(&names, "c1", "Web.front", "10.0.0.2");
	assert_found(&names, "db", false, "nobody");
	assert_found(&names, "web", false, "foreign");
	assert_found(&names, "web.front", true, "");
	names_remove(&names, "c1");
	assert_found(&names, "web.front", false, "nobody");
	names_drop(&names);
}

static void what_an_owner_was_called_goes_with_it_and_no_more(void **state)
{
	struct names names = {0};
	struct cidr address;

	(void)state;
	add(&names, "c1", "web-1", "10.0.0.2");
	add(&names, "c1", "web", "10.0.0.2");
	add(&names, "c2", "web-2", "10.0.0.3");
	add(&names, "c2", "web", "10.0.0.3");
	assert_true(cidr_parse("10.0.0.2", &address));
	assert_string_equal(names_reverse(&names, &address), "web-1");
	names_remove(&names, "c1");
	assert_null(names_reverse(&names, &address));
	assert_found(&names, "web", false, "10.0.0.3");
	assert_true(cidr_parse("10.0.0.3", &address));
	assert_string_equal(names_reverse(&names, &address), "web-2");
	names_remove(&names, "nobody");
	assert_found(&names, "web", false, "10.0.0.3");
	names_drop(&names);
}

static void a_name_that_cannot_be_asked_for_is_none(void **state)
{
	char label[65], name[300];

	(void)state;
	memset(label, 'a', 64);
	label[64] = '\0';
	memset(name, 'a', sizeof(name));
	name[299] = '\0';
	for (size_t i = 50; i < 299; i += 50)
		name[i] = '.';
	const char *const bad[] = {"",    ".",   "a.",       ".a",  "a..b",
				   "a b", "a/b", "\xc3\xa4", label, name};
	const char *const good[] = {"a", "my_db", "web-1", "a.b.c", label + 1, "0"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(names_valid(bad[i]));
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(names_valid(good[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replicas_take_turns_at_the_front),
		cmocka_unit_test(a_name_stays_the_networks_own_when_nobody_has_it_any_more),
		cmocka_unit_test(what_an_owner_was_called_goes_with_it_and_no_more),
		cmocka_unit_test(a_name_that_cannot_be_asked_for_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
