/* SPDX-License-Identifier: MIT */
/* In a file of its own: a program that asks for nothing of this is linked without libuv. */
#include "base/error.inside.h"

#include <uv.h>

int error_uv(struct error **err, int status, const char *format, ...)
{
	CLEANUP(text_drop) struct text message = {0};
	char reason[128];
	va_list args;

	va_start(args, format);
	text_vprintf(&message, format, args);
	va_end(args);
	text_printf(&message, ": %s", uv_strerror_r(status, reason, sizeof(reason)));
	return error_take_(err, error_code_of_status_(status), &message);
}
