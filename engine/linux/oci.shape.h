/* SPDX-License-Identifier: MIT */
/* oci.shape -- the tables of oci.c: which key of config.json is which member
 *
 * One row a key; reading, writing and dropping all go by it.
 */
#pragma once

#include "engine/linux/oci.h"

enum oci_kind {
	OCI_STRING,   /* char * */
	OCI_BOOL,     /* bool */
	OCI_INT,      /* int64_t; 0 is not written */
	OCI_ALWAYS,   /* int64_t; always written */
	OCI_ID,       /* int64_t of 0 to 2^32 - 2; always written */
	OCI_UNSIGNED, /* uint64_t; always written */
	OCI_OPTIONAL, /* struct oci_int */
	OCI_STRINGS,  /* char **, NULL-ended */
	OCI_IDS,      /* ARRAY(int64_t) of ids */
	OCI_CAPS,     /* uint64_t */
	OCI_PAIRS,    /* oci_pairs */
	OCI_OBJECT,   /* a struct of .shape */
	OCI_LIST,     /* an array of structs of .shape */
	OCI_REFUSED,  /* what we cannot do: present and not empty is an error */
};

struct oci_field {
	const char *name;
	enum oci_kind kind;
	size_t offset;
	const struct oci_shape *shape;
};

struct oci_shape {
	size_t size;
	const struct oci_field *fields; /* ended by a row without a name */
};

extern const struct oci_shape oci_shape, oci_process_shape, oci_seccomp_shape;
