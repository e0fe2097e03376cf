/* SPDX-License-Identifier: MIT */
#include "compose/project/normal.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/mount.h"

static const struct position nowhere = {0};

/* Sets what is absent. */
static void default_string(const struct normal *normal, struct node *node, const char *key,
			   const char *value)
{
	if (!node_entry(node, key))
		node_add(normal->arena, node, key, node_string(normal->arena, value, nowhere),
			 nowhere);
}

static void default_bool(const struct normal *normal, struct node *node, const char *key,
			 bool value)
{
	if (!node_entry(node, key))
		node_add(normal->arena, node, key, node_bool(normal->arena, value, nowhere),
			 nowhere);
}

/* --- networks, volumes, secrets, configs */

/* external: {name: x}, deprecated: external: true and name: x. */
static void mend_external(const struct normal *normal, const char *section,
			  const struct node_entry *entry)
{
	struct node *external = node_get(entry->value, "external");

	if (!external || external->kind != NODE_MAPPING)
		return;
	CLEANUP(memory_free) char *path = memory_format("%s.%s", section, entry->key);
	diagnostic_hint(diagnostics_add(normal->diagnostics, SEVERITY_WARNING, external->at, path,
					"external: {name} is deprecated"),
			"write external: true and name: beside it");
	struct node *name = node_get(external, "name");
	const struct node *other = node_get(entry->value, "name");
	if (name && name->kind == NODE_NULL)
		diagnostics_add(normal->diagnostics, SEVERITY_ERROR, name->at, path,
				"external.name has no value");
	else if (name && other && !text_same(node_text(other), name->text))
		diagnostic_hint(diagnostics_add(normal->diagnostics, SEVERITY_ERROR, name->at, path,
						"external.name says %s, and name says %s",
						name->text, other->text),
				"only name is needed");
	else if (name)
		node_set(normal->arena, entry->value, "name", name, name->at);
	node_set(normal->arena, entry->value, "external",
		 node_bool(normal->arena, true, external->at), external->at);
}

static void normal_resource(const struct normal *normal, const char *section,
			    struct node_entry *entry)
{
	if (entry->value->kind == NODE_NULL)
		entry->value = node_new(normal->arena, NODE_MAPPING, entry->at);
	mend_external(normal, section, entry);
	const struct node *external = node_get(entry->value, "external");
	const char *name = node_text(node_get(entry->value, "name"));
	if (name && *name)
		return;
	if (name) {
		CLEANUP(memory_free) char *path = memory_format("%s.%s", section, entry->key);

		/* Not shown, as docker compose has it: it is named when it is bound. */
		diagnostics_add(normal->diagnostics, SEVERITY_WARNING,
				node_get(entry->value, "name")->at, path, "its name is empty");
		return;
	}
	if (external && external->kind == NODE_BOOL && external->boolean)
		default_string(normal, entry->value, "name", entry->key);
	else
		default_string(normal, entry->value, "name",
			       arena_format(normal->arena, "%s_%s", normal->name, entry->key));
}

void normal_resources(const struct normal *normal, struct node *root)
{
	static const char *const sections[] = {"networks", "volumes", "secrets", "configs"};

	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		struct node *section = node_get(root, sections[i]);

		for (size_t j = 0; section && j < section->mapping.len; j++)
			normal_resource(normal, sections[i], &section->mapping.entries[j]);
	}
}

/* --- services */

/* KEY in a list becomes KEY=VALUE where it has a value; where not, it stays if it may. */
static void fill_list(const struct normal *normal, struct node *list, bool may_stay)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->sequence.len; i++) {
		struct node *item = list->sequence.items[i];
		const char *key = node_text(item);
		bool bare = key && !strchr(key, '=');
		const char *value = bare ? variables_get(normal->variables, key) : NULL;

		if (value)
			item = node_string(normal->arena,
					   arena_format(normal->arena, "%s=%s", key, value),
					   item->at);
		if (!bare || value || may_stay)
			list->sequence.items[kept++] = item;
	}
	list->sequence.len = (uint32_t)kept;
}

