/* SPDX-License-Identifier: MIT */
/* error -- what went wrong, by what the user can do about it
 *
 * A function that can fail takes struct error **err last and returns 0 or the negative code that it
 * set, so that "return error_set(err, ERROR_INVALID, ...)" is one line. err is never NULL; *err is
 * NULL on entry (asserted). On failure nothing else is written. errno, UV_E*, CURLE_*, HTTP status
 * and HRESULT become one of these codes where they first appear and exist nowhere above. A message
 * is one line without a full stop at its end and without a newline; detail, if any, are further
 * lines shown below it (the source line with its caret, the tail of a log). Newlines in a message
 * become spaces, as what a peer wrote may be in it.
 */
#pragma once

#include <stdarg.h>

#include "base/own.h"

/* Three of the names are Windows' own. They are ours wherever this header is included, before or
 * after windows.h: a source that must tell Windows' apart compares their numbers (1168, 1223,
 * 1460). */
#ifdef _WIN32
#include <winerror.h>
#undef ERROR_NOT_FOUND
#undef ERROR_CANCELLED
#undef ERROR_TIMEOUT
#endif

enum error_code {
	ERROR_INVALID = -1,     /* the input is wrong: the user mends it */
	ERROR_NOT_FOUND = -2,   /* what was named is not there */
	ERROR_CONFLICT = -3,    /* somebody else has it or changed it: observe and try again */
	ERROR_UNAVAILABLE = -4, /* the engine, the registry, the network does not answer: try later
				   or elsewhere */
	ERROR_UNSUPPORTED = -5, /* this engine or this version cannot do it */
	ERROR_CANCELLED = -6,   /* the user or the closing of something ended it */
	ERROR_TIMEOUT = -7,     /* it took longer than was allowed */
	ERROR_SYSTEM = -8,      /* anything else: the operating system, a broken peer, a defect */
};

struct error {
	enum error_code code;
	char *message;
	char *detail;  /* further lines or NULL */
	int exit_code; /* a container's own exit code that the program should end with, or 0 */
};

int error_set(struct error **err, enum error_code code, const char *format, ...) PRINTF_LIKE(3, 4);
int error_set_v(struct error **err, enum error_code code, const char *format, va_list args)
	PRINTF_LIKE(3, 0);

/* Prefixes the message with the formatted context and ": "; returns the error's code. *err is set.
 */
int error_wrap(struct error **err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds lines to the detail (a newline is put between). *err is set. */
void error_detail(struct error **err, const char *format, ...) PRINTF_LIKE(2, 3);

/* From a libuv status (negative UV_E*) or an errno; the text of the system follows the formatted
 * text and ": ". */
int error_uv(struct error **err, int status, const char *format, ...) PRINTF_LIKE(3, 4);
int error_errno(struct error **err, int number, const char *format, ...) PRINTF_LIKE(3, 4);

struct error *error_copy(const struct error *err); /* NULL gives NULL */
void error_drop(struct error **err);               /* NULL inside is well */

/* Gives *from to *to (which is NULL) and returns its code. */
int error_move(struct error **to, struct error **from);

/* "invalid", "not found", ...: the stable name of a code for JSON. error_code_named reverses it (0:
 * no such name). */
const char *error_code_name(enum error_code code);
int error_code_named(const char *name);
