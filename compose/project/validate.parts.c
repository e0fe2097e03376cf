/* SPDX-License-Identifier: MIT */
#include "compose/project/validate.h"

#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"

/* --- numbers */

static const struct {
	const char *path; /* one or two steps below the service */
	const char *below;
	int64_t least, most;
} numbers[] = {
	{"cpu_count", NULL, 0, INT32_MAX},
	{"cpu_percent", NULL, 0, 100},
	{"oom_score_adj", NULL, -1000, 1000},
	{"blkio_config", "weight", 0, UINT16_MAX},
};

static void check_numbers(const struct subject *subject)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		const struct node *node = subject_get(subject, numbers[i].path);
		char path[64];

		if (numbers[i].below)
			node = node_get(node, numbers[i].below);
		if (!node || (node->kind != NODE_INT && node->kind != NODE_FLOAT))
			continue;
		double value = node->kind == NODE_INT ? (double)node->integer : node->real;
		snprintf(path, sizeof(path), "%s%s%s", numbers[i].path, numbers[i].below ? "." : "",
			 numbers[i].below ? numbers[i].below : "");
		if (value >= (double)numbers[i].least && value <= (double)numbers[i].most)
			continue;
		bool less = value < (double)numbers[i].least;
		diagnostic_hint(
			subject_complain(subject, node->at, path, "%s is %s than %lld", node->text,
					 less ? "less" : "more",
					 (long long)(less ? numbers[i].least : numbers[i].most)),
			"a number from %lld to %lld", (long long)numbers[i].least,
			(long long)numbers[i].most);
	}
}

/* --- devices */

static void check_devices(const struct subject *subject, const struct node *devices,
			  const char *where)
{
	for (size_t i = 0; devices && i < devices->sequence.len; i++) {
		const struct node *device = devices->sequence.items[i];
		const struct node *count = node_get(device, "count");
		const struct node *names = node_get(device, "device_ids");
		char below[80];

		snprintf(below, sizeof(below), "%s[%zu]", where, i);
		if (count && names)
			diagnostic_hint(
				subject_complain(subject, count->at, below,
						 "count and device_ids exclude each other"),
				"leave one of them out: device_ids is in %s",
				diagnostic_place(names->at, count->at, (char[PLACE_MAX]){0}));
		else if (count && count->kind == NODE_INT && count->integer < -1)
			diagnostic_hint(subject_complain(subject, count->at, below,
							 "%s is not a number of devices",
							 count->text),
					"a number, or all");
	}
}

/* --- develop */

static void check_watch(const struct subject *subject, const struct node *rule, const char *below,
			bool consistent)
{
	const struct node *path = node_get(rule, "path");
	const struct node *action = node_get(rule, "action");
	const struct node *target = node_get(rule, "target");
	const struct node *exec = node_get(rule, "exec");
	char told[64];

	if (path && path->kind == NODE_STRING && !*path->text)
		subject_complain(subject, path->at, below, "the path is empty");
	if (!action || action->kind != NODE_STRING || strchr(action->text, '$'))
		return;
	bool syncs = text_starts(action->text, "sync");
	snprintf(told, sizeof(told), "%s.target", below);
	if (consistent && syncs && (!target || !*target->text) &&
	    !subject_is_told(subject, action->at, told))
		diagnostic_hint(subject_complain(subject, action->at, below,
						 "action %s needs a target", action->text),
				"target: is the path in the container");
	if (exec && strcmp(action->text, "sync+exec") != 0)
		diagnostic_hint(subject_warn(subject, exec->at, below,
					     "exec says nothing to action %s", action->text),
				"action: sync+exec runs it");
}

static void check_develop(const struct subject *subject, bool consistent)
{
	const struct node *rules = subject_get_in(subject, "develop", "watch", NULL);

	for (size_t i = 0; rules && i < rules->sequence.len; i++) {
		char below[48];

		snprintf(below, sizeof(below), "develop.watch[%zu]", i);
		check_watch(subject, rules->sequence.items[i], below, consistent);
	}
}

/* --- build */

