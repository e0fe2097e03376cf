/* SPDX-License-Identifier: MIT */
#include "compose/plan/isolation.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/own.h"
#include "base/text.h"

enum { MAJOR, MINOR, BUILD, REVISION, PARTS };

struct version {
	long part[PARTS]; /* -1: not said */
	bool known;       /* major, minor and build are there */
};

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

static struct version version_parse(const char *text)
{
	struct version version = {.part = {-1, -1, -1, -1}};
	for (int i = 0; text && *text && i < PARTS; i++) {
		char *end;
		long part = strtol(text, &end, 10);
		if (end == text || part < 0)
			break;
		version.part[i] = part;
		text = *end == '.' ? end + 1 : "";
	}
	version.known = version.part[BUILD] >= 0;
	return version;
}

/* The oldest build whose images a host of this build runs in its own kernel: the long-term release
 * before the newest one that is not newer than the host; the first keeps itself. This is
 * containerd's rule (platforms, platform_windows_compat.go); hcsshim's is narrower for builds after
 * an LTSC, and HCS has the last word. */
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

static bool same_line(const struct version *host, const struct version *image)
{
	return host->part[MAJOR] == image->part[MAJOR] && host->part[MINOR] == image->part[MINOR];
}

static bool process_runs(const struct version *host, const struct version *image)
{
	if (!host->known || !image->known)
		return true;
	long h = host->part[BUILD], i = image->part[BUILD];
	if (!same_line(host, image))
		return false;
	if (h == EXACT_REVISION && i == h)
		return host->part[REVISION] < 0 || image->part[REVISION] < 0 ||
		       host->part[REVISION] == image->part[REVISION];
	if (h < FIRST_STABLE)
		return h == i;
	return oldest_build(h) <= i && i <= h;
}

static bool hyperv_runs(const struct version *host, const struct version *image)
{
	if (!host->known || !image->known)
		return true;
	return same_line(host, image) && image->part[BUILD] <= host->part[BUILD];
}

/* The tag of the newest image that would run on the host in its own kernel, or NULL. */
static const char *tag_for(const struct version *host, bool process)
{
	const char *tag = NULL;
	for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
		long build = releases[i].build, h = host->part[BUILD];
		bool fits = process && h < FIRST_STABLE ? build == h : build <= h;
		if (fits)
			tag = releases[i].tag;
	}
	return tag;
}

struct side {
	const char *name;
	bool can;  /* the engine has it */
	bool runs; /* the rule allows this image */
};

/* Why a kind of isolation is out of the question, with both builds and the tag that would work. */
static int refuse(const struct isolation_question *q, const struct side *side,
		  const struct side *other, const struct version *host, struct error **err)
{
	bool process = text_same(side->name, "process");
	const char *image = q->image ? q->image : "the image";
	if (!side->can)
		return error_set(err, ERROR_UNSUPPORTED,
				 "isolation %s is not to be had from this engine%s", side->name,
				 other->can && other->runs ? process ? "; write isolation: hyperv"
								     : "; write isolation: process"
							   : "");
	const char *tag = tag_for(host, process);
	CLEANUP(text_drop) struct text way = {0};
	if (tag)
		text_printf(&way, "use its tag for %s", tag);
	if (other->can && other->runs)
		text_printf(&way, "%sisolation: %s", way.len ? " or write " : "write ",
			    other->name);
	return error_set(err, ERROR_UNSUPPORTED,
			 "%s is of Windows build %s and cannot run with isolation %s on a host of "
			 "build %s%s%s",
			 image, q->image_version, side->name, q->host_version, way.len ? ": " : "",
			 text_string(&way));
}

static void reason(struct isolation_answer *answer, const char *format, ...) PRINTF_LIKE(2, 3);
static void reason(struct isolation_answer *answer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(answer->reason, sizeof(answer->reason), format, args);
	va_end(args);
}

static void tell_default(const struct isolation_question *q, const struct side *side,
			 const struct version *host, const struct version *image,
			 struct isolation_answer *answer)
{
	/* Field reports: a newer revision within one build may end with 0xC0370106 at start. */
	if (text_same(side->name, "process") && host->known && image->known &&
	    host->part[BUILD] == image->part[BUILD] && host->part[REVISION] >= 0 &&
	    image->part[REVISION] > host->part[REVISION])
		reason(answer,
		       "the engine's default; the image's revision %s is newer than the host's %s "
		       "and may need the host's updates",
		       q->image_version, q->host_version);
	else
		reason(answer, "the engine's default");
}

int isolation_decide(const struct isolation_question *q, struct isolation_answer *answer,
		     struct error **err)
{
	struct version host = version_parse(q->host_version);
	struct version image = version_parse(q->image_version);
	struct side process = {"process", q->can_process, process_runs(&host, &image)};
	struct side hyperv = {"hyperv", q->can_hyperv, hyperv_runs(&host, &image)};
	const char *asked = q->asked && *q->asked ? q->asked : "default";

	if (!text_same_nocase(asked, "default") && !text_same_nocase(asked, "process") &&
	    !text_same_nocase(asked, "hyperv"))
		return error_set(err, ERROR_INVALID,
				 "isolation \"%s\" is not known: write default, process or hyperv",
				 asked);
	bool by_default = text_same_nocase(asked, "default");
	const char *wanted = asked;
	if (by_default)
		wanted = q->host_default && !text_same_nocase(q->host_default, "default") &&
					 *q->host_default
				 ? q->host_default
			 : q->host_is_server ? "process"
					     : "hyperv";
	const struct side *first = text_same_nocase(wanted, "hyperv") ? &hyperv : &process;
	const struct side *second = first == &hyperv ? &process : &hyperv;

	struct isolation_answer found = {.isolation = first->name};
	if (first->can && first->runs) {
		if (by_default)
			tell_default(q, first, &host, &image, &found);
		else
			reason(&found, "asked for");
	} else if (by_default && !q->strict && second->can && second->runs) {
		found.isolation = second->name;
		found.differs = true;
		if (first->can)
			reason(&found,
			       "image build %s does not run with the default, %s, on host build %s",
			       q->image_version, first->name, q->host_version);
		else
			reason(&found, "the engine has no isolation %s", first->name);
	} else {
		return refuse(q, first, second, &host, err);
	}
	*answer = found;
	return 0;
}
