/* SPDX-License-Identifier: MIT */
/* The parts of a service that are large and stand alone: deploy, devices, hooks, develop, models. */
#include "compose/project/schema.h"

#include "base/own.h"
#include "compose/project/brief.h"

#define ROWS(array) .rows = array, .len = ARRAY_LEN(array)
#define WORDS(...)  ((const char *const[]){__VA_ARGS__, NULL})

/* --- devices that a driver gives */

static const struct row request_rows[] = {
	{.name = "capabilities", .shape = SHAPE_STRINGS, .flags = ROW_REQUIRED | ROW_DISTINCT},
	{.name = "driver", .shape = SHAPE_STRING},
	{.name = "count", .shape = SHAPE_COUNT, .flags = ROW_KEEP},
	{.name = "device_ids", .shape = SHAPE_STRINGS, .flags = ROW_DISTINCT},
	{.name = "options", .shape = SHAPE_LABELS, .flags = ROW_DISTINCT},
};
static const struct schema request = {.what = "a reserved device", ROWS(request_rows)};

static const struct row gpu_rows[] = {
	{.name = "capabilities", .shape = SHAPE_STRINGS, .flags = ROW_DISTINCT},
	{.name = "driver", .shape = SHAPE_STRING},
	{.name = "count", .shape = SHAPE_COUNT, .flags = ROW_KEEP},
	{.name = "device_ids", .shape = SHAPE_STRINGS, .flags = ROW_DISTINCT},
	{.name = "options", .shape = SHAPE_LABELS, .flags = ROW_DISTINCT},
};
const struct schema schema_gpu = {.what = "a GPU", ROWS(gpu_rows), .expand = brief_gpu};

/* --- deploy */

static const struct row discrete_rows[] = {
	{.name = "kind", .shape = SHAPE_STRING, .flags = ROW_KEEP},
	{.name = "value", .shape = SHAPE_INT, .flags = ROW_KEEP},
};
static const struct schema discrete = {.what = "a discrete resource", ROWS(discrete_rows)};

static const struct row generic_rows[] = {
	{.name = "discrete_resource_spec",
	 .shape = SHAPE_OBJECT,
	 .flags = ROW_KEEP,
	 .of = &discrete},
};
static const struct schema generic = {.what = "a generic resource", ROWS(generic_rows)};

static const struct row limit_rows[] = {
	{.name = "cpus", .shape = SHAPE_NUMBER},
	{.name = "memory", .shape = SHAPE_BYTES, .flags = ROW_STRICT},
	{.name = "pids", .shape = SHAPE_INT},
};
static const struct schema limits = {.what = "the limits", ROWS(limit_rows)};

static const struct row reservation_rows[] = {
	{.name = "cpus", .shape = SHAPE_NUMBER, .flags = ROW_IGNORED},
	{.name = "memory", .shape = SHAPE_BYTES, .flags = ROW_STRICT},
	{.name = "devices", .shape = SHAPE_ITEMS, .of = &request},
	{.name = "generic_resources", .shape = SHAPE_ITEMS, .flags = ROW_IGNORED, .of = &generic},
};
static const struct schema reservations = {.what = "the reservations", ROWS(reservation_rows)};

static const struct row resource_rows[] = {
	{.name = "limits", .shape = SHAPE_OBJECT, .flags = ROW_KEEP, .of = &limits},
	{.name = "reservations", .shape = SHAPE_OBJECT, .flags = ROW_KEEP, .of = &reservations},
};
static const struct schema resources = {.what = "the resources", ROWS(resource_rows)};

static const struct row restart_rows[] = {
	{.name = "condition", .shape = SHAPE_STRING},
	{.name = "delay", .shape = SHAPE_DURATION, .flags = ROW_KEEP | ROW_IGNORED},
	{.name = "max_attempts", .shape = SHAPE_INT, .flags = ROW_KEEP | ROW_UNSIGNED},
	{.name = "window", .shape = SHAPE_DURATION, .flags = ROW_KEEP | ROW_IGNORED},
};
static const struct schema restart_policy = {.what = "the restart policy", ROWS(restart_rows)};

static const struct row update_rows[] = {
	{.name = "parallelism", .shape = SHAPE_INT, .flags = ROW_KEEP | ROW_UNSIGNED},
	{.name = "delay", .shape = SHAPE_DURATION},
	{.name = "failure_action", .shape = SHAPE_STRING},
	{.name = "monitor", .shape = SHAPE_DURATION},
	{.name = "max_failure_ratio", .shape = SHAPE_NUMBER},
	{.name = "order", .shape = SHAPE_STRING, .words = WORDS("start-first", "stop-first")},
};
static const struct schema update = {.what = "an update's rules", ROWS(update_rows)};

static const struct row preference_rows[] = {
	{.name = "spread", .shape = SHAPE_STRING},
};
static const struct schema preference = {.what = "a preference", ROWS(preference_rows)};

static const struct row placement_rows[] = {
	{.name = "constraints", .shape = SHAPE_STRINGS},
	{.name = "preferences", .shape = SHAPE_ITEMS, .of = &preference},
	{.name = "max_replicas_per_node", .shape = SHAPE_INT, .flags = ROW_UNSIGNED},
};
static const struct schema placement = {.what = "the placement", ROWS(placement_rows)};

