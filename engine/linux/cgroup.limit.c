/* SPDX-License-Identifier: MIT */
#include "engine/linux/cgroup.h"
#include "engine/linux/cgroup.inside.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/entry.h"

/* What of version 2 we use. */
static const char *const controllers[] = {"cpu", "cpuset", "io", "memory", "pids"};

void cgroup_enable_(int folder)
{
	CLEANUP(text_drop) struct text have = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	if (entry_read(folder, "cgroup.controllers", "", &have, &err))
		return;
	for (char *c = have.data; c && *c; c++)
		if (*c == ' ' || *c == '\n')
			*c = ',';
	/* One by one: one that cannot be had keeps none of the others away. What is missed is told of by who needs it. */
	for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
		char word[32];

		if (!cgroup_has_(text_string(&have), controllers[i]))
			continue;
		error_drop(&err);
		snprintf(word, sizeof(word), "+%s", controllers[i]);
		entry_write(folder, "cgroup.subtree_control", word, "", &err);
	}
}

const struct cgroup_part *cgroup_part_(const struct cgroup *group, const char *controller)
{
	const struct cgroup_part *two = NULL;

	ARRAY_FOR_EACH (const struct cgroup_part, part, &group->parts) {
		if (*part->controllers && cgroup_has_(part->controllers, controller))
			return part;
		if (!*part->controllers)
			two = part;
	}
	if (two) {
		CLEANUP(text_drop) struct text have = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		if (!entry_read(two->folder, "cgroup.controllers", "", &have, &err)) {
			for (char *c = have.data; c && *c; c++)
				if (*c == ' ' || *c == '\n')
					*c = ',';
			if (cgroup_has_(text_string(&have), controller))
				return two;
		}
	}
	return NULL;
}

/* --- one number each: how it is said in version 1, and in version 2 */

enum unit {
	BYTES, /* -1: "-1" in version 1, "max" in version 2 */
	COUNT, /* -1: "max" in both */
	PLAIN,
	SHARES,    /* 2..262144 becomes a weight of 1..10000 */
	IO_WEIGHT, /* 10..1000 becomes a weight of 1..10000 */
};

static const struct limit {
	size_t offset;
	enum unit unit;
	const char *controller, *one; /* of version 1 */
	const char *controller_two,
		*two; /* of version 2; two is NULL: it has none such, and nothing is done */
	const char *word;
} limits_table[] = {
#define AT(member_) offsetof(struct oci_resources, member_)
	{AT(memory.limit), BYTES, "memory", "memory.limit_in_bytes", "memory", "memory.max",
	 "a memory limit"},
	{AT(memory.reservation), BYTES, "memory", "memory.soft_limit_in_bytes", "memory",
	 "memory.low", "a memory reservation"},
	{AT(cpu.shares), SHARES, "cpu", "cpu.shares", "cpu", "cpu.weight", "cpu shares"},
	{AT(cpu.realtime_period), PLAIN, "cpu", "cpu.rt_period_us", "cpu", NULL,
	 "a realtime period"},
	{AT(cpu.realtime_runtime), PLAIN, "cpu", "cpu.rt_runtime_us", "cpu", NULL,
	 "a realtime runtime"},
	{AT(pids.limit), COUNT, "pids", "pids.max", "pids", "pids.max", "a limit of processes"},
	{AT(block.weight), IO_WEIGHT, "blkio", "blkio.bfq.weight", "io", "io.bfq.weight",
	 "a block weight"},
#undef AT
};

static const struct throttle {
	size_t offset;
	const char *one, *two;
} throttles[] = {
	{offsetof(struct oci_resources, block.read_bps), "blkio.throttle.read_bps_device", "rbps"},
	{offsetof(struct oci_resources, block.write_bps), "blkio.throttle.write_bps_device",
	 "wbps"},
	{offsetof(struct oci_resources, block.read_iops), "blkio.throttle.read_iops_device",
	 "riops"},
	{offsetof(struct oci_resources, block.write_iops), "blkio.throttle.write_iops_device",
	 "wiops"},
};

/* Where a file is written; the controller is missing: an error that says what for. */
static int put(const struct cgroup *group, const char *one, const char *two, const char *what,
	       const char *file_one, const char *file_two, const char *value_one,
	       const char *value_two, struct error **err)
{
	const struct cgroup_part *part = cgroup_part_(group, one);

	if (!part)
		part = cgroup_part_(group, two);
	if (!part)
		return error_set(err, ERROR_UNSUPPORTED, "%s: this host has no control group of %s",
				 what, one);
	if (*part->controllers)
		return entry_write(part->folder, file_one, value_one, part->folder_path, err);
	return file_two ? entry_write(part->folder, file_two, value_two, part->folder_path, err)
			: 0;
}

