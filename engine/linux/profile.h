/* SPDX-License-Identifier: MIT */
/* profile -- Docker's default seccomp profile, as data of ours
 *
 * An allow list that answers EPERM to all else. What a capability brings is allowed where the container
 * has that capability, as Docker does. The names are those of Linux; one that a kernel or a processor does
 * not have is passed over by who compiles it (filter.h).
 */
#pragma once

#include "engine/linux/oci.h"

/* Fills *ret, which was zero, for a container whose bounding set is given. */
void profile_default(uint64_t capabilities, struct oci_seccomp *ret);
