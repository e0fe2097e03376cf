/* SPDX-License-Identifier: MIT */
#include "engine/linux/rootfs.h"
#include "engine/linux/rootfs.inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/linux/entry.h"
#include "engine/linux/kernel.h"
#include "engine/linux/within.h"

void rootfs_drop(struct rootfs *rootfs)
{
	entry_close(&rootfs->root);
	for (size_t i = 0; i < rootfs->count; i++)
		entry_close(&rootfs->binds[i]);
	free(rootfs->binds);
	*rootfs = (struct rootfs){.root = -1};
}

/* --- in the launcher */

static int prepare_root(const struct rootfs_source *source, const struct oci *oci, int ids,
			struct error **err)
{
	CLEANUP(option_drop) struct option_set none = {0};
	CLEANUP(memory_free) char *path = NULL;

	if (source->layers)
		return rootfs_overlay_(source, oci, source->idmap ? ids : -1, err);
	path = *oci->root.path == '/' ? memory_copy(oci->root.path)
				      : memory_format("%s/%s", source->bundle, oci->root.path);
	CLEANUP(entry_close)
	int root = kernel_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | AT_RECURSIVE);

	if (root < 0)
		return error_errno(err, errno, "cannot take %s as a container's root", path);
	none.propagation = MS_PRIVATE;
	none.propagation_all = true;
	if (rootfs_attributes_(root, &none, source->idmap ? ids : -1, path, err))
		return (*err)->code;
	int given = root;

	root = -1;
	return given;
}

static int prepare_bind(const struct rootfs_source *source, const struct oci_mount *mount, int ids,
			struct error **err)
{
	CLEANUP(option_drop) struct option_set options = {0};
	CLEANUP(memory_free) char *path = NULL;

	if (option_parse(mount->options, &options, err))
		return error_wrap(err, "the mount at %s", mount->destination);
	if (!options.bind && !text_same(mount->type, "bind"))
		return -1;
	if (!mount->source)
		return error_set(err, ERROR_INVALID, "the mount at %s has no source",
				 mount->destination);
	path = *mount->source == '/' ? memory_copy(mount->source)
				     : memory_format("%s/%s", source->bundle, mount->source);
	CLEANUP(entry_close)
	int bind = kernel_open_tree(AT_FDCWD, path,
				    OPEN_TREE_CLONE | (options.recursive ? AT_RECURSIVE : 0));

	if (bind < 0)
		return error_errno(err, errno, "cannot mount %s", path);
	if (!options.propagation) {
		options.propagation = MS_PRIVATE;
		options.propagation_all = true;
	}
	if (rootfs_attributes_(bind, &options, options.idmap ? ids : -1, path, err))
		return (*err)->code;
	int given = bind;

	bind = -1;
	return given;
}

int rootfs_prepare(const struct rootfs_source *source, const struct oci *oci,
		   const struct cgroup_host *cgroups, const char *cgroup_path, struct rootfs *ret,
		   struct error **err)
{
	CLEANUP(rootfs_drop) struct rootfs rootfs = {.root = -1};
	CLEANUP(entry_close) int ids = -1;

	rootfs.cgroups = cgroups;
	rootfs.cgroup_path = cgroup_path;
	rootfs.user_namespace = oci_namespace(oci, "user") != NULL;
	rootfs.cgroup_namespace = oci_namespace(oci, "cgroup") != NULL;
	if (rootfs.user_namespace && (ids = rootfs_id_namespace(oci, err)) < 0)
		return (*err)->code;
	if ((rootfs.root = prepare_root(source, oci, ids, err)) < 0)
		return (*err)->code;
	rootfs.binds = memory_alloc((oci->mounts.len + 1) * sizeof(*rootfs.binds));
	for (size_t i = 0; i < oci->mounts.len; i++) {
		rootfs.binds[i] = prepare_bind(source, &oci->mounts.items[i], ids, err);
		if (*err)
			return (*err)->code;
		rootfs.count++;
	}
	*ret = rootfs;
	rootfs = (struct rootfs){.root = -1};
	return 0;
}

/* --- in the container's first process */

/* The root is mounted over "/", and takes its place: with pivot_root(".", ".") the old one lies over it, and is let
 * go. */
static int pivot(int root, struct error **err)
{
	CLEANUP(entry_close) int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (old < 0)
		return error_errno(err, errno, "cannot open the old root");
	if (fchdir(root) || kernel_pivot_root(".", "."))
		return error_errno(err, errno, "cannot make the container's root the root");
	if (fchdir(old) || umount2(".", MNT_DETACH))
		return error_errno(err, errno, "cannot let the host's root go");
	if (chdir("/"))
		return error_errno(err, errno, "cannot enter the container's root");
	return 0;
}

static const struct {
	const char *word;
	unsigned long flags;
} propagations[] = {
	{"private", MS_PRIVATE},       {"rprivate", MS_PRIVATE | MS_REC},
	{"slave", MS_SLAVE},           {"rslave", MS_SLAVE | MS_REC},
	{"shared", MS_SHARED},         {"rshared", MS_SHARED | MS_REC},
	{"unbindable", MS_UNBINDABLE}, {"runbindable", MS_UNBINDABLE | MS_REC},
};

static int propagate_root(const struct oci *oci, struct error **err)
{
	for (size_t i = 0; i < ARRAY_LEN(propagations); i++)
		if (text_same(propagations[i].word, oci->linux_.rootfs_propagation) &&
		    mount(NULL, "/", NULL, propagations[i].flags, NULL))
			return error_errno(err, errno, "cannot make the container's root %s",
					   propagations[i].word);
	return 0;
}

static int make_readonly(int root, struct error **err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

	if (kernel_mount_setattr(root, 0, &attr))
		return error_errno(err, errno, "cannot make the container's root read-only");
	return 0;
}

int rootfs_enter(const struct rootfs *rootfs, const struct oci *oci, int *terminal,
		 struct error **err)
{
	CLEANUP(entry_close) int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* What the host lets go while we work is let go here too; nothing of ours goes out. */
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL))
		return error_errno(err, errno, "cannot separate the mounts from the host's");
	if (top < 0 || kernel_move_mount(rootfs->root, top))
		return error_errno(err, errno, "cannot mount the container's root");
	for (size_t i = 0; i < oci->mounts.len; i++)
		if (rootfs_mount_(rootfs, &oci->mounts.items[i], rootfs->binds[i], err))
			return (*err)->code;
	if (rootfs_devices_(rootfs, oci, err))
		return (*err)->code;
	if (terminal && rootfs_console_(rootfs->root, terminal, err))
		return (*err)->code;
	/* The image may lack it, and it is made while the root can still be written to. */
	CLEANUP(entry_close)
	int cwd = within_make(rootfs->root, oci->process.cwd, WITHIN_FOLDER, false, err);

	if (cwd < 0)
		return (*err)->code;
	if (rootfs_protect_(rootfs, oci, err))
		return (*err)->code;
	if (oci->root.readonly && make_readonly(rootfs->root, err))
		return (*err)->code;
	if (pivot(rootfs->root, err))
		return (*err)->code;
	return propagate_root(oci, err);
}
