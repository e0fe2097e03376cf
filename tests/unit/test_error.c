/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <uv.h>

#include "base/own.h"
#include "tests/test.h"

static const enum error_code codes[] = {
	ERROR_INVALID,     ERROR_NOT_FOUND, ERROR_CONFLICT, ERROR_UNAVAILABLE,
	ERROR_UNSUPPORTED, ERROR_CANCELLED, ERROR_TIMEOUT,  ERROR_SYSTEM,
};

static void an_error_is_set_and_its_code_returned(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(error_set(&err, ERROR_CONFLICT, "port %d is %s", 80, "taken"),
			 ERROR_CONFLICT);
	assert_int_equal(err->code, ERROR_CONFLICT);
	assert_string_equal(err->message, "port 80 is taken");
	assert_null(err->detail);
	assert_int_equal(err->exit_code, 0);
}

static void a_message_is_one_line_whatever_a_peer_wrote(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_SYSTEM, "the daemon said: %s", "no\r\nspace left\n\n");
	assert_string_equal(err->message, "the daemon said: no  space left");
	error_wrap(&err, "%s", "service\n\"web\"");
	assert_string_equal(err->message, "service \"web\": the daemon said: no  space left");
}

static void context_stands_before_the_message_and_keeps_the_code(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_NOT_FOUND, "no such image");
	assert_int_equal(error_wrap(&err, "service %s", "web"), ERROR_NOT_FOUND);
	assert_int_equal(error_wrap(&err, "up"), ERROR_NOT_FOUND);
	assert_string_equal(err->message, "up: service web: no such image");
}

static void details_are_lines_below(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_INVALID, "bad");
	error_detail(&err, "  image: %s", "x");
	error_detail(&err, "         ^");
	assert_string_equal(err->detail, "  image: x\n         ^");
}

static void the_systems_numbers_become_codes_with_their_text(void **state)
{
	static const struct {
		int status;
		enum error_code code;
	} rows[] = {
		{UV_ENOENT, ERROR_NOT_FOUND},
		{UV_EADDRINUSE, ERROR_CONFLICT},
		{UV_ECONNREFUSED, ERROR_UNAVAILABLE},
		{UV_EOF, ERROR_UNAVAILABLE},
		{UV_ENOTSUP, ERROR_UNSUPPORTED},
		{UV_ECANCELED, ERROR_CANCELLED},
		{UV_ETIMEDOUT, ERROR_TIMEOUT},
		{UV_EACCES, ERROR_SYSTEM},
		{-123456, ERROR_SYSTEM},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		char expected[200];

		assert_int_equal(error_uv(&err, rows[i].status, "dial %d", 5), rows[i].code);
		assert_int_equal(err->code, rows[i].code);
		uv_strerror_r(rows[i].status, expected, sizeof(expected));
		assert_int_equal(strncmp(err->message, "dial 5: ", 8), 0);
		assert_string_equal(err->message + 8, expected);
	}
}

static void errno_becomes_a_code_with_its_text(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(error_drop) struct error *other = NULL;

	(void)state;
	assert_int_equal(error_errno(&err, ENOENT, "open %s", "x"), ERROR_NOT_FOUND);
	assert_string_equal(err->message, "open x: No such file or directory");
	assert_int_equal(error_errno(&other, 0, "x"), ERROR_SYSTEM);
}

static void a_copy_lives_longer_than_its_original(void **state)
{
	CLEANUP(error_drop) struct error *copy = NULL;
	struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_TIMEOUT, "late");
	error_detail(&err, "very");
	err->exit_code = 3;
	copy = error_copy(err);
	error_drop(&err);
	assert_null(err);
	assert_int_equal(copy->code, ERROR_TIMEOUT);
	assert_string_equal(copy->message, "late");
	assert_string_equal(copy->detail, "very");
	assert_int_equal(copy->exit_code, 3);
	assert_null(error_copy(NULL));
}

static void moving_gives_the_error_away(void **state)
{
	CLEANUP(error_drop) struct error *to = NULL;
	struct error *from = NULL;

	(void)state;
	error_set(&from, ERROR_CANCELLED, "stop");
	assert_int_equal(error_move(&to, &from), ERROR_CANCELLED);
	assert_null(from);
	assert_string_equal(to->message, "stop");
}

static void every_code_has_a_name_that_leads_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		assert_int_equal(error_code_named(error_code_name(codes[i])), codes[i]);
	assert_string_equal(error_code_name(ERROR_NOT_FOUND), "not found");
	assert_int_equal(error_code_named("no such name"), 0);
}

static void dropping_nothing_is_well(void **state)
{
	struct error *err = NULL;

	(void)state;
	error_drop(&err);
	assert_null(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_is_set_and_its_code_returned),
		cmocka_unit_test(a_message_is_one_line_whatever_a_peer_wrote),
		cmocka_unit_test(context_stands_before_the_message_and_keeps_the_code),
		cmocka_unit_test(details_are_lines_below),
		cmocka_unit_test(the_systems_numbers_become_codes_with_their_text),
		cmocka_unit_test(errno_becomes_a_code_with_its_text),
		cmocka_unit_test(a_copy_lives_longer_than_its_original),
		cmocka_unit_test(moving_gives_the_error_away),
		cmocka_unit_test(every_code_has_a_name_that_leads_back),
		cmocka_unit_test(dropping_nothing_is_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
