/* SPDX-License-Identifier: MIT */
#include "compose/project/supervision.h"

#include <string.h>

#include "base/own.h"
#include "compose/project/value.h"

static void bind_probe(struct probe *probe, const struct node *node)
{
	const struct node *http = node_get(node, "http");
	const struct node *tcp = node_get(node, "tcp");
	const int64_t second = 1000000000;

	*probe = (struct probe){
		.kind = http  ? PROBE_HTTP
			: tcp ? PROBE_TCP
			      : PROBE_LOG,
		.port = (unsigned)value_int(node_get(http ? http : tcp, "port"), 0),
		.path = http ? node_text(node_get(http, "path")) : NULL,
		.status = (int)value_int(node_get(http, "status"), 0),
		.pattern = node_text(node_get(node, "log")),
		.interval = (uint64_t)value_duration(node_get(node, "interval"), 10 * second),
		.timeout = (uint64_t)value_duration(node_get(node, "timeout"), 5 * second),
		.retries = (int)value_int(node_get(node, "retries"), 3),
		.start_period = (uint64_t)value_duration(node_get(node, "start_period"), 0),
		.at = node->at,
	};
	if (http && !probe->path)
		probe->path = "/";
	if (probe->kind == PROBE_LOG && !probe->pattern)
		probe->kind = PROBE_NONE;
}

void supervision_bind(struct service *service, const struct node *node)
{
	static const char *const words[] = {
		[UNHEALTHY_RESTART] = "restart",
		[UNHEALTHY_RECREATE] = "recreate",
		[UNHEALTHY_STOP] = "stop",
		[UNHEALTHY_IGNORE] = "ignore",
	};
	struct supervision *own = &service->supervision;
	const struct node *backoff = node_get(node, "backoff");
	const char *word = node_text(node_get(node, "on_unhealthy"));
	const struct restart_policy *restart = &service->restart;
	const int64_t second = 1000000000;

	*own = (struct supervision){
		.backoff_initial = (uint64_t)value_duration(node_get(backoff, "initial"), second),
		.backoff_max = (uint64_t)value_duration(node_get(backoff, "max"), 60 * second),
		.backoff_reset =
			(uint64_t)value_duration(node_get(backoff, "reset_after"), 60 * second),
		.isolation_strict = text_same(node_text(node_get(node, "isolation")), "strict"),
	};
	if (text_same(restart->name, "no"))
		own->on_unhealthy = UNHEALTHY_IGNORE;
	if (text_same(restart->name, "on-failure"))
		own->max_restarts = restart->max_retries;
	for (size_t i = 0; word && i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i]) == 0)
			own->on_unhealthy = (enum on_unhealthy)i;
	if (node_get(node, "probe"))
		bind_probe(&own->probe, node_get(node, "probe"));
}
