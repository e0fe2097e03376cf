/* SPDX-License-Identifier: MIT */
/* rootfs -- what a container sees of files: its root, its mounts, its devices
 *
 * In two halves. rootfs_prepare runs in the launcher, with the host's rights and view: it takes hold of the root
 * (a folder, or an overlay of layers) and of every bind source as a mount that is attached nowhere, idmapped where the
 * container has a user namespace. rootfs_enter runs in the container's first process: it attaches them, makes the
 * other file systems, and leaves the host's tree for good. Every target is found inside the root (within.h) and
 * mounted by descriptor. Nothing is left on the host when either dies: an unattached mount ends with its descriptor,
 * the others with the container's mount namespace.
 */
#pragma once

#include <stddef.h>

#include "engine/linux/cgroup.h"
#include "engine/linux/oci.h"

struct error;

struct rootfs_source {
	const char *bundle; /* the folder that root.path is relative to */
	const char *const
		*layers;  /* folders, the lowest first, NULL-ended; NULL: root.path is the root */
	const char *data; /* with layers: a folder with "diff" and "work"; NULL: read-only */
	bool idmap;       /* the files have the container's own ids */
};

struct rootfs {
	int root;
	int *binds; /* one a mount of the object, -1: no bind */
	size_t count;
	bool user_namespace;
	bool cgroup_namespace;
	const struct cgroup_host *cgroups;
	const char *cgroup_path;
};

/* An id map as a user namespace's descriptor, which idmapped mounts want (idmap.c). */
int rootfs_id_namespace(const struct oci *oci, struct error **err);

int rootfs_prepare(const struct rootfs_source *source, const struct oci *oci,
		   const struct cgroup_host *cgroups, const char *cgroup_path, struct rootfs *ret,
		   struct error **err);
void rootfs_drop(struct rootfs *rootfs);

/* terminal: where the master of a new terminal goes whose other end is /dev/console and the standard streams; NULL: the
 * object asks for none. The working folder is the new root after it. */
int rootfs_enter(const struct rootfs *rootfs, const struct oci *oci, int *terminal,
		 struct error **err);

/* A new terminal of the container whose root is given: the master, and slave. */
int rootfs_terminal(int root, int *slave, struct error **err);
