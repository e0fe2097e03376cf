/* SPDX-License-Identifier: MIT */
#include "compose/plan/preflight.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/age.h"
#include "compose/plan/census.h"
#include "compose/plan/finding.h"
#include "compose/plan/isolation.h"
#include "compose/plan/publish.h"
#include "compose/plan/rule.h"
#include "compose/plan/sense.h"
#include "compose/plan/spec.h"
#include "compose/plan/subnet.h"
#include "compose/plan/windows.h"
#include "compose/project/diagnostic.h"

struct check {
	const struct project *project;
	const struct preflight_facts *facts;
	const struct engine_host *host;
	struct diagnostics *diagnostics;
	struct census census;
	bool windows;
};

static bool can(const struct check *c, uint64_t capability)
{
	return (c->host->capabilities & capability) == capability;
}

/* --- mounts */

static void check_mount(struct check *c, const struct service *service,
			const struct service_mount *m)
{
	const struct preflight_facts *f = c->facts;
	if (m->kind == MOUNT_NPIPE && !c->windows)
		finding_service(c->diagnostics, SEVERITY_ERROR, m->at, service, "volumes",
				"Linux containers cannot mount a named pipe");
	if (m->kind == MOUNT_NPIPE && m->read_only)
		diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR, m->at, service,
						"volumes", "a named pipe cannot be read-only"),
				"remove read_only");
	if (m->kind == MOUNT_CLUSTER)
		diagnostic_hint(
			finding_service(
				c->diagnostics, SEVERITY_ERROR, m->at, service, "volumes",
				"a cluster volume can be mounted by a swarm's service only"),
			"use type: volume with the volume's driver");
	if (m->kind != MOUNT_BIND || !can(c, ENGINE_LOCAL) || !m->source)
		return;
	bool there = !f->exists || f->exists(m->source, f->payload);
	if (!there && !m->create_host_path)
		diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR, m->at, service,
						"volumes", "bind source %s is not there",
						m->source),
				"create it, or write bind: {create_host_path: true}");
	if (there && f->is_file && !can(c, ENGINE_FILE_BIND) && f->is_file(m->source, f->payload))
		diagnostic_hint(
			finding_service(c->diagnostics, SEVERITY_ERROR, m->at, service, "volumes",
					"this engine can bind folders only and %s is a file",
					m->source),
			"bind its folder, or use configs");
}

/* --- secrets and configs */

static void check_file(struct check *c, const struct service *service,
		       const struct service_file *use, const struct file_source *source,
		       const char *kind)
{
	const struct preflight_facts *f = c->facts;
	CLEANUP(memory_free) char *attribute = memory_format("%ss", kind);
	if (!source)
		return;
	struct position at = source->at.line ? source->at : use->at;
	if (source->kind == SOURCE_EXTERNAL)
		diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR, use->at, service,
						attribute, "external %s %s: this engine keeps none",
						kind, source->key),
				"use file or environment");
	if (source->driver || source->template_driver)
		diagnostic_hint(
			finding_service(c->diagnostics, SEVERITY_ERROR, use->at, service, attribute,
					"%s %s has a %s, which swarms alone have", kind,
					source->key, source->driver ? "driver" : "template_driver"),
			"use file or environment without it");
	if (source->kind == SOURCE_FILE && !spec_copies(source, c->host) &&
	    (use->uid || use->gid || use->mode))
		diagnostic_hint(
			finding_service(
				c->diagnostics, SEVERITY_WARNING, use->at, service, attribute,
				"%s %s is mounted: uid, gid and mode stay those of its file", kind,
				source->key),
			"what comes from environment or content takes them");
	if (c->windows && (use->uid || use->gid || use->mode))
		diagnostic_hint(finding_service(c->diagnostics, SEVERITY_WARNING, use->at, service,
						attribute,
						"%s %s: Windows files have no uid, gid and mode, "
						"and these are ignored",
						kind, source->key),
				"remove them");
	if (source->kind == SOURCE_FILE && f->exists && !f->exists(source->value, f->payload))
		diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR, at, service,
						attribute, "the file of %s %s is not there: %s",
						kind, source->key, source->value),
				"create it");
	if (source->kind == SOURCE_ENVIRONMENT && !map_has(&c->project->environment, source->value))
		diagnostic_hint(
			finding_service(
				c->diagnostics, SEVERITY_ERROR, at, service, attribute,
				"%s %s comes from the environment variable %s, which is not "
				"set",
				kind, source->key, source->value),
			"set it, in the environment or in .env");
	if (service->read_only && spec_copies(source, c->host))
		diagnostic_hint(
			finding_service(
				c->diagnostics, SEVERITY_ERROR, use->at, service, attribute,
				"%s %s is copied into the container, which read_only forbids", kind,
				source->key),
			"use a file on this host");
}

