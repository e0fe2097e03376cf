/* SPDX-License-Identifier: MIT */
#include "compose/project/subject.h"

#include <stdarg.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

static struct diagnostic *add(const struct subject *subject, enum severity severity,
			      struct position at, const char *below, const char *format,
			      va_list args)
{
	CLEANUP(text_drop) struct text message = {0};
	CLEANUP(memory_free)
	char *path = memory_format("%s.%s%s%s", subject->section, subject->entry->key,
				   below ? "." : "", below ? below : "");

	text_vprintf(&message, format, args);
	return diagnostics_add(subject->diagnostics, severity, at, path, "%s",
			       text_string(&message));
}

struct diagnostic *subject_complain(const struct subject *subject, struct position at,
				    const char *below, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct diagnostic *d = add(subject, SEVERITY_ERROR, at, below, format, args);
	va_end(args);
	return d;
}

struct diagnostic *subject_warn(const struct subject *subject, struct position at,
				const char *below, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct diagnostic *d = add(subject, SEVERITY_WARNING, at, below, format, args);
	va_end(args);
	return d;
}

bool subject_is_told(const struct subject *subject, struct position at, const char *below)
{
	const struct diagnostics *diagnostics = subject->diagnostics;
	const struct position own = subject->entry->at;
	CLEANUP(memory_free)
	char *path = memory_format("%s.%s.%s", subject->section, subject->entry->key, below);

	if (diagnostics_told(diagnostics, diagnostics->list.len, at.file, path))
		return true;
	bool extended = at.line < own.line || !text_same(at.file, own.file);
	return extended && diagnostics_told(diagnostics, diagnostics->list.len, at.file, below);
}

struct node *subject_get(const struct subject *subject, const char *key)
{
	return node_get(subject->entry->value, key);
}

const struct node *subject_get_in(const struct subject *subject, const char *a, const char *b,
				  const char *c)
{
	const struct node *node = node_get(subject_get(subject, a), b);

	return c ? node_get(node, c) : node;
}
