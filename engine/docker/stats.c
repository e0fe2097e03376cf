/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"

static uint64_t number(const cJSON *json, const char *path)
{
	const cJSON *item = json_path(json, path);

	return cJSON_IsNumber(item) && item->valuedouble > 0 ? (uint64_t)item->valuedouble : 0;
}

/* Time on CPUs by time that passed on all of them, times their number: 100 is one CPU. */
static double cpu_of_linux(const cJSON *json)
{
	double used = (double)number(json, "cpu_stats.cpu_usage.total_usage") -
		      (double)number(json, "precpu_stats.cpu_usage.total_usage");
	double before = (double)number(json, "precpu_stats.system_cpu_usage");
	double passed = (double)number(json, "cpu_stats.system_cpu_usage") - before;
	double cpus = (double)number(json, "cpu_stats.online_cpus");

	if (cpus <= 0)
		cpus = cJSON_GetArraySize(json_path(json, "cpu_stats.cpu_usage.percpu_usage"));
	/* The first sample has none before it. */
	return before > 0 && used > 0 && passed > 0 ? used / passed * cpus * 100 : 0;
}

/* Windows counts in units of 100 ns and knows no system total. */
static double cpu_of_windows(const cJSON *json)
{
	int64_t now = 0, before = 0;
	const char *read = json_string(json, "read"), *preread = json_string(json, "preread");
	double used = (double)number(json, "cpu_stats.cpu_usage.total_usage") -
		      (double)number(json, "precpu_stats.cpu_usage.total_usage");

	if (!read || !preread || !clock_parse(read, &now) || !clock_parse(preread, &before))
		return 0;
	double possible = (double)(now - before) / 100 * (double)number(json, "num_procs");

	/* "0001-01-01" is Go's zero time. */
	return text_starts(preread, "0001") || used <= 0 || possible <= 0 ? 0
									  : used / possible * 100;
}

/* What docker stats shows: without the file cache that the kernel can take back (cgroup v1, v2). */
static uint64_t memory_of_linux(const cJSON *json)
{
	uint64_t used = number(json, "memory_stats.usage");
	uint64_t cache = number(json, "memory_stats.stats.total_inactive_file");

	if (!cache)
		cache = number(json, "memory_stats.stats.inactive_file");
	return cache < used ? used - cache : used;
}

static void read_devices(const cJSON *json, struct engine_stats *stats)
{
	const cJSON *entry;

	cJSON_ArrayForEach (entry, json_path(json, "blkio_stats.io_service_bytes_recursive")) {
		const char *op = json_string(entry, "op");
		uint64_t value = number(entry, "value");

		if (text_same_nocase(op ? op : "", "read"))
			stats->block_read += value;
		else if (text_same_nocase(op ? op : "", "write"))
			stats->block_written += value;
	}
}

static void read_sample(const cJSON *json, bool is_windows, struct engine_stats *stats)
{
	const cJSON *entry;

	*stats = (struct engine_stats){
		.cpu_percent = is_windows ? cpu_of_windows(json) : cpu_of_linux(json),
		.memory = is_windows ? number(json, "memory_stats.privateworkingset")
				     : memory_of_linux(json),
		.memory_limit = number(json, "memory_stats.limit"),
		.block_read = number(json, "storage_stats.read_size_bytes"),
		.block_written = number(json, "storage_stats.write_size_bytes"),
		.pids = number(json, is_windows ? "num_procs" : "pids_stats.current"),
	};
	cJSON_ArrayForEach (entry, json_get(json, "networks")) {
		stats->network_received += number(entry, "rx_bytes");
		stats->network_sent += number(entry, "tx_bytes");
	}
	if (!is_windows)
		read_devices(json, stats);
}

static int64_t parse_sample(struct flow *flow, const char *bytes, size_t len, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	int64_t taken = flow_json_line(bytes, len, &json, err);
	struct engine_stats stats;

	if (taken <= 0 || !json)
		return taken;
	read_sample(json, text_same(flow->docker->os_type, "windows"), &stats);
	flow_tell_stats(flow, &stats);
	return taken;
}

static const struct flow_kind samples = {.parse = parse_sample};

struct engine_stream *docker_container_stats(struct engine *engine, const char *container,
					     bool once, const struct engine_reader *reader,
					     void *payload)
{
	CLEANUP(memory_free) char *what = memory_format("container %s", container);
	CLEANUP(text_drop) struct text path = {0};
	struct flow *flow = flow_new(engine, sizeof(*flow), &samples, what, reader, payload);

	docker_path(&path, "/containers/", container, "/stats");
	docker_query(&path, "stream", once ? "0" : "1");
	flow_begin(flow, &(struct flow_options){.path = text_string(&path)});
	return &flow->stream;
}
