/* SPDX-License-Identifier: MIT */
#include "engine/linux/rootfs.inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/linux/entry.h"
#include "engine/linux/kernel.h"
#include "engine/linux/within.h"

int rootfs_attach_(int mount, int target, const char *where, struct error **err)
{
	if (kernel_move_mount(mount, target))
		return error_errno(err, errno, "cannot mount at %s", where);
	return 0;
}

static int change(int mount, bool all, const struct mount_attr *attr, const char *where,
		  struct error **err)
{
	if (!attr->attr_set && !attr->attr_clr && !attr->propagation)
		return 0;
	if (kernel_mount_setattr(mount, all ? AT_RECURSIVE : 0, attr))
		return error_errno(err, errno, "cannot change the mount of %s", where);
	return 0;
}

int rootfs_attributes_(int mount, const struct option_set *options, int id_namespace,
		       const char *where, struct error **err)
{
	struct mount_attr one = {.attr_set = options->set, .attr_clr = options->clear};
	struct mount_attr all = {.attr_set = options->set_all, .attr_clr = options->clear_all};
	struct mount_attr spread = {.propagation = options->propagation};
	struct mount_attr ids = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)id_namespace};

	if (id_namespace >= 0 && kernel_mount_setattr(mount, AT_RECURSIVE, &ids))
		return error_errno(err, errno,
				   "%s cannot be mounted with the container's user ids (its file "
				   "system has no idmapped "
				   "mounts): use userns_mode: host, or another file system",
				   where);
	if (change(mount, true, &all, where, err) || change(mount, false, &one, where, err))
		return (*err)->code;
	return change(mount, options->propagation_all, &spread, where, err);
}

/* A new file system with the options of its own, attached nowhere. */
static int make(const char *type, const char *source, const struct option_set *options,
		const char *where, struct error **err)
{
	CLEANUP(entry_close) int context = kernel_fsopen(type);
	const char *end = options->data.len ? options->data.data + options->data.len : NULL;

	if (context < 0)
		return error_errno(err, errno, "this kernel has no file system %s for %s", type,
				   where);
	kernel_fsconfig(context, FSCONFIG_SET_STRING, "source", source ? source : type);
	if (options->set & MOUNT_ATTR_RDONLY)
		kernel_fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL);
	for (const char *it = options->data.data; it && it < end; it += strlen(it) + 1) {
		CLEANUP(memory_free) char *key = memory_copy_n(it, strcspn(it, "="));
		const char *value = strchr(it, '=');

		if (kernel_fsconfig(context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key,
				    value ? value + 1 : NULL))
			return error_errno(err, errno,
					   "%s: the file system %s refuses the option %s", where,
					   type, it);
	}
	if (kernel_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL))
		return error_errno(err, errno, "cannot mount a file system %s at %s", type, where);
	int mount = kernel_fsmount(context, (unsigned)options->set);

	return mount < 0
		       ? error_errno(err, errno, "cannot mount a file system %s at %s", type, where)
		       : mount;
}

/* --- control groups */

static int mount_hierarchy(const struct rootfs *rootfs, const struct cgroup_hierarchy *it,
			   int folder, const struct option_set *options, struct error **err)
{
	const char *name = strrchr(it->mount, '/') + 1;
	CLEANUP(option_drop) struct option_set own = {.set = options->set};
	CLEANUP(memory_free) char *path = memory_format("%s%s", it->mount, rootfs->cgroup_path);
	CLEANUP(entry_close) int mount = -1;
	CLEANUP(entry_close) int target = -1;

	if (mkdirat(folder, name, 0755) && errno != EEXIST)
		return error_errno(err, errno, "cannot make the folder of the control groups of %s",
				   name);
	target = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return error_errno(err, errno, "cannot open the folder of the control groups of %s",
				   name);
	if (rootfs->cgroup_namespace) {
		/* "cpu,cpuacct" becomes the flags of both. */
		text_add_n(&own.data, it->controllers, strlen(it->controllers) + 1);
		for (char *c = own.data.data; *c; c++)
			*c = *c == ',' ? '\0' : *c;
		mount = make("cgroup", "cgroup", &own, name, err);
		if (mount < 0)
			return (*err)->code;
	} else {
		mount = kernel_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
		if (mount < 0)
			return error_errno(err, errno, "cannot open the control group %s", path);
		if (rootfs_attributes_(mount, &own, -1, path, err))
			return (*err)->code;
	}
	return rootfs_attach_(mount, target, name, err);
}

