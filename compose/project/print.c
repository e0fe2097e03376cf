/* SPDX-License-Identifier: MIT */
#include "compose/project/print.h"

#include "base/own.h"
#include "base/text.h"
#include "compose/project/project.h"
#include "compose/project/schema.h"

static const struct position nowhere = {0};

static struct node *print_object(struct arena *arena, const struct schema *schema,
				 const struct node *node);

static struct node *print_list(struct arena *arena, const struct row *row, const struct node *node)
{
	struct node *out = node_new(arena, NODE_SEQUENCE, node->at);

	for (size_t i = 0; i < node->sequence.len; i++)
		node_append(arena, out, print_object(arena, row->of, node->sequence.items[i]));
	return out;
}

static struct node *print_map(struct arena *arena, const struct row *row, const struct node *node)
{
	struct node *out = node_new(arena, NODE_MAPPING, node->at);

	for (size_t i = 0; i < node->mapping.len; i++) {
		const struct node_entry *entry = &node->mapping.entries[i];

		node_add(arena, out, entry->key, print_object(arena, row->of, entry->value),
			 entry->at);
	}
	return out;
}

static struct node *print_value(struct arena *arena, const struct row *row, struct node *node)
{
	if (!row)
		return node;
	if (row->shape == SHAPE_OBJECT)
		return print_object(arena, row->of, node);
	if (row->shape == SHAPE_ITEMS && node->kind == NODE_SEQUENCE)
		return print_list(arena, row, node);
	if (row->shape == SHAPE_MAP && node->kind == NODE_MAPPING)
		return print_map(arena, row, node);
	return node;
}

static struct node *print_object(struct arena *arena, const struct schema *schema,
				 const struct node *node)
{
	if (node->kind != NODE_MAPPING)
		return (struct node *)node;
	struct node *out = node_new(arena, NODE_MAPPING, node->at);
	for (size_t i = 0; i < node->mapping.len; i++) {
		const struct node_entry *entry = &node->mapping.entries[i];
		const struct row *row = schema_row(schema, entry->key);

		if (row || schema == &schema_project)
			node_add(arena, out, entry->key, print_value(arena, row, entry->value),
				 entry->at);
	}
	return out;
}

static void fill(struct arena *arena, struct node *mapping, const char *key, enum node_kind kind)
{
	if (!node_entry(mapping, key))
		node_add(arena, mapping, key, node_new(arena, kind, nowhere), nowhere);
}

/* A limit of 0 is not there, be it a half or all of it. */
static void leave_zeros_out(struct arena *arena, const struct node *owner)
{
	static const char *const halves[] = {"soft", "hard"};
	struct node_entry *ulimits = node_entry(owner, "ulimits");

	if (!ulimits)
		return;
	ulimits->value = node_copy(arena, ulimits->value);
	for (size_t i = 0; i < ulimits->value->mapping.len; i++) {
		struct node_entry *limit = &ulimits->value->mapping.entries[i];

		for (size_t j = 0; j < ARRAY_LEN(halves); j++)
			if (text_same(node_text(node_get(limit->value, halves[j])), "0"))
				node_remove(limit->value, halves[j]);
		if (text_same(node_text(limit->value), "0"))
			limit->value = node_new(arena, NODE_MAPPING, limit->at);
	}
}

/* Nor is a device that is asked for 0 times counted. */
static void leave_counts_out(const struct node *devices)
{
	for (size_t i = 0; devices && i < devices->sequence.len; i++)
		if (text_same(node_text(node_get(devices->sequence.items[i], "count")), "0"))
			node_remove(devices->sequence.items[i], "count");
}

/* The devices of blkio_config have capital letters. */
static void capitalise(const struct node *blkio)
{
	static const struct {
		const char *key, *printed;
	} names[] = {{"path", "Path"}, {"rate", "Rate"}, {"weight", "Weight"}};

	for (size_t i = 0; blkio && i < blkio->mapping.len; i++) {
		const struct node *list = blkio->mapping.entries[i].value;

		for (size_t j = 0; list->kind == NODE_SEQUENCE && j < list->sequence.len; j++)
			for (size_t k = 0; k < ARRAY_LEN(names); k++) {
				struct node_entry *entry =
					node_entry(list->sequence.items[j], names[k].key);

				if (entry)
					entry->key = names[k].printed;
			}
	}
}

/* create_host_path is there where it is true. */
static void leave_false_out(const struct node *mounts)
{
	for (size_t i = 0; mounts && i < mounts->sequence.len; i++) {
		struct node *bind = node_get(mounts->sequence.items[i], "bind");
		const struct node *create = node_get(bind, "create_host_path");

		if (create && !node_is_true(create))
			node_remove(bind, "create_host_path");
	}
}

static void fill_service(struct arena *arena, struct node *service)
{
	struct node *deploy = node_get(service, "deploy");

	const struct node *watch = node_get(node_get(service, "develop"), "watch");

	for (size_t i = 0; watch && i < watch->sequence.len; i++) {
		fill(arena, watch->sequence.items[i], "exec", NODE_MAPPING);
		fill(arena, node_get(watch->sequence.items[i], "exec"), "command", NODE_NULL);
	}
	leave_zeros_out(arena, service);
	leave_zeros_out(arena, node_get(service, "build"));
	leave_counts_out(node_get(service, "gpus"));
	leave_counts_out(
		node_get(node_get(node_get(deploy, "resources"), "reservations"), "devices"));
	leave_false_out(node_get(service, "volumes"));
	capitalise(node_get(service, "blkio_config"));
	fill(arena, service, "command", NODE_NULL);
	fill(arena, service, "entrypoint", NODE_NULL);
	if (!deploy)
		return;
	fill(arena, deploy, "resources", NODE_MAPPING);
	fill(arena, deploy, "placement", NODE_MAPPING);
}

static void fill_network(struct arena *arena, struct node *network)
{
	fill(arena, network, "ipam", NODE_MAPPING);
	node_remove(node_get(network, "ipam"), "options");
}

/* Empty texts are not there. */
static void fill_config(struct arena *arena, struct node *config)
{
	static const char *const sources[] = {"content", "environment"};

	(void)arena;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		if (text_same(node_text(node_get(config, sources[i])), ""))
			node_remove(config, sources[i]);
}

static void fill_section(struct arena *arena, const struct node *section,
			 void (*fill_one)(struct arena *arena, struct node *one))
{
	for (size_t i = 0; section && i < section->mapping.len; i++) {
		struct node_entry *entry = &section->mapping.entries[i];

		if (entry->value->kind != NODE_MAPPING)
			entry->value = node_new(arena, NODE_MAPPING, nowhere);
		fill_one(arena, entry->value);
	}
}

struct node *print_tree(struct arena *arena, const struct project *project, bool raw)
{
	if (raw)
		return project->written ? project->written : project->root;
	struct node *root = print_object(arena, &schema_project, project->root);

	fill_section(arena, node_get(root, "services"), fill_service);
	fill_section(arena, node_get(root, "networks"), fill_network);
	fill_section(arena, node_get(root, "configs"), fill_config);
	return root;
}

cJSON *print_json(const struct project *project, bool raw)
{
	CLEANUP(arena_drop) struct arena arena = {0};

	return node_to_json(print_tree(&arena, project, raw));
}
