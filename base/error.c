/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/error.inside.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

static const struct {
	enum error_code code;
	const char *name;
} names[] = {
	{ERROR_INVALID, "invalid"},         {ERROR_NOT_FOUND, "not found"},
	{ERROR_CONFLICT, "conflict"},       {ERROR_UNAVAILABLE, "unavailable"},
	{ERROR_UNSUPPORTED, "unsupported"}, {ERROR_CANCELLED, "cancelled"},
	{ERROR_TIMEOUT, "timed out"},       {ERROR_SYSTEM, "system"},
};

/* What the system's numbers mean for the user. What is not here is ERROR_SYSTEM. number is errno's
 * where it has one: on Windows that is not the negative of libuv's. */
static const struct {
	int status;
	int number;
	enum error_code code;
} numbers[] = {
	{UV_ENOENT, ENOENT, ERROR_NOT_FOUND},
	{UV_ENOTDIR, ENOTDIR, ERROR_NOT_FOUND},
	{UV_ESRCH, ESRCH, ERROR_NOT_FOUND},
	{UV_EEXIST, EEXIST, ERROR_CONFLICT},
	{UV_EBUSY, EBUSY, ERROR_CONFLICT},
	{UV_EADDRINUSE, EADDRINUSE, ERROR_CONFLICT},
	{UV_ENOTEMPTY, ENOTEMPTY, ERROR_CONFLICT},
	{UV_ECONNREFUSED, ECONNREFUSED, ERROR_UNAVAILABLE},
	{UV_ECONNRESET, ECONNRESET, ERROR_UNAVAILABLE},
	{UV_ECONNABORTED, ECONNABORTED, ERROR_UNAVAILABLE},
	{UV_ENOTCONN, ENOTCONN, ERROR_UNAVAILABLE},
	{UV_EPIPE, EPIPE, ERROR_UNAVAILABLE},
	{UV_EOF, 0, ERROR_UNAVAILABLE},
	{UV_EHOSTUNREACH, EHOSTUNREACH, ERROR_UNAVAILABLE},
	{UV_ENETUNREACH, ENETUNREACH, ERROR_UNAVAILABLE},
	{UV_ENETDOWN, ENETDOWN, ERROR_UNAVAILABLE},
	{UV_EADDRNOTAVAIL, EADDRNOTAVAIL, ERROR_UNAVAILABLE},
	{UV_EAI_AGAIN, 0, ERROR_UNAVAILABLE},
	{UV_EAI_FAIL, 0, ERROR_UNAVAILABLE},
	{UV_EAI_NODATA, 0, ERROR_UNAVAILABLE},
	{UV_EAI_NONAME, 0, ERROR_UNAVAILABLE},
	{UV_ENOSYS, ENOSYS, ERROR_UNSUPPORTED},
	{UV_ENOTSUP, ENOTSUP, ERROR_UNSUPPORTED},
	{UV_EPROTONOSUPPORT, EPROTONOSUPPORT, ERROR_UNSUPPORTED},
	{UV_EAFNOSUPPORT, EAFNOSUPPORT, ERROR_UNSUPPORTED},
	{UV_ECANCELED, ECANCELED, ERROR_CANCELLED},
	{UV_ETIMEDOUT, ETIMEDOUT, ERROR_TIMEOUT},
	{UV_ENAMETOOLONG, ENAMETOOLONG, ERROR_INVALID},
	{UV_ELOOP, ELOOP, ERROR_INVALID},
};

/* Makes one line of it: what the peer or the system wrote may hold more. */
static void one_line(struct text *text)
{
	while (text->len && strchr("\r\n ", text->data[text->len - 1]))
		text_remove(text, text->len - 1, 1);
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] == '\n' || text->data[i] == '\r')
			text->data[i] = ' ';
}

int error_take_(struct error **err, enum error_code code, struct text *message)
{
	assert(err && !*err);
	one_line(message);
	*err = memory_zero(1, sizeof(**err));
	(*err)->code = code;
	(*err)->message = text_steal(message);
	return code;
}

int error_set(struct error **err, enum error_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_set_v(err, code, format, args);
	va_end(args);
	return code;
}

int error_set_v(struct error **err, enum error_code code, const char *format, va_list args)
{
	CLEANUP(text_drop) struct text message = {0};

	text_vprintf(&message, format, args);
	return error_take_(err, code, &message);
}

int error_wrap(struct error **err, const char *format, ...)
{
	CLEANUP(text_drop) struct text message = {0};
	va_list args;

	assert(err && *err);
	va_start(args, format);
	text_vprintf(&message, format, args);
	va_end(args);
	one_line(&message);
	text_printf(&message, ": %s", (*err)->message);
	free((*err)->message);
	(*err)->message = text_steal(&message);
	return (*err)->code;
}

void error_detail(struct error **err, const char *format, ...)
{
	CLEANUP(text_drop) struct text detail = {0};
	va_list args;

	assert(err && *err);
	if ((*err)->detail)
		text_printf(&detail, "%s\n", (*err)->detail);
	va_start(args, format);
	text_vprintf(&detail, format, args);
	va_end(args);
	free((*err)->detail);
	(*err)->detail = text_steal(&detail);
}

enum error_code error_code_of_status_(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (numbers[i].status == status)
			return numbers[i].code;
	return ERROR_SYSTEM;
}

int error_errno(struct error **err, int number, const char *format, ...)
{
	CLEANUP(text_drop) struct text message = {0};
	enum error_code code = ERROR_SYSTEM;
	va_list args;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (number && numbers[i].number == number)
			code = numbers[i].code;
	va_start(args, format);
	text_vprintf(&message, format, args);
	va_end(args);
	text_printf(&message, ": %s", strerror(number));
	return error_take_(err, code, &message);
}

struct error *error_copy(const struct error *err)
{
	if (!err)
		return NULL;
	struct error *copy = memory_zero(1, sizeof(*copy));

	copy->code = err->code;
	copy->message = memory_copy(err->message);
	copy->detail = memory_copy(err->detail);
	copy->exit_code = err->exit_code;
	return copy;
}

void error_drop(struct error **err)
{
	if (!*err)
		return;
	free((*err)->message);
	free((*err)->detail);
	free(*err);
	*err = NULL;
}

int error_move(struct error **to, struct error **from)
{
	assert(!*to && *from);
	*to = steal(from);
	return (*to)->code;
}

const char *error_code_name(enum error_code code)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].code == code)
			return names[i].name;
	return "system";
}

int error_code_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].code;
	return 0;
}
