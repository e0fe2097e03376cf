/* SPDX-License-Identifier: MIT */
#include "compose/project/validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/subject.h"
#include "compose/project/unit.h"

/* --- one service */

static void check_source(const struct subject *subject)
{
	const struct node *image = subject_get(subject, "image");

	if ((!image || (image->kind == NODE_STRING && !*image->text)) &&
	    !subject_get(subject, "build") && !subject_get(subject, "provider"))
		diagnostic_hint(subject_complain(subject, subject->entry->at, NULL,
						 "there is neither an image nor a build"),
				"image: names one to pull, build: a folder with a Dockerfile");
}

static void check_build(const struct subject *subject)
{
	const struct node *inline_file =
		subject_get_in(subject, "build", "dockerfile_inline", NULL);
	const struct node *file = subject_get_in(subject, "build", "dockerfile", NULL);
	if (inline_file && file)
		diagnostic_hint(
			subject_complain(subject, inline_file->at, "build.dockerfile_inline",
					 "dockerfile and dockerfile_inline exclude each other"),
			"leave one of them out: dockerfile is in %s",
			diagnostic_place(file->at, inline_file->at, (char[PLACE_MAX]){0}));
}

static void check_networks(const struct subject *subject)
{
	const struct node *mode = subject_get(subject, "network_mode");
	const struct node *networks = subject_get(subject, "networks");

	if (mode && networks && networks->mapping.len > 0)
		diagnostic_hint(subject_complain(subject, mode->at, "network_mode",
						 "network_mode and networks exclude each other"),
				"leave one of them out: networks is in %s",
				diagnostic_place(networks->at, mode->at, (char[PLACE_MAX]){0}));
}

/* Two attributes for one thing must agree. */
static void check_pair(const struct subject *subject, const char *key, const struct node *other,
		       const char *other_name)
{
	const struct node *own = subject_get(subject, key);

	if (!own || !other || own->kind == NODE_NULL || other->kind == NODE_NULL)
		return;
	bool numbers = own->kind != NODE_STRING && other->kind != NODE_STRING;
	double a = own->kind == NODE_INT ? (double)own->integer : own->real;
	double b = other->kind == NODE_INT ? (double)other->integer : other->real;
	if (numbers ? a == b : text_same(node_text(own), node_text(other)))
		return;
	diagnostic_hint(subject_complain(subject, own->at, key, "%s says %s, and %s says %s", key,
					 own->text, other_name, other->text),
			"leave one of them out (%s)",
			diagnostic_places(own->at, other->at, (char[TWO_PLACES_MAX]){0}));
}

static void check_scale(const struct subject *subject, bool consistent)
{
	const struct node *replicas = subject_get_in(subject, "deploy", "replicas", NULL);
	const struct node *scale = subject_get(subject, "scale");
	const struct node *name = subject_get(subject, "container_name");
	const struct node *count = scale ? scale : replicas;

	if (consistent)
		check_pair(subject, "scale", replicas, "deploy.replicas");
	if (!count || count->kind != NODE_INT)
		return;
	if (count->integer < 0 || count->integer > 100000)
		diagnostic_hint(subject_complain(subject, count->at,
						 scale ? "scale" : "deploy.replicas",
						 "%s is not a number of containers", count->text),
				"0 to 100000");
	else if (consistent && name && count->integer > 1)
		diagnostic_hint(subject_complain(subject, name->at, "container_name",
						 "%s containers cannot have one name", count->text),
				"leave container_name out, or have 1 of them in %s",
				diagnostic_place(count->at, name->at, (char[PLACE_MAX]){0}));
}

static void check_limits(const struct subject *subject)
{
	check_pair(subject, "cpus",
		   node_get(subject_get_in(subject, "deploy", "resources", "limits"), "cpus"),
		   "deploy.resources.limits.cpus");
	check_pair(subject, "mem_limit",
		   node_get(subject_get_in(subject, "deploy", "resources", "limits"), "memory"),
		   "deploy.resources.limits.memory");
	check_pair(
		subject, "mem_reservation",
		node_get(subject_get_in(subject, "deploy", "resources", "reservations"), "memory"),
		"deploy.resources.reservations.memory");
	check_pair(subject, "pids_limit",
		   node_get(subject_get_in(subject, "deploy", "resources", "limits"), "pids"),
		   "deploy.resources.limits.pids");
}

/* Of the attribute, where it is written: the short form has none. */
static const char *port_path(const struct node *port, const char *key, char out[static 48])
{
	const struct node_entry *entry = node_entry(port, key);
	const struct position at = entry->value->at;
	bool brief = at.line == port->at.line && at.column == port->at.column;

	snprintf(out, 48, "ports[%u]%s%s", port->index, brief ? "" : ".", brief ? "" : key);
	return out;
}