static void fill_build(const struct normal *normal, struct node *build)
{
	struct node *args = node_get(build, "args");

	default_string(normal, build, "context", ".");
	if (!node_get(build, "dockerfile_inline"))
		default_string(normal, build, "dockerfile", "Dockerfile");
	/* An argument without a value takes the environment's, or is none. */
	if (args && normal->variables && args->kind == NODE_SEQUENCE)
		fill_list(normal, args, false);
	if (args && args->kind == NODE_SEQUENCE && args->sequence.len == 0)
		node_set(normal->arena, build, "args", node_new(normal->arena, NODE_NULL, args->at),
			 args->at);
	bool mapped = args && normal->variables && args->kind == NODE_MAPPING;
	for (size_t i = 0; mapped && i < args->mapping.len; i++) {
		struct node_entry *entry = &args->mapping.entries[i];

		if (entry->value->kind != NODE_NULL)
			continue;
		const char *value = variables_get(normal->variables, entry->key);
		if (value)
			entry->value = node_string(normal->arena, value, entry->at);
		else
			node_remove(args, args->mapping.entries[i--].key);
	}
}

static void fill_environment(const struct normal *normal, struct node *environment)
{
	if (environment->kind == NODE_SEQUENCE)
		fill_list(normal, environment, true);
	if (environment->kind != NODE_MAPPING)
		return;
	for (size_t i = 0; i < environment->mapping.len; i++) {
		struct node_entry *entry = &environment->mapping.entries[i];

		if (entry->value->kind != NODE_NULL)
			continue;
		const char *value = variables_get(normal->variables, entry->key);
		if (value)
			entry->value = node_string(normal->arena, value, entry->at);
	}
}

static void fill_ports(const struct normal *normal, struct node *ports)
{
	for (size_t i = 0; i < ports->sequence.len; i++) {
		struct node *port = ports->sequence.items[i];

		if (port->kind != NODE_MAPPING)
			continue;
		default_string(normal, port, "mode", "ingress");
		default_string(normal, port, "protocol", "tcp");
	}
}

static void fill_mounts(const struct normal *normal, struct node *mounts)
{
	for (size_t i = 0; i < mounts->sequence.len; i++) {
		struct node *mount = mounts->sequence.items[i];
		struct node_entry *target = node_entry(mount, "target");

		/* Backslashes are part of a name to docker compose here, whatever the host. */
		if (!target || target->value->kind != NODE_STRING || !*target->value->text ||
		    mount_is_pipe(target->value->text) ||
		    (target->value->text[0] != '/' &&
		     (path_host_is_windows() || path_is_windows(target->value->text))))
			continue;
		CLEANUP(memory_free) char *clean = path_clean(target->value->text);
		if (strcmp(clean, target->value->text) != 0)
			target->value = node_string(normal->arena, clean, target->value->at);
	}
}

static void fill_secrets(const struct normal *normal, struct node *secrets)
{
	for (size_t i = 0; i < secrets->sequence.len; i++) {
		struct node *use = secrets->sequence.items[i];
		const char *source = node_text(node_get(use, "source"));

		if (source && !node_text(node_get(use, "target")))
			default_string(normal, use, "target",
				       arena_format(normal->arena, "/run/secrets/%s", source));
	}
}

static void fill_items(const struct normal *normal, struct node *list, const char *key)
{
	for (size_t i = 0; list && i < list->sequence.len; i++)
		if (list->sequence.items[i]->kind == NODE_MAPPING)
			default_bool(normal, list->sequence.items[i], key, true);
}

