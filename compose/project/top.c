/* SPDX-License-Identifier: MIT */
#include "compose/project/top.h"

#include "base/own.h"
#include "compose/project/hash.h"
#include "compose/project/project.h"
#include "compose/project/value.h"

/* What bears no name, or an empty one. */
static const char *own_name(struct project *project, const struct node_entry *entry, bool external)
{
	return external ? entry->key
			: arena_format(&project->arena, "%s_%s", project->name, entry->key);
}

static void bind_network(struct project *project, const struct node_entry *entry,
			 struct network *network)
{
	const struct node *node = entry->value;
	const struct node *ipam = node_get(node, "ipam");
	const struct node *pools = node_get(ipam, "config");

	*network = (struct network){
		.key = entry->key,
		.name = node_text(node_get(node, "name")),
		.external = value_bool(node_get(node, "external"), false),
		.driver = node_text(node_get(node, "driver")),
		.driver_opts = value_pairs(&project->arena, node_get(node, "driver_opts")),
		.labels = value_pairs(&project->arena, node_get(node, "labels")),
		.internal = value_bool(node_get(node, "internal"), false),
		.attachable = value_bool(node_get(node, "attachable"), false),
		.ipv6 = value_bool(node_get(node, "enable_ipv6"), false),
		.ipv4_off = !value_bool(node_get(node, "enable_ipv4"), true),
		.ipam_driver = node_text(node_get(ipam, "driver")),
		.ipam_options = value_pairs(&project->arena, node_get(ipam, "options")),
		.at = entry->at,
	};
	if (!network->name || !*network->name)
		network->name = own_name(project, entry, network->external);
	VALUE_ROOM(&project->arena, &network->ipam, value_items(pools));
	for (size_t i = 0; i < value_items(pools); i++) {
		const struct node *pool = pools->sequence.items[i];

		network->ipam.items[network->ipam.len++] = (struct ipam_pool){
			.subnet = node_text(node_get(pool, "subnet")),
			.ip_range = node_text(node_get(pool, "ip_range")),
			.gateway = node_text(node_get(pool, "gateway")),
			.aux_addresses =
				value_pairs(&project->arena, node_get(pool, "aux_addresses")),
		};
	}
	hash_node(node, network->hash);
}

static void bind_volume(struct project *project, const struct node_entry *entry,
			struct volume *volume)
{
	const struct node *node = entry->value;

	*volume = (struct volume){
		.key = entry->key,
		.name = node_text(node_get(node, "name")),
		.external = value_bool(node_get(node, "external"), false),
		.driver = node_text(node_get(node, "driver")),
		.driver_opts = value_pairs(&project->arena, node_get(node, "driver_opts")),
		.labels = value_pairs(&project->arena, node_get(node, "labels")),
		.at = entry->at,
	};
	if (!volume->name || !*volume->name)
		volume->name = own_name(project, entry, volume->external);
	hash_node(node, volume->hash);
}

static void bind_file(const struct node_entry *entry, struct file_source *file)
{
	static const struct {
		const char *key;
		enum source_kind kind;
	} sources[] = {
		{"file", SOURCE_FILE},
		{"environment", SOURCE_ENVIRONMENT},
		{"content", SOURCE_CONTENT},
	};

	*file = (struct file_source){
		.key = entry->key,
		.name = node_text(node_get(entry->value, "name")),
		.kind = SOURCE_EXTERNAL,
		.driver = node_text(node_get(entry->value, "driver")),
		.template_driver = node_text(node_get(entry->value, "template_driver")),
		.at = entry->at,
	};
	if (!file->name || !*file->name)
		file->name = entry->key;
	/* Whatever else is said of it: what is external is there already. */
	if (node_is_true(node_get(entry->value, "external")))
		return;
	for (size_t i = 0; i < ARRAY_LEN(sources) && !file->value; i++) {
		file->value = node_text(node_get(entry->value, sources[i].key));
		if (file->value)
			file->kind = sources[i].kind;
	}
}

void top_bind(struct project *project)
{
	const struct node *networks = node_get(project->root, "networks");
	const struct node *volumes = node_get(project->root, "volumes");
	const struct node *secrets = node_get(project->root, "secrets");
	const struct node *configs = node_get(project->root, "configs");

	VALUE_ROOM(&project->arena, &project->networks, value_entries(networks));
	for (size_t i = 0; i < value_entries(networks); i++)
		bind_network(project, &networks->mapping.entries[i],
			     &project->networks.items[project->networks.len++]);
	VALUE_ROOM(&project->arena, &project->volumes, value_entries(volumes));
	for (size_t i = 0; i < value_entries(volumes); i++)
		bind_volume(project, &volumes->mapping.entries[i],
			    &project->volumes.items[project->volumes.len++]);
	VALUE_ROOM(&project->arena, &project->secrets, value_entries(secrets));
	for (size_t i = 0; i < value_entries(secrets); i++)
		bind_file(&secrets->mapping.entries[i],
			  &project->secrets.items[project->secrets.len++]);
	VALUE_ROOM(&project->arena, &project->configs, value_entries(configs));
	for (size_t i = 0; i < value_entries(configs); i++)
		bind_file(&configs->mapping.entries[i],
			  &project->configs.items[project->configs.len++]);
}
