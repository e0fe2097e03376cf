/* SPDX-License-Identifier: MIT */
#include "engine/image/untar.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

enum { BLOCK = 512, BUFFER = 256 << 10 };

/* The header of POSIX.1-1988; numbers are octal text, or GNU's binary ones. */
struct header {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], modified[12];
	char checksum[8];
	char type;
	char target[100];
	char magic[8];
	char user[32], group[32];
	char major[8], minor[8];
	char prefix[155];
	char rest[12];
};

/* What comes before an entry and goes for it. */
struct extension {
	char *path, *target;
	bool has_size, has_uid, has_gid, has_modified;
	uint64_t size, uid, gid;
	int64_t modified;
	uint32_t modified_ns;
	ARRAY(struct untar_xattr) xattrs;
};

struct untar {
	untar_source *source;
	void *payload;
	char *buffer;
	size_t start, len; /* of what is in it */
	bool at_end;       /* of the source */
	uint64_t left;     /* bytes of the entry's content that were not given */
	unsigned padding;  /* behind them */
	struct extension extension;
	struct untar_entry entry;
	char *path, *target; /* the entry's */
};

static void xattrs_drop(struct untar_xattr **items, size_t *len, size_t *cap)
{
	for (size_t i = 0; i < *len; i++) {
		free((*items)[i].name);
		free((*items)[i].value);
	}
	array_drop_(items, len, cap);
}

static void extension_drop(struct extension *extension)
{
	free(extension->path);
	free(extension->target);
	xattrs_drop(&extension->xattrs.items, &extension->xattrs.len, &extension->xattrs.cap);
	*extension = (struct extension){0};
}

static void entry_drop(struct untar *untar)
{
	xattrs_drop(&untar->entry.xattrs.items, &untar->entry.xattrs.len, &untar->entry.xattrs.cap);
	free(steal(&untar->path));
	free(steal(&untar->target));
	untar->entry = (struct untar_entry){0};
}

struct untar *untar_new(untar_source *source, void *payload)
{
	struct untar *untar = memory_zero(1, sizeof(*untar));

	untar->source = source;
	untar->payload = payload;
	untar->buffer = memory_alloc(BUFFER);
	return untar;
}

void untar_drop(struct untar **untar)
{
	struct untar *dropped = steal(untar);

	if (!dropped)
		return;
	extension_drop(&dropped->extension);
	entry_drop(dropped);
	free(dropped->buffer);
	free(dropped);
}

/* --- bytes */

/* At least one byte is in the buffer, unless the source has ended. */
static int fill(struct untar *untar, struct error **err)
{
	size_t len = 0;

	if (untar->len || untar->at_end)
		return 0;
	untar->start = 0;
	if (untar->source(untar->payload, untar->buffer, BUFFER, &len, err) < 0)
		return (*err)->code;
	untar->len = len;
	untar->at_end = len == 0;
	return 0;
}

static int ended_early(struct error **err)
{
	return error_set(err, ERROR_INVALID, "the archive ends in the middle of an entry");
}

/* Copies exactly len bytes; where none at all are left and *none is not NULL it is set instead. */
static int take(struct untar *untar, char *bytes, size_t len, bool *none, struct error **err)
{
	size_t got = 0;

	while (got < len) {
		if (fill(untar, err) < 0)
			return (*err)->code;
		if (!untar->len && got == 0 && none) {
			*none = true;
			return 0;
		}
		if (!untar->len)
			return ended_early(err);
		size_t piece = untar->len < len - got ? untar->len : len - got;

		memcpy(bytes + got, untar->buffer + untar->start, piece);
		untar->start += piece;
		untar->len -= piece;
		got += piece;
	}
	return 0;
}

int untar_data(struct untar *untar, const char **bytes, size_t *len, struct error **err)
{
	*len = 0;
	*bytes = "";
	if (!untar->left)
		return 0;
	if (fill(untar, err) < 0)
		return (*err)->code;
	if (!untar->len)
		return ended_early(err);
	*len = untar->len < untar->left ? untar->len : (size_t)untar->left;
	*bytes = untar->buffer + untar->start;
	untar->start += *len;
	untar->len -= *len;
	untar->left -= *len;
	return 0;
}

/* Goes to the next header. */
static int pass_over(struct untar *untar, struct error **err)
{
	const char *bytes;
	size_t len;

	do {
		if (untar_data(untar, &bytes, &len, err) < 0)
			return (*err)->code;
	} while (len);
	untar->left = untar->padding;
	untar->padding = 0;
	do {
		if (untar_data(untar, &bytes, &len, err) < 0)
			return (*err)->code;
	} while (len);
	return 0;
}

