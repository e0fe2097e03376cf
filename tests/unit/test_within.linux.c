/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/linux/entry.h"
#include "engine/linux/within.h"
#include "tests/folder.h"

static void paths_are_made_inside_the_root_whatever_its_links_say(void **state)
{
	CLEANUP(folder_drop) char *base = folder_new();
	CLEANUP(memory_free) char *path = memory_format("%s/root", base);
	CLEANUP(memory_free) char *outside = memory_format("%s/outside", base);
	CLEANUP(memory_free) char *real = memory_format("%s/root%s/deep/er", base, outside);
	CLEANUP(error_drop) struct error *err = NULL;
	struct stat about;

	(void)state;
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(mkdir(outside, 0755), 0);
	CLEANUP(entry_close) int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* An absolute link and one that climbs: both end in the root. */
	assert_int_equal(symlinkat("../../../..", root, "up"), 0);
	CLEANUP(entry_close)
	int climbed = within_make(root, "/up/made", WITHIN_FOLDER, false, &err);

	assert_true(climbed >= 0);
	assert_int_equal(fstatat(root, "made", &about, 0), 0);
	/* A link to nothing is not made good. */
	assert_int_equal(symlinkat(outside, root, "way"), 0);
	assert_true(within_make(root, "/way/deep/er", WITHIN_FOLDER, false, &err) < 0);
	error_drop(&err);
	CLEANUP(memory_free) char *inner = memory_format("%s", outside);
	CLEANUP(entry_close) int there = within_make(root, inner, WITHIN_FOLDER, false, &err);

	assert_true(there >= 0);
	CLEANUP(entry_close) int deep = within_make(root, "/way/deep/er", WITHIN_FILE, false, &err);

	assert_true(deep >= 0);
	assert_int_equal(stat(real, &about), 0);
	assert_true(S_ISREG(about.st_mode));
	assert_int_equal(rmdir(outside), 0);
}

static void a_magic_link_is_never_followed(void **state)
{
	CLEANUP(entry_close) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[64];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
		int fd = within_open(root, path, WITHIN_ANY, false);

		assert_true(fd == -ELOOP || fd == -ENOENT);
	}
	assert_int_equal(within_open(root, "/proc/self/cwd", WITHIN_FOLDER, false), -ELOOP);
	assert_int_equal(within_open(root, "/proc/self/root/etc", WITHIN_FOLDER, false), -ELOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_made_inside_the_root_whatever_its_links_say),
		cmocka_unit_test(a_magic_link_is_never_followed),
	};

	if (within_open(AT_FDCWD, ".", WITHIN_FOLDER, false) == -ENOSYS) {
		puts("skipped: valgrind 3.19 knows no openat2");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
