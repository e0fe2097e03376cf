/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/own.h"
#include "base/text.h"
#include "tests/test.h"

/* A sanitizer's allocator would end the process itself at such sizes; so it only warns. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* Runs ask in a process of its own and gives what that wrote to stderr. */
static int end_of(void (*ask)(void), char out[static 4096])
{
	int ends[2], status;
	size_t len = 0;
	ssize_t count;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		ask();
		_exit(0);
	}
	close(ends[1]);
	while (len < 4095 && (count = read(ends[0], out + len, 4095 - len)) > 0)
		len += (size_t)count;
	out[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* The size is not known to the compiler, which would refuse it. */
static volatile size_t huge = SIZE_MAX / 2;

static void product(void)
{
	memory_zero(huge, 3);
}

static void growth(void)
{
	memory_grow(NULL, huge, 2);
}

static void string(void)
{
	memory_copy_n("", huge * 2 + 1);
}

static void text(void)
{
	struct text out = {0};

	text_add(&out, "x");
	text_reserve(&out, huge * 2 + 1);
}

static void block(void)
{
	struct arena arena = {0};

	arena_alloc(&arena, huge * 2 + 1);
}

static void alloc(void)
{
	memory_alloc(huge);
}

static void exhaustion_is_one_line_and_the_exit_code_1(void **state)
{
	static void (*const asks[])(void) = {
		alloc, product, growth, string, text, block,
	};
	char out[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		int status = end_of(asks[i], out);

		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 1);
		assert_true(text_ends(out, "wincompose: out of memory\n"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exhaustion_is_one_line_and_the_exit_code_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
