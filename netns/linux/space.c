/* SPDX-License-Identifier: MIT */
#include "netns/linux/space.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/own.h"

static const char here[] = "/proc/thread-self/ns/net";

/* The magic number of nsfs, which every namespace's file is of; linux/magic.h. */
enum { NSFS = 0x6e736673 };

int space_open(const char *path, int *ret, struct error **err)
{
	CLEANUP(space_close) int space = open(path, O_RDONLY | O_CLOEXEC);
	struct statfs info;

	if (space < 0 && (errno == ENOENT || errno == ESRCH || errno == ENOTDIR))
		return error_set(err, ERROR_NOT_FOUND, "there is no namespace at %s", path);
	if (space < 0)
		return error_errno(err, errno, "cannot open the namespace %s", path);
	if (fstatfs(space, &info) < 0)
		return error_errno(err, errno, "cannot look at %s", path);
	/* NS_GET_NSTYPE would say which kind; to go into another kind fails with its own error. */
	if (info.f_type != NSFS)
		return error_set(err, ERROR_INVALID, "%s is no namespace", path);
	*ret = space;
	space = -1;
	return 0;
}

/* Within the new namespace. */
static int pin(const char *path, int *ret, struct error **err)
{
	int file = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);

	if (file < 0)
		return error_errno(err, errno, "cannot make %s", path);
	close(file);
	if (mount(here, path, NULL, MS_BIND, NULL) < 0)
		return error_errno(err, errno, "cannot pin a namespace at %s", path);
	return space_open(path, ret, err);
}

int space_make(const char *path, int *ret, struct error **err)
{
	int back = open(here, O_RDONLY | O_CLOEXEC);

	if (back < 0)
		return error_errno(err, errno, "cannot open %s", here);
	if (unshare(CLONE_NEWNET) < 0) {
		int number = errno;

		close(back);
		return error_errno(err, number, "cannot make a network namespace");
	}
	int status = pin(path, ret, err);

	space_leave(back);
	return status;
}

int space_unpin(const char *path, struct error **err)
{
	/* Pinned twice where a start was killed in between. */
	while (umount2(path, MNT_DETACH) == 0)
		;
	if (errno != EINVAL && errno != ENOENT)
		return error_errno(err, errno, "cannot unmount %s", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot remove %s", path);
	return 0;
}

void space_close(int *space)
{
	if (*space >= 0)
		close(*space);
	*space = -1;
}

uint64_t space_inode(int space)
{
	struct stat info;

	return fstat(space, &info) < 0 ? 0 : info.st_ino;
}

int space_enter(int space, int *back, struct error **err)
{
	CLEANUP(space_close) int before = -1;

	if (space < 0) {
		*back = -1;
		return 0;
	}
	before = open(here, O_RDONLY | O_CLOEXEC);
	if (before < 0)
		return error_errno(err, errno, "cannot open %s", here);
	if (setns(space, CLONE_NEWNET) < 0)
		return error_errno(err, errno, "cannot go into a network namespace");
	*back = before;
	before = -1;
	return 0;
}

void space_leave(int back)
{
	if (back < 0)
		return;
	/* Were it to stay there, what it does next would be done to a container. It cannot fail, as
	 * the namespace is open and was ours. */
	if (setns(back, CLONE_NEWNET) < 0)
		_exit(1);
	close(back);
}

int space_socket(int space, int domain, int type)
{
	CLEANUP(error_drop) struct error *err = NULL;
	int back;

	if (space_enter(space, &back, &err) < 0)
		return -EPERM;
	int descriptor = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int number = errno;

	space_leave(back);
	return descriptor < 0 ? -number : descriptor;
}

int space_set(int space, const char *file, const char *value, struct error **err)
{
	int back, number = 0;
	int status = space_enter(space, &back, err);

	if (status < 0)
		return status;
	int descriptor = open(file, O_WRONLY | O_CLOEXEC);

	if (descriptor < 0 || write(descriptor, value, strlen(value)) < 0)
		number = errno;
	if (descriptor >= 0)
		close(descriptor);
	space_leave(back);
	return number ? error_errno(err, number, "cannot write %s to %s", value, file) : 0;
}
