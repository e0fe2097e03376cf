/* SPDX-License-Identifier: MIT */
#include "compose/project/port.h"

#include <ctype.h>
#include <string.h>

#include <uv.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/shape.h"

struct spec {
	char *address; /* "": none */
	char *host;    /* "": the engine chooses */
	char *target;
	char *protocol;
};

static bool read_port(const char **at, bool zero, unsigned *ret)
{
	unsigned value = 0;
	size_t digits = strspn(*at, "0123456789");

	if (digits == 0 || digits > 5)
		return false;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (unsigned)((*at)[i] - '0');
	*at += digits;
	*ret = value;
	return value <= 65535 && (zero || value > 0);
}

bool port_range(const char *text, bool zero, unsigned *first, unsigned *last)
{
	if (!read_port(&text, zero, first))
		return false;
	*last = *first;
	if (*text == '-' && (++text, !read_port(&text, zero, last)))
		return false;
	return !*text && *first <= *last;
}

bool port_is_address(const char *text)
{
	unsigned char bytes[16];

	return uv_inet_pton(AF_INET, text, bytes) == 0 || uv_inet_pton(AF_INET6, text, bytes) == 0;
}

static void split(char *text, struct spec *spec)
{
	char *slash = strrchr(text, '/');
	static char none[1] = "", tcp[] = "tcp";

	*spec = (struct spec){none, none, text, slash ? slash + 1 : tcp};
	if (slash)
		*slash = '\0';
	if (!*spec->protocol)
		spec->protocol = tcp;
	char *colon = strrchr(text, ':');
	if (!colon)
		return;
	*colon = '\0';
	spec->target = colon + 1;
	spec->host = text;
	colon = strrchr(text, ':');
	if (!colon)
		return;
	*colon = '\0';
	spec->host = colon + 1;
	spec->address = text;
	size_t len = strlen(text);
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text[len - 1] = '\0';
		spec->address = text + 1;
	}
}

static const char range_hint[] = "a port is a number from 1 to 65535, a range is 8000-8010";
static const char form_hint[] = "the short form is [[address:]host-port:]container-port[/protocol]";

/* What is wrong with it is said; the ports are in the last four. */
static bool check(struct shaper *shaper, const struct node *brief, const struct trail *trail,
		  const struct spec *spec, unsigned at[static 4])
{
	struct diagnostic *d = NULL;
	const char *hint = range_hint;

	if (!*spec->target) {
		d = shape_complain(shaper, brief->at, trail, "\"%s\" names no container port",
				   brief->text);
		hint = form_hint;
	} else if (!port_range(spec->target, false, &at[2], &at[3])) {
		d = shape_complain(shaper, brief->at, trail, "\"%s\" is not a port", spec->target);
	} else if (*spec->host && !port_range(spec->host, true, &at[0], &at[1])) {
		d = shape_complain(shaper, brief->at, trail, "\"%s\" is not a host port",
				   spec->host);
	} else if (*spec->address && !port_is_address(spec->address)) {
		d = shape_complain(shaper, brief->at, trail, "\"%s\" is not an IP address",
				   spec->address);
		hint = form_hint;
	} else if (!text_same_nocase(spec->protocol, "tcp") &&
		   !text_same_nocase(spec->protocol, "udp") &&
		   !text_same_nocase(spec->protocol, "sctp")) {
		d = shape_complain(shaper, brief->at, trail, "\"%s\" is not a protocol",
				   spec->protocol);
		hint = "tcp, udp or sctp";
	} else if (*spec->host && at[3] > at[2] && at[1] - at[0] != at[3] - at[2]) {
		d = shape_complain(shaper, brief->at, trail,
				   "the ranges %s and %s have not the same length", spec->host,
				   spec->target);
		hint = "host ports and container ports go in pairs";
	}
	if (d && strchr(brief->text, ' '))
		diagnostic_hint(d, "without blanks: %s", form_hint);
	else if (d && *spec->host && !*spec->address && port_is_address(spec->host))
		diagnostic_hint(d,
				"an address is followed by the host's port, which may be left out: "
				"%s:8080:%s or %s::%s",
				spec->host, spec->target, spec->host, spec->target);
	else if (d && text_same(spec->address, "localhost"))
		diagnostic_hint(d, "write 127.0.0.1");
	else if (d)
		diagnostic_hint(d, "%s", hint);
	return !d;
}

static void add(struct shaper *shaper, struct node *items, const struct node *brief,
		const struct spec *spec, unsigned target, const char *published)
{
	struct arena *arena = shaper->arena;
	struct node *item = node_new(arena, NODE_MAPPING, brief->at);

	node_room(arena, item, 3 + (*spec->address != 0) + (published != NULL));
	node_add(arena, item, "mode", node_string(arena, "ingress", brief->at), brief->at);
	if (*spec->address)
		node_add(arena, item, "host_ip", node_string(arena, spec->address, brief->at),
			 brief->at);
	node_add(arena, item, "target", node_int(arena, target, brief->at), brief->at);
	if (published)
		node_add(arena, item, "published", node_string(arena, published, brief->at),
			 brief->at);
	node_add(arena, item, "protocol", node_string(arena, spec->protocol, brief->at), brief->at);
	node_append(arena, items, item);
}

/* The host's ports as they are written shortest. */
static const char *published(struct shaper *shaper, const struct spec *spec,
			     const unsigned at[static 4])
{
	if (!*spec->host)
		return NULL;
	return at[0] == at[1] ? arena_format(shaper->arena, "%u", at[0])
			      : arena_format(shaper->arena, "%u-%u", at[0], at[1]);
}

bool port_expand(struct shaper *shaper, const struct node *brief, const struct trail *trail,
		 struct node *items)
{
	CLEANUP(memory_free) char *text = memory_copy(brief->text);
	unsigned at[4] = {0}; /* the host's first and last, the container's first and last */
	struct spec spec;

	split(text, &spec);
	if (!check(shaper, brief, trail, &spec, at))
		return false;
	for (char *c = spec.protocol; *c; c++)
		if (isupper((unsigned char)*c))
			*c = (char)tolower((unsigned char)*c);
	if (at[3] == at[2]) {
		add(shaper, items, brief, &spec, at[2], published(shaper, &spec, at));
		return true;
	}
	shaper->ports += at[3] - at[2] + 1;
	if (shaper->ports > PORTS_MAX) {
		shape_complain(shaper, brief->at, trail,
			       "the ranges of ports are more than %d ports together", PORTS_MAX);
		return false;
	}
	for (unsigned i = 0; i <= at[3] - at[2]; i++)
		add(shaper, items, brief, &spec, at[2] + i,
		    *spec.host ? arena_format(shaper->arena, "%u", at[0] + i) : NULL);
	return true;
}

char *port_identity(struct arena *arena, const struct node *item)
{
	const char *address = node_text(node_get(item, "host_ip"));
	const char *published = node_text(node_get(item, "published"));
	const char *target = node_text(node_get(item, "target"));
	const char *protocol = node_text(node_get(item, "protocol"));

	return arena_format(arena, "%s:%s:%s/%s", address ? address : "0.0.0.0",
			    published ? published : "", target ? target : "",
			    protocol ? protocol : "tcp");
}