/* --- numbers */

static bool is_zero(const char *block)
{
	for (size_t i = 0; i < BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

/* Octal text that a space or a NUL ends, or base 256 with the highest bit set (GNU); at most 2^62. */
static bool number(const char *field, size_t size, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	if ((unsigned char)field[0] == 0x80) {
		for (i = 1; i < size; i++) {
			if (value >> 54)
				return false;
			value = value << 8 | (unsigned char)field[i];
		}
		*ret = value;
		return true;
	}
	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	for (; i < size; i++)
		if (field[i] != ' ' && field[i] != '\0')
			return false;
	*ret = value;
	return true;
}

/* A time may lie before 1970: then the number is negative, in base 256. */
static bool time_of(const char *field, size_t size, int64_t *ret)
{
	uint64_t value = 0;

	if ((unsigned char)field[0] == 0xff) {
		value = ~UINT64_C(0);
		for (size_t i = size - 8; i < size; i++)
			value = value << 8 | (unsigned char)field[i];
		*ret = (int64_t)value;
		return true;
	}
	if (!number(field, size, &value))
		return false;
	*ret = (int64_t)value;
	return true;
}

static bool checksum_fits(const char *block)
{
	const struct header *header = (const struct header *)block;
	uint64_t said, sum = 0;
	int64_t old = 0; /* some have summed signed bytes */

	if (!number(header->checksum, sizeof(header->checksum), &said))
		return false;
	for (size_t i = 0; i < BLOCK; i++) {
		bool own = i >= offsetof(struct header, checksum) &&
			   i < offsetof(struct header, checksum) + sizeof(header->checksum);

		sum += own ? ' ' : (unsigned char)block[i];
		old += own ? ' ' : (signed char)block[i];
	}
	return said == sum || (int64_t)said == old;
}

/* --- pax: "LENGTH KEY=VALUE\n" */

static bool decimal(const char *text, uint64_t *ret)
{
	size_t len = strspn(text, "0123456789");

	if (!len || len > 18 || text[len])
		return false;
	*ret = strtoull(text, NULL, 10);
	return true;
}

static bool pax_time(const char *text, struct extension *to)
{
	const char *point = strchr(text, '.');
	CLEANUP(memory_free)
	char *whole = memory_copy_n(text, point ? (size_t)(point - text) : strlen(text));
	bool negative = *whole == '-';
	uint64_t seconds, scale = 100000000;

	if (!decimal(whole + negative, &seconds))
		return false;
	to->modified = negative ? -(int64_t)seconds : (int64_t)seconds;
	to->modified_ns = 0;
	for (point = point ? point + 1 : ""; *point >= '0' && *point <= '9'; point++) {
		to->modified_ns += (uint32_t)((uint64_t)(*point - '0') * scale);
		scale /= 10;
	}
	/* Before 1970 the fraction counts backwards; it is not worth it. */
	if (negative)
		to->modified_ns = 0;
	to->has_modified = true;
	return !*point;
}

static bool set_path(char **to, const char *value, size_t len)
{
	if (len > UNTAR_PATH_MAX || memchr(value, '\0', len))
		return false;
	free(*to);
	*to = memory_copy_n(value, len);
	return true;
}

/* One record; negative: it cannot be taken. */
static int pax_record(struct extension *to, const char *key, const char *value, size_t len,
		      struct error **err)
{
	static const char xattr[] = "SCHILY.xattr.";
	bool well = true;

	if (text_starts(key, xattr)) {
		struct untar_xattr *item = array_add(&to->xattrs);

		*item = (struct untar_xattr){memory_copy(key + strlen(xattr)),
					     memory_copy_n(value, len), len};
	} else if (text_same(key, "path")) {
		well = set_path(&to->path, value, len);
	} else if (text_same(key, "linkpath")) {
		well = set_path(&to->target, value, len);
	} else if (text_same(key, "size")) {
		well = to->has_size = decimal(value, &to->size);
	} else if (text_same(key, "uid")) {
		well = to->has_uid = decimal(value, &to->uid);
	} else if (text_same(key, "gid")) {
		well = to->has_gid = decimal(value, &to->gid);
	} else if (text_same(key, "mtime")) {
		well = pax_time(value, to);
	} else if (text_starts(key, "GNU.sparse.")) {
		return error_set(err, ERROR_UNSUPPORTED, "the archive has a sparse file");
	}
	return well ? 0
		    : error_set(err, ERROR_INVALID, "the archive has a value that is none: %.40s",
				key);
}

static int pax(struct extension *to, char *text, size_t len, struct error **err)
{
	while (len) {
		char *digits_end = text + strspn(text, "0123456789");
		uint64_t size = 0;

		if (digits_end == text || digits_end - text > 9 || *digits_end != ' ')
			break;
		*digits_end = '\0';
		if (!decimal(text, &size) || !size || size > len)
			break;
		char *key = digits_end + 1, *end = text + size - 1;

		if (end <= key || *end != '\n')
			break;
		char *equals = memchr(key, '=', (size_t)(end - key));

		if (!equals || memchr(key, '\0', (size_t)(equals - key)))
			break;
		*equals = *end = '\0';
		if (pax_record(to, key, equals + 1, (size_t)(end - equals) - 1, err) < 0)
			return (*err)->code;
		text += size;
		len -= size;
	}
	return len ? error_set(err, ERROR_INVALID, "the archive has a pax header that is none") : 0;
}

/* --- entries */

/* The content of a header's own entry: pax records, a long name. Yours, with a NUL behind it. */
static int content(struct untar *untar, uint64_t size, char **ret, struct error **err)
{
	if (size > UNTAR_HEADER_MAX)
		return error_set(err, ERROR_INVALID,
				 "the archive has a header of %llu bytes, the most allowed is %d",
				 (unsigned long long)size, UNTAR_HEADER_MAX);
	CLEANUP(memory_free) char *text = memory_zero(size + 1, 1);

	if (take(untar, text, size, NULL, err) < 0)
		return (*err)->code;
	untar->left = 0;
	if (pass_over(untar, err) < 0)
		return (*err)->code;
	*ret = steal(&text);
	return 0;
}

/* A header that goes for the next entry; 0: it is the entry itself, 1: it was taken. */
static int extend(struct untar *untar, char type, uint64_t size, struct error **err)
{
	CLEANUP(memory_free) char *text = NULL;
	struct extension *to = &untar->extension;
	struct extension unused = {0};
	int status = 0;

	if (!type || !strchr("xgLK", type))
		return 0;
	if (content(untar, size, &text, err) < 0)
		return (*err)->code;
	if (type == 'L' || type == 'K') {
		if (!set_path(type == 'L' ? &to->path : &to->target, text, strlen(text)))
			status = error_set(err, ERROR_INVALID, "the archive has too long a name");
	} else {
		/* What goes for all of an archive is comments in practice. */
		status = pax(type == 'x' ? to : &unused, text, size, err);
		extension_drop(&unused);
	}
	return status < 0 ? status : 1;
}

static int kind_of(char type, const char *path, enum untar_kind *ret, struct error **err)
{
	static const char types[] = "0234561";
	static const enum untar_kind kinds[] = {UNTAR_FILE,    UNTAR_SYMLINK, UNTAR_CHARACTER,
						UNTAR_BLOCK,   UNTAR_FOLDER,  UNTAR_FIFO,
						UNTAR_HARDLINK};
	const char *at = type ? strchr(types, type) : types;

	if (type == '7')
		at = types;
	if (!at)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the archive has an entry of an unknown kind (0x%02x)",
				 (unsigned char)type);
	*ret = kinds[at - types];
	/* As before POSIX. */
	if (*ret == UNTAR_FILE && text_ends(path, "/"))
		*ret = UNTAR_FOLDER;
	return 0;
}

static char *old_path(const struct header *header)
{
	CLEANUP(memory_free) char *name = memory_copy_n(header->name, strnlen(header->name, 100));
	CLEANUP(memory_free)
	char *prefix = memory_copy_n(header->prefix, strnlen(header->prefix, 155));

	if (memcmp(header->magic, "ustar\0", 6) != 0 || !*prefix)
		return steal(&name);
	return memory_format("%s/%s", prefix, name);
}

static int take_names(struct untar *untar, const struct header *header, struct error **err)
{
	struct extension *extension = &untar->extension;

	untar->path = extension->path ? steal(&extension->path) : old_path(header);
	untar->target = extension->target
				? steal(&extension->target)
				: memory_copy_n(header->target, strnlen(header->target, 100));
	untar->entry.path = untar->path;
	untar->entry.target = untar->target;
	return kind_of(header->type, untar->path, &untar->entry.kind, err);
}

static int take_numbers(struct untar *untar, const struct header *header, uint64_t size,
			struct error **err)
{
	struct extension *extension = &untar->extension;
	struct untar_entry *entry = &untar->entry;
	uint64_t mode, major = 0, minor = 0;
	bool device = entry->kind == UNTAR_CHARACTER || entry->kind == UNTAR_BLOCK;

	if (!number(header->mode, sizeof(header->mode), &mode) ||
	    !number(header->uid, sizeof(header->uid), &entry->uid) ||
	    !number(header->gid, sizeof(header->gid), &entry->gid) ||
	    !time_of(header->modified, sizeof(header->modified), &entry->modified) ||
	    (device && (!number(header->major, sizeof(header->major), &major) ||
			!number(header->minor, sizeof(header->minor), &minor))))
		return error_set(err, ERROR_INVALID, "the archive has a number that is none");
	entry->mode = (uint32_t)mode & 07777;
	entry->major = (uint32_t)major;
	entry->minor = (uint32_t)minor;
	if (extension->has_uid)
		entry->uid = extension->uid;
	if (extension->has_gid)
		entry->gid = extension->gid;
	if (extension->has_modified) {
		entry->modified = extension->modified;
		entry->modified_ns = extension->modified_ns;
	}
	entry->xattrs.items = extension->xattrs.items;
	entry->xattrs.len = extension->xattrs.len;
	entry->xattrs.cap = extension->xattrs.cap;
	extension->xattrs.items = NULL;
	extension->xattrs.len = extension->xattrs.cap = 0;
	entry->size = entry->kind == UNTAR_FILE ? size : 0;
	return 0;
}

/* The content that lies behind a header: links and folders have none, whatever they say (a hard
 * link of some does say its file's size). */
static void expect(struct untar *untar, uint64_t size)
{
	untar->left = size;
	untar->padding = (unsigned)(-size & (BLOCK - 1));
}

static int take_header(struct untar *untar, const char *block, bool *is_entry, struct error **err)
{
	const struct header *header = (const struct header *)block;
	uint64_t size;

	if (!checksum_fits(block))
		return error_set(err, ERROR_INVALID,
				 "this is no tar archive, or it is damaged: a header's checksum is "
				 "wrong");
	if (!number(header->size, sizeof(header->size), &size))
		return error_set(err, ERROR_INVALID, "the archive has a size that is none");
	if (header->type == 'S')
		return error_set(err, ERROR_UNSUPPORTED, "the archive has a sparse file");
	expect(untar, size);
	int taken = extend(untar, header->type, size, err);

	*is_entry = taken == 0;
	if (taken)
		return taken < 0 ? taken : 0;
	if (untar->extension.has_size)
		size = untar->extension.size;
	if (take_names(untar, header, err) < 0 || take_numbers(untar, header, size, err) < 0)
		return (*err)->code;
	expect(untar, untar->entry.size);
	extension_drop(&untar->extension);
	return 0;
}

int untar_next(struct untar *untar, const struct untar_entry **ret, struct error **err)
{
	char block[BLOCK];
	bool is_entry = false;

	if (pass_over(untar, err) < 0)
		return (*err)->code;
	entry_drop(untar);
	while (!is_entry) {
		bool none = false;

		if (take(untar, block, BLOCK, &none, err) < 0)
			return (*err)->code;
		if (none || is_zero(block)) {
			if (untar->extension.path || untar->extension.target)
				return ended_early(err);
			return 0;
		}
		if (take_header(untar, block, &is_entry, err) < 0)
			return (*err)->code;
	}
	*ret = &untar->entry;
	return 1;
}

/* --- paths */

int untar_path(const char *path, char **ret, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};

	if (strlen(path) > UNTAR_PATH_MAX)
		return error_set(err, ERROR_INVALID, "a path of %zu bytes is too long: %.60s...",
				 strlen(path), path);
	for (const char *part = path; *part;) {
		size_t len = strcspn(part, "/");

		if (len == 2 && part[0] == '.' && part[1] == '.')
			return error_set(err, ERROR_INVALID, "the path %.200s leads outside", path);
		if (len > 255)
			return error_set(err, ERROR_INVALID,
					 "a name of %zu bytes is too long: %.60s...", len, part);
		if (len && !(len == 1 && *part == '.')) {
			if (text.len)
				text_add_char(&text, '/');
			text_add_n(&text, part, len);
		}
		part += len + (part[len] == '/');
	}
	*ret = text_steal(&text);
	return 0;
}