/* A folder for each hierarchy of version 1, and a link for each controller that shares one. */
static int mount_groups_one(const struct rootfs *rootfs, const struct option_set *options,
			    int target, const char *where, struct error **err)
{
	CLEANUP(option_drop)
	struct option_set top = {.set = options->set & ~(uint64_t)MOUNT_ATTR_RDONLY};
	struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};

	text_add_n(&top.data, "mode=755", sizeof("mode=755"));
	CLEANUP(entry_close) int folder = make("tmpfs", "tmpfs", &top, where, err);

	if (folder < 0 || rootfs_attach_(folder, target, where, err))
		return (*err)->code;
	ARRAY_FOR_EACH (const struct cgroup_hierarchy, it, &rootfs->cgroups->hierarchies) {
		if (it->two)
			continue;
		if (mount_hierarchy(rootfs, it, folder, options, err))
			return (*err)->code;
		for (const char *c = strchr(it->controllers, ',') ? it->controllers : ""; *c;) {
			CLEANUP(memory_free) char *one = memory_copy_n(c, strcspn(c, ","));

			if (symlinkat(strrchr(it->mount, '/') + 1, folder, one) && errno != EEXIST)
				return error_errno(err, errno,
						   "cannot link the control groups of %s", one);
			c += strcspn(c, ",");
			c += *c == ',';
		}
	}
	if (options->set & MOUNT_ATTR_RDONLY && kernel_mount_setattr(folder, 0, &readonly))
		return error_errno(err, errno, "cannot make %s read-only", where);
	return 0;
}

static int mount_groups(const struct rootfs *rootfs, const struct option_set *options, int target,
			const char *where, struct error **err)
{
	const struct cgroup_hierarchy *two = cgroup_hierarchy(rootfs->cgroups, "");
	CLEANUP(entry_close) int mount = -1;

	if (rootfs->cgroups->layout != CGROUP_V2)
		return mount_groups_one(rootfs, options, target, where, err);
	if (rootfs->cgroup_namespace) {
		mount = make("cgroup2", "cgroup", options, where, err);
		if (mount < 0)
			return (*err)->code;
	} else {
		CLEANUP(memory_free)
		char *path = memory_format("%s%s", two->mount, rootfs->cgroup_path);

		mount = kernel_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
		if (mount < 0)
			return error_errno(err, errno, "cannot open the control group %s", path);
		if (rootfs_attributes_(mount, options, -1, path, err))
			return (*err)->code;
	}
	return rootfs_attach_(mount, target, where, err);
}

/* --- */

/* An image that makes /proc or /sys a link would have the masks elsewhere than the file system. */
static bool must_be_plain(const char *type)
{
	return text_same(type, "proc") || text_same(type, "sysfs");
}

static int spread(int mount, const struct option_set *options, const char *where,
		  struct error **err)
{
	struct mount_attr attr = {.propagation = options->propagation};

	return change(mount, options->propagation_all, &attr, where, err);
}

int rootfs_mount_(const struct rootfs *rootfs, const struct oci_mount *mount, int bind,
		  struct error **err)
{
	CLEANUP(option_drop) struct option_set options = {0};
	const char *where = mount->destination;
	struct stat about = {.st_mode = S_IFDIR};

	if (option_parse(mount->options, &options, err))
		return error_wrap(err, "the mount at %s", where);
	if (bind >= 0 && fstat(bind, &about))
		return error_errno(err, errno, "cannot look at what is mounted at %s", where);
	CLEANUP(entry_close)
	int target = within_make(rootfs->root, where,
				 S_ISDIR(about.st_mode) ? WITHIN_FOLDER : WITHIN_FILE,
				 must_be_plain(mount->type), err);

	if (target < 0)
		return (*err)->code;
	if (bind >= 0)
		return rootfs_attach_(bind, target, where, err);
	if (text_same(mount->type, "cgroup") || text_same(mount->type, "cgroup2"))
		return mount_groups(rootfs, &options, target, where, err);
	CLEANUP(entry_close) int made = make(mount->type, mount->source, &options, where, err);

	if (made < 0 || rootfs_attach_(made, target, where, err))
		return (*err)->code;
	return spread(made, &options, where, err);
}
