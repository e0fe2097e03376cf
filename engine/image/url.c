/* SPDX-License-Identifier: MIT */
#include "engine/image/url.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/memory.h"

void url_drop(struct url *url)
{
	free(url->authority);
	free(url->path);
	*url = (struct url){0};
}

static bool is_printable(const char *string)
{
	for (; *string; string++)
		if (*string <= ' ' || *string == 0x7f)
			return false;
	return true;
}

static int invalid(const char *string, struct error **err)
{
	size_t len = strlen(string);

	return error_set(err, ERROR_INVALID, "\"%.*s\" is not an address of http or https",
			 len > 200 ? 200 : (int)len, string);
}

int url_parse(const char *string, struct url *ret, struct error **err)
{
	bool secure = text_starts(string, "https://");
	const char *authority = string + (secure ? 8 : 7);
	size_t len;

	if ((!secure && !text_starts(string, "http://")) || !is_printable(string))
		return invalid(string, err);
	len = strcspn(authority, "/?#");
	if (!len || memchr(authority, '@', len) || memchr(authority, '\\', len))
		return invalid(string, err);
	const char *path = authority + len;
	size_t path_len = strcspn(path, "#");

	ret->secure = secure;
	ret->authority = memory_copy_n(authority, len);
	for (char *c = ret->authority; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	ret->path = memory_format("%s%.*s", *path == '/' ? "" : "/", (int)path_len, path);
	return 0;
}

int url_resolve(const struct url *base, const char *location, struct url *ret, struct error **err)
{
	CLEANUP(memory_free) char *origin = url_base(base);
	CLEANUP(memory_free) char *whole = NULL;
	const char *slash;

	if (text_starts(location, "https://") || text_starts(location, "http://"))
		return url_parse(location, ret, err);
	if (text_starts(location, "//")) {
		whole = memory_format("%s:%s", base->secure ? "https" : "http", location);
	} else if (*location == '/') {
		whole = memory_format("%s%s", origin, location);
	} else {
		size_t len = strcspn(base->path, "?");

		/* Another scheme is no path. */
		if (strcspn(location, ":") < strcspn(location, "/?"))
			return invalid(location, err);
		CLEANUP(memory_free) char *path = memory_copy_n(base->path, len);

		slash = strrchr(path, '/');
		whole = memory_format("%s%.*s%s", origin, (int)(slash - path) + 1, path, location);
	}
	return url_parse(whole, ret, err);
}

char *url_base(const struct url *url)
{
	return memory_format("%s://%s", url->secure ? "https" : "http", url->authority);
}

bool url_same_origin(const struct url *a, const struct url *b)
{
	return a->secure == b->secure && text_same(a->authority, b->authority);
}

bool url_is_loopback(const char *authority)
{
	const char *end = strchr(authority, ']');
	size_t len =
		end && *authority == '[' ? (size_t)(end - authority) + 1 : strcspn(authority, ":");
	CLEANUP(memory_free) char *host = memory_copy_n(authority, len);
	unsigned char address[4];

	if (text_same(host, "[::1]"))
		return true;
	if (text_same_nocase(host, "localhost") || text_ends(host, ".localhost"))
		return true;
	return uv_inet_pton(AF_INET, host, address) == 0 && address[0] == 127;
}

void url_escape(struct text *out, const char *value)
{
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("-._~", c))
			text_add_char(out, (char)c);
		else
			text_printf(out, "%%%02X", c);
	}
}
