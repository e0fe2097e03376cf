/* SPDX-License-Identifier: MIT */
#include "engine/linux/cgroup.h"
#include "engine/linux/cgroup.inside.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/linux/entry.h"

enum scale { ONCE, MICRO, TICKS }; /* TICKS: of the clock that user programs see, 100 a second */

/* Where a figure is read. The first row of a figure that can be read counts. */
static const struct figure {
	size_t offset;
	const char *controller; /* "": version 2, whether it has controllers or not */
	bool two;
	const char *file;
	const char *key; /* the word before the number; NULL: the file is the number */
	enum scale scale;
} figures[] = {
#define AT(member_) offsetof(struct cgroup_stat, member_)
	{AT(cpu_ns), "", true, "cpu.stat", "usage_usec", MICRO},
	{AT(cpu_ns), "cpuacct", false, "cpuacct.usage", NULL, ONCE},
	{AT(cpu_user_ns), "", true, "cpu.stat", "user_usec", MICRO},
	{AT(cpu_user_ns), "cpuacct", false, "cpuacct.stat", "user", TICKS},
	{AT(cpu_system_ns), "", true, "cpu.stat", "system_usec", MICRO},
	{AT(cpu_system_ns), "cpuacct", false, "cpuacct.stat", "system", TICKS},
	{AT(cpu_throttled_ns), "cpu", true, "cpu.stat", "throttled_usec", MICRO},
	{AT(cpu_throttled_ns), "cpu", false, "cpu.stat", "throttled_time", ONCE},
	{AT(memory), "memory", true, "memory.current", NULL, ONCE},
	{AT(memory), "memory", false, "memory.usage_in_bytes", NULL, ONCE},
	{AT(memory_limit), "memory", true, "memory.max", NULL, ONCE},
	{AT(memory_limit), "memory", false, "memory.limit_in_bytes", NULL, ONCE},
	{AT(memory_file), "memory", true, "memory.stat", "inactive_file", ONCE},
	{AT(memory_file), "memory", false, "memory.stat", "total_inactive_file", ONCE},
	{AT(oom_kills), "memory", true, "memory.events", "oom_kill", ONCE},
	{AT(oom_kills), "memory", false, "memory.oom_control", "oom_kill", ONCE},
	{AT(pids), "pids", true, "pids.current", NULL, ONCE},
	{AT(pids), "pids", false, "pids.current", NULL, ONCE},
	{AT(pids_limit), "pids", true, "pids.max", NULL, ONCE},
	{AT(pids_limit), "pids", false, "pids.max", NULL, ONCE},
#undef AT
};

/* Version 1 has no "max" for memory: the highest multiple of a page. */
#define NO_LIMIT UINT64_C(0x7ffffffffffff000)

static bool number_after(const char *text, const char *key, uint64_t *ret)
{
	size_t len = key ? strlen(key) : 0;

	for (const char *line = text; key && line;) {
		if (strncmp(line, key, len) == 0 && line[len] == ' ') {
			text = line + len + 1;
			key = NULL;
			break;
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	if (key)
		return false;
	*ret = text_starts(text, "max") ? UINT64_MAX : strtoull(text, NULL, 10);
	return true;
}

static bool read_figure(const struct cgroup *group, const struct figure *figure, uint64_t *ret)
{
	ARRAY_FOR_EACH (const struct cgroup_part, part, &group->parts) {
		CLEANUP(text_drop) struct text text = {0};
		CLEANUP(error_drop) struct error *err = NULL;
		bool two = !*part->controllers;

		if (two != figure->two ||
		    (!two && !cgroup_has_(part->controllers, figure->controller)))
			continue;
		if (entry_read(part->folder, figure->file, "", &text, &err) ||
		    !number_after(text_string(&text), figure->key, ret))
			return false;
		if (figure->scale == MICRO)
			*ret *= 1000;
		else if (figure->scale == TICKS)
			*ret *= 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
		return true;
	}
	return false;
}

/* "8:0 rbytes=10 wbytes=20 ..." a line in version 2, "8:0 Read 10" in version 1. */
static void read_block(const struct cgroup *group, struct cgroup_stat *ret)
{
	static const struct {
		const char *controller, *file, *read, *write;
	} rows[] = {{"", "io.stat", "rbytes=", "wbytes="},
		    {"blkio", "blkio.throttle.io_service_bytes_recursive", "Read ", "Write "}};

	for (size_t i = 0; i < ARRAY_LEN(rows) && !ret->read_bytes && !ret->write_bytes; i++)
		ARRAY_FOR_EACH (const struct cgroup_part, part, &group->parts) {
			CLEANUP(text_drop) struct text text = {0};
			CLEANUP(error_drop) struct error *err = NULL;

			if (!cgroup_has_(part->controllers, rows[i].controller) ||
			    entry_read(part->folder, rows[i].file, "", &text, &err))
				continue;
			for (const char *at = text_string(&text); (at = strstr(at, rows[i].read));
			     at++)
				ret->read_bytes += strtoull(at + strlen(rows[i].read), NULL, 10);
			for (const char *at = text_string(&text); (at = strstr(at, rows[i].write));
			     at++)
				ret->write_bytes += strtoull(at + strlen(rows[i].write), NULL, 10);
		}
}

void cgroup_stat(const struct cgroup *group, struct cgroup_stat *ret)
{
	size_t done = SIZE_MAX;

	*ret = (struct cgroup_stat){0};
	for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
		uint64_t *at = (uint64_t *)(void *)((char *)ret + figures[i].offset);

		if (figures[i].offset != done && read_figure(group, &figures[i], at))
			done = figures[i].offset;
	}
	if (ret->memory_limit >= NO_LIMIT)
		ret->memory_limit = UINT64_MAX;
	read_block(group, ret);
}
