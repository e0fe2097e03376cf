/* SPDX-License-Identifier: MIT */
#include "compose/plan/sense.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/finding.h"
#include "compose/project/port.h"

struct subject {
	const struct service *service;
	enum severity severity;
	struct diagnostics *diagnostics;
	size_t earlier; /* how many findings are not of here */
};

/* There is an error about it, in the service itself or in the one that it extends. */
static bool is_told(const struct subject *s, struct position at, const char *below)
{
	const struct position own = s->service->at;
	CLEANUP(memory_free) char *path = memory_format("services.%s.%s", s->service->name, below);

	if (diagnostics_told(s->diagnostics, s->earlier, at.file, path))
		return true;
	bool extended = at.line < own.line || !text_same(at.file, own.file);
	return extended && diagnostics_told(s->diagnostics, s->earlier, at.file, below);
}

static void complain(const struct subject *s, struct position at, const char *below,
		     const char *hint, const char *format, ...) PRINTF_LIKE(5, 6);

static void complain(const struct subject *s, struct position at, const char *below,
		     const char *hint, const char *format, ...)
{
	CLEANUP(text_drop) struct text message = {0};
	va_list args;

	if (is_told(s, at, below))
		return;
	va_start(args, format);
	text_vprintf(&message, format, args);
	va_end(args);
	diagnostic_hint(finding_service(s->diagnostics, s->severity, at, s->service, below, "%s",
					text_string(&message)),
			"%s", hint);
}

/* A text that is there and not empty, or NULL. */
static const char *word(const struct node *node)
{
	const char *text = node_text(node);

	return text && *text ? text : NULL;
}

/* --- ports in their long form; the short one is judged as it is taken apart */

/* Of the attribute, where it is written: the short form has none. */
static const char *path_of(const struct node *port, const struct node *value, const char *below,
			   const char *key, char out[static 64])
{
	bool brief = value->at.line == port->at.line && value->at.column == port->at.column;

	snprintf(out, 64, "%s%s%s", below, brief ? "" : ".", brief ? "" : key);
	return out;
}

static void check_number(const struct subject *s, const struct node *port, const char *below)
{
	const struct node *target = node_get(port, "target");
	char path[64];

	/* A 0 is left out of the canonical form, and so is what was wrong. */
	snprintf(path, sizeof(path), "%s.target", below);
	if (target ? target->kind == NODE_INT && target->integer <= 65535
		   : is_told(s, port->at, path))
		return;
	complain(s, target ? target->at : port->at,
		 target ? path_of(port, target, below, "target", path) : below,
		 "a port is a number from 1 to 65535", "%s is not a port",
		 target ? target->text : "0");
}

static void check_port(const struct subject *s, const struct node *port, const char *below)
{
	static const char *const protocols[] = {"tcp", "udp", "sctp"};
	const struct node *published = node_get(port, "published");
	const struct node *address = node_get(port, "host_ip");
	const struct node *protocol = node_get(port, "protocol");
	char path[64];
	unsigned first, last;

	check_number(s, port, below);
	if (word(published) && !port_range(published->text, true, &first, &last))
		complain(s, published->at, path_of(port, published, below, "published", path),
			 "a number up to 65535, or a range: 8000-8010", "\"%s\" is not a host port",
			 published->text);
	if (word(address) && !port_is_address(address->text))
		complain(s, address->at, path_of(port, address, below, "host_ip", path),
			 "an address of this host, such as 127.0.0.1",
			 "\"%s\" is not an IP address", address->text);
	if (!word(protocol))
		return;
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (strcmp(protocol->text, protocols[i]) == 0)
			return;
	complain(s, protocol->at, path_of(port, protocol, below, "protocol", path),
		 "tcp, udp or sctp", "\"%s\" is not a protocol", protocol->text);
}

/* --- mounts */

static void check_mount(const struct subject *s, const struct node *mount, const char *below)
{
	const struct node *source = node_get(mount, "source");

	if (text_same(node_text(node_get(mount, "type")), "tmpfs") && word(source))
		complain(s, source->at, below, "remove the source, or is it a bind or a volume?",
			 "a tmpfs has no source");
}

