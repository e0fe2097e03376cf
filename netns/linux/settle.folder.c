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

struct removal {
	const char *folder;
	struct error **err;
	int status;
};

static void remove_one(const char *name, void *payload)
{
	struct removal *removal = payload;
	CLEANUP(memory_free) char *path = path_join(removal->folder, name);

	if (removal->status == 0)
		removal->status = file_remove(path, removal->err);
}

int settle_remove(const char *folder, struct error **err)
{
	struct removal removal = {.folder = folder, .err = err};

	if (file_kind(folder) == FILE_ABSENT)
		return 0;
	/* All of its files: a kill may have left one in the writing. */
	int status = file_list(folder, remove_one, &removal, err);

	if (status == 0)
		status = removal.status;
	if (status == 0 && rmdir(folder) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot remove %s", folder);
	return status;
}
