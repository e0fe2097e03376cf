/* SPDX-License-Identifier: MIT */
/* tarball -- tar archives for tests, right and wrong, written from lines (cmocka through tests/test.h
 * stands before it)
 *
 *	tarball(&text, "d|etc\nf|etc/greeting|hello\ns|bin|usr/bin\nh|etc/other|etc/greeting\n");
 *
 * KIND|PATH[|ARGUMENT[|OPTION...]]: f file (content), d folder, s symbolic link, h hard link (target),
 * c and b devices (MAJOR,MINOR), p fifo, X a pax record for the next entry (key, value), G for all, L and K GNU's
 * long name and target for it; any other letter is the header's own type. {300y} in a path or an
 * argument is 300 times y. Options: size=N (whatever the content is), mode=OCTAL, uid=N, gid=N,
 * sum (a wrong checksum), cut (the archive ends in the content), prefix=PATH.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

struct tarball_line {
	char *fields[8];
	size_t count;
	struct text expanded[3];
};

static inline const char *tarball_option(const struct tarball_line *line, const char *name)
{
	for (size_t i = 3; i < line->count; i++)
		if (text_starts(line->fields[i], name))
			return line->fields[i] + strlen(name);
	return NULL;
}

static inline void tarball_expand(struct text *out, const char *field)
{
	while (*field) {
		char *end;
		unsigned long count = *field == '{' ? strtoul(field + 1, &end, 10) : 0;

		if (*field == '{' && count && end[0] && end[1] == '}') {
			text_add_repeat(out, *end, count);
			field = end + 2;
		} else {
			text_add_char(out, *field++);
		}
	}
}

static inline void tarball_pad(struct text *out)
{
	text_add_repeat(out, '\0', -out->len & 511);
}

static inline void tarball_header(struct text *out, const struct tarball_line *line, char type,
				  const char *path, const char *target, size_t size)
{
	char header[512] = "";
	const char *mode = tarball_option(line, "mode="), *uid = tarball_option(line, "uid=");
	const char *gid = tarball_option(line, "gid="), *said = tarball_option(line, "size=");
	const char *prefix = tarball_option(line, "prefix=");
	unsigned sum = 0, major = 0, minor = 0;

	memcpy(header, path, strnlen(path, 100));
	snprintf(header + 100, 8, "%07o",
		 (unsigned)(mode          ? strtoul(mode, NULL, 8)
			    : type == '5' ? 0755
					  : 0644));
	snprintf(header + 108, 8, "%07o", (unsigned)(uid ? strtoul(uid, NULL, 10) : 0) & 07777777);
	snprintf(header + 116, 8, "%07o", (unsigned)(gid ? strtoul(gid, NULL, 10) : 0) & 07777777);
	snprintf(header + 124, 12, "%011llo",
		 said ? strtoull(said, NULL, 10) & 077777777777 : (unsigned long long)size);
	snprintf(header + 136, 12, "%011o", 1700000000u);
	header[156] = type;
	memcpy(header + 157, target, strnlen(target, 100));
	memcpy(header + 257,
	       "ustar\0"
	       "00",
	       8);
	if ((type == '3' || type == '4') && sscanf(target, "%u,%u", &major, &minor) == 2) {
		memset(header + 157, 0, 100);
		snprintf(header + 329, 8, "%07o", major);
		snprintf(header + 337, 8, "%07o", minor);
	}
	if (prefix)
		memcpy(header + 345, prefix, strnlen(prefix, 155));
	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum + (tarball_option(line, "sum") ? 1 : 0));
	text_add_n(out, header, 512);
}

/* "LENGTH KEY=VALUE\n", whose length counts itself. */
static inline void tarball_pax(struct text *out, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, len = rest + 1;
	char digits[24];

	while ((size_t)snprintf(digits, sizeof(digits), "%zu", len) + rest != len)
		len = (size_t)snprintf(digits, sizeof(digits), "%zu", len) + rest;
	text_printf(out, "%zu %s=%s\n", len, key, value);
}

static inline void tarball_line(struct text *out, struct tarball_line *line)
{
	static const char kinds[] = "fdshcbp", types[] = "0521346";
	CLEANUP(text_drop) struct text content = {0};
	const char *path, *argument;
	char kind = *line->fields[0];
	const char *known = strchr(kinds, kind);
	char type = known ? types[known - kinds] : kind;

	for (size_t i = 1; i < line->count && i < 3; i++)
		tarball_expand(&line->expanded[i], line->fields[i]);
	path = text_string(&line->expanded[1]);
	argument = text_string(&line->expanded[2]);
	if (kind == 'X' || kind == 'G') {
		type = kind == 'X' ? 'x' : 'g';
		tarball_pax(&content, path, argument);
		path = "pax";
	} else if (kind == 'L' || kind == 'K') {
		text_add_n(&content, path, strlen(path) + 1);
		path = "long";
	} else if (kind == 'f' || !known) {
		text_add(&content, argument);
	}
	tarball_header(out, line, type, path, strchr("12346", type) ? argument : "", content.len);
	text_add_n(out, text_string(&content), content.len);
	if (!tarball_option(line, "cut"))
		tarball_pad(out);
}

/* Adds the archive, with its end. */
static inline void tarball(struct text *out, const char *lines)
{
	CLEANUP(memory_free) char *copy = memory_copy(lines);
	bool cut = false;

	for (char *at = copy, *next; *at; at = next) {
		struct tarball_line line = {0};

		next = at + strcspn(at, "\n");
		if (*next)
			*next++ = '\0';
		for (char *field = at; field && line.count < 8;) {
			char *bar = strchr(field, '|');

			line.fields[line.count++] = field;
			if (bar)
				*bar++ = '\0';
			field = bar;
		}
		tarball_line(out, &line);
		cut |= tarball_option(&line, "cut") != NULL;
		text_drop(&line.expanded[1]);
		text_drop(&line.expanded[2]);
	}
	if (!cut)
		text_add_repeat(out, '\0', 1024);
}
