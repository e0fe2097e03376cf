/* SPDX-License-Identifier: MIT */
#include "netns/network.h"

#include <string.h>

#include "base/error.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/endpoint.h"
#include "netns/field.h"
#include "netns/ruleset.h"
#include "tests/test.h"

static void an_endpoint_is_what_its_line_says(void **state)
{
	static const char line[] =
		"id=c1 space=/proc/42/ns/net interface=eth1 inode=4026531840 link=7 outlet=1 "
		"mac=02:42:ac:1f:f0:02 ip=172.31.240.2/20 ip6=fd00::2/64 name=shop-web-1 name=web "
		"also=89abcdef port=tcp/*/8080/80 port=udp/127.0.0.1/0/53 "
		"port=tcp/::1/8000-8010/443";
	CLEANUP(endpoint_drop) struct endpoint endpoint = {0};
	CLEANUP(text_drop) struct text text = {0};
	struct error *err = NULL;

	(void)state;
	assert_int_equal(endpoint_parse(line, &endpoint, &err), 0);
	assert_int_equal(endpoint.ports.len, 3);
	assert_true(endpoint.ports.items[0].is_any);
	assert_true(endpoint.ports.items[1].is_udp);
	assert_int_equal(endpoint.ports.items[2].last, 8010);
	endpoint_write(&endpoint, &text);
	assert_string_equal(text_string(&text), line);
}

