/* SPDX-License-Identifier: MIT */
#include "compose/project/prune.h"

#include <string.h>

#include "base/own.h"

typedef bool keep_function(const struct node_entry *entry, const void *payload);

static void filter(struct node *mapping, keep_function *keep, const void *payload)
{
	size_t kept = 0;

	for (size_t i = 0; mapping && i < mapping->mapping.len; i++)
		if (keep(&mapping->mapping.entries[i], payload))
			mapping->mapping.entries[kept++] = mapping->mapping.entries[i];
	if (mapping)
		mapping->mapping.len = kept;
}

/* --- profiles */

static bool has_active(const struct node_entry *entry, const void *payload)
{
	const struct node *profiles = node_get(entry->value, "profiles");
	const struct map *active = payload;

	if (!profiles || profiles->kind != NODE_SEQUENCE || profiles->sequence.len == 0)
		return true;
	/* Where none is named, the empty one is, as docker compose has it. */
	for (size_t i = 0; i < profiles->sequence.len; i++)
		if (map_has(active, profiles->sequence.items[i]->text) ||
		    (!active->len && !*profiles->sequence.items[i]->text))
			return true;
	return map_has(active, "*");
}

static void activate(const struct node *services, struct map *active, const char *const *named)
{
	for (size_t i = 0; named && named[i]; i++) {
		const struct node *profiles = node_get(node_get(services, named[i]), "profiles");

		for (size_t j = 0; profiles && j < profiles->sequence.len; j++)
			map_set(active, profiles->sequence.items[j]->text, (void *)profiles);
	}
}

void prune_profiles(struct node *root, struct map *active, const char *const *named,
		    struct map *disabled)
{
	struct node *services = node_get(root, "services");

	activate(services, active, named);
	for (size_t i = 0; services && i < services->mapping.len; i++) {
		const struct node_entry *entry = &services->mapping.entries[i];

		if (!has_active(entry, active))
			map_set(disabled, entry->key, entry->value);
	}
	filter(services, has_active, active);
}

/* --- resources */

static bool is_used(const struct node_entry *entry, const void *payload)
{
	return map_has(payload, entry->key);
}

static void use_sources(struct map *used, const struct node *list)
{
	for (size_t i = 0; list && list->kind == NODE_SEQUENCE && i < list->sequence.len; i++) {
		const struct node *use = list->sequence.items[i];
		const char *source = node_text(node_get(use, "source"));
		const char *type = node_text(node_get(use, "type"));

		/* A mount of another type than volume names something else. */
		if (source && (!type || strcmp(type, "volume") == 0))
			map_set(used, source, used);
	}
}

static void use_keys(struct map *used, const struct node *mapping)
{
	for (size_t i = 0; mapping && mapping->kind == NODE_MAPPING && i < mapping->mapping.len;
	     i++)
		map_set(used, mapping->mapping.entries[i].key, used);
}

void prune_resources(struct node *root)
{
	static const char *const sections[] = {"networks", "volumes", "secrets", "configs",
					       "models"};
	const struct node *services = node_get(root, "services");

	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		CLEANUP(map_drop) struct map used = {0};

		for (size_t j = 0; services && j < services->mapping.len; j++) {
			const struct node *service = services->mapping.entries[j].value;

			if (i == 0 || i == 4)
				use_keys(&used, node_get(service, sections[i]));
			else
				use_sources(&used, node_get(service, sections[i]));
			if (i == 2)
				use_sources(&used, node_get(node_get(service, "build"), "secrets"));
			/* A credential_spec may name a config. */
			const char *config =
				node_text(node_get(node_get(service, "credential_spec"), "config"));
			if (config && i == 3)
				map_set(&used, config, &used);
		}
		struct node *section = node_get(root, sections[i]);
		filter(section, is_used, &used);
		if (section && section->mapping.len == 0)
			node_remove(root, sections[i]);
	}
}

void prune_services(struct node *root, const struct map *kept)
{
	struct node *services = node_get(root, "services");

	filter(services, is_used, kept);
	for (size_t i = 0; services && i < services->mapping.len; i++) {
		struct node *service = services->mapping.entries[i].value;
		struct node *needs = node_get(service, "depends_on");

		filter(needs, is_used, kept);
		if (needs && needs->mapping.len == 0)
			node_remove(service, "depends_on");
	}
}