static void check_files(struct check *c, const struct service *service)
{
	ARRAY_FOR_EACH (struct service_file, use, &service->secrets)
		check_file(c, service, use, project_secret(c->project, use->source), "secret");
	ARRAY_FOR_EACH (struct service_file, use, &service->configs)
		check_file(c, service, use, project_config(c->project, use->source), "config");
	const struct node *config = node_get(service->credential_spec, "config");
	const struct file_source *source =
		node_text(config) ? project_config(c->project, node_text(config)) : NULL;
	if (source && source->kind == SOURCE_FILE)
		diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR, config->at, service,
						"credential_spec.config",
						"the credential spec's file was not read"),
				"write it as the config's content, or use credential_spec: file");
}

/* --- images and isolation */

/* Gives the isolation that was decided, or NULL. */
static const char *check_image(struct check *c, const struct service *service)
{
	const struct image *image = census_image(&c->census, service->image);
	if (image && image->os && *image->os && c->host->os_type &&
	    !text_same(image->os, c->host->os_type)) {
		diagnostic_hint(
			finding_service(c->diagnostics, SEVERITY_ERROR, service->image_at, service,
					"image",
					"%s is an image for %s and this engine runs %s containers",
					service->image, image->os, c->host->os_type),
			"choose another image, or another engine with --host");
		return NULL;
	}
	bool asked = service->isolation && !text_same(service->isolation, "default");
	if (!c->windows) {
		if (asked)
			diagnostic_hint(
				finding_service(c->diagnostics, SEVERITY_ERROR,
						service->isolation_at, service, "isolation",
						"isolation %s is for Windows containers and this "
						"engine runs Linux containers",
						service->isolation),
				"remove it");
		return NULL;
	}
	CLEANUP(error_drop) struct error *err = NULL;
	struct isolation_answer answer;
	const struct isolation_question question = isolation_ask(service, c->host, image);
	if (isolation_decide(&question, &answer, &err) == 0)
		return answer.isolation;
	finding_service(c->diagnostics, SEVERITY_ERROR,
			asked ? service->isolation_at : service->image_at, service,
			asked ? "isolation" : "image", "%s", err->message);
	return NULL;
}

/* --- health */

/* 1: has a check or a probe; 0: has none; -1: the image decides and was not observed. */
static int has_health(struct check *c, const struct service *service)
{
	if (service->supervision.probe.kind != PROBE_NONE)
		return 1;
	const struct healthcheck *h = &service->healthcheck;
	if (h->disabled || (h->test && text_same(h->test[0], "NONE")))
		return 0;
	if (h->test)
		return 1;
	const struct image *image = census_image(&c->census, service->image);
	return image ? image->has_healthcheck : -1;
}

static void check_dependencies(struct check *c, const struct service *service)
{
	ARRAY_FOR_EACH (struct dependency, d, &service->dependencies) {
		const struct service *needed = project_service(c->project, d->service);
		if (!needed || d->condition != DEPENDENCY_HEALTHY || has_health(c, needed))
			continue;
		diagnostic_hint(
			finding_service(c->diagnostics,
					d->required ? SEVERITY_ERROR : SEVERITY_WARNING, d->at,
					service, "depends_on",
					"%s waits for %s to be healthy, which has no health check",
					service->name, d->service),
			"give %s a healthcheck or x-wincompose: {probe: ...}, or use "
			"condition: service_started",
			d->service);
	}
}

static void check_hooks(struct check *c, const struct service *service)
{
	for (size_t i = 0; i < service->pre_start.len; i++) {
		const struct hook *hook = &service->pre_start.items[i];
		CLEANUP(memory_free) char *path = memory_format("pre_start[%zu].per_replica", i);

		if (hook->per_replica)
			diagnostic_hint(
				finding_service(c->diagnostics, SEVERITY_ERROR, hook->at, service,
						path,
						"a pre_start hook is run once for the service, not "
						"for each of its containers"),
				"do it in the entrypoint");
	}
}

