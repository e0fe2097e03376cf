/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "tests/folder.h"
#include "tests/test.h"

static void count(const char *name, void *payload)
{
	(void)name;
	*(int *)payload += 1;
}

/* The limit on a file's size stands for a disk that fills up in the middle of a write. */
static void a_full_disk_leaves_the_old_file_and_no_rest(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "file");
	CLEANUP(memory_free) char *large = memory_zero(1, 100000);
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct rlimit before, little;
	int entries = 0;

	(void)state;
	assert_int_equal(file_write(path, "old", 3, false, &err), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	little = before;
	little.rlim_cur = 5000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	int status = file_write(path, large, 100000, false, &err);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(status, ERROR_SYSTEM);
	assert_non_null(strstr(err->message, "cannot write"));
	error_drop(&err);
	assert_int_equal(file_read(path, 100, &text, &err), 0);
	assert_string_equal(text.data, "old");
	assert_int_equal(file_list(folder, count, &entries, &err), 0);
	assert_int_equal(entries, 1);
}

static void a_private_file_and_a_new_folder_are_for_the_user_only(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "sub/file");
	CLEANUP(memory_free) char *sub = path_join(folder, "sub");
	CLEANUP(error_drop) struct error *err = NULL;
	struct stat stat_of;
	mode_t mask = umask(022);

	(void)state;
	assert_int_equal(file_make_folder(sub, &err), 0);
	assert_int_equal(stat(sub, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 07777, 0700);
	assert_int_equal(file_write(path, "x", 1, false, &err), 0);
	assert_int_equal(stat(path, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 07777, 0644);
	assert_int_equal(file_write(path, "x", 1, true, &err), 0);
	assert_int_equal(stat(path, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 07777, 0600);
	umask(mask);
}

static void what_has_no_size_is_read_up_to_the_maximum(void **state)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(file_kind("/dev/zero"), FILE_OTHER);
	assert_int_equal(file_read("/dev/zero", 200000, &text, &err), ERROR_INVALID);
	assert_string_equal(err->message, "/dev/zero is larger than the 200000 bytes allowed");
	assert_null(text.data);
	error_drop(&err);
	/* The kernel's files say that they have no bytes. */
	assert_int_equal(file_read("/proc/self/status", 100000, &text, &err), 0);
	assert_true(text.len > 100);
}

static void the_standard_input_is_a_file_too(void **state)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	int ends[2], before = dup(0);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "services:", 9), 9);
	close(ends[1]);
	dup2(ends[0], 0);
	int status = file_read("-", 100, &text, &err);

	dup2(before, 0);
	close(before);
	close(ends[0]);
	assert_int_equal(status, 0);
	assert_string_equal(text.data, "services:");
}

/* What another process gets that asks for the lock. */
static int other_takes(const char *path)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
		int code = file_lock_take(path, &lock, &err);

		_exit(-code);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void another_process_conflicts_until_the_lock_is_dropped(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "lock");
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;

	(void)state;
	assert_int_equal(file_lock_take(path, &lock, &err), 0);
	assert_int_equal(other_takes(path), ERROR_CONFLICT);
	/* Closing another descriptor of the same file loses a process's lock, not ours. */
	close(open(path, O_RDWR));
	assert_int_equal(other_takes(path), ERROR_CONFLICT);
	file_lock_drop(&lock);
	assert_int_equal(other_takes(path), 0);
}

static void a_killed_holder_leaves_no_lock_and_no_holder(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "lock");
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	int ends[2], status;
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		file_lock_take(path, &lock, &err);
		if (write(ends[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(file_lock_holder(path), child);
	assert_int_equal(file_lock_take(path, &lock, &err), ERROR_CONFLICT);
	error_drop(&err);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(file_lock_holder(path), 0);
	assert_int_equal(file_lock_take(path, &lock, &err), 0);
}

/* A program that is started while the lock is held and lives longer does not hold it. */
static void a_started_program_does_not_inherit_the_lock(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "lock");
	CLEANUP(error_drop) struct error *err = NULL;
	int ends[2], status;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t holder = fork();

	assert_true(holder >= 0);
	if (holder == 0) {
		struct file_lock *lock = NULL;

		file_lock_take(path, &lock, &err);
		if (fork() == 0) {
			dup2(ends[0], 0);
			close(ends[0]);
			close(ends[1]);
			execl("/bin/sh", "sh", "-c", "echo $$ >\"$0.pid\"; read line", path, NULL);
		}
		/* Ends once the program runs: its file is there. */
		CLEANUP(memory_free) char *pid = memory_format("%s.pid", path);

		while (file_kind(pid) == FILE_ABSENT)
			usleep(1000);
		_exit(0);
	}
	close(ends[0]);
	assert_int_equal(waitpid(holder, &status, 0), holder);
	assert_int_equal(other_takes(path), 0);
	close(ends[1]);
}

static void a_link_is_followed_by_kind_and_not_by_removal(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *file = path_join(folder, "file");
	CLEANUP(memory_free) char *link = path_join(folder, "link");
	CLEANUP(memory_free) char *dangling = path_join(folder, "dangling");
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(file_write(file, "x", 1, false, &err), 0);
	assert_int_equal(symlink(file, link), 0);
	assert_int_equal(symlink("nowhere", dangling), 0);
	assert_int_equal(file_kind(link), FILE_REGULAR);
	assert_int_equal(file_kind(dangling), FILE_ABSENT);
	assert_int_equal(file_remove(link, &err), 0);
	assert_int_equal(file_kind(file), FILE_REGULAR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_leaves_the_old_file_and_no_rest),
		cmocka_unit_test(a_private_file_and_a_new_folder_are_for_the_user_only),
		cmocka_unit_test(what_has_no_size_is_read_up_to_the_maximum),
		cmocka_unit_test(the_standard_input_is_a_file_too),
		cmocka_unit_test(another_process_conflicts_until_the_lock_is_dropped),
		cmocka_unit_test(a_killed_holder_leaves_no_lock_and_no_holder),
		cmocka_unit_test(a_started_program_does_not_inherit_the_lock),
		cmocka_unit_test(a_link_is_followed_by_kind_and_not_by_removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
