/* SPDX-License-Identifier: MIT */
#include "engine/linux/filter.store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/linux/entry.h"

/* FNV-1a: it only spreads names, the text decides. */
static uint64_t spread(const char *bytes)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *bytes; bytes++)
		hash = (hash ^ (unsigned char)*bytes) * UINT64_C(1099511628211);
	return hash;
}

static bool is_ours(int fd, mode_t kind)
{
	struct stat about;

	return fstat(fd, &about) == 0 && (about.st_mode & S_IFMT) == kind &&
	       about.st_uid == geteuid() && !(about.st_mode & 022);
}

static int open_folder(const char *folder)
{
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && !is_ours(fd, S_IFDIR))
		entry_close(&fd);
	return fd;
}

static void add_head(struct text *text, const char *key)
{
	const struct scmp_version *version = seccomp_version();

	text_printf(text, "libseccomp %u.%u.%u\n%s\n", version->major, version->minor,
		    version->micro, key);
}

bool filter_store_read(const char *folder, const char *key, struct text *code)
{
	CLEANUP(entry_close) int at = folder ? open_folder(folder) : -1;
	CLEANUP(text_drop) struct text head = {0}, whole = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	char name[32];

	if (at < 0)
		return false;
	add_head(&head, key);
	snprintf(name, sizeof(name), "%016" PRIx64, spread(head.data));
	CLEANUP(entry_close) int file = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (file < 0 || !is_ours(file, S_IFREG) || entry_read(at, name, folder, &whole, &err) ||
	    whole.len <= head.len || memcmp(whole.data, head.data, head.len) != 0)
		return false;
	text_add_n(code, whole.data + head.len, whole.len - head.len);
	return true;
}

void filter_store_write(const char *folder, const char *key, const struct text *code)
{
	CLEANUP(text_drop) struct text whole = {0};
	char name[32], temporary[64];

	if (!folder)
		return;
	mkdir(folder, 0700);
	CLEANUP(entry_close) int at = open_folder(folder);

	if (at < 0)
		return;
	add_head(&whole, key);
	snprintf(name, sizeof(name), "%016" PRIx64, spread(whole.data));
	snprintf(temporary, sizeof(temporary), "%s.%ld", name, (long)getpid());
	text_add_n(&whole, code->data, code->len);
	CLEANUP(entry_close)
	int file = openat(at, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (file < 0)
		return;
	if (write(file, whole.data, whole.len) != (ssize_t)whole.len || fsync(file) ||
	    renameat(at, temporary, at, name))
		unlinkat(at, temporary, 0);
}
