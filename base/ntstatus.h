/* SPDX-License-Identifier: MIT */
/* ntstatus -- exit codes as Windows has them: 32 bits, the upper half of them an error of the system's
 *
 * An engine says them unsigned; a client that kept one in an int may say it negative.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* As an engine says it: 3221225786. */
int64_t ntstatus_code(int64_t code);

enum { NTSTATUS_TEXT = 80 };

/* "1", or "3221225786 (0xC000013A: Ctrl-C, Ctrl-Break, or a stop)"; returns text. */
const char *ntstatus_text(int64_t code, char text[NTSTATUS_TEXT]);
