/* SPDX-License-Identifier: MIT */
#include "compose/project/parts.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/project/value.h"

struct strings parts_hosts(struct arena *arena, const struct node *node)
{
	struct strings hosts = value_strings(arena, node);

	for (size_t i = 0; i < hosts.len; i++) {
		char *copy = arena_copy(arena, hosts.items[i]);
		char *equals = strchr(copy, '=');

		if (equals)
			*equals = ':';
		hosts.items[i] = copy;
	}
	return hosts;
}

static bool is_absolute(const char *target)
{
	return target[0] == '/' || target[0] == '\\' || (target[0] && target[1] == ':');
}

void parts_files(struct arena *arena, const struct node *node, const char *folder,
		 struct service_files *to)
{
	VALUE_ROOM(arena, to, value_items(node));
	for (size_t i = 0; i < value_items(node); i++) {
		const struct node *item = node->sequence.items[i];
		const char *source = node_text(node_get(item, "source"));
		const char *target = node_text(node_get(item, "target"));

		if (!source)
			continue;
		if (folder && (!target || !*target))
			target = source;
		if (folder && !is_absolute(target))
			target = arena_format(arena, "%s%s", folder, target);
		to->items[to->len++] = (struct service_file){
			.source = source,
			.target = target,
			.uid = node_text(node_get(item, "uid")),
			.gid = node_text(node_get(item, "gid")),
			.mode = value_mode(node_get(item, "mode")),
			.at = item->at,
		};
	}
}

void parts_ulimits(struct arena *arena, const struct node *node, struct ulimits *to)
{
	VALUE_ROOM(arena, to, value_entries(node));
	for (size_t i = 0; i < value_entries(node); i++) {
		const struct node_entry *entry = &node->mapping.entries[i];
		bool pair = entry->value->kind == NODE_MAPPING;

		to->items[to->len++] = (struct ulimit){
			.name = entry->key,
			.soft = value_int(pair ? node_get(entry->value, "soft") : entry->value, 0),
			.hard = value_int(pair ? node_get(entry->value, "hard") : entry->value, 0),
		};
	}
}

/* --- build */

static struct strings strings_at(struct arena *arena, const struct node *node, const char *key)
{
	return value_strings(arena, node_get(node, key));
}

static struct pairs pairs_at(struct arena *arena, const struct node *node, const char *key)
{
	return value_pairs(arena, node_get(node, key));
}

static const char *text_at(const struct node *node, const char *key)
{
	return node_text(node_get(node, key));
}

struct build *parts_build(struct arena *arena, const struct node *node)
{
	struct build *build = arena_alloc(arena, sizeof(*build));

	*build = (struct build){
		.context = text_at(node, "context"),
		.dockerfile = text_at(node, "dockerfile"),
		.dockerfile_inline = text_at(node, "dockerfile_inline"),
		.target = text_at(node, "target"),
		.network = text_at(node, "network"),
		.isolation = text_at(node, "isolation"),
		.args = pairs_at(arena, node, "args"),
		.labels = pairs_at(arena, node, "labels"),
		.cache_from = strings_at(arena, node, "cache_from"),
		.tags = strings_at(arena, node, "tags"),
		.extra_hosts = parts_hosts(arena, node_get(node, "extra_hosts")),
		.pull = value_bool(node_get(node, "pull"), false),
		.no_cache = value_bool(node_get(node, "no_cache"), false),
		.shm_size = value_bytes(node_get(node, "shm_size")),
		.platforms = strings_at(arena, node, "platforms"),
		.ssh = strings_at(arena, node, "ssh"),
		.additional_contexts = pairs_at(arena, node, "additional_contexts"),
		.entitlements = strings_at(arena, node, "entitlements"),
		.cache_to = strings_at(arena, node, "cache_to"),
		.no_cache_filter = strings_at(arena, node, "no_cache_filter"),
		.provenance = text_at(node, "provenance"),
		.sbom = text_at(node, "sbom"),
		.privileged = value_bool(node_get(node, "privileged"), false),
		.node = node,
		.at = node->at,
	};
	parts_ulimits(arena, node_get(node, "ulimits"), &build->ulimits);
	parts_files(arena, node_get(node, "secrets"), NULL, &build->secrets);
	return build;
}

/* --- devices */