static const struct row deploy_rows[] = {
	{.name = "mode", .shape = SHAPE_STRING},
	{.name = "replicas", .shape = SHAPE_INT, .flags = ROW_KEEP},
	{.name = "labels", .shape = SHAPE_LABELS, .flags = ROW_IGNORED},
	{.name = "update_config",
	 .shape = SHAPE_OBJECT,
	 .flags = ROW_IGNORED | ROW_KEEP,
	 .of = &update},
	{.name = "rollback_config",
	 .shape = SHAPE_OBJECT,
	 .flags = ROW_IGNORED | ROW_KEEP,
	 .of = &update},
	{.name = "resources", .shape = SHAPE_OBJECT, .of = &resources},
	{.name = "restart_policy", .shape = SHAPE_OBJECT, .flags = ROW_KEEP, .of = &restart_policy},
	{.name = "placement", .shape = SHAPE_OBJECT, .flags = ROW_IGNORED, .of = &placement},
	{.name = "endpoint_mode", .shape = SHAPE_STRING, .flags = ROW_IGNORED},
};
const struct schema schema_deploy = {.what = "deploy", ROWS(deploy_rows)};

/* --- block devices */

static const struct row weight_rows[] = {
	{.name = "path", .shape = SHAPE_STRING, .flags = ROW_KEEP},
	{.name = "weight", .shape = SHAPE_INT, .flags = ROW_STRICT | ROW_UNSIGNED | ROW_KEEP},
};
static const struct schema device_weight = {
	.what = "a device's weight", ROWS(weight_rows), .closed = true};

static const struct row rate_rows[] = {
	{.name = "path", .shape = SHAPE_STRING, .flags = ROW_KEEP},
	{.name = "rate", .shape = SHAPE_BYTES, .flags = ROW_KEEP},
};
static const struct schema device_rate = {
	.what = "a device's rate", ROWS(rate_rows), .closed = true};

static const struct row blkio_rows[] = {
	{.name = "weight", .shape = SHAPE_INT, .flags = ROW_STRICT},
	{.name = "weight_device", .shape = SHAPE_ITEMS, .of = &device_weight},
	{.name = "device_read_bps", .shape = SHAPE_ITEMS, .of = &device_rate},
	{.name = "device_read_iops", .shape = SHAPE_ITEMS, .of = &device_rate},
	{.name = "device_write_bps", .shape = SHAPE_ITEMS, .of = &device_rate},
	{.name = "device_write_iops", .shape = SHAPE_ITEMS, .of = &device_rate},
};
const struct schema schema_blkio = {.what = "blkio_config", ROWS(blkio_rows), .closed = true};

/* --- commands at certain times */

static const struct row hook_rows[] = {
	{.name = "command",
	 .shape = SHAPE_COMMAND,
	 .flags = ROW_REQUIRED | ROW_NULL | ROW_KEEP,
	 .merge = MERGE_REPLACE},
	{.name = "user", .shape = SHAPE_STRING},
	{.name = "privileged", .shape = SHAPE_BOOL},
	{.name = "working_dir", .shape = SHAPE_STRING},
	{.name = "environment", .shape = SHAPE_PAIRS, .flags = ROW_DISTINCT},
};
const struct schema schema_hook = {.what = "a hook", ROWS(hook_rows)};

static const struct row first_hook_rows[] = {
	{.name = "command",
	 .shape = SHAPE_COMMAND,
	 .flags = ROW_NULL | ROW_KEEP,
	 .merge = MERGE_REPLACE},
	{.name = "image", .shape = SHAPE_STRING},
	{.name = "user", .shape = SHAPE_STRING},
	{.name = "privileged", .shape = SHAPE_BOOL},
	{.name = "working_dir", .shape = SHAPE_STRING},
	{.name = "environment", .shape = SHAPE_PAIRS, .flags = ROW_DISTINCT},
	{.name = "per_replica", .shape = SHAPE_BOOL},
};
const struct schema schema_first_hook = {.what = "a pre_start hook", ROWS(first_hook_rows)};

/* --- develop */

static const struct row watch_rows[] = {
	{.name = "path", .shape = SHAPE_STRING, .flags = ROW_REQUIRED},
	{.name = "action",
	 .shape = SHAPE_STRING,
	 .flags = ROW_REQUIRED,
	 .words = WORDS("rebuild", "sync", "restart", "sync+restart", "sync+exec")},
	{.name = "target", .shape = SHAPE_STRING},
	{.name = "exec", .shape = SHAPE_OBJECT, .of = &schema_hook},
	{.name = "include", .shape = SHAPE_ONE_OR_MORE},
	{.name = "ignore", .shape = SHAPE_ONE_OR_MORE},
	{.name = "initial_sync", .shape = SHAPE_BOOL},
};
static const struct schema watch = {.what = "a watch rule", ROWS(watch_rows)};

static const struct row develop_rows[] = {
	{.name = "watch", .shape = SHAPE_ITEMS, .of = &watch},
};
const struct schema schema_develop = {.what = "develop", ROWS(develop_rows)};

/* --- what is no container: providers and models */

static const struct row provider_rows[] = {
	{.name = "type", .shape = SHAPE_STRING, .flags = ROW_REQUIRED},
	{.name = "options", .shape = SHAPE_LISTS},
};
const struct schema schema_provider = {.what = "a provider", ROWS(provider_rows)};

static const struct row model_use_rows[] = {
	{.name = "endpoint_var", .shape = SHAPE_STRING},
	{.name = "model_var", .shape = SHAPE_STRING},
};
const struct schema schema_model_use = {.what = "a service's model", ROWS(model_use_rows)};

static const struct row model_rows[] = {
	{.name = "name", .shape = SHAPE_STRING},
	{.name = "model", .shape = SHAPE_STRING, .flags = ROW_REQUIRED},
	{.name = "context_size", .shape = SHAPE_INT},
	{.name = "runtime_flags", .shape = SHAPE_STRINGS},
};
const struct schema schema_model = {.what = "a model", ROWS(model_rows)};
