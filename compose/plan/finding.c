/* SPDX-License-Identifier: MIT */
#include "compose/plan/finding.h"

#include <stdarg.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"

struct position finding_at(const struct service *service, const char *path)
{
	const struct node *node = service->node;
	struct position at = service->at;
	while (node && *path) {
		size_t len = strcspn(path, ".");
		CLEANUP(memory_free) char *key = memory_copy_n(path, len);
		const struct node_entry *entry = node_entry(node, key);
		if (!entry)
			break;
		if (entry->at.line)
			at = entry->at;
		node = entry->value;
		path += len + (path[len] == '.');
	}
	return at;
}

static struct diagnostic *add(struct diagnostics *diagnostics, enum severity severity,
			      struct position at, const char *path, const char *format,
			      va_list args)
{
	CLEANUP(text_drop) struct text text = {0};
	text_vprintf(&text, format, args);
	return diagnostics_add(diagnostics, severity, at, path, "%s", text_string(&text));
}

struct diagnostic *finding_service(struct diagnostics *diagnostics, enum severity severity,
				   struct position at, const struct service *service,
				   const char *attribute, const char *format, ...)
{
	CLEANUP(memory_free)
	char *path = memory_format("services.%s.%s", service->name, attribute);
	va_list args;
	va_start(args, format);
	struct diagnostic *d =
		add(diagnostics, severity, at.line ? at : service->at, path, format, args);
	va_end(args);
	return d;
}

struct diagnostic *finding_network(struct diagnostics *diagnostics, enum severity severity,
				   const struct network *network, const char *attribute,
				   const char *format, ...)
{
	CLEANUP(memory_free)
	char *path =
		memory_format("networks.%s%s%s", network->key, *attribute ? "." : "", attribute);
	va_list args;
	va_start(args, format);
	struct diagnostic *d = add(diagnostics, severity, network->at, path, format, args);
	va_end(args);
	return d;
}

struct diagnostic *finding_volume(struct diagnostics *diagnostics, enum severity severity,
				  const struct volume *volume, const char *attribute,
				  const char *format, ...)
{
	CLEANUP(memory_free)
	char *path = memory_format("volumes.%s%s%s", volume->key, *attribute ? "." : "", attribute);
	va_list args;
	va_start(args, format);
	struct diagnostic *d = add(diagnostics, severity, volume->at, path, format, args);
	va_end(args);
	return d;
}
