/* SPDX-License-Identifier: MIT */
#include "engine/image/inflow.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/memory.h"

#define NOW(call, ...)                                                                             \
	({                                                                                         \
		uv_fs_t request_;                                                                  \
		int result_ = uv_fs_##call(NULL, &request_, __VA_ARGS__, NULL);                    \
		uv_fs_req_cleanup(&request_);                                                      \
		result_;                                                                           \
	})

enum { MAGIC = 6 };

struct inflow {
	char *path;
	uv_file file; /* 0: the standard input, which is not closed */
	char magic[MAGIC];
	size_t magic_len, magic_given; /* bytes that were read to look at them */
	struct unpacker *unpacker;     /* or NULL */
};

static const struct {
	const char *bytes;
	size_t len;
} packings[] = {{"\x1f\x8b", 2}, {"\x28\xb5\x2f\xfd", 4}, {"\xfd\x37zXZ\0", 6}, {"BZh", 3}};

static int read_some(struct inflow *inflow, char *bytes, size_t max, size_t *len,
		     struct error **err)
{
	uv_buf_t buffer = uv_buf_init(bytes, max < (1u << 30) ? (unsigned)max : 1u << 30);
	int count = NOW(read, inflow->file, &buffer, 1, -1);

	if (count < 0)
		return error_uv(err, count, "cannot read %s", inflow->path);
	*len = (size_t)count;
	return 0;
}

/* What was looked at comes first. */
static int read_plain(void *payload, char *bytes, size_t max, size_t *len, struct error **err)
{
	struct inflow *inflow = payload;
	size_t left = inflow->magic_len - inflow->magic_given;

	if (!left)
		return read_some(inflow, bytes, max, len, err);
	*len = left < max ? left : max;
	memcpy(bytes, inflow->magic + inflow->magic_given, *len);
	inflow->magic_given += *len;
	return 0;
}

static bool is_packed(const struct inflow *inflow)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(*packings); i++)
		if (inflow->magic_len >= packings[i].len &&
		    memcmp(inflow->magic, packings[i].bytes, packings[i].len) == 0)
			return true;
	return false;
}

static int look(struct inflow *inflow, struct error **err)
{
	size_t len = 1;

	while (inflow->magic_len < MAGIC && len) {
		if (read_some(inflow, inflow->magic + inflow->magic_len, MAGIC - inflow->magic_len,
			      &len, err) < 0)
			return (*err)->code;
		inflow->magic_len += len;
	}
	if (!is_packed(inflow))
		return 0;
	return unpacker_open(read_plain, inflow, &inflow->unpacker, err);
}

int inflow_open(const char *path, struct inflow **ret, struct error **err)
{
	bool standard = strcmp(path, "-") == 0;
	int file = standard ? 0 : NOW(open, path, UV_FS_O_RDONLY, 0);

	if (file < 0)
		return error_uv(err, file, "cannot read %s", path);
	CLEANUP(inflow_close) struct inflow *inflow = memory_zero(1, sizeof(*inflow));

	inflow->path = memory_copy(standard ? "the standard input" : path);
	inflow->file = file;
	if (look(inflow, err) < 0)
		return (*err)->code;
	*ret = steal(&inflow);
	return 0;
}

void inflow_close(struct inflow **inflow)
{
	struct inflow *closed = steal(inflow);

	if (!closed)
		return;
	unpacker_close(&closed->unpacker);
	if (closed->file > 0)
		NOW(close, closed->file);
	free(closed->path);
	free(closed);
}

int inflow_read(void *payload, char *bytes, size_t max, size_t *len, struct error **err)
{
	struct inflow *inflow = payload;

	if (!inflow->unpacker)
		return read_plain(inflow, bytes, max, len, err);
	if (unpacker_read(inflow->unpacker, bytes, max, len, err) < 0)
		return error_wrap(err, "%s", inflow->path);
	return 0;
}
