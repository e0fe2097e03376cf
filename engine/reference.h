/* SPDX-License-Identifier: MIT */
/* reference -- names of images: [domain/]path[:tag][@digest]
 *
 * The grammar and the rules of short names are those of github.com/distribution/reference, which
 * Docker uses: a first part with a dot, a colon or an upper-case letter, or "localhost", is a
 * domain; else it is docker.io, and there a path of one part lies under library/. Image ids (64 hex
 * digits, or sha256:...) are no references.
 */
#pragma once

#include <stdbool.h>

struct error;

/* The zero value is valid to drop. */
struct reference {
	char *domain; /* docker.io, ghcr.io, localhost:5000 */
	char *path;   /* library/nginx */
	char *tag;    /* NULL: none was given */
	char *digest; /* sha256:..., NULL: none was given */
};

/* ERROR_INVALID says what is wrong with which part; ret is written on success only. */
int reference_parse(const char *string, struct reference *ret, struct error **err);
void reference_drop(struct reference *reference);

/* The short form, as users write it: nginx:1.25, ghcr.io/a/b. Yours. */
char *reference_familiar(const struct reference *reference);
/* The full form: docker.io/library/nginx:1.25. Where neither tag nor digest was given it ends in
 * :latest. Yours. */
char *reference_canonical(const struct reference *reference);
/* docker.io/library/nginx, without tag and digest; familiar: nginx. Yours. */
char *reference_name(const struct reference *reference, bool familiar);
/* "latest" where neither tag nor digest was given, NULL where there is only a digest. Borrowed. */
const char *reference_tag(const struct reference *reference);
