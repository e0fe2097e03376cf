/* SPDX-License-Identifier: MIT */
#include "engine/linux/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/own.h"
#include "engine/linux/entry.h"
#include "engine/linux/kernel.h"

#define MARK  "WINCOMPOSE_SEALED"
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

bool seal_is_done(void)
{
	CLEANUP(entry_close) int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct statvfs where;

	if (self < 0)
		return false;
	if (fcntl(self, F_GET_SEALS) == SEALS)
		return true;
	return fstatvfs(self, &where) == 0 && where.f_flag & ST_RDONLY;
}

/* Nobody can change the mount once its descriptor is closed, which execve does: it is in no namespace then. */
static int readonly_mount(void)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	int fd = kernel_open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE);

	if (fd >= 0 && kernel_mount_setattr(fd, 0, &attr))
		entry_close(&fd);
	return fd;
}

static int sealed_copy(void)
{
	CLEANUP(entry_close) int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	CLEANUP(entry_close)
	int copy = memfd_create("wincompose-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct stat about;
	off_t done = 0;

	if (self < 0 || copy < 0 || fstat(self, &about))
		return -1;
	while (done < about.st_size)
		if (sendfile(copy, self, &done, (size_t)(about.st_size - done)) <= 0)
			return -1;
	if (fcntl(copy, F_ADD_SEALS, SEALS))
		return -1;
	int given = copy;

	copy = -1;
	return given;
}

int seal_self(char **argv, struct error **err)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return error_errno(err, errno, "cannot keep the program from being looked into");
	if (seal_is_done()) {
		prctl(PR_SET_NAME, "wincompose-init");
		unsetenv(MARK);
		return 0;
	}
	if (getenv(MARK))
		return error_set(err, ERROR_SYSTEM, "this program cannot be sealed on this host");
	CLEANUP(entry_close) int fd = readonly_mount();

	if (fd < 0)
		fd = sealed_copy();
	if (fd < 0)
		return error_errno(err, errno, "cannot seal this program");
	/* So that what does not help is not done for ever. */
	setenv(MARK, "1", 1);
	execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	return error_errno(err, errno, "cannot run this program sealed");
}
