/* SPDX-License-Identifier: MIT */
#include "engine/linux/rootfs.inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/linux/entry.h"
#include "engine/linux/kernel.h"
#include "engine/linux/within.h"

/* What every container has; the device rules that let them through are cgroup_device_always. */
static const struct {
	const char *path;
	unsigned major, minor;
} devices[] = {
	{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
	{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

static const struct {
	const char *name, *target;
} links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},         {"core", "/proc/kcore"},
};

/* A mount of the host's device of that number, attached nowhere. The host's /dev is looked at, which is its own, but
 * what was found must be what was meant. */
static int host_device(const char *path, mode_t kind, dev_t number, struct error **err)
{
	CLEANUP(entry_close) int mount = kernel_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
	struct stat about;

	if (mount < 0 || fstat(mount, &about))
		return error_errno(err, errno, "cannot open the host's %s", path);
	if ((about.st_mode & S_IFMT) != kind || about.st_rdev != number)
		return error_set(err, ERROR_UNSUPPORTED, "the host's %s is not the device %u:%u",
				 path, major(number), minor(number));
	int given = mount;

	mount = -1;
	return given;
}

/* A user namespace may not make device nodes: the host's is mounted. */
static int bind_device(const struct rootfs *rootfs, const char *path, mode_t kind, dev_t number,
		       struct error **err)
{
	CLEANUP(entry_close) int mount = host_device(path, kind, number, err);
	CLEANUP(entry_close) int target = -1;

	if (mount < 0)
		return (*err)->code;
	target = within_make(rootfs->root, path, WITHIN_FILE, true, err);
	if (target < 0)
		return (*err)->code;
	return rootfs_attach_(mount, target, path, err);
}

static int make_device(const struct rootfs *rootfs, const char *path, mode_t mode, dev_t number,
		       int64_t uid, int64_t gid, struct error **err)
{
	CLEANUP(memory_free) char *folder = memory_copy(path);
	char *name = strrchr(folder, '/');

	if (!name || !name[1])
		return error_set(err, ERROR_INVALID, "\"%s\" is no path of a device", path);
	*name++ = '\0';
	if (rootfs->user_namespace)
		return bind_device(rootfs, path, mode & S_IFMT, number, err);
	CLEANUP(entry_close)
	int at = within_make(rootfs->root, *folder ? folder : "/", WITHIN_FOLDER, false, err);

	if (at < 0)
		return (*err)->code;
	/* What the image has there goes: a node or link of its own would stand for the device. */
	if (unlinkat(at, name, 0) && errno != ENOENT)
		return error_errno(err, errno, "cannot replace %s", path);
	if (mknodat(at, name, mode, number) ||
	    fchownat(at, name, (uid_t)uid, (gid_t)gid, AT_SYMLINK_NOFOLLOW))
		return error_errno(err, errno, "cannot make the device %s", path);
	return 0;
}

static bool says_device(const struct oci *oci, const char *path)
{
	ARRAY_FOR_EACH (const struct oci_device, it, &oci->linux_.devices)
		if (text_same(it->path, path))
			return true;
	return false;
}

static int make_own(const struct rootfs *rootfs, const struct oci *oci, struct error **err)
{
	ARRAY_FOR_EACH (const struct oci_device, it, &oci->linux_.devices) {
		mode_t mode = it->file_mode.set ? (mode_t)it->file_mode.value & 07777 : 0666;
		mode_t kind = text_same(it->type, "b")   ? S_IFBLK
			      : text_same(it->type, "p") ? S_IFIFO
							 : S_IFCHR;

		if (!it->path || *it->path != '/' || !it->type || strlen(it->type) != 1 ||
		    !strchr("cubp", *it->type))
			return error_set(err, ERROR_INVALID, "the device %s is none",
					 it->path ? it->path : "");
		if (make_device(rootfs, it->path, kind | mode,
				makedev((unsigned)it->major, (unsigned)it->minor), it->uid, it->gid,
				err))
			return (*err)->code;
	}
	return 0;
}

int rootfs_devices_(const struct rootfs *rootfs, const struct oci *oci, struct error **err)
{
	mode_t before;
	int failed = 0;

	/* A /dev of the user's own is left as it is. */
	for (size_t i = 0; i < oci->mounts.len; i++)
		if (text_same(oci->mounts.items[i].destination, "/dev") && rootfs->binds[i] >= 0)
			return 0;
	before = umask(0);
	for (size_t i = 0; i < ARRAY_LEN(devices) && !failed; i++)
		if (!says_device(oci, devices[i].path))
			failed =
				make_device(rootfs, devices[i].path, S_IFCHR | 0666,
					    makedev(devices[i].major, devices[i].minor), 0, 0, err);
	if (!failed)
		failed = make_own(rootfs, oci, err);
	umask(before);
	CLEANUP(entry_close)
	int at = failed ? -1 : within_make(rootfs->root, "/dev", WITHIN_FOLDER, false, err);

	for (size_t i = 0; i < ARRAY_LEN(links) && at >= 0; i++) {
		if (strcmp(links[i].name, "ptmx") == 0)
			unlinkat(at, links[i].name, 0);
		if (strcmp(links[i].name, "core") == 0 && access("/proc/kcore", F_OK))
			continue;
		if (symlinkat(links[i].target, at, links[i].name) && errno != EEXIST)
			return error_errno(err, errno, "cannot make the link /dev/%s",
					   links[i].name);
	}
	return at < 0 ? (*err)->code : 0;
}

/* --- terminals */

int rootfs_terminal(int root, int *slave, struct error **err)
{
	CLEANUP(entry_close) int folder = within_open(root, "/dev/pts", WITHIN_FOLDER, true);
	CLEANUP(entry_close) int master = -1;
	struct statfs where;
	struct stat about;
	int unlock = 0;

	if (folder < 0 || fstatfs(folder, &where) || where.f_type != DEVPTS_SUPER_MAGIC)
		return error_set(
			err, ERROR_INVALID,
			"a terminal is asked for, and /dev/pts is no file system of terminals");
	master = openat(folder, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	if (master < 0 || fstat(master, &about))
		return error_errno(err, errno, "cannot make a terminal");
	if (!S_ISCHR(about.st_mode) || about.st_rdev != makedev(5, 2))
		return error_set(err, ERROR_INVALID,
				 "/dev/pts/ptmx of the container is not what makes terminals");
	if (ioctl(master, TIOCSPTLCK, &unlock))
		return error_errno(err, errno, "cannot unlock a terminal");
	*slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0)
		return error_errno(err, errno, "cannot open the other end of a terminal");
	int given = master;

	master = -1;
	return given;
}

int rootfs_console_(int root, int *terminal, struct error **err)
{
	CLEANUP(entry_close) int slave = -1, mount = -1, target = -1;
	CLEANUP(entry_close) int master = rootfs_terminal(root, &slave, err);

	if (master < 0)
		return (*err)->code;
	mount = kernel_open_tree(slave, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	if (mount < 0)
		return error_errno(err, errno, "cannot take hold of the terminal");
	target = within_make(root, "/dev/console", WITHIN_FILE, true, err);
	if (target < 0 || rootfs_attach_(mount, target, "/dev/console", err))
		return (*err)->code;
	for (int i = 0; i < 3; i++)
		if (dup2(slave, i) < 0)
			return error_errno(err, errno,
					   "cannot take the terminal as standard streams");
	if (ioctl(0, TIOCSCTTY, 0))
		return error_errno(err, errno, "cannot make the terminal the controlling one");
	*terminal = master;
	master = -1;
	return 0;
}

/* --- what is not to be seen, and what not to be written */

static int mask(int root, const char *path, struct error **err)
{
	CLEANUP(entry_close) int target = within_open(root, path, WITHIN_ANY, false);
	CLEANUP(entry_close) int mount = -1;
	struct stat about;

	/* What is not there needs no mask. */
	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0 || fstat(target, &about))
		return error_errno(err, target < 0 ? -target : errno, "cannot mask %s", path);
	if (!S_ISDIR(about.st_mode)) {
		mount = host_device("/dev/null", S_IFCHR, makedev(1, 3), err);
	} else {
		int context = kernel_fsopen("tmpfs");

		kernel_fsconfig(context, FSCONFIG_SET_STRING, "source", "tmpfs");
		kernel_fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL);
		if (context < 0 || kernel_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) ||
		    (mount = kernel_fsmount(context, MOUNT_ATTR_RDONLY)) < 0)
			error_errno(err, errno, "cannot mask %s", path);
		entry_close(&context);
	}
	return mount < 0 ? (*err)->code : rootfs_attach_(mount, target, path, err);
}

static int protect(int root, const char *path, struct error **err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	CLEANUP(entry_close) int target = within_open(root, path, WITHIN_ANY, false);
	CLEANUP(entry_close) int mount = -1;

	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return error_errno(err, -target, "cannot make %s read-only", path);
	mount = kernel_open_tree(target, "", OPEN_TREE_CLONE | AT_RECURSIVE | AT_EMPTY_PATH);
	if (mount < 0 || kernel_mount_setattr(mount, 0, &attr))
		return error_errno(err, errno, "cannot make %s read-only", path);
	return rootfs_attach_(mount, target, path, err);
}

int rootfs_protect_(const struct rootfs *rootfs, const struct oci *oci, struct error **err)
{
	for (char **path = oci->linux_.readonly_paths; path && *path; path++)
		if (protect(rootfs->root, *path, err))
			return (*err)->code;
	for (char **path = oci->linux_.masked_paths; path && *path; path++)
		if (mask(rootfs->root, *path, err))
			return (*err)->code;
	return 0;
}
