/* SPDX-License-Identifier: MIT */
/* invent -- cases that no one thought of, for two programs to read */
#pragma once

#include "base/arena.h"
#include "tests/parity/chance.h"

struct invention {
	struct chance chance;
	struct arena arena;
	const char *folder; /* where the files go */
};

/* Writes a file of the case. Ends the process where it cannot. */
void invent_file(const struct invention *invention, const char *name, const char *bytes,
		 size_t len);

/* Project files of several services, sometimes with a file over them, sometimes with bases. */
void invent_files(struct invention *invention);
/* A .env and an env_file of the grammar's odd corners, and a project that shows their variables. */
void invent_dotenv(struct invention *invention);
/* Values with variables, defaults and messages within each other. */
void invent_interpolation(struct invention *invention);
