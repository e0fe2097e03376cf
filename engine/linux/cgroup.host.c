/* SPDX-License-Identifier: MIT */
#include "engine/linux/cgroup.h"
#include "engine/linux/cgroup.inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/entry.h"

/* Not what only says how a hierarchy is mounted. */
static const char *const no_controllers[] = {"rw",  "ro", "xattr", "noprefix", "clone_children",
					     "none"};

bool cgroup_has_(const char *controllers, const char *controller)
{
	size_t len = strlen(controller);

	if (!len)
		return !*controllers;
	for (const char *it = controllers; *it; it += strcspn(it, ","), it += *it == ',')
		if (strncmp(it, controller, len) == 0 && (it[len] == ',' || !it[len]))
			return true;
	return false;
}

/* Of "rw,memory" what names controllers. */
static char *controllers_of(char *options)
{
	CLEANUP(text_drop) struct text list = {0};
	char *rest = NULL;

	for (char *word = strtok_r(options, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		bool is_one = !text_starts(word, "release_agent=");

		for (size_t i = 0; i < ARRAY_LEN(no_controllers); i++)
			is_one = is_one && strcmp(word, no_controllers[i]) != 0;
		if (is_one)
			text_printf(&list, "%s%s", list.len ? "," : "", word);
	}
	return text_steal(&list);
}

/* Octal \040 in the text of the kernel. */
static char *unescape(const char *word)
{
	CLEANUP(text_drop) struct text text = {0};

	for (; *word; word++) {
		if (word[0] == '\\' && word[1] >= '0' && word[1] <= '3' && word[2] && word[3]) {
			text_add_char(&text, (char)((word[1] - '0') << 6 | (word[2] - '0') << 3 |
						    (word[3] - '0')));
			word += 3;
		} else {
			text_add_char(&text, *word);
		}
	}
	return text_steal(&text);
}

/* 25 30 0:22 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory */
static void parse_line(char *line, struct cgroup_host *host)
{
	char *fields[5] = {NULL}, *rest = NULL, *tail = strstr(line, " - ");
	char *type, *options;

	if (!tail)
		return;
	*tail = '\0';
	type = strtok_r(tail + 3, " ", &rest);
	strtok_r(NULL, " ", &rest);
	options = strtok_r(NULL, " ", &rest);
	if (!type || !options || (strcmp(type, "cgroup") != 0 && strcmp(type, "cgroup2") != 0))
		return;
	bool two = strcmp(type, "cgroup2") == 0;
	CLEANUP(memory_free) char *controllers = two ? memory_copy("") : controllers_of(options);

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!(fields[i] = strtok_r(i ? NULL : line, " ", &rest)))
			return;
	ARRAY_FOR_EACH (struct cgroup_hierarchy, it, &host->hierarchies)
		if (strcmp(it->controllers, controllers) == 0)
			return;
	array_push(&host->hierarchies,
		   ((struct cgroup_hierarchy){steal(&controllers), unescape(fields[4]),
					      unescape(fields[3]), two}));
}

void cgroup_host_parse(const char *mountinfo, struct cgroup_host *ret)
{
	CLEANUP(memory_free) char *copy = memory_copy(mountinfo);
	bool one = false, two = false;
	char *rest = NULL;

	*ret = (struct cgroup_host){0};
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		parse_line(line, ret);
	ARRAY_FOR_EACH (const struct cgroup_hierarchy, it, &ret->hierarchies) {
		two = two || it->two;
		one = one || (!it->two && strncmp(it->controllers, "name=", 5) != 0);
	}
	ret->layout = one && two ? CGROUP_HYBRID : two ? CGROUP_V2 : one ? CGROUP_V1 : CGROUP_NONE;
}

int cgroup_host_read(struct cgroup_host *ret, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};

	if (entry_read(AT_FDCWD, "/proc/self/mountinfo", "", &text, err))
		return (*err)->code;
	cgroup_host_parse(text_string(&text), ret);
	return 0;
}

void cgroup_host_drop(struct cgroup_host *host)
{
	ARRAY_FOR_EACH (struct cgroup_hierarchy, it, &host->hierarchies) {
		free(it->controllers);
		free(it->mount);
		free(it->root);
	}
	array_drop(&host->hierarchies);
	host->layout = CGROUP_NONE;
}

const struct cgroup_hierarchy *cgroup_hierarchy(const struct cgroup_host *host,
						const char *controller)
{
	ARRAY_FOR_EACH (const struct cgroup_hierarchy, it, &host->hierarchies)
		if (cgroup_has_(it->controllers, controller))
			return it;
	return NULL;
}
