/* SPDX-License-Identifier: MIT */
#include "tests/winengine/actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void line(FILE *file, const char *words)
{
	fprintf(file, "%s%s", words, actor_line_end);
	fflush(file);
}

static int touch(const char *path)
{
	FILE *file = fopen(actor_path(path), "ab");

	return !file || fclose(file) != 0;
}

static int has(const char *path)
{
	FILE *file = fopen(actor_path(path), "rb");

	if (!file)
		return 1;
	fclose(file);
	return 0;
}

static int copy(void)
{
	static char bytes[1 << 16];
	size_t len;

	/* As much as is there, not as much as fits: who talks with it waits for the answer. */
	while ((len = actor_input(bytes, sizeof(bytes))) > 0)
		if (fwrite(bytes, 1, len, stdout) != len || fflush(stdout))
			return 1;
	return 0;
}

static int lines(unsigned count)
{
	for (unsigned i = 1; i <= count; i++)
		printf("line %u%s", i, actor_line_end);
	return fflush(stdout) != 0;
}

static int show(const char *path)
{
	FILE *file = fopen(actor_path(path), "rb");
	char bytes[4096];
	size_t len;

	if (!file)
		return fprintf(stderr, "actor: there is no %s%s", path, actor_line_end), 1;
	while ((len = fread(bytes, 1, sizeof(bytes), file)) > 0)
		fwrite(bytes, 1, len, stdout);
	fclose(file);
	return fflush(stdout) != 0;
}

static int write_line(const char *path, const char *words)
{
	FILE *file = fopen(actor_path(path), "ab");

	if (words[0] == '$')
		words = getenv(words + 1) ? getenv(words + 1) : "";

	if (!file)
		return 1;
	line(file, words);
	return fclose(file) != 0;
}

static void await(const char *path)
{
	while (has(path))
		actor_sleep(20);
}

static void list_one(const char *name)
{
	line(stdout, name);
}

static void say_long(unsigned count)
{
	while (count--)
		putchar('x');
	line(stdout, "");
}

static void say_where(void)
{
	char folder[4096];

	line(stdout, actor_where(folder, sizeof(folder)) ? folder : "?");
}

/* One about a file or a folder; -1: it goes on, -2: it is none of them. */
static int act_on(const char *verb, const char *path)
{
	if (strcmp(verb, "touch") == 0)
		return touch(path) ? 1 : -1;
	if (strcmp(verb, "remove") == 0)
		return remove(actor_path(path)) ? 1 : -1;
	if (strcmp(verb, "forget") == 0)
		return remove(actor_path(path)), -1;
	if (strcmp(verb, "has") == 0)
		return has(path) ? 1 : -1;
	if (strcmp(verb, "lacks") == 0)
		return has(path) ? -1 : 1;
	if (strcmp(verb, "show") == 0)
		return show(path) ? 1 : -1;
	if (strcmp(verb, "list") == 0)
		return actor_list(actor_path(path), list_one) ? -1 : 1;
	if (strcmp(verb, "await") == 0)
		return await(path), -1;
	return -2;
}

/* One with a value. -1: it goes on. */
static int act(const char *verb, const char *value)
{
	int code = act_on(verb, value);
	const char *env;

	if (code != -2)
		return code;
	if (strcmp(verb, "say") == 0)
		line(stdout, value);
	else if (strcmp(verb, "warn") == 0)
		line(stderr, value);
	else if (strcmp(verb, "env") == 0)
		line(stdout, (env = getenv(value)) ? env : "");
	else if (strcmp(verb, "chant") == 0)
		for (;; actor_sleep(200))
			line(stdout, value);
	else if (strcmp(verb, "long") == 0)
		say_long((unsigned)strtoul(value, NULL, 10));
	else if (strcmp(verb, "serve") == 0)
		return actor_serve((unsigned)strtoul(value, NULL, 10)) ? -1 : 1;
	else if (strcmp(verb, "lines") == 0)
		return lines((unsigned)strtoul(value, NULL, 10)) ? 1 : -1;
	else if (strcmp(verb, "sleep") == 0)
		actor_sleep((unsigned)strtoul(value, NULL, 10));
	else if (strcmp(verb, "exit") == 0)
		return (int)strtoul(value, NULL, 10);
	else
		return fprintf(stderr, "actor: %s is no verb\n", verb), 2;
	return -1;
}

/* One without. False: it is none of them. */
static int act_alone(const char *verb, int *code)
{
	*code = -1;
	if (strcmp(verb, "wait") == 0)
		actor_wait();
	else if (strcmp(verb, "ignore") == 0)
		actor_set_ignore();
	else if (strcmp(verb, "copy") == 0)
		*code = copy() ? 1 : -1;
	else if (strcmp(verb, "where") == 0)
		say_where();
	else if (strcmp(verb, "crash") == 0)
		actor_crash();
	else
		return 0;
	return 1;
}

int main(int argc, char **argv)
{
	actor_begin();
	for (int i = 1; i < argc; i++) {
		int code;

		if (strcmp(argv[i], ",") == 0)
			continue;
		if (strcmp(argv[i], "write") == 0 && i + 2 < argc) {
			code = write_line(argv[i + 1], argv[i + 2]) ? 1 : -1;
			i += 2;
		} else if (!act_alone(argv[i], &code)) {
			const char *verb = argv[i];

			code = ++i < argc ? act(verb, argv[i]) : 2;
		}
		if (code >= 0)
			return code;
	}
	return 0;
}
