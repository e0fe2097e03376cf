/* SPDX-License-Identifier: MIT */
#include "engine/linux/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define LARGEST (16 << 20)

void entry_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int entry_write(int folder, const char *name, const char *value, const char *what,
		struct error **err)
{
	CLEANUP(entry_close) int fd = openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t len = (ssize_t)strlen(value);

	if (fd < 0)
		return error_errno(err, errno, "cannot open %s/%s", what, name);
	if (write(fd, value, (size_t)len) != len)
		return error_errno(err, errno, "cannot write \"%s\" to %s/%s", value, what, name);
	return 0;
}

int entry_read(int folder, const char *name, const char *what, struct text *ret, struct error **err)
{
	CLEANUP(entry_close) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return error_errno(err, errno, "cannot open %s/%s", what, name);
	while ((n = read(fd, text_reserve(ret, 4096), 4096)) > 0) {
		ret->len += (size_t)n;
		ret->data[ret->len] = '\0';
		if (ret->len > LARGEST)
			return error_set(err, ERROR_INVALID, "%s/%s is larger than 16 MiB", what,
					 name);
	}
	if (n < 0)
		return error_errno(err, errno, "cannot read %s/%s", what, name);
	return 0;
}

bool entry_exists(int folder, const char *name)
{
	return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
