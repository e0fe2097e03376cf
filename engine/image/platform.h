/* SPDX-License-Identifier: MIT */
/* platform -- for which system and processor an image is, and which of several suits
 *
 * The words are Go's, as image indexes have them: linux/amd64, linux/arm/v7, windows/amd64. Aliases
 * and default variants are those of github.com/containerd/platforms. Pure.
 */
#pragma once

#include <stdbool.h>

struct error;

/* The zero value is valid to drop. One whose strings are borrowed is not dropped. */
struct platform {
	const char *os;
	const char *architecture;
	const char *variant;    /* v7, or NULL: the architecture's first one */
	const char *os_version; /* windows: 10.0.20348.2582, or NULL */
};

void platform_drop(struct platform *platform); /* leaves the zero value */

/* "os/architecture[/variant]", or one of the two alone, the other being the host's. ERROR_INVALID:
 * another form, or a part that is no word. */
int platform_parse(const char *string, const struct platform *host, struct platform *ret,
		   struct error **err);
/* This machine: it runs Linux images on Linux, Windows images on Windows. */
void platform_host(struct platform *ret);
/* A copy with aliases resolved: x86_64 is amd64, aarch64 is arm64, arm without a variant is v7. */
void platform_normal(const struct platform *from, struct platform *ret);

/* How well an image of one platform runs where another is wanted, both normal: 0 not at all, the
 * more the better. The same architecture is better than an older one that the processor runs as
 * well (386 on amd64, arm on arm64, arm/v6 on v7). On Windows the same build is better than an older
 * one, of which the nearest is the best; a newer one cannot run. */
int platform_rank(const struct platform *wanted, const struct platform *offered);

/* linux/arm/v7; with os_version in brackets. Yours. */
char *platform_name(const struct platform *platform);
