/* SPDX-License-Identifier: MIT */
#include "base/host.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

#define FILE_MAX ((size_t)64 * 1024)

static bool read_small(const char *path, struct text *text)
{
	CLEANUP(error_drop) struct error *missing = NULL;

	return file_read(path, FILE_MAX, text, &missing) == 0;
}

/* PRETTY_NAME="Debian GNU/Linux 12 (bookworm)" */
static char *name_of(const char *release)
{
	static const char key[] = "PRETTY_NAME=";
	const char *line = strstr(release, key);

	if (!line)
		return NULL;
	line += strlen(key);
	line += *line == '"';
	return memory_copy_n(line, strcspn(line, "\"\n"));
}

/* /proc/cgroups lists a v1 host's: name, hierarchy, groups, enabled. */
static char *controllers_of_v1(const char *table)
{
	struct text names = {0};

	for (const char *line = table; line && *line;) {
		size_t len = strcspn(line, "\t\n");
		const char *end = line + strcspn(line, "\n");

		if (*line != '#' && len && end > line && end[-1] == '1')
			text_printf(&names, "%s%.*s", names.len ? " " : "", (int)len, line);
		line = *end ? end + 1 : end;
	}
	return text_steal(&names);
}

static void find_cgroups(struct host *host)
{
	CLEANUP(text_drop) struct text text = {0};

	if (read_small("/sys/fs/cgroup/cgroup.controllers", &text)) {
		host->cgroups = memory_copy("v2");
		host->controllers =
			memory_copy_n(text_string(&text), strcspn(text_string(&text), "\n"));
	} else if (read_small("/proc/cgroups", &text) &&
		   file_kind("/sys/fs/cgroup/memory") == FILE_FOLDER) {
		bool both = file_kind("/sys/fs/cgroup/unified/cgroup.procs") == FILE_REGULAR;

		host->cgroups = memory_copy(both ? "hybrid" : "v1");
		host->controllers = controllers_of_v1(text_string(&text));
	}
}

void host_find(struct host *ret)
{
	CLEANUP(text_drop) struct text release = {0};
	struct utsname names;

	*ret = (struct host){.is_elevated = geteuid() == 0};
	if (uname(&names) == 0) {
		ret->version = memory_copy(names.release);
		ret->architecture =
			memory_copy(text_same(names.machine, "x86_64")    ? "amd64"
				    : text_same(names.machine, "aarch64") ? "arm64"
									  : names.machine);
	}
	if (read_small("/etc/os-release", &release) || read_small("/usr/lib/os-release", &release))
		ret->name = name_of(text_string(&release));
	find_cgroups(ret);
}