/* Devices that are asked for neither by number nor by name are all that there are. */
static void fill_devices(const struct normal *normal, struct node *devices)
{
	for (size_t i = 0; devices && i < devices->sequence.len; i++) {
		struct node *device = devices->sequence.items[i];

		if (device->kind == NODE_MAPPING && !node_get(device, "count") &&
		    !node_get(device, "device_ids"))
			node_set(normal->arena, device, "count",
				 normal->written ? node_string(normal->arena, "all", nowhere)
						 : node_int(normal->arena, -1, nowhere),
				 nowhere);
	}
}

/* A pre_start hook runs in the service's image where it names none. */
static void fill_hooks(const struct normal *normal, const struct node *service)
{
	struct node *hooks = node_get(service, "pre_start");
	struct node *image = node_get(service, "image");

	for (size_t i = 0; hooks && image && i < hooks->sequence.len; i++)
		if (hooks->sequence.items[i]->kind == NODE_MAPPING &&
		    !node_get(hooks->sequence.items[i], "image"))
			node_set(normal->arena, hooks->sequence.items[i], "image", image,
				 image->at);
}

/* --- dependencies that other attributes imply */

static void imply(const struct normal *normal, struct node *service, const char *name, bool restart,
		  struct position at)
{
	struct node *needs = node_get(service, "depends_on");

	if (!needs) {
		needs = node_new(normal->arena, NODE_MAPPING, at);
		node_add(normal->arena, service, "depends_on", needs, at);
	}
	if (node_entry(needs, name))
		return;
	struct node *need = node_new(normal->arena, NODE_MAPPING, at);
	node_room(normal->arena, need, 3);
	node_add(normal->arena, need, "condition",
		 node_string(normal->arena, "service_started", at), at);
	if (restart || normal->written)
		node_add(normal->arena, need, "restart", node_bool(normal->arena, restart, at), at);
	node_add(normal->arena, need, "required", node_bool(normal->arena, true, at), at);
	node_add(normal->arena, needs, arena_copy(normal->arena, name), need, at);
}

static void imply_dependencies(const struct normal *normal, struct node *service)
{
	static const char *const namespaces[] = {"network_mode", "ipc", "pid", "uts", "cgroup"};
	const struct node *from = node_get(service, "volumes_from");
	const struct node *links = node_get(service, "links");

	for (size_t i = 0; links && i < links->sequence.len; i++) {
		const struct node *node = links->sequence.items[i];
		CLEANUP(memory_free)
		char *name = memory_copy_n(node->text, strcspn(node->text, ":"));
		imply(normal, service, name, true, node->at);
	}
	for (size_t i = 0; i < ARRAY_LEN(namespaces); i++) {
		const struct node *node = node_get(service, namespaces[i]);
		const char *text = node_text(node);

		if (text && text_starts(text, "service:"))
			imply(normal, service, text + strlen("service:"), true, node->at);
	}
	for (size_t i = 0; from && i < from->sequence.len; i++) {
		const struct node *node = from->sequence.items[i];

		if (text_starts(node->text, "container:"))
			continue;
		CLEANUP(memory_free)
		char *name = memory_copy_n(node->text, strcspn(node->text, ":"));
		imply(normal, service, name, false, node->at);
	}
}

static void default_networks(const struct normal *normal, struct node *service)
{
	const struct node *networks = node_get(service, "networks");

	if ((networks && networks->mapping.len > 0) || node_get(service, "network_mode") ||
	    node_get(service, "provider"))
		return;
	struct node *own = node_new(normal->arena, NODE_MAPPING, nowhere);
	node_room(normal->arena, own, 1);
	node_add(normal->arena, own, "default", node_new(normal->arena, NODE_NULL, nowhere),
		 nowhere);
	node_set(normal->arena, service, "networks", own, nowhere);
}

/* scale is another way to write deploy.replicas: both say it where there is a deploy. */
static void fill_replicas(const struct normal *normal, const struct node *service)
{
	struct node *scale = node_get(service, "scale");
	struct node *deploy = node_get(service, "deploy");

	if (scale && scale->kind == NODE_INT && deploy && deploy->kind == NODE_MAPPING &&
	    !node_get(deploy, "replicas"))
		node_set(normal->arena, deploy, "replicas", scale, scale->at);
}

