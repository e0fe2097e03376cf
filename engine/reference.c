/* SPDX-License-Identifier: MIT */
#include "engine/reference.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#define HUB          "docker.io"
#define LIBRARY      "library/"
#define PATH_MAX_LEN 255
#define TAG_MAX_LEN  128

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_lower(c) || is_upper(c);
}

static bool is_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_digit(s[i]) && !(s[i] >= 'a' && s[i] <= 'f'))
			return false;
	return true;
}

/* The part before the port: an address in brackets, or dot-separated names of letters, digits and
 * inner hyphens. */
static bool host_is_valid(const char *s, size_t len)
{
	if (!len)
		return false;
	if (s[0] == '[') {
		if (len < 3 || s[len - 1] != ']')
			return false;
		for (size_t i = 1; i + 1 < len; i++)
			if (!is_alnum(s[i]) && s[i] != ':' && s[i] != '.')
				return false;
		return true;
	}
	for (size_t i = 0; i < len; i++) {
		bool inner = i > 0 && i + 1 < len && is_alnum(s[i - 1]);

		if (is_alnum(s[i]))
			continue;
		if (s[i] == '-' && i > 0 && i + 1 < len && s[i - 1] != '.' && s[i + 1] != '.')
			continue;
		if (s[i] != '.' || !inner || !is_alnum(s[i + 1]))
			return false;
	}
	return true;
}

static bool domain_is_valid(const char *domain)
{
	const char *end = domain[0] == '[' ? strchr(domain, ']') : domain;
	const char *port = end ? strchr(end, ':') : NULL;

	if (!port)
		return host_is_valid(domain, strlen(domain));
	for (const char *p = port + 1; *p; p++)
		if (!is_digit(*p))
			return false;
	return port[1] && host_is_valid(domain, (size_t)(port - domain));
}

/* The separator that stands at s inside a part of a path: ".", "_", "__" or hyphens. 0: none. */
static size_t separator_len(const char *s)
{
	if (*s == '.')
		return 1;
	if (*s == '_')
		return s[1] == '_' ? 2 : 1;
	return strspn(s, "-");
}

static bool path_is_valid(const char *s)
{
	for (;;) {
		size_t n = 0;

		while (is_lower(s[n]) || is_digit(s[n]))
			n++;
		if (!n)
			return false;
		s += n;
		if (!*s)
			return true;
		n = *s == '/' ? 1 : separator_len(s);
		if (!n)
			return false;
		s += n;
	}
}

static bool tag_is_valid(const char *s)
{
	size_t len = strlen(s);

	if (!len || len > TAG_MAX_LEN || *s == '.' || *s == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(s[i]) && !strchr("_.-", s[i]))
			return false;
	return true;
}

static const struct {
	const char *prefix;
	size_t digits;
} algorithms[] = {
	{"sha256:", 64},
	{"sha384:", 96},
	{"sha512:", 128},
};

static bool digest_is_valid(const char *s)
{
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		const char *hex = s + strlen(algorithms[i].prefix);

		if (text_starts(s, algorithms[i].prefix))
			return strlen(hex) == algorithms[i].digits &&
			       is_hex(hex, algorithms[i].digits);
	}
	return false;
}

/* The length of the domain that string begins with, 0 where it names none. */
static size_t domain_len(const char *string)
{
	const char *slash = strchr(string, '/');
	size_t len = slash ? (size_t)(slash - string) : 0;

	if (len == strlen("localhost") && !memcmp(string, "localhost", len))
		return len;
	for (size_t i = 0; i < len; i++)
		if (string[i] == '.' || string[i] == ':' || is_upper(string[i]))
			return len;
	return 0;
}

static int check(const char *string, const struct reference *reference, struct error **err)
{
	if (!domain_is_valid(reference->domain))
		return error_set(err, ERROR_INVALID,
				 "image \"%s\": \"%s\" is not a registry's name", string,
				 reference->domain);
	for (const char *p = reference->path; *p; p++)
		if (is_upper(*p))
			return error_set(err, ERROR_INVALID,
					 "image \"%s\": the repository \"%s\" must be lower case",
					 string, reference->path);
	if (!path_is_valid(reference->path))
		return error_set(err, ERROR_INVALID,
				 "image \"%s\": \"%s\" is not a repository's name", string,
				 reference->path);
	if (strlen(reference->path) > PATH_MAX_LEN)
		return error_set(err, ERROR_INVALID,
				 "image \"%.40s...\": the repository's name is over %d characters",
				 string, PATH_MAX_LEN);
	if (reference->tag && !tag_is_valid(reference->tag))
		return error_set(err, ERROR_INVALID, "image \"%s\": \"%s\" is not a tag", string,
				 reference->tag);
	if (reference->digest && !digest_is_valid(reference->digest))
		return error_set(err, ERROR_INVALID, "image \"%s\": \"%s\" is not a digest", string,
				 reference->digest);
	return 0;
}

int reference_parse(const char *string, struct reference *ret, struct error **err)
{
	CLEANUP(reference_drop) struct reference r = {0};
	size_t domain = domain_len(string), len;
	const char *rest = domain ? string + domain + 1 : string;
	const char *at = strchr(rest, '@'), *colon;
	bool is_hub;
	int status;

	if (!*string)
		return error_set(err, ERROR_INVALID, "an image's name is empty");
	if (strlen(string) == 64 && is_hex(string, 64))
		return error_set(err, ERROR_INVALID,
				 "image \"%s\": this is an image's id, not its name", string);
	len = at ? (size_t)(at - rest) : strlen(rest);
	if (at)
		r.digest = memory_copy(at + 1);
	colon = memchr(rest, ':', len);
	if (colon) {
		r.tag = memory_copy_n(colon + 1, len - (size_t)(colon + 1 - rest));
		len = (size_t)(colon - rest);
	}
	r.domain = domain ? memory_copy_n(string, domain) : memory_copy(HUB);
	if (text_same(r.domain, "index." HUB)) {
		memory_free(&r.domain);
		r.domain = memory_copy(HUB);
	}
	is_hub = text_same(r.domain, HUB) && !memchr(rest, '/', len);
	r.path = memory_format("%s%.*s", is_hub && len ? LIBRARY : "",
			       (int)(len > 1024 ? 1024 : len), rest);
	status = check(string, &r, err);
	if (status)
		return status;
	*ret = r;
	r = (struct reference){0};
	return 0;
}

void reference_drop(struct reference *reference)
{
	memory_free(&reference->domain);
	memory_free(&reference->path);
	memory_free(&reference->tag);
	memory_free(&reference->digest);
}

char *reference_name(const struct reference *reference, bool familiar)
{
	const char *path = reference->path;

	if (!familiar || !text_same(reference->domain, HUB))
		return memory_format("%s/%s", reference->domain, path);
	/* library/a/b is not a short name's long form. */
	if (text_starts(path, LIBRARY) && !strchr(path + strlen(LIBRARY), '/'))
		path += strlen(LIBRARY);
	return memory_copy(path);
}

const char *reference_tag(const struct reference *reference)
{
	return reference->tag || reference->digest ? reference->tag : "latest";
}

static char *format(const struct reference *reference, bool familiar, const char *tag)
{
	CLEANUP(memory_free) char *name = reference_name(reference, familiar);

	return memory_format("%s%s%s%s%s", name, tag ? ":" : "", tag ? tag : "",
			     reference->digest ? "@" : "",
			     reference->digest ? reference->digest : "");
}

char *reference_familiar(const struct reference *reference)
{
	return format(reference, true, reference->tag);
}

char *reference_canonical(const struct reference *reference)
{
	return format(reference, false, reference_tag(reference));
}