static void check_ports(const struct subject *subject)
{
	const struct node *ports = subject_get(subject, "ports");

	for (size_t i = 0; ports && i < ports->sequence.len; i++) {
		const struct node *port = ports->sequence.items[i];
		const struct node *target = node_get(port, "target");
		char below[48];

		if (target && target->kind == NODE_INT && target->integer < 0)
			diagnostic_hint(subject_complain(subject, target->at,
							 port_path(port, "target", below),
							 "%s is not a port", target->text),
					"a port is a number from 1 to 65535");
	}
}

/* A volume is labelled for SELinux by what stands in bind. */
static void check_mount_options(const struct subject *subject, const struct node *mount,
				const char *type, const char *below)
{
	static const char *const options[] = {"bind", "volume", "tmpfs", "image"};

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct node *other = node_get(mount, options[i]);
		size_t used = strcmp(type, "volume") == 0 && node_get(other, "selinux") ? 1 : 0;

		if (other && strcmp(type, options[i]) != 0 && other->mapping.len > used)
			subject_warn(subject, other->at, below,
				     "%s: says nothing to a mount of type %s", options[i], type);
	}
}

/* It is not there as it was wrong. */
static bool lacks(const struct subject *subject, const struct node *mount, const char *below,
		  const char *key)
{
	CLEANUP(memory_free) char *path = memory_format("%s.%s", below, key);

	return !node_get(mount, key) && subject_is_told(subject, mount->at, path);
}

static void check_mount(const struct subject *subject, const struct node *mount, const char *below)
{
	const char *type = node_text(node_get(mount, "type"));
	const struct node *target = node_get(mount, "target");
	const struct node *source = node_get(mount, "source");

	if (!type)
		return;
	if ((!target || !*target->text) && !lacks(subject, mount, below, "target"))
		diagnostic_hint(
			subject_complain(subject, mount->at, below, "\"target\" is missing"),
			"target: is the path in the container");
	if ((strcmp(type, "bind") == 0 || strcmp(type, "npipe") == 0 ||
	     strcmp(type, "image") == 0) &&
	    (!source || !*source->text) && !lacks(subject, mount, below, "source"))
		diagnostic_hint(subject_complain(subject, mount->at, below,
						 "a mount of type %s needs a source", type),
				"source: what is mounted");
	check_mount_options(subject, mount, type, below);
}

static void check_mounts(const struct subject *subject)
{
	const struct node *mounts = subject_get(subject, "volumes");

	for (size_t i = 0; mounts && i < mounts->sequence.len; i++) {
		const struct node *mount = mounts->sequence.items[i];
		char below[32];

		snprintf(below, sizeof(below), "volumes[%u]", mount->index);
		if (mount->kind == NODE_MAPPING)
			check_mount(subject, mount, below);
	}
}

static void check_healthcheck(const struct subject *subject)
{
	const struct node *check = subject_get(subject, "healthcheck");
	const struct node *start = node_get(check, "start_interval");

	if (start && !node_get(check, "start_period") &&
	    !subject_is_told(subject, start->at, "healthcheck.start_period"))
		diagnostic_hint(subject_warn(subject, start->at, "healthcheck.start_interval",
					     "start_interval says nothing without a start_period"),
				"it is the interval while start_period lasts");
	const struct node *retries = node_get(check, "retries");
	if (retries && retries->kind == NODE_INT && retries->integer < 0)
		diagnostic_hint(subject_complain(subject, retries->at, "healthcheck.retries",
						 "%s is not a number of retries", retries->text),
				"1 or more; 0 is the engine's default, 3");
}

static void check_pull_policy(const struct subject *subject)
{
	const struct node *policy = subject_get(subject, "pull_policy");
	static const char *const policies[] = {"always", "never",  "missing", "build",
					       "daily",  "weekly", "refresh", "if_not_present"};
	bool known = !policy || strchr(policy->text, '$') || text_starts(policy->text, "every_");

	for (size_t i = 0; !known && i < ARRAY_LEN(policies); i++)
		known = strcmp(policies[i], policy->text) == 0;
	if (!known)
		diagnostic_hint(
			subject_complain(subject, policy->at, "pull_policy",
					 "\"%s\" is not a pull policy", policy->text),
			"always, never, missing, build, daily, weekly, every_12h, or refresh with "
			"pull_refresh_after");
}

/* --- x-wincompose */

