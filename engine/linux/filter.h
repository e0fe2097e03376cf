/* SPDX-License-Identifier: MIT */
/* filter -- a seccomp profile as the kernel takes it
 *
 * libseccomp compiles (10 ms); what it gave is kept in memory, and in a folder where one is named, so that a
 * profile is compiled once a host and loading it costs a third of a millisecond. Before its program stands one of
 * ours: a call with a number above all those that the profile names for its processor gets ENOSYS where the default
 * is an errno, since it is newer than the profile and a libc then takes the older way (runc does the same).
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>

#include "engine/linux/oci.h"

struct error;

struct filter {
	struct sock_filter *code; /* borrowed: lives as long as the process */
	size_t count;             /* 0: no filter */
	unsigned flags;           /* SECCOMP_FILTER_FLAG_... */
};

/* folder: where compiled profiles are kept (0700, of this user; made if absent), or NULL. A folder that others may
 * write to is not used. ERROR_INVALID: an action, operator, flag or processor that is none, with its place; a name
 * that is no system call of this libseccomp is passed over, as Docker's profile names newer ones. */
int filter_compile(const struct oci_seccomp *profile, const char *folder, struct filter *ret,
		   struct error **err);

/* Puts the filter on the calling process, for ever. Needs CAP_SYS_ADMIN or no_new_privs. */
int filter_load(const struct filter *filter, struct error **err);
