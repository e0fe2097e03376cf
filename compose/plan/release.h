/* SPDX-License-Identifier: MIT */
/* release -- Windows versions, and which images run on which hosts
 *
 * Pure. Sources: Microsoft's version compatibility table (2025-01) and containerd's matcher
 * (platforms, platform_windows_compat.go). Where a version is not known everything is taken to run:
 * the host's compute service has the last word.
 */
#pragma once

#include <stdbool.h>

enum { RELEASE_MAJOR, RELEASE_MINOR, RELEASE_BUILD, RELEASE_REVISION, RELEASE_PARTS };

struct release_version {
	long part[RELEASE_PARTS]; /* -1: not said */
	bool known;               /* major, minor and build are there */
};

/* "10.0.20348.2582", the revision may be missing; NULL and "" are not known. */
struct release_version release_parse(const char *text);
/* In the host's own kernel. */
bool release_runs_process(const struct release_version *host, const struct release_version *image);
/* In a kernel of its own. */
bool release_runs_hyperv(const struct release_version *host, const struct release_version *image);
/* The tag of the newest base image that would run on the host; NULL: there is none. */
const char *release_tag(const struct release_version *host, bool process);
/* Whether both are of one build and the image's revision is the newer: field reports have such
 * containers end at start with 0xC0370106 until the host is updated. */
bool release_is_ahead(const struct release_version *host, const struct release_version *image);
/* Whether the layers of images of 26100 are refused by this host in either isolation (builds after
 * 26100, 0xC0370112, microsoft/hcsshim#2566). */
bool release_is_refused(const struct release_version *host, const struct release_version *image);
