/* SPDX-License-Identifier: MIT */
#include "engine/tar.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#define BLOCK 512

/* The ustar header of POSIX.1-1988; numbers are octal text. */
struct header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char kind;
	char target[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char device_major[8];
	char device_minor[8];
	char prefix[155];
	char rest[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static bool is_ascii(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* width - 1 octal digits and a NUL; what does not fit is told by the pax header, then zeros stand
 * here. */
static void octal(char *field, size_t width, uint64_t value)
{
	if (value >> (3 * (width - 1)))
		value = 0;
	for (size_t i = width - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
	field[width - 1] = '\0';
}

static void copy_field(char *field, size_t width, const char *s)
{
	size_t len = strlen(s);

	memcpy(field, s, len < width ? len : width);
}

/* Splits a path of over 100 bytes at a slash into prefix and name. False: it takes a pax header. */
static bool set_path(struct header *header, const char *path)
{
	size_t len = strlen(path);

	if (!is_ascii(path))
		return false;
	if (len <= sizeof(header->name)) {
		memcpy(header->name, path, len);
		return true;
	}
	for (size_t i = len - sizeof(header->name) - 1; i <= sizeof(header->prefix) && i + 1 < len;
	     i++) {
		if (path[i] != '/' || !i)
			continue;
		memcpy(header->prefix, path, i);
		memcpy(header->name, path + i + 1, len - i - 1);
		return true;
	}
	return false;
}

static void finish(struct text *out, struct header *header)
{
	const unsigned char *p = (const unsigned char *)header;
	unsigned sum = 0;

	memcpy(header->magic, "ustar", 6);
	memcpy(header->version, "00", 2);
	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += p[i];
	octal(header->checksum, 7, sum);
	text_add_n(out, (const char *)header, BLOCK);
}

/* "LEN KEY=VALUE\n", where LEN counts itself. */
static void add_record(struct text *out, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, len = rest + 1;

	for (;;) {
		size_t digits = (size_t)snprintf(NULL, 0, "%zu", len);

		if (rest + digits == len)
			break;
		len = rest + digits;
	}
	text_printf(out, "%zu %s=%s\n", len, key, value);
}

static void add_number(struct text *out, const char *key, uint64_t value, size_t width)
{
	char digits[24];

	if (!(value >> (3 * (width - 1))))
		return;
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	add_record(out, key, digits);
}

static void add_pax(struct text *out, const struct text *records)
{
	struct header header = {.name = "PaxHeaders/x", .kind = 'x'};

	octal(header.mode, sizeof(header.mode), 0644);
	octal(header.uid, sizeof(header.uid), 0);
	octal(header.gid, sizeof(header.gid), 0);
	octal(header.size, sizeof(header.size), records->len);
	octal(header.mtime, sizeof(header.mtime), 0);
	finish(out, &header);
	text_add_n(out, records->data, records->len);
	tar_pad(out, records->len);
}

void tar_header(struct text *out, const struct tar_entry *entry)
{
	static const char kinds[] = {[TAR_FILE] = '0', [TAR_FOLDER] = '5', [TAR_LINK] = '2'};
	CLEANUP(text_drop) struct text records = {0};
	struct header header = {.kind = kinds[entry->kind]};
	const char *target = entry->kind == TAR_LINK ? entry->target : "";
	uint64_t size = entry->kind == TAR_FILE ? entry->size : 0;
	uint64_t modified = entry->modified > 0 ? (uint64_t)entry->modified : 0;
	bool has_slash = text_ends(entry->path, "/");
	CLEANUP(memory_free)
	char *path = memory_format("%s%s", entry->path,
				   entry->kind == TAR_FOLDER && !has_slash ? "/" : "");

	if (!set_path(&header, path)) {
		add_record(&records, "path", path);
		/* What a reader without pax would see: the last bytes name it best. */
		copy_field(header.name, sizeof(header.name),
			   path + (strlen(path) > 100 ? strlen(path) - 100 : 0));
	}
	if (strlen(target) > sizeof(header.target) || !is_ascii(target))
		add_record(&records, "linkpath", target);
	copy_field(header.target, sizeof(header.target), target);
	octal(header.mode, sizeof(header.mode), entry->mode & 07777);
	octal(header.uid, sizeof(header.uid), entry->uid);
	octal(header.gid, sizeof(header.gid), entry->gid);
	octal(header.size, sizeof(header.size), size);
	octal(header.mtime, sizeof(header.mtime), modified);
	add_number(&records, "uid", entry->uid, sizeof(header.uid));
	add_number(&records, "gid", entry->gid, sizeof(header.gid));
	add_number(&records, "size", size, sizeof(header.size));
	add_number(&records, "mtime", modified, sizeof(header.mtime));
	if (records.len)
		add_pax(out, &records);
	finish(out, &header);
}

void tar_pad(struct text *out, uint64_t size)
{
	text_add_repeat(out, '\0', (size_t)(-size % BLOCK));
}

void tar_end(struct text *out)
{
	text_add_repeat(out, '\0', 2 * BLOCK);
}

void tar_file(struct text *out, const struct tar_entry *entry, const char *bytes)
{
	tar_header(out, entry);
	text_add_n(out, bytes, (size_t)entry->size);
	tar_pad(out, entry->size);
}