static void an_endpoint_that_cannot_be_is_refused_with_its_word(void **state)
{
	static const struct {
		const char *line, *word;
	} cases[] = {
		{"", "needs an id"},
		{"id=c1", "needs an id and a space"},
		{"id=../c1 space=/x", "../c1"},
		{"id=c1 id=c2 space=/x", "c2"},
		{"id=c1 space=x", "\"x\""},
		{"id=c1 space=/x interface=a234567890123456", "a234567890123456"},
		{"id=c1 space=/x mac=01:00:00:00:00:01", "01:00:00:00:00:01"},
		{"id=c1 space=/x mac=02:00:00:00:00:0", "mac"},
		{"id=c1 space=/x ip=fd00::1", "fd00::1"},
		{"id=c1 space=/x name=a..b", "a..b"},
		{"id=c1 space=/x port=sctp/*/1/1", "sctp"},
		{"id=c1 space=/x port=tcp/*/1", "tcp/*/1"},
		{"id=c1 space=/x port=tcp/*/1/0", "tcp/*/1/0"},
		{"id=c1 space=/x port=tcp/*/65536/1", "65536"},
		{"id=c1 space=/x port=tcp/*/9-8/1", "9-8"},
		{"id=c1 space=/x port=tcp/*/1/1/1", "1/1/1"},
		{"id=c1 space=/x colour=red", "colour"},
		{"id=c1 space=/x link", "link"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(endpoint_drop) struct endpoint endpoint = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(endpoint_parse(cases[i].line, &endpoint, &err), ERROR_INVALID);
		assert_non_null(strstr(err->message, cases[i].word));
		assert_null(endpoint.id);
	}
}

static void numbers_keep_to_their_bounds(void **state)
{
	uint64_t number = 0;

	(void)state;
	assert_true(field_number("65535", 65535, &number));
	assert_int_equal(number, 65535);
	assert_true(field_number("18446744073709551615", UINT64_MAX, &number));
	assert_true(number == UINT64_MAX);
	assert_false(field_number("18446744073709551616", UINT64_MAX, &number));
	assert_false(field_number("65536", 65535, &number));
	assert_false(field_number("2", 1, &number));
	assert_false(field_number("", 1, &number));
	assert_false(field_number("-1", 9, &number));
	assert_false(field_number(" 1", 9, &number));
}

static void a_network_is_what_its_line_says(void **state)
{
	static const char line[] = "owner=0a1b2 id=89abcdef name=shop_default subnet=10.1.0.0/16 "
				   "gateway=10.1.0.254/32 range=10.1.5.0/24 v6=1 internal=0 "
				   "proxied=1 mtu=1400 reserve=web reserve=db";
	CLEANUP(network_drop) struct network network = {0};
	CLEANUP(text_drop) struct text text = {0};
	struct error *err = NULL;
	char name[NETWORK_NAME];

	(void)state;
	assert_int_equal(network_parse(line, &network, &err), 0);
	network_write(&network, &text);
	assert_string_equal(text_string(&text), line);
	network_link(&network, name);
	assert_string_equal(name, "wc0a1b289abcdef");
	assert_in_range(strlen(name), 1, 15);
	network_table(&network, name);
	assert_string_equal(name, "wincompose_0a1b289abcdef");
}

static void a_network_that_does_not_fit_together_is_refused(void **state)
{
	static const char *const lines[] = {
		"owner=0a1b2",
		"owner=0a1b id=89abcdef",
		"owner=0a1b2 id=89abcdeX",
		"owner=0a1b2 id=89abcdef gateway=10.0.0.1",
		"owner=0a1b2 id=89abcdef subnet=10.1.0.0/16 gateway=10.2.0.1",
		"owner=0a1b2 id=89abcdef subnet=10.1.0.0/16 range=10.0.0.0/8",
		"owner=0a1b2 id=89abcdef subnet=fd00::/64",
		"owner=0a1b2 id=89abcdef subnet=0.0.0.0/0",
		"owner=0a1b2 id=89abcdef internal=yes",
		"owner=0a1b2 id=89abcdef mtu=20",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		CLEANUP(network_drop) struct network network = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(network_parse(lines[i], &network, &err), ERROR_INVALID);
	}
}

static struct network of(const char *line)
{
	struct network network;
	struct error *err = NULL;

	assert_int_equal(network_parse(line, &network, &err), 0);
	return network;
}

static void what_was_not_asked_for_is_chosen(void **state)
{
	CLEANUP(network_drop) struct network network = of("owner=0a1b2 id=89abcdef v6=1");
	CLEANUP(text_drop) struct text text = {0};
	struct cidrs taken = {0};
	struct error *err = NULL;

	(void)state;
	assert_int_equal(network_choose(&network, &taken, &err), 0);
	network_write(&network, &text);
	assert_string_equal(text_string(&text),
			    "owner=0a1b2 id=89abcdef subnet=172.31.240.0/20 "
			    "subnet6=fd89:abcd:ef00:a1b2::/64 gateway=172.31.240.1/20 "
			    "gateway6=fd89:abcd:ef00:a1b2::1/64 v6=1 internal=0 proxied=0");
}

static void a_subnet_that_the_host_uses_is_refused_with_both(void **state)
{
	CLEANUP(network_drop)
	struct network network = of("owner=0a1b2 id=89abcdef subnet=10.1.0.0/16");
	CLEANUP(error_drop) struct error *err = NULL;
	struct cidrs taken = {0};
	struct cidr other;

	(void)state;
	assert_true(cidr_parse("10.0.0.0/8", &other));
	array_push(&taken.list, other);
	assert_int_equal(network_choose(&network, &taken, &err), ERROR_CONFLICT);
	assert_non_null(strstr(err->message, "10.1.0.0/16"));
	assert_non_null(strstr(err->message, "10.0.0.0/8"));
	cidrs_drop(&taken);
}

static void rules_name_the_network_and_leave_ipv6_off_where_it_has_none(void **state)
{
	CLEANUP(network_drop)
	struct network network = of("owner=0a1b2 id=89abcdef subnet=10.1.0.0/16");
	CLEANUP(text_drop) struct text text = {0};

	(void)state;
	ruleset_network(&text, &network);
	assert_non_null(strstr(text_string(&text), "table inet wincompose_0a1b289abcdef {"));
	assert_non_null(strstr(text_string(&text), "\t\tip saddr 10.1.0.0/16 masquerade\n\t}\n"));
	assert_non_null(strstr(text_string(&text), "oifname \"wc0a1b289abcdef\" drop\n"));
	assert_null(strstr(text_string(&text), "ip6"));
	assert_null(strchr(text_string(&text), '$'));
	text_clear(&text);
	assert_true(cidr_parse("fd00::/64", &network.v6));
	ruleset_network(&text, &network);
	assert_non_null(strstr(text_string(&text), "ip6 saddr fd00::/64 masquerade\n"));
}

static void a_published_port_is_one_element(void **state)
{
	CLEANUP(network_drop)
	struct network network = of("owner=0a1b2 id=89abcdef subnet=10.1.0.0/16");
	CLEANUP(text_drop) struct text text = {0};
	struct cidr host, to;
	struct ruleset_port port = {.port = 8080, .to = &to, .inner = 80};

	(void)state;
	assert_true(cidr_parse("127.0.0.1", &host));
	assert_true(cidr_parse("10.1.0.2/16", &to));
	ruleset_publish(&text, &network, &port);
	port.host = &host;
	port.is_udp = true;
	ruleset_publish(&text, &network, &port);
	ruleset_withdraw(&text, &network, &port);
	assert_string_equal(
		text_string(&text),
		"add element inet wincompose_0a1b289abcdef any { tcp . 8080 : 10.1.0.2 . 80 }\n"
		"add element inet wincompose_0a1b289abcdef one "
		"{ 127.0.0.1 . udp . 8080 : 10.1.0.2 . 80 }\n"
		"delete element inet wincompose_0a1b289abcdef one { 127.0.0.1 . udp . 8080 }\n");
}

static void rules_of_ours_in_anothers_chain_are_found_by_their_comment(void **state)
{
	static const char listing[] =
		"table ip filter { # handle 1\n\tchain FORWARD { # handle 2\n"
		"\t\tiifname \"wc0a1b289abcdef\" counter packets 0 bytes 0 accept comment "
		"\"wincompose_0a1b289abcdef\" # handle 12\n"
		"\t\tiifname \"wc0a1b289abcdee\" counter packets 0 bytes 0 accept comment "
		"\"wincompose_0a1b289abcdee\" # handle 13\n"
		"\t\tjump DOCKER-USER # handle 14\n"
		"\t\toifname \"wc0a1b289abcdef\" counter packets 0 bytes 0 accept comment "
		"\"wincompose_0a1b289abcdef\" # handle 15\n\t}\n}\n";
	CLEANUP(text_drop) struct text text = {0};

	(void)state;
	assert_int_equal(ruleset_unpass(&text, listing, "wincompose_0a1b289abcdef"), 2);
	assert_string_equal(text_string(&text), "delete rule ip filter FORWARD handle 12\n"
						"delete rule ip filter FORWARD handle 15\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endpoint_is_what_its_line_says),
		cmocka_unit_test(an_endpoint_that_cannot_be_is_refused_with_its_word),
		cmocka_unit_test(numbers_keep_to_their_bounds),
		cmocka_unit_test(a_network_is_what_its_line_says),
		cmocka_unit_test(a_network_that_does_not_fit_together_is_refused),
		cmocka_unit_test(what_was_not_asked_for_is_chosen),
		cmocka_unit_test(a_subnet_that_the_host_uses_is_refused_with_both),
		cmocka_unit_test(rules_name_the_network_and_leave_ipv6_off_where_it_has_none),
		cmocka_unit_test(a_published_port_is_one_element),
		cmocka_unit_test(rules_of_ours_in_anothers_chain_are_found_by_their_comment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
