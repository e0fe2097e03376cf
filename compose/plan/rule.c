/* SPDX-License-Identifier: MIT */
#include "compose/plan/rule.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/diagnostic.h"

/* A row holds where the engine lacks the capability. WINDOWS stands for an engine that has no
 * ENGINE_LINUX, LINUX for one that has it. Source: what moby's daemon/daemon_windows.go refuses and
 * ignores, and its Linux counterpart. */
enum scope { WINDOWS, LINUX, LACKS };

static const struct rule {
	const char *path;
	enum scope scope;
	uint64_t needs; /* LACKS */
	enum severity severity;
	const char *sentence;
	const char *hint;
	bool zero_asks; /* "0" is a value like any other */
} rules[] = {
	{"privileged", WINDOWS, 0, SEVERITY_ERROR, "Windows containers have no privileged mode",
	 "remove it"},
	{"read_only", WINDOWS, 0, SEVERITY_ERROR,
	 "Windows containers have no read-only root file system", "remove it"},
	{"tmpfs", WINDOWS, 0, SEVERITY_ERROR, "Windows containers have no tmpfs",
	 "use an anonymous volume"},
	{"ulimits", WINDOWS, 0, SEVERITY_ERROR, "Windows containers have no ulimits",
	 "remove them"},
	{"cpuset", WINDOWS, 0, SEVERITY_ERROR, "Windows containers cannot be bound to processors",
	 "use cpus or cpu_count", true},
	{"cgroup_parent", WINDOWS, 0, SEVERITY_ERROR, "Windows has no cgroups", "remove it"},
	{"blkio_config", WINDOWS, 0, SEVERITY_ERROR, "Windows has no blkio controls", "remove it"},
	{"cpu_period", WINDOWS, 0, SEVERITY_ERROR, "Windows refuses cpu_period", "use cpus"},
	{"cpu_rt_period", WINDOWS, 0, SEVERITY_ERROR, "Windows refuses cpu_rt_period", "remove it"},
	{"cpu_rt_runtime", WINDOWS, 0, SEVERITY_ERROR, "Windows refuses cpu_rt_runtime",
	 "remove it"},
	{"mem_reservation", WINDOWS, 0, SEVERITY_ERROR, "Windows refuses memory reservations",
	 "use mem_limit"},
	{"memswap_limit", WINDOWS, 0, SEVERITY_ERROR, "Windows refuses swap limits",
	 "use mem_limit"},
	{"mem_swappiness", WINDOWS, 0, SEVERITY_ERROR, "Windows refuses mem_swappiness",
	 "remove it"},
	{"oom_kill_disable", WINDOWS, 0, SEVERITY_ERROR, "Windows refuses oom_kill_disable",
	 "remove it"},
	{"pids_limit", WINDOWS, 0, SEVERITY_ERROR, "Windows refuses limits of processes",
	 "remove it"},
	{"deploy.resources.limits.pids", WINDOWS, 0, SEVERITY_ERROR,
	 "Windows refuses limits of processes", "remove it"},
	{"deploy.resources.reservations.memory", WINDOWS, 0, SEVERITY_ERROR,
	 "Windows refuses memory reservations", "use limits"},
	{"use_api_socket", WINDOWS, 0, SEVERITY_ERROR,
	 "the API socket cannot be given to a Windows container", "remove it"},
	{"cap_add", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores capabilities", NULL},
	{"cap_drop", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores capabilities", NULL},
	{"cpu_quota", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores cpu_quota", "use cpus"},
	{"device_cgroup_rules", WINDOWS, 0, SEVERITY_WARNING, "Windows has no cgroups", NULL},
	{"init", WINDOWS, 0, SEVERITY_WARNING, "Windows containers have no init process", NULL},
	{"oom_score_adj", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores oom_score_adj", NULL},
	{"sysctls", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores sysctls", NULL},
	{"userns_mode", WINDOWS, 0, SEVERITY_WARNING, "Windows has no user namespaces", NULL},
	{"dns_opt", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores dns_opt", NULL},
	{"group_add", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores group_add", NULL},
	{"ipc", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores ipc", NULL},
	{"pid", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores pid", NULL},
	{"uts", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores uts", NULL},
	{"cgroup", WINDOWS, 0, SEVERITY_WARNING, "Windows has no cgroups", NULL},
	{"shm_size", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores shm_size", NULL},
	{"gpus", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores gpus",
	 "give the device class with devices: class/5B45201D-F2F2-4F3B-85BB-30FF1F953599"},
	{"use_api_socket", LINUX, 0, SEVERITY_WARNING,
	 "the container gets the engine's socket, but not this user's registry credentials",
	 "give it those of a configs entry, where it must pull or push"},
	{"credential_spec", LINUX, 0, SEVERITY_ERROR,
	 "Linux containers have no Windows credentials", "remove it"},
	{"cpu_count", LINUX, 0, SEVERITY_WARNING, "Linux ignores cpu_count", "use cpus"},
	{"cpu_percent", LINUX, 0, SEVERITY_WARNING, "Linux ignores cpu_percent", "use cpus"},
	{"deploy.resources.reservations.devices", WINDOWS, 0, SEVERITY_WARNING,
	 "Windows ignores reserved devices",
	 "give the device class with devices: class/5B45201D-F2F2-4F3B-85BB-30FF1F953599"},
	{"links", WINDOWS, 0, SEVERITY_WARNING,
	 "Windows ignores links: only the order of starting follows from them",
	 "name the service, or give it network aliases"},
	{"external_links", WINDOWS, 0, SEVERITY_WARNING, "Windows ignores external_links",
	 "share a network"},
	{"healthcheck.test", LACKS, ENGINE_HEALTHCHECK, SEVERITY_ERROR,
	 "this engine has no health checks", "use x-wincompose: {probe: ...}"},
	{"healthcheck.start_interval", LACKS, ENGINE_START_INTERVAL, SEVERITY_WARNING,
	 "this engine is too old for start_interval and uses interval",
	 "it needs Docker Engine 25"},
};

/* Whether something was written that asks for anything: not null, false, 0 or empty. */
static bool asks(const struct node *node, bool zero_asks)
{
	if (!node)
		return false;
	switch (node->kind) {
	case NODE_NULL:
		return false;
	case NODE_BOOL:
		return node->boolean;
	case NODE_INT:
		return node->integer != 0;
	case NODE_FLOAT:
		return node->real != 0;
	case NODE_STRING:
		return *node->text && (zero_asks || strcmp(node->text, "0") != 0);
	case NODE_SEQUENCE:
		return node->sequence.len > 0;
	case NODE_MAPPING:
		break;
	}
	return node->mapping.len > 0;
}

/* The entry at a dotted path below a mapping, or NULL. */
static const struct node_entry *entry_at(const struct node *node, const char *path)
{
	const struct node_entry *entry = NULL;
	while (*path) {
		size_t len = strcspn(path, ".");
		CLEANUP(memory_free) char *key = memory_copy_n(path, len);
		entry = node ? node_entry(node, key) : NULL;
		if (!entry)
			return NULL;
		node = entry->value;
		path += len + (path[len] == '.');
	}
	return entry;
}

static bool applies(const struct rule *rule, const struct engine_host *host)
{
	bool on_linux = host->capabilities & ENGINE_LINUX;
	if (rule->scope == LACKS)
		return (host->capabilities & rule->needs) != rule->needs;
	return rule->scope == LINUX ? on_linux : !on_linux;
}

void rule_check(const struct project *project, const struct preflight_facts *facts,
		struct diagnostics *diagnostics)
{
	ARRAY_FOR_EACH (struct service, service, &project->services) {
		for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
			const struct rule *rule = &rules[i];
			if (!applies(rule, facts->host))
				continue;
			const struct node_entry *entry = entry_at(service->node, rule->path);
			if (!entry || !asks(entry->value, rule->zero_asks))
				continue;
			CLEANUP(memory_free)
			char *path = memory_format("services.%s.%s", service->name, rule->path);
			struct position at = entry->at.line ? entry->at : service->at;
			struct diagnostic *d = diagnostics_add(diagnostics, rule->severity, at,
							       path, "%s", rule->sentence);
			if (rule->hint)
				diagnostic_hint(d, "%s", rule->hint);
		}
	}
}

const char *rule_sentence(const char *attribute, bool windows, enum severity *severity)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		enum scope scope = rules[i].scope;

		if (scope != (windows ? WINDOWS : LINUX) || strcmp(rules[i].path, attribute) != 0)
			continue;
		*severity = rules[i].severity;
		return rules[i].sentence;
	}
	return NULL;
}
