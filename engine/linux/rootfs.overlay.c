/* SPDX-License-Identifier: MIT */
#include "engine/linux/rootfs.inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/entry.h"
#include "engine/linux/kernel.h"

/* Kernels before 6.5 take all options as one page of text. */
#define LONGEST_OPTIONS 4000

/* ':' divides layers. */
static void add_path(struct text *text, const char *path)
{
	for (; *path; path++) {
		if (*path == ':' || *path == '\\')
			text_add_char(text, '\\');
		text_add_char(text, *path);
	}
}

static int set(int context, const char *key, const char *value, struct error **err)
{
	if (kernel_fsconfig(context, FSCONFIG_SET_STRING, key, value))
		return error_errno(err, errno, "cannot mount an overlay with %s=%s", key, value);
	return 0;
}

/* The highest layer comes first. From Linux 6.8 each is told by itself; before that all are one text. */
static int set_layers(int context, const char *const *layers, struct error **err)
{
	CLEANUP(text_drop) struct text list = {0};
	size_t count = 0;

	while (layers[count])
		count++;
	for (size_t i = count; i--;) {
		text_add(&list, list.len ? ":" : "");
		add_path(&list, layers[i]);
	}
	if (list.len < LONGEST_OPTIONS)
		return set(context, "lowerdir", list.data, err);
	for (size_t i = count; i--;)
		if (kernel_fsconfig(context, FSCONFIG_SET_STRING, "lowerdir+", layers[i]))
			return error_errno(err, errno,
					   "%zu layers are too many for this kernel: %s", count,
					   layers[i]);
	return 0;
}

static int overlay(const struct rootfs_source *source, struct error **err)
{
	CLEANUP(entry_close) int context = kernel_fsopen("overlay");
	CLEANUP(memory_free)
	char *upper = memory_format("%s/diff", source->data ? source->data : "");
	CLEANUP(memory_free)
	char *work = memory_format("%s/work", source->data ? source->data : "");

	if (context < 0)
		return error_errno(err, errno, "this kernel has no overlay file system");
	if (set(context, "source", "overlay", err) || set_layers(context, source->layers, err))
		return (*err)->code;
	if (source->data &&
	    (set(context, "upperdir", upper, err) || set(context, "workdir", work, err)))
		return (*err)->code;
	if (kernel_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL))
		return error_errno(err, errno,
				   "cannot mount the overlay of a container's layers (%s)",
				   source->layers[0]);
	int mount = kernel_fsmount(context, 0);

	return mount < 0
		       ? error_errno(err, errno, "cannot mount the overlay of a container's layers")
		       : mount;
}

/* Mounts a folder over itself with the container's ids. */
static int map_folder(const char *path, int ids, struct error **err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)ids};
	CLEANUP(entry_close) int clone = kernel_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
	CLEANUP(entry_close) int at = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (clone < 0 || at < 0)
		return error_errno(err, errno, "cannot open the layer %s", path);
	if (kernel_mount_setattr(clone, 0, &attr))
		return error_errno(err, errno, "cannot map the ids of the layer %s", path);
	if (kernel_move_mount(clone, at))
		return error_errno(err, errno, "cannot mount the layer %s", path);
	return 0;
}

/* An overlay makes its own files as who mounted it, and on an idmapped layer only the container's users have an id:
 * its root mounts. The change takes the rights over files away, which the second call brings back. */
static int become_owner(const struct oci *oci, struct error **err)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	setfsgid((gid_t)oci->linux_.gid_mappings.items[0].host_id);
	setfsuid((uid_t)oci->linux_.uid_mappings.items[0].host_id);
	if (syscall(SYS_capget, &head, data))
		return error_errno(err, errno, "cannot read the capabilities");
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	if (syscall(SYS_capset, &head, data))
		return error_errno(err, errno, "cannot set the capabilities");
	return 0;
}

static int mapped_overlay(const struct rootfs_source *source, const struct oci *oci, int ids,
			  struct error **err)
{
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL))
		return error_errno(err, errno, "cannot separate the mounts from the host's");
	for (size_t i = 0; source->layers[i]; i++)
		if (map_folder(source->layers[i], ids, err))
			return (*err)->code;
	if (source->data && map_folder(source->data, ids, err))
		return (*err)->code;
	if (become_owner(oci, err))
		return (*err)->code;
	return overlay(source, err);
}

struct answer {
	int mount;
	enum error_code code;
	char message[1000];
};

/* An overlay takes its layers by path, and an idmapped layer has a path only where it is mounted: that happens in a
 * mount namespace that ends with this. The process that makes it shares our table of descriptors, so that what it
 * opens is ours. */
static int staged_overlay(const struct rootfs_source *source, const struct oci *oci, int ids,
			  struct error **err)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} how = {.flags = CLONE_NEWNS | CLONE_FILES, .exit_signal = SIGCHLD};
	struct answer answer = {.mount = -1};
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC))
		return error_errno(err, errno, "no pipe");
	pid_t pid = (pid_t)syscall(SYS_clone3, &how, sizeof(how));

	if (pid == 0) {
		answer.mount = mapped_overlay(source, oci, ids, err);
		if (*err) {
			answer.mount = -1;
			answer.code = (*err)->code;
			strncpy(answer.message, (*err)->message, sizeof(answer.message) - 1);
		}
		_exit(write(pipes[1], &answer, sizeof(answer)) != sizeof(answer));
	}
	if (pid < 0)
		error_errno(err, errno, "cannot make a mount namespace");
	int status = 0;

	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && (status || read(pipes[0], &answer, sizeof(answer)) != sizeof(answer)))
		error_set(err, ERROR_SYSTEM, "what mounts the layers of a container has died");
	else if (pid > 0 && answer.mount < 0)
		error_set(err, answer.code, "%s", answer.message);
	close(pipes[0]);
	close(pipes[1]);
	return *err ? (*err)->code : answer.mount;
}

int rootfs_overlay_(const struct rootfs_source *source, const struct oci *oci, int id_namespace,
		    struct error **err)
{
	if (!source->layers[0])
		return error_set(err, ERROR_INVALID, "a container without a layer");
	if (!source->data && !source->layers[1]) {
		CLEANUP(option_drop) struct option_set options = {.set = MOUNT_ATTR_RDONLY};
		CLEANUP(entry_close)
		int only = kernel_open_tree(AT_FDCWD, source->layers[0], OPEN_TREE_CLONE);
		int given = only;

		if (only < 0)
			return error_errno(err, errno, "cannot open the layer %s",
					   source->layers[0]);
		if (rootfs_attributes_(only, &options, id_namespace, source->layers[0], err))
			return (*err)->code;
		only = -1;
		return given;
	}
	return id_namespace < 0 ? overlay(source, err)
				: staged_overlay(source, oci, id_namespace, err);
}
