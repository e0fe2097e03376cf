/* SPDX-License-Identifier: MIT */
#include "engine/linux/within.h"

#include <errno.h>
#include <stdint.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/linux/entry.h"

/* Somebody who renames inside the root makes the kernel give up with EAGAIN; it is asked again so often. */
#define TRIES 128

static int open_at(int root, const char *path, uint64_t flags, uint64_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = mode,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd < 0 ? -errno : fd;
}

int within_open(int root, const char *path, enum within_kind kind, bool plain)
{
	return open_at(
		root, path,
		O_PATH | (kind == WITHIN_FOLDER ? O_DIRECTORY : 0) | (plain ? O_NOFOLLOW : 0), 0);
}

/* The folder that holds the last part of path, made if missing; -errno. */
static int make_parent(int root, const char *path)
{
	int at = open_at(root, ".", O_PATH | O_DIRECTORY, 0);
	const char *end = strrchr(path, '/');

	for (const char *it = path; at >= 0 && end && it < end;) {
		it += strspn(it, "/");
		it += strcspn(it, "/");
		if (it > end)
			break;
		CLEANUP(memory_free) char *until = memory_copy_n(path, (size_t)(it - path));
		int next = open_at(root, until, O_PATH | O_DIRECTORY, 0);

		if (next == -ENOENT && *strrchr(until, '/')) {
			const char *name = strrchr(until, '/') + 1;

			/* A link that leads to nothing is there already, and is not made good. */
			if (mkdirat(at, name, 0755) && errno != EEXIST)
				next = -errno;
			else
				next = open_at(root, until, O_PATH | O_DIRECTORY, 0);
		}
		entry_close(&at);
		at = next;
	}
	return at;
}

int within_make(int root, const char *path, enum within_kind kind, bool plain, struct error **err)
{
	CLEANUP(memory_free) char *whole = memory_format("%s%s", *path == '/' ? "" : "/", path);
	size_t len = strlen(whole);

	while (len > 1 && whole[len - 1] == '/')
		whole[--len] = '\0';
	int fd = within_open(root, whole, kind, plain);

	if (fd == -ENOENT) {
		CLEANUP(entry_close) int parent = make_parent(root, whole);
		const char *name = strrchr(whole, '/') + 1;
		int made = -1;

		if (parent < 0)
			return error_errno(err, -parent,
					   "cannot make the folders of %s in the container", path);
		if (kind == WITHIN_FOLDER)
			made = mkdirat(parent, name, 0755);
		else
			made = mknodat(parent, name, S_IFREG | 0644, 0);
		if (made && errno != EEXIST)
			return error_errno(err, errno, "cannot make %s in the container", path);
		fd = within_open(root, whole, kind, plain);
	}
	if (fd == -ELOOP)
		return error_set(
			err, ERROR_INVALID,
			"%s is, or lies behind, a link that is not followed in a container", path);
	if (fd < 0)
		return error_errno(err, -fd, "cannot open %s in the container", path);
	return fd;
}
