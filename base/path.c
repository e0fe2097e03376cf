/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <string.h>

#include <uv.h>

#include "base/memory.h"
#include "base/own.h"

#ifdef _WIN32
static const bool host_is_windows = true;
#else
static const bool host_is_windows = false;
#endif

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_drive(const char *path)
{
	return is_letter(path[0]) && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

bool path_host_is_windows(void)
{
	return host_is_windows;
}

bool path_is_windows(const char *path)
{
	return has_drive(path) || (path[0] == '\\' && path[1] == '\\');
}

bool path_is_absolute(const char *path)
{
	return path[0] == '/' || path_is_windows(path);
}

/* Whether a backslash separates in this path: what is neither kind by its beginning is the host's.
 */
static bool is_windows(const char *path)
{
	return path_is_windows(path) || (host_is_windows && path[0] != '/');
}

static bool is_separator(char c, bool windows)
{
	return c == '/' || (windows && c == '\\');
}

/* The length up to the next separator or the end. */
static size_t part_len(const char *path, bool windows)
{
	size_t len = 0;

	while (path[len] && !is_separator(path[len], windows))
		len++;
	return len;
}

/* What .. does not leave: /, C:\, \\server\share (with a separator behind where there is one). */
static size_t root_len(const char *path)
{
	size_t len = 2;

	if (path[0] == '/')
		return 1;
	if (has_drive(path))
		return 3;
	if (!path_is_windows(path))
		return 0;
	len += part_len(path + len, true);
	if (path[len])
		len += 1 + part_len(path + len + 1, true);
	return path[len] ? len + 1 : len;
}

char *path_join(const char *base, const char *path)
{
	bool windows = is_windows(base);
	size_t len = strlen(base);

	if (path_is_absolute(path))
		return memory_copy(path);
	if (!len || is_separator(base[len - 1], windows))
		return memory_format("%s%s", base, path);
	return memory_format("%s%c%s", base, windows ? '\\' : '/', path);
}

/* Takes the last part off a clean path that is behind its root of the given length. */
static void up(struct text *out, size_t root, char separator)
{
	while (out->len > root && out->data[out->len - 1] != separator)
		text_remove(out, out->len - 1, 1);
	if (out->len > root)
		text_remove(out, out->len - 1, 1);
}

char *path_clean(const char *path)
{
	bool windows = is_windows(path);
	char separator = windows ? '\\' : '/';
	size_t root = root_len(path);
	size_t depth = 0; /* parts that a .. can take off */
	struct text out = {0};

	for (size_t i = 0; i < root; i++)
		text_add_char(&out, is_separator(path[i], windows) ? separator : path[i]);
	for (const char *part = path + root; *part;) {
		size_t len = part_len(part, windows);
		bool is_up = len == 2 && memcmp(part, "..", 2) == 0;

		if (is_up && depth) {
			up(&out, root, separator);
			depth--;
		} else if (len && !(len == 1 && *part == '.') && !(is_up && root)) {
			if (out.len && out.data[out.len - 1] != separator)
				text_add_char(&out, separator);
			text_add_n(&out, part, len);
			depth += !is_up;
		}
		part += len + (part[len] != '\0');
	}
	if (!out.len)
		text_add_char(&out, '.');
	return text_steal(&out);
}

char *path_folder(const char *path)
{
	bool windows = is_windows(path);
	size_t root = root_len(path);
	size_t len = strlen(path);

	while (len > root && is_separator(path[len - 1], windows))
		len--;
	while (len > root && !is_separator(path[len - 1], windows))
		len--;
	while (len > root && is_separator(path[len - 1], windows))
		len--;
	return len ? memory_copy_n(path, len) : memory_copy(".");
}

const char *path_name(const char *path)
{
	bool windows = is_windows(path);
	const char *name = path + root_len(path);

	for (const char *c = name; *c; c++)
		if (is_separator(*c, windows))
			name = c + 1;
	return name;
}

/* uv_cwd and uv_os_homedir alike say how much room they want where there was too little. */
static char *ask(int (*call)(char *buffer, size_t *size))
{
	size_t size = 256;

	for (;;) {
		CLEANUP(memory_free) char *buffer = memory_alloc(size);
		int status = call(buffer, &size);

		if (status == 0)
			return steal(&buffer);
		if (status != UV_ENOBUFS)
			return NULL;
	}
}

char *path_current(void)
{
	char *current = ask(uv_cwd);

	return current ? current : memory_copy(".");
}

char *path_home(void)
{
	char *home = ask(uv_os_homedir);

	if (home && *home)
		return home;
	memory_free(&home);
	return memory_copy(host_is_windows ? "C:\\" : "/");
}

char *path_expand_home(const char *path)
{
	if (path[0] != '~')
		return memory_copy(path);
	CLEANUP(memory_free) char *home = path_home();
	const char *rest = path + 1;

	while (is_separator(*rest, host_is_windows))
		rest++;
	if (!*rest)
		return steal(&home);
	CLEANUP(memory_free) char *join = path_join(home, rest);
	return path_clean(join);
}
