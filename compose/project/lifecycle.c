/* SPDX-License-Identifier: MIT */
#include "compose/project/lifecycle.h"

#include <ctype.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/project/value.h"

static void bind_hooks(struct arena *arena, const struct node *node, struct hooks *hooks)
{
	VALUE_ROOM(arena, hooks, value_items(node));
	for (size_t i = 0; i < value_items(node); i++) {
		const struct node *item = node->sequence.items[i];

		hooks->items[hooks->len++] = (struct hook){
			.command = value_vector(arena, node_get(item, "command")),
			.image = node_text(node_get(item, "image")),
			.user = node_text(node_get(item, "user")),
			.working_dir = node_text(node_get(item, "working_dir")),
			.environment = value_pairs(arena, node_get(item, "environment")),
			.privileged = value_bool(node_get(item, "privileged"), false),
			.per_replica = value_bool(node_get(item, "per_replica"), false),
			.at = item->at,
		};
	}
}

/* A value may stand alone or in a list; the canonical form has lists. */
static struct strings option_values(struct arena *arena, const struct node *node)
{
	struct strings values = value_strings(arena, node);

	if (node_text(node)) {
		VALUE_ROOM(arena, &values, 1);
		values.items[values.len++] = node_text(node);
	}
	return values;
}

static const struct provider *bind_provider(struct arena *arena, const struct node_entry *entry)
{
	struct provider *provider = arena_alloc(arena, sizeof(*provider));
	const struct node *options = node_get(entry->value, "options");

	*provider = (struct provider){
		.type = node_text(node_get(entry->value, "type")),
		.at = entry->at,
	};
	VALUE_ROOM(arena, &provider->options, value_entries(options));
	for (size_t i = 0; i < value_entries(options); i++)
		provider->options.items[provider->options.len++] = (struct provider_option){
			.name = options->mapping.entries[i].key,
			.values = option_values(arena, options->mapping.entries[i].value),
		};
	return provider->type ? provider : NULL;
}

/* The variable that a service is told an address or a name in, where it names none: the model's
 * key in capitals, with _ for -. */
static const char *default_variable(struct arena *arena, const char *key, const char *suffix)
{
	char *name = arena_format(arena, "%s_%s", key, suffix);

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return name;
}

static void bind_uses(struct arena *arena, struct service *service, const struct node *node)
{
	bool list = node->kind == NODE_SEQUENCE;
	size_t count = list ? value_items(node) : value_entries(node);

	VALUE_ROOM(arena, &service->models, count);
	for (size_t i = 0; i < count; i++) {
		const struct node *item = list ? node->sequence.items[i] : NULL;
		const struct node_entry *entry = list ? NULL : &node->mapping.entries[i];
		const char *key = list ? node_text(item) : entry->key;
		const char *endpoint =
			entry ? node_text(node_get(entry->value, "endpoint_var")) : NULL;
		const char *model = entry ? node_text(node_get(entry->value, "model_var")) : NULL;

		if (!key)
			continue;
		service->models.items[service->models.len++] = (struct service_model){
			.model = key,
			.endpoint_variable =
				endpoint ? endpoint : default_variable(arena, key, "URL"),
			.model_variable = model ? model : default_variable(arena, key, "MODEL"),
			.at = list ? item->at : entry->at,
		};
	}
}

void lifecycle_bind(struct arena *arena, struct service *service, const struct node *node)
{
	const struct node_entry *provider = node_entry(node, "provider");
	const struct node *models = node_get(node, "models");

	bind_hooks(arena, node_get(node, "pre_start"), &service->pre_start);
	bind_hooks(arena, node_get(node, "post_start"), &service->post_start);
	bind_hooks(arena, node_get(node, "pre_stop"), &service->pre_stop);
	if (provider)
		service->provider = bind_provider(arena, provider);
	/* A program stands in for its containers. */
	if (service->provider)
		service->replicas = 0;
	if (models)
		bind_uses(arena, service, models);
}

void lifecycle_bind_models(struct project *project, const struct node *node)
{
	VALUE_ROOM(&project->arena, &project->models, value_entries(node));
	for (size_t i = 0; i < value_entries(node); i++) {
		const struct node_entry *entry = &node->mapping.entries[i];

		project->models.items[project->models.len++] = (struct model){
			.key = entry->key,
			.name = node_text(node_get(entry->value, "name")),
			.model = node_text(node_get(entry->value, "model")),
			.context_size = value_int(node_get(entry->value, "context_size"), 0),
			.runtime_flags = value_strings(&project->arena,
						       node_get(entry->value, "runtime_flags")),
			.at = entry->at,
		};
	}
}
