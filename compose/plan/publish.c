/* SPDX-License-Identifier: MIT */
#include "compose/plan/publish.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/diagnostic.h"

struct claim {
	unsigned port;
	const char *protocol;
	const char *ip; /* NULL: all */
	const struct service *service;
	struct position at;
};

struct claims {
	struct claim *items;
	size_t len, cap;
};

static struct diagnostic *report(struct diagnostics *diagnostics, const struct service *service,
				 struct position at, const char *format, ...) PRINTF_LIKE(4, 5);
static struct diagnostic *report(struct diagnostics *diagnostics, const struct service *service,
				 struct position at, const char *format, ...)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(memory_free) char *path = memory_format("services.%s.ports", service->name);
	va_list args;
	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	return diagnostics_add(diagnostics, SEVERITY_ERROR, at.line ? at : service->at, path, "%s",
			       text_string(&text));
}

static bool is_everywhere(const char *ip)
{
	return !ip || !*ip || text_same(ip, "0.0.0.0") || text_same(ip, "::");
}

/* The ends of "8080" or "8000-8010"; 0, 0 where the engine chooses. */
static void ends_of(const char *published, unsigned *first, unsigned *last)
{
	char *end = NULL;
	*first = *last = 0;
	if (!published || !*published)
		return;
	*first = *last = (unsigned)strtoul(published, &end, 10);
	if (*end == '-')
		*last = (unsigned)strtoul(end + 1, NULL, 10);
}

static void check_port(const struct service *service, const struct service_port *p,
		       const struct preflight_facts *facts, struct claims *claims,
		       struct diagnostics *diagnostics)
{
	uint64_t caps = facts->host->capabilities;
	const char *protocol = p->protocol ? p->protocol : "tcp";
	unsigned first, last;
	ends_of(p->published, &first, &last);
	if (!is_everywhere(p->host_ip) && !(caps & ENGINE_HOST_IP))
		diagnostic_hint(report(diagnostics, service, p->at,
				       "this engine cannot publish at an address of the host (%s)",
				       p->host_ip),
				"leave the address away");
	if (last > first && !(caps & ENGINE_PORT_RANGE))
		diagnostic_hint(report(diagnostics, service, p->at,
				       "this engine cannot publish one port at a range (%s)",
				       p->published),
				"give one port, or none to let the engine choose");
	if (text_same(protocol, "sctp") && !(caps & ENGINE_LINUX))
		report(diagnostics, service, p->at, "Windows publishes tcp and udp only");
	if (first && last - first + 1 < service->replicas)
		diagnostic_hint(report(diagnostics, service, p->at,
				       "%u containers cannot share published port %s",
				       service->replicas, p->published),
				"publish a range of at least %u ports, or only the container's "
				"port",
				service->replicas);
	if (first && first == last && service->replicas)
		array_push(claims, ((struct claim){first, protocol,
						   is_everywhere(p->host_ip) ? NULL : p->host_ip,
						   service, p->at}));
}

static int by_port(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	int order = strcmp(x->protocol, y->protocol);
	if (order)
		return order;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	return strcmp(x->service->name, y->service->name);
}

static void check_pair(const struct claim *a, const struct claim *b,
		       struct diagnostics *diagnostics)
{
	if (a->ip && b->ip && !text_same(a->ip, b->ip))
		return;
	diagnostic_hint(report(diagnostics, b->service, b->at,
			       "port %u/%s is published by %s too, in %s", b->port, b->protocol,
			       a->service->name,
			       diagnostic_place(a->at, b->at, (char[PLACE_MAX]){0})),
			"give one of them another port");
}

static void tell_taken(const struct claim *claim, const struct preflight_obstacle *obstacle,
		       struct diagnostics *diagnostics)
{
	const struct service *service = claim->service;
	if (obstacle->first) {
		diagnostic_hint(
			report(diagnostics, service, claim->at,
			       "port %u/%s is in the range %u-%u that Windows keeps back",
			       claim->port, claim->protocol, obstacle->first, obstacle->last),
			"publish at another port; or, as an administrator: net stop winnat, "
			"netsh int ipv4 add excludedportrange protocol=%s startport=%u "
			"numberofports=1 store=persistent, net start winnat",
			claim->protocol, claim->port);
		return;
	}
	diagnostic_hint(report(diagnostics, service, claim->at,
			       "port %u/%s of this host is taken%s%s", claim->port, claim->protocol,
			       *obstacle->holder ? " by " : "", obstacle->holder),
			"end what listens there, or publish at another port");
}

void publish_check(const struct project *project, const struct preflight_facts *facts,
		   struct diagnostics *diagnostics)
{
	struct claims claims = {0};
	ARRAY_FOR_EACH (struct service, service, &project->services)
		ARRAY_FOR_EACH (struct service_port, p, &service->ports)
			check_port(service, p, facts, &claims, diagnostics);
	if (claims.len)
		qsort(claims.items, claims.len, sizeof(*claims.items), by_port);
	for (size_t i = 0; i < claims.len; i++) {
		const struct claim *a = &claims.items[i];
		struct preflight_obstacle obstacle = {0};
		if (facts->port_taken &&
		    facts->port_taken(a->ip, a->port, a->protocol, &obstacle, facts->payload))
			tell_taken(a, &obstacle, diagnostics);
		for (size_t j = i + 1; j < claims.len; j++) {
			const struct claim *b = &claims.items[j];
			if (b->port != a->port || !text_same(b->protocol, a->protocol))
				break;
			check_pair(a, b, diagnostics);
		}
	}
	array_drop(&claims);
}
