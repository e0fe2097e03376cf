/* SPDX-License-Identifier: MIT */
#include "engine/linux/cgroup.h"
#include "engine/linux/cgroup.inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/entry.h"

#define PATIENCE_MS 10000

void cgroup_drop(struct cgroup **group)
{
	if (!*group)
		return;
	ARRAY_FOR_EACH (struct cgroup_part, part, &(*group)->parts) {
		entry_close(&part->folder);
		free(part->controllers);
		free(part->folder_path);
	}
	ARRAY_FOR_EACH (int, fd, &(*group)->joins)
		entry_close(fd);
	array_drop(&(*group)->parts);
	array_drop(&(*group)->joins);
	free((*group)->path);
	free(*group);
	*group = NULL;
}

/* "/a/b", with no "." or ".." and no empty part. */
static bool is_path(const char *path)
{
	if (*path != '/' || !path[1] || strlen(path) > PATH_MAX / 2)
		return false;
	while (*path) {
		size_t len = strcspn(++path, "/");

		if (!len || len > NAME_MAX || (len == 1 && *path == '.') ||
		    (len == 2 && strncmp(path, "..", 2) == 0))
			return false;
		path += len;
	}
	return true;
}

/* A new group of the cpuset of version 1 has no processor and can hold nobody until it is given some. */
static void inherit_cpuset(int parent, int folder)
{
	static const char *const names[] = {"cpuset.cpus", "cpuset.mems"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(text_drop) struct text own = {0}, above = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		if (entry_read(folder, names[i], "", &own, &err) ||
		    (own.len && own.data[0] != '\n') ||
		    entry_read(parent, names[i], "", &above, &err))
			continue;
		entry_write(folder, names[i], text_string(&above), "", &err);
	}
}

/* Makes the folders of a group below a hierarchy's mount, and opens the last. The last is there: ERROR_CONFLICT. */
static int make_part(const struct cgroup_hierarchy *hierarchy, const char *path,
		     struct cgroup_part *part, struct error **err)
{
	CLEANUP(entry_close) int at = open(hierarchy->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool cpuset = cgroup_has_(hierarchy->controllers, "cpuset");

	if (at < 0)
		return error_errno(err, errno, "cannot open %s", hierarchy->mount);
	while (*path) {
		size_t len = strcspn(++path, "/");
		CLEANUP(memory_free) char *name = memory_copy_n(path, len);
		bool last = !path[len];

		if (hierarchy->two)
			cgroup_enable_(at);
		if (mkdirat(at, name, 0755) && (errno != EEXIST || last))
			return error_errno(err, errno, "cannot make the control group %s",
					   part->folder_path);
		int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

		if (next < 0)
			return error_errno(err, errno, "cannot open the control group %s",
					   part->folder_path);
		if (cpuset)
			inherit_cpuset(at, next);
		entry_close(&at);
		at = next;
		path += len;
	}
	part->folder = at;
	at = -1;
	return 0;
}

static void remove_folders(const struct cgroup *group, const struct cgroup_part *part)
{
	size_t above = strlen(part->folder_path) - strlen(group->path);
	CLEANUP(memory_free) char *path = memory_copy(part->folder_path);

	/* A parent that others use is not empty, and stays. */
	while (strlen(path) > above && rmdir(path) == 0)
		*strrchr(path, '/') = '\0';
}

static struct cgroup_part *add_part(struct cgroup *group, const struct cgroup_hierarchy *hierarchy)
{
	struct cgroup_part *part = array_add(&group->parts);

