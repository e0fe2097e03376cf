/* SPDX-License-Identifier: MIT */
/* layer -- a layer of an image unpacked into a folder, as overlayfs wants a lower one
 *
 * The image specification's layer.md: whiteouts become character devices 0:0, an opaque folder gets
 * the attribute trusted.overlay.opaque (user.overlay.opaque where we are not root, for a mount with
 * userxattr). Linux only; elsewhere ERROR_UNSUPPORTED.
 *
 * A layer is a stranger's. Every folder that something is put into is opened anew from the layer's
 * own, part by part and through no link, and what is put there is new:
 * a link that a layer has made is replaced or refused, never followed. Device nodes are left out, and
 * so are the attributes that only a host may give; those that overlayfs itself reads are an error.
 * Owners are kept where we are root. Whatever is wrong is ERROR_INVALID, and nothing is left.
 *
 * Blocks for as long as it takes: for a child process (and not beside another writer of the folder).
 */
#pragma once

#include <stdint.h>

struct error;

enum {
	LAYER_ENTRIES_MAX = 1000000,
	LAYER_RATIO_MAX = 100, /* bytes unpacked for one packed, beyond LAYER_BYTES_FREE */
};

#define LAYER_BYTES_FREE (UINT64_C(1) << 30)

struct layer_order {
	const char *blob;     /* path of the layer, packed or not */
	const char *diff_id;  /* sha256:... of it unpacked; NULL: not compared */
	const char *folder;   /* where; it is made, and must not be there */
	uint64_t bytes_max;   /* of the archive unpacked; 0: as said above */
	uint64_t entries_max; /* 0: LAYER_ENTRIES_MAX */
};

struct layer_result {
	uint64_t entries;
	uint64_t bytes;    /* of the archive unpacked */
	uint64_t left_out; /* device nodes, and what aufs keeps for itself */
};

/* Also ERROR_NOT_FOUND: no blob; ERROR_CONFLICT: the folder is there; ERROR_SYSTEM: a full disk and
 * the like. */
int layer_unpack(const struct layer_order *order, struct layer_result *ret, struct error **err);