/* Both of a generic resource's are shown always. */
static void fill_generic(const struct normal *normal, const struct node *resources)
{
	for (size_t i = 0; resources && i < resources->sequence.len; i++) {
		struct node *spec =
			node_get(resources->sequence.items[i], "discrete_resource_spec");

		if (!spec || spec->kind != NODE_MAPPING)
			continue;
		if (!node_get(spec, "kind"))
			node_set(normal->arena, spec, "kind",
				 node_string(normal->arena, "", nowhere), nowhere);
		if (!node_get(spec, "value"))
			node_set(normal->arena, spec, "value", node_int(normal->arena, 0, nowhere),
				 nowhere);
	}
}

static void normal_service(const struct normal *normal, struct node *service)
{
	struct node_entry *policy = node_entry(service, "pull_policy");
	struct node *build = node_get(service, "build");
	struct node *needs = node_get(service, "depends_on");
	const struct node *reserved =
		node_get(node_get(node_get(service, "deploy"), "resources"), "reservations");

	if (policy && text_same(node_text(policy->value), "if_not_present"))
		policy->value = node_string(normal->arena, "missing", policy->value->at);
	if (build && build->kind == NODE_MAPPING)
		fill_build(normal, build);
	if (normal->variables && node_get(service, "environment"))
		fill_environment(normal, node_get(service, "environment"));
	if (node_get(service, "ports"))
		fill_ports(normal, node_get(service, "ports"));
	if (node_get(service, "volumes"))
		fill_mounts(normal, node_get(service, "volumes"));
	if (node_get(service, "secrets"))
		fill_secrets(normal, node_get(service, "secrets"));
	fill_items(normal, node_get(service, "env_file"), "required");
	fill_devices(normal, node_get(service, "gpus"));
	fill_devices(normal, node_get(reserved, "devices"));
	fill_generic(normal, node_get(reserved, "generic_resources"));
	fill_hooks(normal, service);
	fill_replicas(normal, service);
	for (size_t i = 0; needs && i < needs->mapping.len; i++)
		default_bool(normal, needs->mapping.entries[i].value, "required", true);
	imply_dependencies(normal, service);
	default_networks(normal, service);
}

void normal_services(const struct normal *normal, struct node *root)
{
	struct node *services = node_get(root, "services");

	for (size_t i = 0; services && i < services->mapping.len; i++)
		normal_service(normal, services->mapping.entries[i].value);
}

void normal_scope(const struct normal *normal, struct node *root)
{
	struct node *services = node_get(root, "services");

	for (size_t i = 0; services && i < services->mapping.len; i++) {
		struct node *service = services->mapping.entries[i].value;
		struct node *build = node_get(service, "build");

		if (build && build->kind == NODE_MAPPING)
			default_string(normal, build, "context", ".");
		if (normal->variables && node_get(service, "environment"))
			fill_environment(normal, node_get(service, "environment"));
	}
}

void normal_default_network(const struct normal *normal, struct node *root)
{
	const struct node *services = node_get(root, "services");
	struct node *networks = node_get(root, "networks");
	bool used = false;

	for (size_t i = 0; services && !used && i < services->mapping.len; i++)
		used = node_entry(node_get(services->mapping.entries[i].value, "networks"),
				  "default") != NULL;
	if (!used)
		return;
	if (!networks) {
		networks = node_new(normal->arena, NODE_MAPPING, nowhere);
		node_add(normal->arena, root, "networks", networks, nowhere);
	}
	if (node_entry(networks, "default"))
		return;
	node_add(normal->arena, networks, "default", node_new(normal->arena, NODE_NULL, nowhere),
		 nowhere);
	normal_resource(normal, "networks", &networks->mapping.entries[networks->mapping.len - 1]);
}
