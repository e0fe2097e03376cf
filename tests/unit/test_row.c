/* SPDX-License-Identifier: MIT */
#include "compose/cli/row.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/when.h"
#include "base/error.h"
#include "tests/test.h"

static void add_port(struct container *container, const char *ip, unsigned published,
		     unsigned target, const char *protocol)
{
	struct container_port *port = array_add(&container->ports);

	*port = (struct container_port){memory_copy(ip), published, target, memory_copy(protocol)};
}

static void ports_are_written_as_docker_writes_them(void **state)
{
	CLEANUP(container_drop) struct container container = {0};
	CLEANUP(text_drop) struct text out = {0};

	(void)state;
	add_port(&container, "0.0.0.0", 8080, 80, "tcp");
	add_port(&container, "::", 8080, 80, "tcp");
	add_port(&container, "0.0.0.0", 7002, 7002, "tcp");
	add_port(&container, "0.0.0.0", 7000, 7000, "tcp");
	add_port(&container, "0.0.0.0", 7001, 7001, "tcp");
	add_port(&container, NULL, 0, 9000, "tcp");
	add_port(&container, NULL, 0, 9001, "tcp");
	add_port(&container, NULL, 0, 9003, "tcp");
	add_port(&container, NULL, 0, 53, "udp");
	row_ports(&container, &out);
	assert_string_equal(out.data,
			    "9000-9001/tcp, 53/udp, 0.0.0.0:7000-7002->7000-7002/tcp, 9003/tcp, "
			    "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp");
}

static void spans_are_said_as_docker_says_them(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{0, "Less than a second"}, {1, "1 second"},          {59, "59 seconds"},
		{60, "About a minute"},    {119, "About a minute"},  {120, "2 minutes"},
		{3599, "59 minutes"},      {3600, "About an hour"},  {5399, "About an hour"},
		{5400, "2 hours"},         {86400, "24 hours"},      {48 * 3600, "2 days"},
		{14 * 86400, "2 weeks"},   {60 * 86400, "2 months"}, {800 * 86400, "2 years"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(text_drop) struct text out = {0};

		row_span(cases[i].seconds * (int64_t)CLOCK_SECOND, &out);
		assert_string_equal(out.data, cases[i].text);
	}
}

static void a_command_is_quoted_and_shortened_to_twenty_characters(void **state)
{
	CLEANUP(text_drop) struct text out = {0};

	(void)state;
	row_command("sh -c 'i=0; while [ 1 ]; do :; done'", false, &out);
	text_add_char(&out, ' ');
	row_command("exactly twenty chars", false, &out);
	text_add_char(&out, ' ');
	row_command("a\n\"\\\x01\302\2332J\2332J", true, &out);
	assert_string_equal(out.data, "\"sh -c 'i=0; while [\342\200\246\" "
				      "\"exactly twenty chars\" \"a\\n\\\"\\\\\\x01?2J?2J\"");
}

static void times_are_read_in_every_form(void **state)
{
	static const int64_t second = (int64_t)CLOCK_SECOND;
	static const int64_t now = 1000000 * (int64_t)CLOCK_SECOND;
	const struct {
		const char *text;
		int64_t wanted;
	} cases[] = {
		{NULL, 0},
		{"1234.5", 1234 * second + second / 2},
		{"10m", now - 600 * second},
		{"1h30m", now - 5400 * second},
		{"1970-01-02T00:00:01Z", 86401 * second},
		{"1970-01-02T01:00:01+01:00", 86401 * second},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		int64_t wall = -1;

		assert_int_equal(when_parse("--since", cases[i].text, now, &wall, &err), 0);
		assert_true(wall == cases[i].wanted);
	}
	static const char *const wrong[] = {
		"yesterday", "2026-13",      "",    "1970-01-02T",
		"12.3.4",    "1970-01-02Tx", "-1-", "99999999999999999999"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		int64_t wall;

		assert_int_equal(when_parse("--since", wrong[i], now, &wall, &err), ERROR_INVALID);
		assert_non_null(strstr(err->message, wrong[i]));
	}
}

static void a_date_is_of_this_machines_zone(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	int64_t day;
	int64_t noon;
	int64_t later;

	(void)state;
	assert_int_equal(when_parse("--since", "2026-11-23", 0, &day, &err), 0);
	assert_int_equal(when_parse("--since", "2026-11-23T12:00", 0, &noon, &err), 0);
	assert_int_equal(when_parse("--since", "2026-11-23T12:00:07", 0, &later, &err), 0);
	assert_true(noon - day == 12 * 3600 * (int64_t)CLOCK_SECOND);
	assert_true(later - noon == 7 * (int64_t)CLOCK_SECOND);
}

static void the_isolation_is_told_with_its_reason_where_there_is_one(void **state)
{
	struct label labels[] = {{"wincompose.isolation", "hyperv"},
				 {"wincompose.isolation-reason", "asked for"}};
	char id[] = "0123456789abcdef", name[] = "web", image[] = "core";
	struct container container = {.id = id, .name = name, .image = image};

	(void)state;
	CLEANUP(json_drop) cJSON *none = row_container(&container, 0, false);
	assert_null(json_get(none, "Isolation"));
	container.labels = (struct labels){labels, 2, 2};
	CLEANUP(json_drop) cJSON *row = row_container(&container, 0, false);
	assert_string_equal(json_string(row, "Isolation"), "hyperv");
	assert_string_equal(json_string(row, "IsolationReason"), "asked for");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_written_as_docker_writes_them),
		cmocka_unit_test(spans_are_said_as_docker_says_them),
		cmocka_unit_test(a_command_is_quoted_and_shortened_to_twenty_characters),
		cmocka_unit_test(times_are_read_in_every_form),
		cmocka_unit_test(a_date_is_of_this_machines_zone),
		cmocka_unit_test(the_isolation_is_told_with_its_reason_where_there_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