static void check_probe(const struct subject *subject, const struct node *probe)
{
	static const char *const kinds[] = {"http", "tcp", "log"};
	static const char below[] = "x-wincompose.probe";
	const struct node *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct node *kind = node_get(probe, kinds[i]);

		if (kind && found)
			diagnostic_hint(subject_complain(subject, kind->at, below,
							 "a probe is one of http, tcp and log"),
					"remove the others");
		found = kind ? kind : found;
	}
	if (!found && subject_is_told(subject, probe->at, below))
		return;
	if (!found) {
		diagnostic_hint(subject_complain(subject, probe->at, below,
						 "a probe needs one of http, tcp and log"),
				"http: {port: 80}, tcp: {port: 80} or log: TEXT");
		return;
	}
	const struct node *port = node_get(found, "port");
	if (port && port->kind == NODE_INT && (port->integer < 1 || port->integer > 65535))
		subject_complain(subject, port->at, below, "%s is not a port", port->text);
	const struct node *path = node_get(found, "path");
	if (path && path->text[0] != '/')
		diagnostic_hint(subject_complain(subject, path->at, below,
						 "the path \"%s\" does not begin with /",
						 path->text),
				"write /%s", path->text);
	const struct node *status = node_get(found, "status");
	if (status && status->kind == NODE_INT && (status->integer < 100 || status->integer > 599))
		subject_complain(subject, status->at, below, "%s is not an HTTP status",
				 status->text);
	if (found->kind == NODE_STRING && !*found->text)
		subject_complain(subject, found->at, below, "the pattern is empty");
	const struct node *retries = node_get(probe, "retries");
	if (retries && retries->kind == NODE_INT && retries->integer < 1)
		subject_complain(subject, retries->at, below, "%s is not a number of retries",
				 retries->text);
}

static void check_supervision(const struct subject *subject)
{
	const struct node *own = subject_get(subject, "x-wincompose");
	const struct node *probe = node_get(own, "probe");
	const struct node *backoff = node_get(own, "backoff");
	const struct node *initial = node_get(backoff, "initial");
	const struct node *max = node_get(backoff, "max");
	int64_t low = 0, high = 0;

	if (probe && probe->kind == NODE_MAPPING)
		check_probe(subject, probe);
	if (initial && max && unit_duration(initial->text, &low) &&
	    unit_duration(max->text, &high) && low > high)
		subject_complain(subject, max->at, "x-wincompose.backoff.max",
				 "the longest wait %s is shorter than the first, %s", max->text,
				 initial->text);
}

/* consistent: attributes are held against each other, too. */
static void check_service(const struct subject *subject, bool consistent)
{
	if (consistent) {
		check_build(subject);
		check_networks(subject);
		check_limits(subject);
	}
	check_scale(subject, consistent);
	check_ports(subject);
	check_mounts(subject);
	check_healthcheck(subject);
	check_pull_policy(subject);
	check_supervision(subject);
	validate_parts(subject, consistent);
}

/* --- networks, volumes, secrets, configs */

static void check_external(const struct subject *subject)
{
	const struct node *value = subject->entry->value;

	if (!node_is_true(node_get(value, "external")))
		return;
	for (size_t i = 0; i < value->mapping.len; i++) {
		const struct node_entry *entry = &value->mapping.entries[i];

		if (strcmp(entry->key, "external") == 0 || strcmp(entry->key, "name") == 0 ||
		    text_starts(entry->key, "x-"))
			continue;
		/* docker compose refuses it for volumes alone. */
		if (strcmp(subject->section, "volumes") == 0)
			diagnostic_hint(subject_complain(subject, entry->at, entry->key,
							 "what is external takes no \"%s\"",
							 entry->key),
					"it exists already: only its name counts");
		else
			diagnostic_hint(subject_warn(subject, entry->at, entry->key,
						     "\"%s\" says nothing to what is external",
						     entry->key),
					"it exists already: only its name counts");
	}
}

static void check_file_source(const struct subject *subject)
{
	static const char *const sources[] = {"file", "environment", "content"};
	const struct node *found = NULL;
	const char *first = NULL;

	if (node_is_true(subject_get(subject, "external")))
		return;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		const struct node *source = subject_get(subject, sources[i]);

		if (source && found)
			diagnostic_hint(
				subject_complain(subject, source->at, sources[i],
						 "%s and %s exclude each other (%s)", first,
						 sources[i],
						 diagnostic_places(found->at, source->at,
								   (char[TWO_PLACES_MAX]){0})),
				"one of them says where it comes from");
		first = source ? sources[i] : first;
		found = source ? source : found;
	}
	/* An empty file is the project's folder, and a config may come from a variable without a
	 * name, as docker compose has it. */
	bool nameless = text_same(first, "environment") && text_same(node_text(found), "") &&
			strcmp(subject->section, "secrets") == 0;
	if (!found || nameless)
		diagnostic_hint(
			subject_complain(subject, subject->entry->at, NULL, "it has no source"),
			"file: or environment: says where it comes from");
}

void validate_tree(const struct node *root, bool partial, bool no_consistency,
		   struct diagnostics *diagnostics)
{
	static const char *const sections[] = {"services", "networks", "volumes", "secrets",
					       "configs"};

	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		const struct node *section = node_get(root, sections[i]);

		for (size_t j = 0; section && j < section->mapping.len; j++) {
			const struct subject subject = {sections[i], &section->mapping.entries[j],
							diagnostics};

			if (subject.entry->value->kind != NODE_MAPPING)
				continue;
			if (i == 0)
				check_service(&subject, !no_consistency);
			else
				check_external(&subject);
			if (i == 0 && !partial && !no_consistency)
				check_source(&subject);
			if (i > 2 && !partial)
				check_file_source(&subject);
		}
	}
}
