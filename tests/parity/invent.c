/* SPDX-License-Identifier: MIT */
/* invent files|dotenv|interpolation SEED FOLDER -- writes the case of this seed into a folder that is there */
#include "tests/parity/invent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"

static const struct {
	const char *name;
	void (*invent)(struct invention *invention);
} kinds[] = {
	{"files", invent_files},
	{"dotenv", invent_dotenv},
	{"interpolation", invent_interpolation},
};

void invent_file(const struct invention *invention, const char *name, const char *bytes, size_t len)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *path = memory_format("%s/%s", invention->folder, name);

	if (file_write(path, bytes, len, false, &err) < 0) {
		fprintf(stderr, "%s\n", err->message);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: invent files|dotenv|interpolation SEED FOLDER\n", stderr);
		return 2;
	}
	struct invention invention = {
		.chance = {strtoull(argv[2], NULL, 10)},
		.folder = argv[3],
	};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].name, argv[1]) != 0)
			continue;
		kinds[i].invent(&invention);
		arena_drop(&invention.arena);
		return 0;
	}
	fprintf(stderr, "there is no kind %s\n", argv[1]);
	return 2;
}
