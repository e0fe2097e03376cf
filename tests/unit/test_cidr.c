/* SPDX-License-Identifier: MIT */
#include "netns/cidr.h"

#include <string.h>

#include "base/error.h"
#include "base/own.h"
#include "netns/lease.h"
#include "tests/test.h"

static struct cidr of(const char *text)
{
	struct cidr subnet;

	assert_true(cidr_parse(text, &subnet));
	return subnet;
}

static void assert_text(const struct cidr *subnet, const char *expected)
{
	char text[CIDR_TEXT];

	cidr_format(subnet, text);
	assert_string_equal(text, expected);
}

static void addresses_and_networks_are_read_and_written(void **state)
{
	static const char *const good[][2] = {
		{"10.1.2.3", "10.1.2.3/32"},   {"172.31.240.5/20", "172.31.240.5/20"},
		{"0.0.0.0/0", "0.0.0.0/0"},    {"fd00::1", "fd00::1/128"},
		{"FD00:0::0/64", "fd00::/64"},
	};
	static const char *const bad[] = {
		"",
		"/",
		"10.0.0",
		"10.0.0.0/33",
		"10.0.0.0/",
		"10.0.0.0/-1",
		"10.0.0.0/+1",
		"10.0.0.0/1x",
		"10.0.0.0/0032",
		"256.0.0.1",
		"fd00::/129",
		"fe80::1%eth0",
		"fd00::1::2",
		"10.0.0.0/8/8",
		"web",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct cidr subnet = of(good[i][0]);

		assert_text(&subnet, good[i][1]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cidr subnet;

		assert_false(cidr_parse(bad[i], &subnet));
	}
}

static void networks_overlap_where_one_is_within_the_other(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} cases[] = {
		{"10.0.0.0/8", "10.3.0.0/16", true},
		{"10.3.0.0/16", "10.0.0.0/8", true},
		{"10.3.0.0/16", "10.4.0.0/16", false},
		{"172.16.0.0/12", "172.31.255.0/24", true},
		{"172.16.0.0/12", "172.32.0.0/16", false},
		{"0.0.0.0/0", "1.2.3.4", true},
		{"::/0", "1.2.3.4", false},
		{"fd00::/64", "fd00:0:0:1::/64", false},
		{"10.0.0.128/25", "10.0.0.127", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cidr a = of(cases[i].a), b = of(cases[i].b);

		assert_int_equal(cidr_overlap(&a, &b), cases[i].overlap);
	}
}

static void hosts_are_numbered_within_their_network(void **state)
{
	struct cidr network = of("172.31.240.0/20"), small = of("10.0.0.4/31");
	struct cidr six = of("fd00::/64"), host;

	(void)state;
	assert_true(cidr_host(&network, 1, &host));
	assert_text(&host, "172.31.240.1/20");
	assert_true(cidr_host(&network, 4094, &host));
	assert_text(&host, "172.31.255.254/20");
	assert_int_equal(cidr_number(&host), 4094);
	assert_false(cidr_host(&network, 0, &host));
	assert_false(cidr_host(&network, 4095, &host));
	assert_false(cidr_host(&network, 4096, &host));
	assert_true(cidr_host(&small, 0, &host));
	assert_text(&host, "10.0.0.4/31");
	assert_true(cidr_host(&six, 0x10002, &host));
	assert_text(&host, "fd00::1:2/64");
	assert_int_equal(cidr_number(&host), 0x10002);
	network = cidr_base(&host);
	assert_text(&network, "fd00::/64");
}

static void a_chosen_network_overlaps_nothing_that_is_there(void **state)
{
	struct cidrs taken = {0};
	struct cidr chosen;

	(void)state;
	/* A default route is in nobody's way. */
	array_push(&taken.list, of("0.0.0.0/0"));
	assert_true(cidr_choose(&taken, false, 0, &chosen));
	assert_text(&chosen, "172.31.240.0/20");
	array_push(&taken.list, of("172.31.255.255"));
	assert_true(cidr_choose(&taken, false, 0, &chosen));
	assert_text(&chosen, "172.31.224.0/20");
	array_push(&taken.list, of("172.16.0.0/12"));
	assert_true(cidr_choose(&taken, false, 0, &chosen));
	assert_text(&chosen, "192.168.255.0/24");
	array_push(&taken.list, of("192.168.0.0/16"));
	assert_true(cidr_choose(&taken, false, 0, &chosen));
	assert_text(&chosen, "10.255.240.0/20");
	array_push(&taken.list, of("10.0.0.0/9"));
	array_push(&taken.list, of("10.128.0.0/9"));
	assert_false(cidr_choose(&taken, false, 0, &chosen));
	assert_true(cidr_choose(&taken, true, 0x0102030405060708, &chosen));
	assert_text(&chosen, "fd02:304:506:708::/64");
	array_push(&taken.list, chosen);
	assert_true(cidr_choose(&taken, true, 0x0102030405060708, &chosen));
	assert_text(&chosen, "fd02:304:506:709::/64");
	cidrs_drop(&taken);
}

static void three_hundred_networks_are_all_different(void **state)
{
	struct cidrs taken = {0};

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		struct cidr chosen;

		assert_true(cidr_choose(&taken, false, 0, &chosen));
		ARRAY_FOR_EACH (struct cidr, it, &taken.list)
			assert_false(cidr_overlap(it, &chosen));
		array_push(&taken.list, chosen);
	}
	cidrs_drop(&taken);
}

