/* SPDX-License-Identifier: MIT */
/* diagnostic -- what is wrong or doubtful in what the user wrote, and where
 *
 * A list collects all independent findings of a run. It owns its strings, so that it may outlive
 * the project. Printed:
 *	compose.yaml:12:5: error: services.web.ports[0]: "80x" is not a port
 *	   12 |     - "80x"
 *	      |       ^
 *	   a port is a number from 1 to 65535
 *	   .env:3:1: PORT is "80x"
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/node.h"

struct error;
struct origins;

/* winerror.h has a macro of this name, and of this value. */
#undef SEVERITY_ERROR
enum severity { SEVERITY_WARNING = 0, SEVERITY_ERROR = 1 };

/* What else is to be known of a finding, and where. */
struct note {
	char *file; /* NULL: nowhere */
	unsigned line, column;
	char *message;
};

struct diagnostic {
	enum severity severity;
	char *file;      /* NULL: nowhere */
	unsigned line;   /* from 1; 0: the file as a whole */
	unsigned column; /* in characters, from 1 */
	unsigned end;    /* the column behind what is meant; 0: not known */
	char *path;      /* services.web.ports[0], or NULL */
	char *message;   /* what is wrong, one line */
	char *hint;      /* what to do or what was expected, or NULL */
	char *source;    /* the line as it is shown, or NULL */
	size_t caret;    /* columns before its caret on a terminal */
	ARRAY(struct note) notes;
};

/* A file is read because of a place in another one: an include, an extends. */
struct provenance {
	char *file;
	char *from;
	unsigned line, column;
};

/* A value that cannot be judged, as what it is made of is wrong. */
struct unknown {
	char *file;
	char *path;
};

struct diagnostics {
	ARRAY(struct diagnostic) list;
	ARRAY(struct provenance) from;
	ARRAY(struct unknown) unknown;
	size_t errors; /* how many there were of each; only the first 100 of each are kept */
	size_t warnings;
	struct diagnostic beyond; /* the last one that was not kept, so that a hint may be set */
	bool colour;             /* the owner's: diagnostics_fail uses ANSI colours in the detail */
	struct origins *origins; /* the loader's, while it runs: where what is read comes from */
};

void diagnostics_drop(struct diagnostics *diagnostics);

/* Adds one and gives it, so that a hint may be set. path may be NULL; the source line is read from
 * the file by diagnostics_print, or taken from texts that diagnostics_source was told (stdin). */
struct diagnostic *diagnostics_add(struct diagnostics *diagnostics, enum severity severity,
				   struct position at, const char *path, const char *format, ...)
	PRINTF_LIKE(5, 6);
void diagnostic_hint(struct diagnostic *diagnostic, const char *format, ...) PRINTF_LIKE(2, 3);
void diagnostic_note(struct diagnostic *diagnostic, struct position at, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Another place as it is named in a sentence about here: "line 5", or "base.yaml:5" of another file. Gives out. */
enum { PLACE_MAX = 160 };
const char *diagnostic_place(struct position at, struct position here, char out[static PLACE_MAX]);
/* Two places: "line 2", "lines 2 and 5", "base.yaml:2 and compose.yaml:5". Gives out. */
enum { TWO_PLACES_MAX = 2 * PLACE_MAX };
const char *diagnostic_places(struct position a, struct position b,
			      char out[static TWO_PLACES_MAX]);

/* Are errors only counted by now? Then a costly hint is not worth its making. */
bool diagnostics_full(const struct diagnostics *diagnostics);

/* Says that what stands there is not known because of an error elsewhere: no finding. */
void diagnostics_doubt(struct diagnostics *diagnostics, const char *file, const char *path);
/* Is one of the first <len> findings an error in the file about what the path names, or about something
 * in it, or is that not known? The beginning of the path may be left out, as who extends a service has
 * another one. */
bool diagnostics_told(const struct diagnostics *diagnostics, size_t len, const char *file,
		      const char *path);

/* Gives the findings in a file their line, from its text. For what cannot be read again: stdin, a
 * restored project. */
void diagnostics_source(struct diagnostics *diagnostics, const char *file, const char *bytes,
			size_t len);

/* Says where a file that was not named by the user comes from; the first word about it counts. Every
 * finding in the file is followed by the chain of such places, the nearest first. */
void diagnostics_from(struct diagnostics *diagnostics, const char *file, struct position at);

/* In the order file, line, column; what is said twice of one place stays once. */
void diagnostics_sort(struct diagnostics *diagnostics);
/* The form above, for every finding. colour: ANSI colours. */
void diagnostics_print(const struct diagnostics *diagnostics, bool colour, struct text *out);
/* An error that no finding stands for (no file, a wrong flag) becomes one, without a place. */
void diagnostics_take(struct diagnostics *diagnostics, const struct error *err);
/* An array of {severity, file, line, column, end, path, message, hint, notes, from}; what is not known
 * is not there. from is an array of {file, line, column}, notes one of {file, line, column, message}. end is the column behind the last character of what is meant, on the same line. Of more
 * than 100 errors or warnings the rest is one more object, with a message that counts them. */
cJSON *diagnostics_json(const struct diagnostics *diagnostics);
/* 0 where there is no error; else one ERROR_INVALID whose message is the first finding's first line
 * and whose detail is the rest of what diagnostics_print gives, errors first, and, of several,
 * their count. */
int diagnostics_fail(const struct diagnostics *diagnostics, struct error **err);
