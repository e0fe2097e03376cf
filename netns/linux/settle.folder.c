/* SPDX-License-Identifier: MIT */
/* The folder alone: an engine reads it without what speaks with the kernel about links. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/field.h"
#include "netns/linux/settle.h"

int settle_read_file_(const char *folder, const char *name, struct network *ret, struct error **err)
{
	CLEANUP(memory_free) char *path = path_join(folder, name);
	CLEANUP(text_drop) struct text text = {0};
	int status = file_read(path, FIELD_LINE, &text, err);

	if (status < 0)
		return status;
	if (text.len && text.data[text.len - 1] == '\n')
		text.data[text.len - 1] = '\0';
	status = network_parse(text_string(&text), ret, err);
	return status < 0 ? error_wrap(err, "%s", path) : 0;
}

int settle_read(const char *folder, struct network *ret, struct error **err)
{
	return settle_read_file_(folder, "settled", ret, err);
}

int settle_remove(const char *folder, struct error **err)
{
	static const char *const files[] = {"control", "journal", "space", "settled",
					    "network", "log",     "log.1", "lock"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		CLEANUP(memory_free) char *path = path_join(folder, files[i]);
		int status = file_remove(path, err);

		if (status < 0)
			return status;
	}
	if (rmdir(folder) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot remove %s", folder);
	return 0;
}
