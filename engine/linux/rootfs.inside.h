/* SPDX-License-Identifier: MIT */
/* rootfs.inside -- what the parts of rootfs share; for nobody else */
#pragma once

#include "engine/linux/option.h"
#include "engine/linux/rootfs.h"

/* One mount of the object at its place. */
int rootfs_mount_(const struct rootfs *rootfs, const struct oci_mount *mount, int bind,
		  struct error **err);
/* Attaches a mount at an opened target, and closes neither. */
int rootfs_attach_(int mount, int target, const char *where, struct error **err);
/* Attributes, propagation, and an id map, of an unattached or attached mount. */
int rootfs_attributes_(int mount, const struct option_set *options, int id_namespace,
		       const char *where, struct error **err);
int rootfs_devices_(const struct rootfs *rootfs, const struct oci *oci, struct error **err);
int rootfs_console_(int root, int *terminal, struct error **err);
int rootfs_protect_(const struct rootfs *rootfs, const struct oci *oci, struct error **err);
int rootfs_overlay_(const struct rootfs_source *source, const struct oci *oci, int id_namespace,
		    struct error **err);