/* Two mounts at one place. targets: path -> what is mounted there */
static void check_target(const struct subject *s, struct map *targets, const char *target,
			 const struct node *item, const char *below)
{
	const struct node *other = target ? map_set(targets, target, (void *)item) : NULL;

	if (other)
		complain(s, item->at, below, "remove one, or give it another target",
			 "%s is mounted twice (%s)", target,
			 diagnostic_places(other->at, item->at, (char[TWO_PLACES_MAX]){0}));
}

static void check_targets(const struct subject *s)
{
	const struct node *mounts = node_get(s->service->node, "volumes");
	const struct node *tmpfs = node_get(s->service->node, "tmpfs");
	CLEANUP(map_drop) struct map targets = {0};

	for (size_t i = 0; mounts && i < mounts->sequence.len; i++) {
		const struct node *mount = mounts->sequence.items[i];
		char below[32];

		snprintf(below, sizeof(below), "volumes[%u]", mount->index);
		check_target(s, &targets, node_text(node_get(mount, "target")), mount, below);
	}
	for (size_t i = 0; tmpfs && i < tmpfs->sequence.len; i++) {
		const struct node *item = tmpfs->sequence.items[i];
		CLEANUP(memory_free)
		char *target = memory_copy_n(item->text, strcspn(item->text, ":"));

		check_target(s, &targets, target, item, "tmpfs");
	}
}

static void check_items(const struct subject *s, const char *key,
			void (*check)(const struct subject *s, const struct node *item,
				      const char *below))
{
	const struct node *list = node_get(s->service->node, key);

	for (size_t i = 0; list && list->kind == NODE_SEQUENCE && i < list->sequence.len; i++) {
		char below[32];

		snprintf(below, sizeof(below), "%s[%u]", key, list->sequence.items[i]->index);
		check(s, list->sequence.items[i], below);
	}
}

/* --- words */

static bool is_restart(const char *text)
{
	static const char *const policies[] = {"no", "always", "unless-stopped", "on-failure"};

	for (size_t i = 0; i < ARRAY_LEN(policies); i++)
		if (strcmp(text, policies[i]) == 0)
			return true;
	if (!text_starts(text, "on-failure:"))
		return false;
	text += strlen("on-failure:");
	size_t digits = strspn(text, "0123456789");
	return digits > 0 && digits < 10 && !text[digits];
}

static void check_restart(const struct subject *s)
{
	const struct node *restart = node_get(s->service->node, "restart");

	if (word(restart) && !is_restart(restart->text))
		complain(s, restart->at, "restart",
			 "\"no\", always, unless-stopped, on-failure or on-failure:3",
			 "\"%s\" is not a restart policy", restart->text);
}

static bool is_name(const char *text)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return text[strspn(text, letters)] == '\0' && !strchr("_.-", text[0]) && strlen(text) >= 2;
}

/* names: container_name -> the service that has it */
static void check_name(const struct subject *s, struct map *names)
{
	const struct node *name = node_get(s->service->node, "container_name");

	if (!word(name))
		return;
	if (!is_name(name->text))
		complain(s, name->at, "container_name",
			 "at least two letters, digits, \"_\", \".\" or \"-\", of which the "
			 "first is a letter or a digit",
			 "\"%s\" is not a container's name", name->text);
	const struct service *other = map_set(names, name->text, (void *)s->service);
	if (other)
		complain(s, name->at, "container_name", "a container's name must be its own",
			 "\"%s\" is the name of service \"%s\" too", name->text, other->name);
}

static void check(const struct project *project, enum severity severity,
		  struct diagnostics *diagnostics)
{
	CLEANUP(map_drop) struct map names = {0};
	size_t earlier = diagnostics->errors > 0 ? diagnostics->list.len : 0;

	ARRAY_FOR_EACH (struct service, service, &project->services) {
		const struct subject s = {service, severity, diagnostics, earlier};

		check_restart(&s);
		check_name(&s, &names);
		check_items(&s, "ports", check_port);
		check_items(&s, "volumes", check_mount);
		check_targets(&s);
	}
}

void sense_refuse(const struct project *project, struct diagnostics *diagnostics)
{
	check(project, SEVERITY_ERROR, diagnostics);
}

void sense_doubt(const struct project *project, struct diagnostics *diagnostics)
{
	check(project, SEVERITY_WARNING, diagnostics);
}
