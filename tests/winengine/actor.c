/* SPDX-License-Identifier: MIT */
#include "tests/winengine/actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void line(FILE *file, const char *words)
{
	fprintf(file, "%s\r\n", words);
	fflush(file);
}

static int touch(const char *path)
{
	FILE *file = fopen(path, "ab");

	return !file || fclose(file) != 0;
}

static int has(const char *path)
{
	FILE *file = fopen(path, "rb");

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
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		len = fread(bytes, 1, 1, stdin);
		if (len == 0)
			return fflush(stdout) != 0;
		if (fwrite(bytes, 1, len, stdout) != len)
			return 1;
		if (bytes[len - 1] == '\n')
			fflush(stdout);
	}
}

static int lines(unsigned count)
{
	for (unsigned i = 1; i <= count; i++)
		printf("line %u\r\n", i);
	return fflush(stdout) != 0;
}

/* One with a value. -1: it goes on. */
static int act(const char *verb, const char *value)
{
	const char *env;

	if (strcmp(verb, "say") == 0)
		line(stdout, value);
	else if (strcmp(verb, "warn") == 0)
		line(stderr, value);
	else if (strcmp(verb, "env") == 0)
		line(stdout, (env = getenv(value)) ? env : "");
	else if (strcmp(verb, "touch") == 0)
		return touch(value) ? 1 : -1;
	else if (strcmp(verb, "remove") == 0)
		return remove(value) ? 1 : -1;
	else if (strcmp(verb, "has") == 0)
		return has(value) ? 1 : -1;
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
		if (!act_alone(argv[i], &code)) {
			const char *verb = argv[i];

			code = ++i < argc ? act(verb, argv[i]) : 2;
		}
		if (code >= 0)
			return code;
	}
	return 0;
}