static struct strings capabilities_of(struct arena *arena, const struct node *node,
				      const char *more)
{
	struct strings written = value_strings(arena, node);
	struct strings all = {0};

	if (!more)
		return written;
	VALUE_ROOM(arena, &all, written.len + 1);
	for (size_t i = 0; i < written.len; i++)
		if (strcmp(written.items[i], more) != 0)
			all.items[all.len++] = written.items[i];
	all.items[all.len++] = more;
	return all;
}

void parts_devices(struct arena *arena, const struct node *node, const char *capability,
		   struct device_requests *to)
{
	struct device_requests both = {0};

	if (value_items(node) == 0)
		return;
	VALUE_ROOM(arena, &both, to->len + value_items(node));
	for (size_t i = 0; i < to->len; i++)
		both.items[both.len++] = to->items[i];
	for (size_t i = 0; i < value_items(node); i++) {
		const struct node *item = node->sequence.items[i];

		both.items[both.len++] = (struct device_request){
			.driver = text_at(item, "driver"),
			.count = value_int(node_get(item, "count"), 0),
			.device_ids = strings_at(arena, item, "device_ids"),
			.capabilities =
				capabilities_of(arena, node_get(item, "capabilities"), capability),
			.options = pairs_at(arena, item, "options"),
			.at = item->at,
		};
	}
	*to = both;
}

static void throttles_of(struct arena *arena, const struct node *node, struct throttles *to)
{
	VALUE_ROOM(arena, to, value_items(node));
	for (size_t i = 0; i < value_items(node); i++) {
		const struct node *item = node->sequence.items[i];
		const struct node *weight = node_get(item, "weight");

		if (text_at(item, "path"))
			to->items[to->len++] = (struct throttle){
				.path = text_at(item, "path"),
				.rate = weight ? value_int(weight, 0)
					       : value_bytes(node_get(item, "rate")),
			};
	}
}

void parts_blkio(struct arena *arena, const struct node *node, struct blkio *to)
{
	to->weight = value_int(node_get(node, "weight"), 0);
	throttles_of(arena, node_get(node, "weight_device"), &to->weight_device);
	throttles_of(arena, node_get(node, "device_read_bps"), &to->read_bps);
	throttles_of(arena, node_get(node, "device_read_iops"), &to->read_iops);
	throttles_of(arena, node_get(node, "device_write_bps"), &to->write_bps);
	throttles_of(arena, node_get(node, "device_write_iops"), &to->write_iops);
}

/* --- watches */

static struct hook hook_of(struct arena *arena, const struct node *node)
{
	return (struct hook){
		.command = value_vector(arena, node_get(node, "command")),
		.user = text_at(node, "user"),
		.working_dir = text_at(node, "working_dir"),
		.environment = pairs_at(arena, node, "environment"),
		.privileged = value_bool(node_get(node, "privileged"), false),
		.at = node->at,
	};
}

static enum watch_action action_of(const char *word)
{
	static const char *const words[] = {
		[WATCH_REBUILD] = "rebuild",     [WATCH_SYNC] = "sync",
		[WATCH_RESTART] = "restart",     [WATCH_SYNC_RESTART] = "sync+restart",
		[WATCH_SYNC_EXEC] = "sync+exec",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_same(word, words[i]))
			return (enum watch_action)i;
	return WATCH_REBUILD;
}

void parts_watches(struct arena *arena, const struct node *develop, struct service *to)
{
	const struct node *rules = node_get(develop, "watch");

	VALUE_ROOM(arena, &to->watches, value_items(rules));
	for (size_t i = 0; i < value_items(rules); i++) {
		const struct node *rule = rules->sequence.items[i];
		struct watch_rule *watch = &to->watches.items[to->watches.len];

		if (!text_at(rule, "path"))
			continue;
		*watch = (struct watch_rule){
			.path = text_at(rule, "path"),
			.action = action_of(text_at(rule, "action")),
			.target = text_at(rule, "target"),
			.include = strings_at(arena, rule, "include"),
			.ignore = strings_at(arena, rule, "ignore"),
			.initial_sync = value_bool(node_get(rule, "initial_sync"), false),
			.at = rule->at,
		};
		if (node_get(rule, "exec"))
			watch->exec = hook_of(arena, node_get(rule, "exec"));
		to->watches.len++;
	}
}
