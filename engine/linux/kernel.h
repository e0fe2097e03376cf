/* SPDX-License-Identifier: MIT */
/* kernel -- mounts by descriptor, where the C library of Debian 12 has no function or takes a header that fights with
 * the kernel's
 *
 * Each returns what the kernel does: -1 and errno.
 */
#pragma once

#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int kernel_open_tree(int at, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, at, path, flags | OPEN_TREE_CLOEXEC);
}

static inline int kernel_move_mount(int from, int to)
{
	return (int)syscall(SYS_move_mount, from, "", to, "",
			    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static inline int kernel_mount_setattr(int mount, unsigned flags, const struct mount_attr *attr)
{
	return (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | flags, attr,
			    sizeof(*attr));
}

static inline int kernel_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int kernel_fsconfig(int context, unsigned command, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, context, command, key, value, 0);
}

static inline int kernel_fsmount(int context, unsigned attributes)
{
	return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
}

static inline int kernel_pivot_root(const char *new_root, const char *old)
{
	return (int)syscall(SYS_pivot_root, new_root, old);
}
