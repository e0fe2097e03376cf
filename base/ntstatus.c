/* SPDX-License-Identifier: MIT */
#include "base/ntstatus.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/own.h"

/* Of [MS-ERREF] 2.3.1 what processes end with; and 0xE0434352, by which .NET raises its own. */
static const struct {
	uint32_t code;
	const char *meaning;
} rows[] = {
	{0x40010004, "ended by a shutdown"},
	{0xC0000005, "access violation"},
	{0xC0000017, "no memory"},
	{0xC000001D, "illegal instruction"},
	{0xC0000094, "division by zero"},
	{0xC00000FD, "stack overflow"},
	{0xC0000135, "a DLL was not found"},
	{0xC0000139, "a DLL lacks a function"},
	{0xC000013A, "Ctrl-C, Ctrl-Break, or a stop"},
	{0xC0000142, "a DLL did not start"},
	{0xC0000374, "heap corruption"},
	{0xC0000409, "it found itself broken (fail-fast)"},
	{0xE0434352, "an exception in .NET"},
};

int64_t ntstatus_code(int64_t code)
{
	return code < 0 ? (int64_t)(uint32_t)code : code;
}

const char *ntstatus_text(int64_t code, char text[NTSTATUS_TEXT])
{
	uint32_t bits = (uint32_t)code;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == bits) {
			snprintf(text, NTSTATUS_TEXT, "%" PRIu32 " (0x%08" PRIX32 ": %s)", bits,
				 bits, rows[i].meaning);
			return text;
		}
	if (code < 0 || code > INT32_MAX)
		snprintf(text, NTSTATUS_TEXT, "%" PRIu32 " (0x%08" PRIX32 ")", bits, bits);
	else
		snprintf(text, NTSTATUS_TEXT, "%" PRId64, code);
	return text;
}
