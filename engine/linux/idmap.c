/* SPDX-License-Identifier: MIT */
/* The user namespace that idmapped mounts are given, and the writing of maps. */
#include "engine/linux/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/entry.h"
#include "engine/linux/rootfs.h"

static void lines(const oci_id_maps *maps, struct text *text)
{
	ARRAY_FOR_EACH (const struct oci_id_map, map, maps)
		text_printf(text, "%" PRId64 " %" PRId64 " %" PRId64 "\n", map->container_id,
			    map->host_id, map->size);
}

int idmap_write(pid_t pid, const struct oci *oci, struct error **err)
{
	CLEANUP(text_drop) struct text users = {0}, groups = {0};
	CLEANUP(memory_free) char *path = memory_format("/proc/%ld", (long)pid);
	CLEANUP(entry_close) int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return error_errno(err, errno, "cannot open %s", path);
	lines(&oci->linux_.uid_mappings, &users);
	lines(&oci->linux_.gid_mappings, &groups);
	if (entry_write(folder, "uid_map", text_string(&users), path, err) ||
	    entry_write(folder, "gid_map", text_string(&groups), path, err))
		return error_wrap(err, "cannot map the container's users");
	return 0;
}

/* A process that does nothing but be in a new user namespace holds it until we have its descriptor. */
int rootfs_id_namespace(const struct oci *oci, struct error **err)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} how = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	pid_t pid = (pid_t)syscall(SYS_clone3, &how, sizeof(how));
	int fd = -1;

	if (pid < 0)
		return error_errno(err, errno, "cannot make a user namespace");
	if (pid == 0)
		for (;;)
			pause();
	if (!idmap_write(pid, oci, err)) {
		CLEANUP(memory_free) char *path = memory_format("/proc/%ld/ns/user", (long)pid);

		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			error_errno(err, errno, "cannot open %s", path);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return fd >= 0 ? fd : (*err)->code;
}