static int put_number(const struct cgroup *group, const struct limit *limit, int64_t value,
		      struct error **err)
{
	char one[32], two[32];
	int64_t weight = value;

	snprintf(one, sizeof(one), "%" PRId64, value);
	if (limit->unit == SHARES)
		weight = 1 + (value - 2) * 9999 / 262142;
	else if (limit->unit == IO_WEIGHT)
		weight = 1 + (value - 10) * 9999 / 990;
	if (weight < 1 && (limit->unit == SHARES || limit->unit == IO_WEIGHT))
		weight = 1;
	snprintf(two, sizeof(two), "%" PRId64, weight);
	if (value < 0 && limit->unit != PLAIN)
		snprintf(two, sizeof(two), "max");
	return put(group, limit->controller, limit->controller_two, limit->word, limit->one,
		   limit->two, value < 0 && limit->unit == COUNT ? "max" : one, two, err);
}

/* Memory and swap together in version 1, swap alone in version 2. */
static int put_swap(const struct cgroup *group, const struct oci_resources *limits,
		    struct error **err)
{
	char one[32], two[32];
	int64_t swap = limits->memory.swap;

	if (!swap)
		return 0;
	if (swap > 0 && swap < limits->memory.limit)
		return error_set(
			err, ERROR_INVALID,
			"memory and swap together (%" PRId64 ") are less than memory alone", swap);
	snprintf(one, sizeof(one), "%" PRId64, swap);
	snprintf(two, sizeof(two), "%" PRId64,
		 swap - (limits->memory.limit > 0 ? limits->memory.limit : 0));
	return put(group, "memory", "memory", "a swap limit", "memory.memsw.limit_in_bytes",
		   "memory.swap.max", one, swap < 0 ? "max" : two, err);
}

static int put_quota(const struct cgroup *group, const struct oci_resources *limits,
		     struct error **err)
{
	char one[32], two[64];
	int64_t quota = limits->cpu.quota, period = limits->cpu.period;
	const struct cgroup_part *part = cgroup_part_(group, "cpu");

	if (!quota && !period)
		return 0;
	if (quota > 0)
		snprintf(two, sizeof(two), "%" PRId64 " %" PRId64, quota, period ? period : 100000);
	else
		snprintf(two, sizeof(two), "max %" PRId64, period ? period : 100000);
	if (part && *part->controllers && period) {
		snprintf(one, sizeof(one), "%" PRId64, period);
		if (entry_write(part->folder, "cpu.cfs_period_us", one, part->folder_path, err))
			return (*err)->code;
	}
	if (part && *part->controllers && !quota)
		return 0;
	snprintf(one, sizeof(one), "%" PRId64, quota);
	return put(group, "cpu", "cpu", "a cpu quota", "cpu.cfs_quota_us", "cpu.max", one, two,
		   err);
}

static int put_block(const struct cgroup *group, const struct oci_resources *limits,
		     struct error **err)
{
	char one[96], two[96];

	for (size_t i = 0; i < ARRAY_LEN(throttles); i++) {
		const oci_throttles *list =
			(const void *)((const char *)limits + throttles[i].offset);

		ARRAY_FOR_EACH (const struct oci_throttle, it, list) {
			snprintf(one, sizeof(one), "%" PRId64 ":%" PRId64 " %" PRIu64, it->major,
				 it->minor, it->rate);
			snprintf(two, sizeof(two), "%" PRId64 ":%" PRId64 " %s=%" PRIu64, it->major,
				 it->minor, throttles[i].two, it->rate);
			if (put(group, "blkio", "io", "a limit of a block device", throttles[i].one,
				"io.max", one, two, err))
				return (*err)->code;
		}
	}
	ARRAY_FOR_EACH (const struct oci_weight_device, it, &limits->block.weight_devices) {
		snprintf(one, sizeof(one), "%" PRId64 ":%" PRId64 " %" PRId64, it->major, it->minor,
			 it->weight);
		if (put(group, "blkio", "io", "a weight of a block device",
			"blkio.bfq.weight_device", "io.bfq.weight", one, one, err))
			return (*err)->code;
	}
	return 0;
}

static int put_rest(const struct cgroup *group, const struct oci_resources *limits,
		    struct error **err)
{
	CLEANUP(memory_free)
	char *swappiness = memory_format("%" PRId64, limits->memory.swappiness.value);