	part->controllers = memory_copy(hierarchy->controllers);
	part->folder_path = memory_format("%s%s", hierarchy->mount, group->path);
	part->folder = -1;
	return part;
}

static int open_joins(struct cgroup *group, struct error **err)
{
	ARRAY_FOR_EACH (const struct cgroup_part, part, &group->parts) {
		if (!*part->controllers)
			continue;
		int fd = openat(part->folder, "tasks", O_WRONLY | O_CLOEXEC);

		if (fd < 0)
			return error_errno(err, errno, "cannot open %s/tasks", part->folder_path);
		array_push(&group->joins, fd);
	}
	return 0;
}

int cgroup_make(const struct cgroup_host *host, const char *path,
		const struct oci_resources *limits, struct cgroup **ret, struct error **err)
{
	struct cgroup *group = NULL;

	if (!is_path(path))
		return error_set(err, ERROR_INVALID, "\"%s\" is no path of a control group", path);
	if (host->layout == CGROUP_NONE)
		return error_set(err, ERROR_UNSUPPORTED,
				 "no control groups are mounted on this host");
	group = memory_zero(1, sizeof(*group));
	group->path = memory_copy(path);
	ARRAY_FOR_EACH (const struct cgroup_hierarchy, it, &host->hierarchies) {
		struct cgroup_part *part = add_part(group, it);

		if (make_part(it, path, part, err)) {
			/* This one's last folder, if it is there, is not ours. */
			entry_close(&part->folder);
			free(part->controllers);
			free(part->folder_path);
			group->parts.len--;
			goto undo;
		}
	}
	if (!open_joins(group, err) && !cgroup_limit(group, limits, err)) {
		*ret = group;
		return 0;
	}
undo:
	ARRAY_FOR_EACH (const struct cgroup_part, part, &group->parts)
		remove_folders(group, part);
	cgroup_drop(&group);
	return (*err)->code;
}

int cgroup_open(const struct cgroup_host *host, const char *path, struct cgroup **ret,
		struct error **err)
{
	CLEANUP(cgroup_drop) struct cgroup *group = memory_zero(1, sizeof(*group));

	if (!is_path(path))
		return error_set(err, ERROR_INVALID, "\"%s\" is no path of a control group", path);
	group->path = memory_copy(path);
	ARRAY_FOR_EACH (const struct cgroup_hierarchy, it, &host->hierarchies) {
		CLEANUP(memory_free) char *folder = memory_format("%s%s", it->mount, path);
		int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

		if (fd >= 0)
			add_part(group, it)->folder = fd;
	}
	if (!group->parts.len)
		return error_set(err, ERROR_NOT_FOUND, "there is no control group %s", path);
	if (open_joins(group, err))
		return (*err)->code;
	*ret = steal(&group);
	return 0;
}

int cgroup_folder(const struct cgroup *group)
{
	ARRAY_FOR_EACH (const struct cgroup_part, part, &group->parts)
		if (!*part->controllers)
			return part->folder;
	return -1;
}

const int *cgroup_joins(const struct cgroup *group, size_t *count)
{
	*count = group->joins.len;
	return group->joins.items;
}

int cgroup_join(const int *joins, size_t count, struct error **err)
{
	for (size_t i = 0; i < count; i++)
		if (write(joins[i], "0", 1) != 1)
			return error_errno(err, errno, "cannot join a control group of version 1");
	return 0;
}

int cgroup_move(struct cgroup *group, pid_t pid, struct error **err)
{
	char number[24];

	snprintf(number, sizeof(number), "%ld", (long)pid);
	ARRAY_FOR_EACH (const struct cgroup_part, part, &group->parts)
		if (entry_write(part->folder, "cgroup.procs", number, part->folder_path, err))
			return (*err)->code;
	return 0;
}

/* --- all of a group at once */

/* Where membership is read: version 2, else any part. */
static const struct cgroup_part *members(const struct cgroup *group)
{
	ARRAY_FOR_EACH (const struct cgroup_part, part, &group->parts)
		if (!*part->controllers)
			return part;
	return group->parts.items;
}

/* Those who fork while they are killed are found by the next round. */
static void kill_each(const struct cgroup_part *part)
{
	for (int round = 0; round < 100; round++) {
		CLEANUP(text_drop) struct text list = {0};
		CLEANUP(error_drop) struct error *err = NULL;
		char *rest = NULL;

		if (entry_read(part->folder, "cgroup.procs", "", &list, &err) || !list.len)
			return;
		for (char *word = strtok_r(list.data, "\n", &rest); word;
		     word = strtok_r(NULL, "\n", &rest)) {
			long pid = strtol(word, NULL, 10);

			if (pid > 1)
				kill((pid_t)pid, SIGKILL);
		}
	}
}

int cgroup_kill(struct cgroup *group, struct error **err)
{
	const struct cgroup_part *part = members(group);

	/* From Linux 5.14; it races with no fork. */
	if (!*part->controllers && entry_exists(part->folder, "cgroup.kill"))
		return entry_write(part->folder, "cgroup.kill", "1", part->folder_path, err);
	kill_each(part);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until cgroup.events says it; version 2 tells by POLLPRI. */
static bool await_event(const struct cgroup_part *part, const char *line, int64_t deadline)
{
	CLEANUP(entry_close) int fd = openat(part->folder, "cgroup.events", O_RDONLY | O_CLOEXEC);
	char text[256];

	while (fd >= 0) {
		struct pollfd ready = {fd, POLLPRI, 0};
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
		int64_t left = deadline - now_ms();

		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, line))
			return true;
		if (n < 0 || left <= 0)
			return false;
		poll(&ready, 1, (int)left);
	}
	return false;
}

