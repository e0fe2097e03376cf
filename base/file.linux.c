/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

struct file_lock {
	int descriptor;
};

void file_sync_folder_(const char *path)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return;
	fsync(folder);
	close(folder);
}

static void close_at_end(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

/* A lock of the open file description: threads, other opens of ours and closing another descriptor
 * of the same file do not lose it, as they would a process's lock; and it conflicts within one
 * process too (fcntl(2), "Open file description locks"). */
static int lock(int descriptor, int command, short type)
{
	struct flock flock = {.l_type = type, .l_whence = SEEK_SET};
	int status;

	do
		status = fcntl(descriptor, command, &flock);
	while (status < 0 && errno == EINTR);
	return status < 0 ? -1 : flock.l_type;
}

int file_lock_take(const char *path, struct file_lock **ret, struct error **err)
{
	CLEANUP(close_at_end) int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (descriptor < 0)
		return error_errno(err, errno, "cannot open the lock %s", path);
	if (lock(descriptor, F_OFD_SETLK, F_WRLCK) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			return error_set(err, ERROR_CONFLICT,
					 "%s is locked by another process (%ld)", path,
					 file_lock_holder(path));
		return error_errno(err, errno, "cannot lock %s", path);
	}
	/* The number is for messages only: a full disk does not keep anybody from the lock. */
	if (ftruncate(descriptor, 0) == 0)
		dprintf(descriptor, "%ld\n", (long)getpid());
	*ret = memory_zero(1, sizeof(**ret));
	(*ret)->descriptor = descriptor;
	descriptor = -1;
	return 0;
}

void file_lock_drop(struct file_lock **file_lock)
{
	if (!*file_lock)
		return;
	int descriptor = (*file_lock)->descriptor;

	/* Unlocked by word: a child between fork and exec still has the descriptor. */
	if (ftruncate(descriptor, 0) < 0 || lock(descriptor, F_OFD_SETLK, F_UNLCK) < 0)
		errno = 0;
	close(descriptor);
	free(*file_lock);
	*file_lock = NULL;
}

long file_lock_holder(const char *path)
{
	CLEANUP(close_at_end) int descriptor = open(path, O_RDWR | O_CLOEXEC);
	char number[32] = "";

	/* A holder that was killed has left its number behind, but not its lock. */
	if (descriptor < 0 || lock(descriptor, F_OFD_GETLK, F_WRLCK) != F_WRLCK)
		return 0;
	if (pread(descriptor, number, sizeof(number) - 1, 0) <= 0)
		return 0;
	return strtol(number, NULL, 10);
}