	if (limits->cpu.cpus && *limits->cpu.cpus &&
	    put(group, "cpuset", "cpuset", "a set of processors", "cpuset.cpus", "cpuset.cpus",
		limits->cpu.cpus, limits->cpu.cpus, err))
		return (*err)->code;
	if (limits->cpu.mems && *limits->cpu.mems &&
	    put(group, "cpuset", "cpuset", "a set of memory nodes", "cpuset.mems", "cpuset.mems",
		limits->cpu.mems, limits->cpu.mems, err))
		return (*err)->code;
	/* Version 2 has neither of the two. */
	if (limits->memory.swappiness.set && put(group, "memory", "memory", "swappiness",
						 "memory.swappiness", NULL, swappiness, NULL, err))
		return (*err)->code;
	if (limits->memory.disable_oom_killer && put(group, "memory", "memory", "no OOM killer",
						     "memory.oom_control", NULL, "1", NULL, err))
		return (*err)->code;
	return 0;
}

static int put_unified(const struct cgroup *group, const struct oci_resources *limits,
		       struct error **err)
{
	ARRAY_FOR_EACH (const struct oci_pair, pair, &limits->unified) {
		int folder = cgroup_folder(group);

		if (folder < 0)
			return error_set(err, ERROR_UNSUPPORTED,
					 "%s: this host has no control groups of version 2",
					 pair->name);
		if (strchr(pair->name, '/') || !strchr(pair->name, '.') ||
		    text_starts(pair->name, "cgroup."))
			return error_set(err, ERROR_INVALID,
					 "\"%s\" is no setting of a control group", pair->name);
		if (entry_write(folder, pair->name, pair->value, group->path, err))
			return (*err)->code;
	}
	return 0;
}

/* --- devices */

static int put_rule(const struct cgroup_part *part, const struct oci_device_rule *rule,
		    struct error **err)
{
	char major[24] = "*", minor[24] = "*", line[96];
	const char *type = rule->type && *rule->type ? rule->type : "a";
	const char *access = rule->access && *rule->access ? rule->access : "rwm";

	if (strlen(type) != 1 || !strchr("abc", *type) || strlen(access) > 3 ||
	    strspn(access, "rwm") != strlen(access))
		return error_set(err, ERROR_INVALID, "\"%s\" \"%s\" is no rule of a device", type,
				 access);
	if (rule->major.set && rule->major.value >= 0)
		snprintf(major, sizeof(major), "%" PRId64, rule->major.value);
	if (rule->minor.set && rule->minor.value >= 0)
		snprintf(minor, sizeof(minor), "%" PRId64, rule->minor.value);
	snprintf(line, sizeof(line), "%s %s:%s %s", type, major, minor, access);
	if (*type == 'a') /* the kernel takes no numbers with it */
		snprintf(line, sizeof(line), "a");
	return entry_write(part->folder, rule->allow ? "devices.allow" : "devices.deny", line,
			   part->folder_path, err);
}

static int put_devices(const struct cgroup *group, const struct oci_resources *limits,
		       struct error **err)
{
	const struct cgroup_part *part = cgroup_part_(group, "devices");
	const struct oci_device_rule *always;
	size_t count;

	if (!limits->devices.len)
		return 0;
	if (!part && cgroup_folder(group) < 0)
		return error_set(err, ERROR_UNSUPPORTED,
				 "this host has no control group of devices");
	if (!part)
		return cgroup_device_attach(cgroup_folder(group), limits->devices.items,
					    limits->devices.len, err);
	ARRAY_FOR_EACH (const struct oci_device_rule, rule, &limits->devices)
		if (put_rule(part, rule, err))
			return (*err)->code;
	always = cgroup_device_always(&count);
	for (size_t i = 0; i < count; i++)
		if (put_rule(part, &always[i], err))
			return (*err)->code;
	return 0;
}

int cgroup_limit(struct cgroup *group, const struct oci_resources *limits, struct error **err)
{
	for (size_t i = 0; i < ARRAY_LEN(limits_table); i++) {
		int64_t value = *(const int64_t *)(const void *)((const char *)limits +
								 limits_table[i].offset);

		if (value && put_number(group, &limits_table[i], value, err))
			return (*err)->code;
	}
	if (put_swap(group, limits, err) || put_quota(group, limits, err) ||
	    put_rest(group, limits, err) || put_block(group, limits, err) ||
	    put_devices(group, limits, err) || put_unified(group, limits, err))
		return (*err)->code;
	return 0;
}