static void addresses_are_given_in_turn_and_none_twice(void **state)
{
	struct lease lease = {.subnet = of("10.0.0.0/29")};
	struct cidr fixed = of("10.0.0.1"), second, address;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(lease_this(&lease, &fixed, &err), 0);
	assert_int_equal(lease_any(&lease, &second, &err), 0);
	assert_text(&second, "10.0.0.2/29");
	assert_int_equal(lease_any(&lease, &address, &err), 0);
	assert_text(&address, "10.0.0.3/29");
	/* One that came back waits until the end was reached. */
	lease_return(&lease, &second);
	for (unsigned i = 4; i <= 6; i++) {
		assert_int_equal(lease_any(&lease, &address, &err), 0);
		assert_int_equal(cidr_number(&address), i);
	}
	assert_int_equal(lease_any(&lease, &address, &err), 0);
	assert_text(&address, "10.0.0.2/29");
	assert_int_equal(lease_any(&lease, &address, &err), ERROR_CONFLICT);
	assert_non_null(strstr(err->message, "10.0.0.0/29"));
	error_drop(&err);
	lease_drop(&lease);
}

static void a_static_address_is_refused_where_it_cannot_be(void **state)
{
	static const struct {
		const char *address;
		int status;
	} cases[] = {
		{"10.0.0.9", 0},
		{"10.0.0.9", ERROR_CONFLICT},
		{"10.0.1.1", ERROR_INVALID},
		{"10.0.0.0", ERROR_INVALID},
		{"10.0.0.255", ERROR_INVALID},
		{"fd00::1", ERROR_INVALID},
	};
	struct lease lease = {.subnet = of("10.0.0.0/24")};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		struct cidr address = of(cases[i].address);

		assert_int_equal(lease_this(&lease, &address, &err), cases[i].status);
	}
	lease_drop(&lease);
}

static void a_range_bounds_what_is_given_but_not_what_is_asked_for(void **state)
{
	struct lease lease = {.subnet = of("10.0.0.0/16"), .range = of("10.0.5.0/30")};
	struct cidr address, fixed = of("10.0.9.9");
	struct error *err = NULL;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(lease_any(&lease, &address, &err), 0);
		assert_int_equal(cidr_number(&address), 0x500 + i);
		assert_int_equal(address.prefix, 16);
	}
	assert_int_equal(lease_any(&lease, &address, &err), ERROR_CONFLICT);
	error_drop(&err);
	assert_int_equal(lease_this(&lease, &fixed, &err), 0);
	lease_drop(&lease);
}

static void no_host_of_ipv6_has_the_routers_anycast_address(void **state)
{
	struct lease lease = {.subnet = of("fd00::/64")};
	struct cidr address;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(lease_any(&lease, &address, &err), 0);
	assert_text(&address, "fd00::1/64");
	lease_drop(&lease);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_networks_are_read_and_written),
		cmocka_unit_test(networks_overlap_where_one_is_within_the_other),
		cmocka_unit_test(hosts_are_numbered_within_their_network),
		cmocka_unit_test(a_chosen_network_overlaps_nothing_that_is_there),
		cmocka_unit_test(three_hundred_networks_are_all_different),
		cmocka_unit_test(addresses_are_given_in_turn_and_none_twice),
		cmocka_unit_test(a_static_address_is_refused_where_it_cannot_be),
		cmocka_unit_test(a_range_bounds_what_is_given_but_not_what_is_asked_for),
		cmocka_unit_test(no_host_of_ipv6_has_the_routers_anycast_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
