/* SPDX-License-Identifier: MIT */
#include "engine/image/platform.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/host.h"
#include "base/memory.h"
#include "base/text.h"

void platform_drop(struct platform *platform)
{
	free((char *)(uintptr_t)platform->os);
	free((char *)(uintptr_t)platform->architecture);
	free((char *)(uintptr_t)platform->variant);
	free((char *)(uintptr_t)platform->os_version);
	*platform = (struct platform){0};
}

static const struct {
	const char *alias, *architecture, *variant;
} aliases[] = {
	{"x86_64", "amd64", NULL}, {"x86-64", "amd64", NULL}, {"aarch64", "arm64", NULL},
	{"i386", "386", NULL},     {"i486", "386", NULL},     {"i586", "386", NULL},
	{"i686", "386", NULL},     {"armhf", "arm", "v7"},    {"armel", "arm", "v6"},
	{"armv7l", "arm", "v7"},   {"armv6l", "arm", "v6"},   {"ppc64el", "ppc64le", NULL},
	{"macos", "darwin", NULL},
};

/* The variant that an architecture has without a word; where the word says just that, it goes. */
static const char *const firsts[][2] = {{"amd64", "v1"}, {"arm64", "v8"}};

void platform_normal(const struct platform *from, struct platform *ret)
{
	const char *architecture = from->architecture, *variant = from->variant;

	for (size_t i = 0; architecture && i < ARRAY_LEN(aliases); i++) {
		if (!text_same_nocase(architecture, aliases[i].alias))
			continue;
		architecture = aliases[i].architecture;
		variant = variant && *variant ? variant : aliases[i].variant;
		break;
	}
	if (text_same(architecture, "arm") && (!variant || !*variant))
		variant = "v7";
	for (size_t i = 0; architecture && variant && i < ARRAY_LEN(firsts); i++) {
		bool bare = text_same(variant, firsts[i][1] + 1);

		if (text_same(architecture, firsts[i][0]) &&
		    (bare || text_same(variant, firsts[i][1])))
			variant = NULL;
	}
	*ret = (struct platform){
		.os = memory_copy(from->os),
		.architecture = memory_copy(architecture),
		.variant = variant && *variant >= '0' && *variant <= '9'
				   ? memory_format("v%s", variant)
				   : (variant && *variant ? memory_copy(variant) : NULL),
		.os_version = from->os_version && *from->os_version ? memory_copy(from->os_version)
								    : NULL,
	};
}

void platform_host(struct platform *ret)
{
	CLEANUP(host_drop) struct host host = {0};
	uv_utsname_t name;
	struct platform found = {0};

	host_find(&host);
	if (!host.architecture && uv_os_uname(&name) == 0)
		host.architecture = memory_copy(name.machine);
	found.os = (host.is_windows ? "windows" : "linux");
	found.architecture = host.architecture;
	found.os_version = host.is_windows ? host.version : NULL;
	platform_normal(&found, ret);
}

static bool is_word(const char *string)
{
	return *string && strspn(string, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_.-") == strlen(string);
}

static bool is_system(const char *word)
{
	static const char *const systems[] = {"linux", "windows", "darwin", "macos", "freebsd"};

	for (size_t i = 0; i < ARRAY_LEN(systems); i++)
		if (text_same(word, systems[i]))
			return true;
	return false;
}

int platform_parse(const char *string, const struct platform *host, struct platform *ret,
		   struct error **err)
{
	CLEANUP(memory_free) char *copy = memory_copy(string);
	char *parts[4] = {0};
	size_t count = 0;

	for (char *at = copy; at && count < ARRAY_LEN(parts); count++) {
		char *slash = strchr(at, '/');

		if (slash)
			*slash = '\0';
		parts[count] = at;
		at = slash ? slash + 1 : NULL;
		if (!is_word(parts[count]))
			return error_set(err, ERROR_INVALID, "\"%s\" is not a platform", string);
	}
	if (count > 3)
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is not a platform: more than os/architecture/variant",
				 string);
	bool system = is_system(parts[0]);

	if (count > 1 && !system)
		return error_set(err, ERROR_INVALID, "\"%s\" is not a platform: no such system: %s",
				 string, parts[0]);
	struct platform given = {
		.os = system ? parts[0] : host->os,
		.architecture = count > 1 ? parts[1]
				: system  ? host->architecture
					  : parts[0],
		.variant = count > 1 ? parts[2]
			   : system  ? host->variant
				     : NULL,
	};
	if (text_same(given.os, "macos"))
		given.os = "darwin";
	if (text_same(given.os, host->os))
		given.os_version = host->os_version;
	platform_normal(&given, ret);
	return 0;
}

/* v7 is 7; without a variant fallback. */
static int level(const struct platform *platform, int fallback)
{
	const char *variant = platform->variant;

	if (!variant)
		return fallback;
	return *variant == 'v' && variant[1] >= '1' && variant[1] <= '9' && !variant[2]
		       ? variant[1] - '0'
		       : 99;
}

enum { CLASS = 1000000, SAME = 900, OLDER = 500 };

static int rank_processor(const struct platform *wanted, const struct platform *offered)
{
	const char *want = wanted->architecture, *have = offered->architecture;

	if (text_same(want, have)) {
		int first = text_same(want, "arm64") ? 8 : 1;
		int most = level(wanted, first), is = level(offered, first);

		if (text_same(wanted->variant, offered->variant))
			return SAME;
		return is <= most ? SAME - 10 * (most - is) : 0;
	}
	if (text_same(want, "amd64") && text_same(have, "386"))
		return OLDER;
	if (text_same(want, "arm64") && text_same(have, "arm") && level(offered, 7) <= 8)
		return OLDER - 10 * (8 - level(offered, 7));
	return 0;
}

/* Build and revision of 10.0.20348.2582. */
static void version_parts(const char *version, int *build, int *revision)
{
	long numbers[4] = {0};
	char *end = (char *)(uintptr_t)version;

	for (size_t i = 0; i < ARRAY_LEN(numbers) && *end; i++) {
		numbers[i] = strtol(end, &end, 10);
		end += *end == '.';
	}
	*build = numbers[2] > 0 && numbers[2] < CLASS ? (int)numbers[2] : 0;
	*revision = numbers[3] > 0 && numbers[3] < CLASS ? (int)numbers[3] : 0;
}

int platform_rank(const struct platform *wanted, const struct platform *offered)
{
	int processor = text_same(wanted->os, offered->os) ? rank_processor(wanted, offered) : 0;
	int build, revision, host, unused;

	if (!processor || !text_same(wanted->os, "windows") || !wanted->os_version ||
	    !offered->os_version)
		return processor;
	version_parts(wanted->os_version, &host, &unused);
	version_parts(offered->os_version, &build, &revision);
	if (build == host)
		return 2 * CLASS + revision;
	return build < host ? CLASS + build : 0;
}

char *platform_name(const struct platform *platform)
{
	CLEANUP(text_drop) struct text name = {0};

	text_printf(&name, "%s/%s", platform->os ? platform->os : "unknown",
		    platform->architecture ? platform->architecture : "unknown");
	if (platform->variant)
		text_printf(&name, "/%s", platform->variant);
	if (platform->os_version)
		text_printf(&name, " (%s)", platform->os_version);
	return text_steal(&name);
}