static void check_probe(struct check *c, const struct service *service)
{
	const struct probe *probe = &service->supervision.probe;
	if ((probe->kind != PROBE_HTTP && probe->kind != PROBE_TCP) ||
	    can(c, ENGINE_LOCAL | ENGINE_ROUTABLE))
		return;
	ARRAY_FOR_EACH (struct service_port, p, &service->ports)
		if (p->target == probe->port && !text_same(p->protocol, "udp"))
			return;
	diagnostic_hint(
		finding_service(c->diagnostics, SEVERITY_ERROR, probe->at, service,
				"x-wincompose.probe",
				"port %u cannot be dialled from here: it is not published and the "
				"engine's container addresses cannot be reached",
				probe->port),
		"publish it: ports: [\"%u\"]", probe->port);
}

/* --- networks and volumes */

struct range {
	struct subnet subnet;
	const char *text;
	const struct network *network;      /* of the project, or */
	const struct engine_network *other; /* on the engine */
};

static void check_overlap(struct check *c, const struct range *a, const struct range *b)
{
	/* One of the engine's own with the name of ours is the one that ours is made anew from. */
	if (!b->network || a->network == b->network || !subnet_overlap(&a->subnet, &b->subnet) ||
	    (a->other && text_same(a->other->name, b->network->name)))
		return;
	CLEANUP(memory_free)
	char *sentence = memory_format("subnet %s overlaps with %s of network %s", b->text, a->text,
				       a->network ? a->network->key : a->other->name);
	diagnostic_hint(finding_network(c->diagnostics, SEVERITY_ERROR, b->network,
					"ipam.config.subnet", "%s", sentence),
			"choose another, or leave it to the engine");
}

static void check_subnets(struct check *c)
{
	struct {
		struct range *items;
		size_t len, cap;
	} ranges = {0};
	struct subnet subnet;
	ARRAY_FOR_EACH (struct engine_network, n, &c->facts->observed->networks)
		for (size_t i = 0; i < n->subnets.len; i++)
			if (subnet_parse(n->subnets.items[i], &subnet))
				array_push(&ranges,
					   ((struct range){subnet, n->subnets.items[i], NULL, n}));
	ARRAY_FOR_EACH (struct network, n, &c->project->networks)
		for (size_t i = 0; i < n->ipam.len && !n->external; i++)
			if (subnet_parse(n->ipam.items[i].subnet, &subnet))
				array_push(&ranges, ((struct range){subnet, n->ipam.items[i].subnet,
								    n, NULL}));
	for (size_t i = 0; i < ranges.len; i++)
		for (size_t j = i + 1; j < ranges.len; j++)
			check_overlap(c, &ranges.items[i], &ranges.items[j]);
	array_drop(&ranges);
}

static void check_external(struct check *c)
{
	ARRAY_FOR_EACH (struct network, n, &c->project->networks) {
		if (n->external && !map_has(&c->census.networks, n->name))
			diagnostic_hint(finding_network(c->diagnostics, SEVERITY_ERROR, n, "",
							"external network is not there"),
					"create it: docker network create %s", n->name);
	}
	ARRAY_FOR_EACH (struct volume, v, &c->project->volumes) {
		if (!v->external || map_has(&c->census.volumes, v->name))
			continue;
		CLEANUP(memory_free) char *path = memory_format("volumes.%s", v->key);
		diagnostic_hint(diagnostics_add(c->diagnostics, SEVERITY_ERROR, v->at, path,
						"external volume is not there"),
				"create it: docker volume create %s", v->name);
	}
}

void preflight_check(const struct project *project, const struct preflight_facts *facts,
		     struct diagnostics *diagnostics)
{
	struct check c = {.project = project,
			  .facts = facts,
			  .host = facts->host,
			  .diagnostics = diagnostics,
			  .windows = !(facts->host->capabilities & ENGINE_LINUX)};
	const struct windows_check w = {project, facts->host, diagnostics};
	census_take(&c.census, project, facts->observed);
	sense_refuse(project, diagnostics);
	rule_check(project, facts, diagnostics);
	publish_check(project, facts, diagnostics);
	age_check(project, facts->host, diagnostics);
	ARRAY_FOR_EACH (struct service, service, &project->services) {
		ARRAY_FOR_EACH (struct service_mount, m, &service->mounts)
			check_mount(&c, service, m);
		check_files(&c, service);
		const char *isolation = service->provider ? NULL : check_image(&c, service);
		check_dependencies(&c, service);
		check_hooks(&c, service);
		check_probe(&c, service);
		if (!c.windows)
			continue;
		windows_check_mounts(&w, service);
		windows_check_service(&w, service, isolation);
	}
	if (c.windows)
		windows_check_ground(&w);
	check_external(&c);
	check_subnets(&c);
	census_drop(&c.census);
}
