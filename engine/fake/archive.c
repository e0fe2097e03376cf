/* SPDX-License-Identifier: MIT */
/* archive -- the files of a container, to and from tar (POSIX.1-1988 ustar, the subset that
 * Docker's copy needs) */
#include "engine/fake/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 512

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[8], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

void fake_archive_put(struct map *files, const char *path, const char *bytes, size_t len)
{
	struct text *text = map_get(files, path);

	if (!text) {
		text = memory_zero(1, sizeof(*text));
		map_set(files, path, text);
	}
	text_clear(text);
	text_add_n(text, bytes, len);
}

/* folder/name, without a double slash and a leading ./ */
static char *join(const char *folder, const char *name)
{
	size_t len = strlen(folder);

	while (text_starts(name, "./") || *name == '/')
		name += *name == '/' ? 1 : 2;
	while (len && folder[len - 1] == '/')
		len--;
	return memory_format("%.*s/%s", (int)len, folder, name);
}

int fake_archive_read(const char *tar, size_t len, const char *folder, struct map *files,
		      struct error **err)
{
	for (size_t at = 0; at + BLOCK <= len;) {
		const struct header *header = (const struct header *)(tar + at);
		if (!header->name[0])
			return 0;
		char number[13] = {0};
		memcpy(number, header->size, 12);
		size_t size = strtoul(number, NULL, 8);
		at += BLOCK;
		if (size > len - at)
			return error_set(err, ERROR_INVALID, "the archive ends within %.100s",
					 header->name);
		if (header->type == '0' || header->type == '\0') {
			char name[257];
			snprintf(name, sizeof(name), "%.155s%s%.100s", header->prefix,
				 header->prefix[0] ? "/" : "", header->name);
			char *path = join(folder, name);
			fake_archive_put(files, path, tar + at, size);
			free(path);
		}
		at += (size + BLOCK - 1) / BLOCK * BLOCK;
	}
	return 0;
}

static void add_file(struct text *out, const char *name, const struct text *file)
{
	struct header header = {.type = '0', .magic = "ustar"};
	unsigned sum = 0;
	char number[16];

	memcpy(header.magic + 6, "00", 2);
	memcpy(header.name, name, strlen(name) < 100 ? strlen(name) : 100);
	snprintf(header.mode, 8, "%07o", 0644);
	snprintf(header.uid, 8, "%07o", 0);
	snprintf(header.gid, 8, "%07o", 0);
	snprintf(number, sizeof(number), "%011lo", (unsigned long)file->len);
	memcpy(header.size, number, 12);
	snprintf(header.mtime, 12, "%011o", 0);
	memset(header.sum, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += ((const unsigned char *)&header)[i];
	snprintf(header.sum, 7, "%06o", sum);
	text_add_n(out, (const char *)&header, BLOCK);
	text_add_n(out, text_string(file), file->len);
	text_add_repeat(out, '\0', (BLOCK - file->len % BLOCK) % BLOCK);
}

bool fake_archive_write(const struct map *files, const char *path, struct text *out)
{
	size_t len = strlen(path);
	const char *slash = strrchr(path, '/');
	bool some = false;

	while (len && path[len - 1] == '/')
		len--;
	MAP_FOR_EACH (entry, files) {
		bool is_file = text_same(entry->key, path);
		bool is_below = !strncmp(entry->key, path, len) && entry->key[len] == '/';
		if (!is_file && !is_below)
			continue;
		/* Names begin with the last part of the path, as Docker's archive has them. */
		add_file(out, entry->key + (slash && slash[1] ? slash + 1 - path : 1),
			 entry->value);
		some = true;
	}
	text_add_repeat(out, '\0', 2 * BLOCK);
	return some;
}
