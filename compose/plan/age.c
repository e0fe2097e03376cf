/* SPDX-License-Identifier: MIT */
#include "compose/plan/age.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/diagnostic.h"

struct check {
	const struct engine_host *host;
	struct diagnostics *diagnostics;
	unsigned api; /* 44 of 1.44 */
};

/* By the API's version history of the Docker Engine. */
static const struct feature {
	const char *what;
	unsigned api;
	const char *engine;
	enum severity severity;
} features[] = {
	{"annotations", 43, "24", SEVERITY_WARNING},
	{"recursive", 44, "25", SEVERITY_ERROR},
	{"a volume's subpath", 45, "26", SEVERITY_ERROR},
	{"mounts of type image", 48, "28", SEVERITY_ERROR},
	{"gw_priority", 48, "28", SEVERITY_ERROR},
	{"enable_ipv4: false", 48, "28", SEVERITY_ERROR},
	{"interface_name", 49, "28.1", SEVERITY_ERROR},
};

enum feature_name {
	ANNOTATIONS,
	RECURSIVE,
	SUBPATH,
	IMAGE,
	GW_PRIORITY,
	IPV4_OFF,
	INTERFACE_NAME,
};

static void need(struct check *c, enum feature_name name, struct position at, const char *section,
		 const char *key, const char *attribute)
{
	const struct feature *feature = &features[name];
	CLEANUP(memory_free) char *path = NULL;

	if (c->api >= feature->api)
		return;
	path = memory_format("%s.%s.%s", section, key, attribute);
	diagnostic_hint(diagnostics_add(c->diagnostics, feature->severity, at, path,
					"%s: this engine is too old for it (API %s)", feature->what,
					c->host->api_version),
			"it needs Docker Engine %s (API 1.%u)", feature->engine, feature->api);
}

static void check_mount(struct check *c, const struct service *service,
			const struct service_mount *m, size_t index)
{
	CLEANUP(memory_free) char *attribute = memory_format("volumes[%zu]", index);
	bool reads = text_same(m->recursive, "writable") || text_same(m->recursive, "readonly");

	if (m->kind == MOUNT_IMAGE)
		need(c, IMAGE, m->at, "services", service->name, attribute);
	if (m->kind == MOUNT_VOLUME && m->subpath)
		need(c, SUBPATH, m->at, "services", service->name, attribute);
	if (reads)
		need(c, RECURSIVE, m->at, "services", service->name, attribute);
}

static void check_service(struct check *c, const struct service *service)
{
	for (size_t i = 0; i < service->mounts.len; i++)
		check_mount(c, service, &service->mounts.items[i], i);
	ARRAY_FOR_EACH (struct service_network, n, &service->networks) {
		CLEANUP(memory_free) char *attribute = memory_format("networks.%s", n->network);

		if (n->gw_priority)
			need(c, GW_PRIORITY, n->at, "services", service->name, attribute);
		if (n->interface_name)
			need(c, INTERFACE_NAME, n->at, "services", service->name, attribute);
	}
	const struct node_entry *entry = service->annotations.len && service->node
						 ? node_entry(service->node, "annotations")
						 : NULL;
	if (entry)
		need(c, ANNOTATIONS, entry->at, "services", service->name, "annotations");
}

void age_check(const struct project *project, const struct engine_host *host,
	       struct diagnostics *diagnostics)
{
	const char *minor = host->api_version ? strchr(host->api_version, '.') : NULL;
	struct check c = {.host = host, .diagnostics = diagnostics};

	/* An engine that counts in another way knows all that it says it can. */
	if (!minor || !text_starts(host->api_version, "1."))
		return;
	c.api = (unsigned)strtoul(minor + 1, NULL, 10);
	ARRAY_FOR_EACH (struct service, service, &project->services)
		check_service(&c, service);
	ARRAY_FOR_EACH (struct network, network, &project->networks)
		if (network->ipv4_off && !network->external)
			need(&c, IPV4_OFF, network->at, "networks", network->key, "enable_ipv4");
}