static void check_platforms(const struct subject *subject)
{
	const struct node *platforms = subject_get_in(subject, "build", "platforms", NULL);
	const struct node *platform = subject_get(subject, "platform");

	if (!platforms || platforms->sequence.len == 0 || !platform || !*platform->text)
		return;
	for (size_t i = 0; i < platforms->sequence.len; i++)
		if (text_same(node_text(platforms->sequence.items[i]), platform->text))
			return;
	diagnostic_hint(subject_complain(subject, platform->at, "platform",
					 "build.platforms does not have %s", platform->text),
			"add it in %s",
			diagnostic_place(platforms->at, platform->at, (char[PLACE_MAX]){0}));
}

static void check_contexts(const struct subject *subject)
{
	const struct node *contexts = subject_get_in(subject, "build", "additional_contexts", NULL);

	for (size_t i = 0; contexts && i < contexts->mapping.len; i++) {
		const struct node_entry *entry = &contexts->mapping.entries[i];

		if (node_text(entry->value) && !*entry->value->text && !strchr(entry->key, '$'))
			diagnostic_hint(
				subject_complain(subject, entry->at, "build.additional_contexts",
						 "the context \"%s\" says not where it is",
						 entry->key),
				"write %s=./folder, %s=docker-image://name or %s=service:name",
				entry->key, entry->key, entry->key);
	}
}

static void check_build_secrets(const struct subject *subject)
{
	static const char *const keys[] = {"uid", "gid", "mode"};
	const struct node *secrets = subject_get_in(subject, "build", "secrets", NULL);

	for (size_t i = 0; secrets && i < secrets->sequence.len; i++) {
		const struct node *use = secrets->sequence.items[i];

		for (size_t j = 0; j < ARRAY_LEN(keys); j++) {
			const struct node_entry *entry = node_entry(use, keys[j]);

			if (entry)
				diagnostic_hint(subject_warn(subject, entry->at, "build.secrets",
							     "%s says nothing to a build", keys[j]),
						"RUN --mount=type=secret,%s=... does", keys[j]);
		}
	}
}

/* --- deploy */

static void check_mode(const struct subject *subject)
{
	static const char *const modes[] = {"replicated", "global", "replicated-job", "global-job"};
	const struct node *mode = subject_get_in(subject, "deploy", "mode", NULL);

	if (!mode || text_same(mode->text, "replicated") || strchr(mode->text, '$'))
		return;
	struct diagnostic *d =
		subject_warn(subject, mode->at, "deploy.mode",
			     "mode \"%s\" has no effect outside of a swarm", mode->text);
	const char *near = text_nearest(mode->text, modes, ARRAY_LEN(modes));
	if (near && strcmp(near, mode->text) != 0)
		diagnostic_hint(d, "did you mean \"%s\"?", near);
}

static void check_condition(const struct subject *subject)
{
	static const char *const conditions[] = {"none", "on-failure", "any",
						 "no",   "always",     "unless-stopped"};
	const struct node *condition =
		subject_get_in(subject, "deploy", "restart_policy", "condition");

	if (!condition || !*condition->text || strchr(condition->text, '$'))
		return;
	for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
		if (strcmp(condition->text, conditions[i]) == 0)
			return;
	diagnostic_hint(subject_warn(subject, condition->at, "deploy.restart_policy.condition",
				     "\"%s\" is no condition", condition->text),
			"none, on-failure or any");
}

/* --- providers */

static void check_provider(const struct subject *subject)
{
	static const char *const others[] = {"image", "build", "network_mode"};
	const struct node *provider = subject_get(subject, "provider");

	for (size_t i = 0; provider && i < ARRAY_LEN(others); i++) {
		const struct node_entry *entry = node_entry(subject->entry->value, others[i]);

		if (entry)
			subject_warn(subject, entry->at, others[i],
				     "%s says nothing to a service that a provider runs",
				     others[i]);
	}
}

void validate_parts(const struct subject *service, bool consistent)
{
	const struct node *resources = subject_get_in(service, "deploy", "resources", NULL);

	check_numbers(service);
	check_devices(service, subject_get(service, "gpus"), "gpus");
	check_devices(service, node_get(node_get(resources, "reservations"), "devices"),
		      "deploy.resources.reservations.devices");
	check_develop(service, consistent);
	if (consistent) {
		check_platforms(service);
		check_contexts(service);
	}
	check_build_secrets(service);
	check_condition(service);
	check_mode(service);
	check_provider(service);
}
