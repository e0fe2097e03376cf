/* SPDX-License-Identifier: MIT */
#include "compose/plan/release.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/own.h"

/* Windows builds by what their images are tagged. Only those that Microsoft made images for; lts
 * ones since 20348 are the stable interfaces that later hosts keep for process isolation. */
static const struct release {
	long build;
	const char *tag;
	bool stable;
} releases[] = {
	{14393, "ltsc2016", false}, {16299, "1709", false}, {17134, "1803", false},
	{17763, "ltsc2019", false}, {18362, "1903", false}, {18363, "1909", false},
	{19041, "2004", false},     {19042, "20H2", false}, {20348, "ltsc2022", true},
	{26100, "ltsc2025", true},
};

#define FIRST_STABLE   20348
#define EXACT_REVISION 14393 /* Server 2016: the revision must be the host's own */
#define SERVER_2025    26100

struct release_version release_parse(const char *text)
{
	struct release_version version = {.part = {-1, -1, -1, -1}};
	for (int i = 0; text && *text && i < RELEASE_PARTS; i++) {
		char *end;
		long part = strtol(text, &end, 10);
		if (end == text || part < 0)
			break;
		version.part[i] = part;
		text = *end == '.' ? end + 1 : "";
	}
	version.known = version.part[RELEASE_BUILD] >= 0;
	return version;
}

/* The oldest build whose images a host of this build runs in its own kernel: the long-term release
 * before the newest one that is not newer than the host; the first keeps itself. This is
 * containerd's rule; hcsshim's is narrower for builds after an LTSC, and HCS has the last word. */
static long oldest_build(long host)
{
	long newest = 0, before = 0;
	for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
		if (!releases[i].stable || releases[i].build > host)
			continue;
		before = newest;
		newest = releases[i].build;
	}
	return before ? before : newest;
}

static bool same_line(const struct release_version *host, const struct release_version *image)
{
	return host->part[RELEASE_MAJOR] == image->part[RELEASE_MAJOR] &&
	       host->part[RELEASE_MINOR] == image->part[RELEASE_MINOR];
}

bool release_runs_process(const struct release_version *host, const struct release_version *image)
{
	if (!host->known || !image->known)
		return true;
	long h = host->part[RELEASE_BUILD], i = image->part[RELEASE_BUILD];
	if (!same_line(host, image))
		return false;
	if (h == EXACT_REVISION && i == h)
		return host->part[RELEASE_REVISION] < 0 || image->part[RELEASE_REVISION] < 0 ||
		       host->part[RELEASE_REVISION] == image->part[RELEASE_REVISION];
	if (h < FIRST_STABLE)
		return h == i;
	return oldest_build(h) <= i && i <= h;
}

bool release_runs_hyperv(const struct release_version *host, const struct release_version *image)
{
	if (!host->known || !image->known)
		return true;
	return same_line(host, image) && image->part[RELEASE_BUILD] <= host->part[RELEASE_BUILD];
}

const char *release_tag(const struct release_version *host, bool process)
{
	const char *tag = NULL;
	for (size_t i = 0; host->known && i < ARRAY_LEN(releases); i++) {
		const struct release_version image = {.part = {host->part[RELEASE_MAJOR],
							       host->part[RELEASE_MINOR],
							       releases[i].build, -1},
						      .known = true};
		if (!release_is_refused(host, &image) &&
		    (process ? release_runs_process(host, &image)
			     : release_runs_hyperv(host, &image)))
			tag = releases[i].tag;
	}
	return tag;
}

bool release_is_ahead(const struct release_version *host, const struct release_version *image)
{
	return host->known && image->known && same_line(host, image) &&
	       host->part[RELEASE_BUILD] == image->part[RELEASE_BUILD] &&
	       host->part[RELEASE_REVISION] >= 0 &&
	       image->part[RELEASE_REVISION] > host->part[RELEASE_REVISION];
}

bool release_is_refused(const struct release_version *host, const struct release_version *image)
{
	return host->known && image->known && same_line(host, image) &&
	       host->part[RELEASE_BUILD] > SERVER_2025 && image->part[RELEASE_BUILD] == SERVER_2025;
}