int cgroup_freeze(struct cgroup *group, bool freeze, struct error **err)
{
	const struct cgroup_part *part = members(group);
	const struct cgroup_part *freezer = cgroup_part_(group, "freezer");
	int64_t deadline = now_ms() + PATIENCE_MS;

	if (!*part->controllers) {
		if (entry_write(part->folder, "cgroup.freeze", freeze ? "1" : "0",
				part->folder_path, err))
			return (*err)->code;
		if (await_event(part, freeze ? "frozen 1" : "frozen 0", deadline))
			return 0;
		return error_set(err, ERROR_TIMEOUT, "%s does not %s", group->path,
				 freeze ? "freeze" : "thaw");
	}
	if (!freezer)
		return error_set(err, ERROR_UNSUPPORTED,
				 "this host has no control group that freezes");
	/* Version 1 may need it said again, while processes come and go. */
	while (now_ms() < deadline) {
		CLEANUP(text_drop) struct text state = {0};

		if (entry_write(freezer->folder, "freezer.state", freeze ? "FROZEN" : "THAWED",
				freezer->folder_path, err) ||
		    entry_read(freezer->folder, "freezer.state", freezer->folder_path, &state, err))
			return (*err)->code;
		if (text_starts(state.data, freeze ? "FROZEN" : "THAWED"))
			return 0;
		poll(NULL, 0, 1);
	}
	return error_set(err, ERROR_TIMEOUT, "%s does not %s", group->path,
			 freeze ? "freeze" : "thaw");
}

bool cgroup_populated(const struct cgroup *group)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	const struct cgroup_part *part = members(group);
	bool two = !*part->controllers;

	if (entry_read(part->folder, two ? "cgroup.events" : "cgroup.procs", "", &text, &err))
		return false;
	return two ? strstr(text_string(&text), "populated 1") != NULL : text.len > 0;
}

int cgroup_remove(struct cgroup **group, struct error **err)
{
	const struct cgroup_part *part = members(*group);
	int64_t deadline = now_ms() + PATIENCE_MS;
	CLEANUP(error_drop) struct error *ignored = NULL;
	bool left = false;

	if (cgroup_populated(*group)) {
		cgroup_kill(*group, &ignored);
		error_drop(&ignored);
		/* What is frozen in version 1 does not die. */
		if (cgroup_part_(*group, "freezer"))
			entry_write(cgroup_part_(*group, "freezer")->folder, "freezer.state",
				    "THAWED", "", &ignored);
		if (!*part->controllers)
			await_event(part, "populated 0", deadline);
	}
	ARRAY_FOR_EACH (struct cgroup_part, it, &(*group)->parts) {
		entry_close(&it->folder);
		/* A process that has ended is let go by each hierarchy in its own time. */
		while (rmdir(it->folder_path) && errno == EBUSY && now_ms() < deadline)
			poll(NULL, 0, 1);
		left = left || access(it->folder_path, F_OK) == 0;
		*strrchr(it->folder_path, '/') = '\0';
		if (strlen((*group)->path) > strlen(strrchr((*group)->path, '/'))) {
			struct cgroup above = {.path = memory_copy((*group)->path)};

			*strrchr(above.path, '/') = '\0';
			remove_folders(&above, it);
			free(above.path);
		}
	}
	if (left)
		error_set(err, ERROR_TIMEOUT, "the control group %s still has processes",
			  (*group)->path);
	cgroup_drop(group);
	return *err ? (*err)->code : 0;
}
