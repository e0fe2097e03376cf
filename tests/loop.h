/* SPDX-License-Identifier: MIT */
/* loop -- what a test that runs a loop waits and ends with (cmocka through tests/test.h stands before it) */
#pragma once

#include <stdio.h>

#include <uv.h>

#include "base/clock.h"
#include "tests/test.h"

/* Runs the loop of a test's world (its member loop) until the condition holds, for 20 s at most. */
#define UNTIL(world_, condition_)                                                                  \
	do {                                                                                       \
		uint64_t end_ = clock_monotonic() + 20 * CLOCK_SECOND;                             \
		while (!(condition_) && clock_monotonic() < end_)                                  \
			uv_run(&(world_)->loop, UV_RUN_ONCE);                                      \
		assert_true(condition_);                                                           \
	} while (0)

/* Asserts that no handle and no request is left, and closes the loop. Nothing is run here: who
 * closes waits for the callbacks first. What is left is printed. */
static inline void loop_assert_clean(uv_loop_t *loop)
{
	int status = uv_loop_close(loop);

	if (status < 0)
		uv_print_all_handles(loop, stderr);
	assert_int_equal(status, 0);
}
