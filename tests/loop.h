/* SPDX-License-Identifier: MIT */
/* loop -- what a test that runs a loop ends with (cmocka through tests/test.h stands before it) */
#pragma once

#include <stdio.h>

#include <uv.h>

#include "tests/test.h"

/* Asserts that no handle and no request is left, and closes the loop. Nothing is run here: who
 * closes waits for the callbacks first. What is left is printed. */
static inline void loop_assert_clean(uv_loop_t *loop)
{
	int status = uv_loop_close(loop);

	if (status < 0)
		uv_print_all_handles(loop, stderr);
	assert_int_equal(status, 0);
}
