/* SPDX-License-Identifier: MIT */
/* project -- a Compose project: what the user asked for, read, checked and made canonical
 *
 * project_load reads the files and does no other I/O: no loop, no engine, no network. Everything
 * that a project points to lives in its arena until project_drop. The canonical tree (root) is
 * docker compose's canonical model; the structures below are bound to it and keep the position of
 * what they were made from. Rules: the Compose Specification as docker compose implements it
 * (docs/compatibility.md lists the differences). An attribute that the specification knows and this
 * version does not is an error at its line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/map.h"
#include "compose/project/diagnostic.h"
#include "compose/project/node.h"

struct error;

struct pair {
	const char *key;
	const char *value; /* NULL: the key alone (an environment variable that is unset in the
			      container) */
};

struct pairs {
	struct pair *items;
	size_t len;
	size_t cap;
};

struct strings {
	const char **items;
	size_t len;
	size_t cap;
};

enum dependency_condition { DEPENDENCY_STARTED, DEPENDENCY_HEALTHY, DEPENDENCY_COMPLETED };

struct dependency {
	const char *service;
	enum dependency_condition condition;
	bool restart; /* restart this service when the dependency is restarted or re-created by us
		       */
	bool required;
	struct position at;
};

struct service_port {
	const char *host_ip;   /* NULL: all */
	const char *published; /* "8080", "8000-8010", or NULL: the engine chooses */
	unsigned target;
	const char *protocol; /* tcp, udp, sctp */
	const char *mode;     /* ingress, host */
	const char *name;
	const char *app_protocol;
	struct position at;
};

enum mount_kind {
	MOUNT_BIND,
	MOUNT_VOLUME,
	MOUNT_TMPFS,
	MOUNT_NPIPE,
	MOUNT_CLUSTER,
	MOUNT_IMAGE,
};

struct service_mount {
	enum mount_kind kind;
	const char *source; /* bind: absolute path; volume: key of the top-level volume, NULL:
			       anonymous; image: its name */
	const char *target;
	bool read_only;
	bool create_host_path;
	bool nocopy;
	const char *propagation; /* NULL: the engine's default */
	const char *selinux;     /* "z", "Z" or NULL */
	const char *subpath;     /* of a volume or an image */
	const char *recursive;   /* bind: enabled, disabled, writable, readonly, or NULL */
	const char *consistency; /* NULL: not written */
	struct pairs labels;     /* of the volume that is made for it */
	int64_t tmpfs_size;      /* bytes, 0: unlimited */
	uint32_t tmpfs_mode;     /* 0: default */
	struct position at;
};

struct service_network {
	const char *network; /* key of the top-level network */
	struct strings aliases;
	const char *ipv4_address;
	const char *ipv6_address;
	const char *mac_address;
	struct strings link_local_ips;
	struct pairs driver_opts;
	const char *interface_name;
	int priority;
	int gw_priority;
	struct position at;
};

/* A use of a top-level secret or config. */
struct service_file {
	const char *source; /* key of the top-level element */
	const char *target; /* absolute path in the container */
	const char *uid;
	const char *gid;
	uint32_t mode; /* 0: default 0444 */
	struct position at;
};

struct service_files {
	struct service_file *items;
	size_t len, cap;
};

/* Durations are nanoseconds; 0 is what was not written (the engine's default). */
struct healthcheck {
	bool disabled;
	char **test; /* "CMD", ...; "CMD-SHELL", ...; NULL: the image's */
	uint64_t interval;
	uint64_t timeout;
	uint64_t start_period;
	uint64_t start_interval;
	int retries; /* 0: not written */
	struct position at;
};

enum on_unhealthy { UNHEALTHY_RESTART, UNHEALTHY_RECREATE, UNHEALTHY_STOP, UNHEALTHY_IGNORE };
enum probe_kind { PROBE_NONE, PROBE_HTTP, PROBE_TCP, PROBE_LOG };

struct probe {
	enum probe_kind kind;
	unsigned port;       /* http, tcp: the container's port */
	const char *path;    /* http, begins with / */
	int status;          /* http: the wanted status; 0: 200-399 */
	const char *pattern; /* log: a text that a line contains */
	uint64_t interval;   /* ns; defaults 10 s, timeout 5 s, retries 3, start_period 0 */
	uint64_t timeout;
	int retries;
	uint64_t start_period;
	struct position at;
};

/* x-wincompose on a service, with its defaults. */
struct supervision {
	enum on_unhealthy on_unhealthy; /* restart; ignore where the file writes restart: "no" */
	int max_restarts;               /* of restart: on-failure:N; 0: no bound */
	uint64_t backoff_initial;       /* ns: 1 s, 60 s, 60 s */
	uint64_t backoff_max;
	uint64_t backoff_reset;
	bool isolation_strict;
	struct probe probe;
};

struct ulimit {
	const char *name;
	int64_t soft;
	int64_t hard;
};

struct ulimits {
	struct ulimit *items;
	size_t len, cap;
};

struct build {
	const char *context;    /* absolute folder, or a URL */
	const char *dockerfile; /* relative to the context */
	const char *dockerfile_inline;
	const char *target;
	const char *network;
	const char *isolation;
	const char *platform;
	struct pairs args;
	struct pairs labels;
	struct strings cache_from;
	struct strings tags;
	struct strings extra_hosts; /* host:ip */
	bool pull;
	bool no_cache;
	int64_t shm_size;
	struct ulimits ulimits;
	struct strings platforms;

	/* What follows needs BuildKit. */
	struct strings ssh;               /* default, or id=path */
	struct service_files secrets;     /* the target is the secret's id, as written or NULL */
	struct pairs additional_contexts; /* name: folder, URL, docker-image://, service:X */
	struct strings entitlements;
	struct strings cache_to;
	struct strings no_cache_filter;
	const char *provenance; /* "true", "false", "mode=max", or NULL */
	const char *sbom;
	bool privileged;
	const struct node *node; /* for the places of its attributes */
	struct position at;
};

/* Devices that a driver of the engine gives: gpus, and deploy.resources.reservations.devices. */
struct device_request {
	const char *driver;
	int64_t count; /* -1: all */
	struct strings device_ids;
	struct strings capabilities; /* all of them together */
	struct pairs options;
	struct position at;
};

struct device_requests {
	struct device_request *items;
	size_t len, cap;
};

/* A block device and its weight or its bytes or operations in a second. */
struct throttle {
	const char *path;
	int64_t rate;
};

struct throttles {
	struct throttle *items;
	size_t len, cap;
};

struct blkio {
	int64_t weight; /* 0: not written */
	struct throttles weight_device;
	struct throttles read_bps, read_iops, write_bps, write_iops;
};

struct resources {
	double cpus;    /* 0: no limit */
	int64_t memory; /* bytes, 0: no limit */
	int64_t memory_reservation;
	int64_t memory_swap; /* -1 unlimited, 0 not written */
	int64_t pids;
	int64_t cpu_shares;
	int64_t cpu_period, cpu_quota, cpu_rt_period, cpu_rt_runtime; /* microseconds */
	int64_t swappiness;                                           /* 0: not written */
	bool oom_kill_disable;
	int64_t oom_score_adj;
	struct blkio blkio;
	int64_t cpu_count;  /* Windows */
	double cpu_percent; /* Windows, 0..100 */
	const char *cpuset;
};

struct restart_policy {
	const char *name; /* "no", "always", "on-failure", "unless-stopped"; NULL: not written */
	int max_retries;
	struct position at;
};

/* A command at a certain time of a container's life. */
struct hook {
	char **command;    /* NULL: the image's (pre_start alone) */
	const char *image; /* pre_start: of the container that runs it */
	const char *user;
	const char *working_dir;
	struct pairs environment;
	bool privileged;
	bool per_replica; /* pre_start */
	struct position at;
};

struct hooks {
	struct hook *items;
	size_t len;
	size_t cap;
};

enum watch_action {
	WATCH_REBUILD,
	WATCH_SYNC,
	WATCH_RESTART,
	WATCH_SYNC_RESTART,
	WATCH_SYNC_EXEC,
};

struct watch_rule {
	const char *path; /* absolute file or folder on this host */
	enum watch_action action;
	const char *target; /* in the container; NULL for rebuild and restart */
	struct strings include, ignore;
	bool initial_sync;
	struct hook exec; /* WATCH_SYNC_EXEC */
	struct position at;
};

struct provider_option {
	const char *name;
	struct strings values;
};

/* A program that stands in for a service's containers. */
struct provider {
	const char *type; /* docker-<type>, or a program of this name */
	ARRAY(struct provider_option) options;
	struct position at;
};

/* A use of a top-level model: what the service is told, and in which variables. */
struct service_model {
	const char *model; /* key */
	const char *endpoint_variable;
	const char *model_variable;
	struct position at;
};

struct service {
	const char *name;
	struct position at;      /* of its key */
	const struct node *node; /* its canonical mapping */
	size_t index;            /* in project.services */

	const char *image; /* as written; with build and no image: <project>-<service> */
	struct position image_at;
	bool image_written;        /* the file has image: (down --rmi local keeps those) */
	const struct build *build; /* or NULL */
	const char *platform;
	const char *pull_policy; /* always, never, missing, build, daily, weekly, every_<duration>;
				    NULL: not written */

	char **command; /* NULL: the image's; an empty vector: explicitly none */
	char **entrypoint;
	struct pairs environment; /* env_file merged below environment, sorted by key */
	struct pairs labels;      /* label_file merged; sorted by key */
	ARRAY(struct service_port) ports;
	struct strings expose; /* "80/tcp" */
	ARRAY(struct service_mount) mounts;
	struct strings volumes_from;
	ARRAY(struct service_network)
	networks;                 /* by priority; the first is the one that create names */
	const char *network_mode; /* none, host, bridge, service:X, container:X, or NULL */
	struct position network_mode_at;
	ARRAY(struct dependency) dependencies; /* written and implied, sorted by service */
	struct healthcheck healthcheck;
	struct restart_policy restart;
	struct supervision supervision;
	struct resources resources;
	unsigned replicas; /* scale or deploy.replicas; 1 */
	const char *container_name;
	struct service_files secrets;
	struct service_files configs;
	struct strings links;          /* service[:alias] */
	struct strings external_links; /* container[:alias] */
	struct device_requests device_requests;
	ARRAY(struct watch_rule) watches;
	bool use_api_socket;

	const char *user;
	const char *working_dir;
	const char *hostname;
	const char *domainname;
	const char *mac_address;
	const char *isolation; /* NULL, "default", "process", "hyperv" */
	struct position isolation_at;
	const char *stop_signal;
	int64_t stop_grace_period; /* ns; -1: not written */
	bool tty, stdin_open, privileged, read_only;
	const char *runtime;
	bool init, init_written;
	const char *pid, *ipc, *uts, *userns_mode, *cgroup, *cgroup_parent;
	int64_t shm_size;
	struct strings cap_add, cap_drop, security_opt, group_add, dns, dns_search, dns_opt;
	struct strings tmpfs;   /* path[:options] */
	struct strings devices; /* source:target:permissions */
	struct strings device_cgroup_rules;
	struct strings extra_hosts; /* host:ip */
	struct pairs sysctls, annotations, storage_opt;
	struct ulimits ulimits;
	const char *logging_driver;
	struct pairs logging_options;
	const struct node *credential_spec; /* {config|file|registry}, or NULL */
	bool attach;                        /* show its log in up; true */
	struct strings profiles;
	struct hooks pre_start, post_start, pre_stop;
	const struct provider *provider; /* it has no container then; or NULL */
	ARRAY(struct service_model) models;

	char hash[65]; /* hex of wincompose.config-hash over the canonical model; host resolutions
			  are out */
};

struct ipam_pool {
	const char *subnet;
	const char *ip_range;
	const char *gateway;
	struct pairs aux_addresses;
};

struct network {
	const char *key;
	const char *name; /* on the engine */
	bool external;
	const char *driver; /* NULL: the engine's default */
	struct pairs driver_opts;
	struct pairs labels;
	bool internal, attachable;
	bool ipv6;
	bool ipv4_off; /* enable_ipv4: false */
	const char *ipam_driver;
	struct pairs ipam_options;
	ARRAY(struct ipam_pool) ipam;
	char hash[65];
	struct position at;
};

struct volume {
	const char *key;
	const char *name; /* on the engine */
	bool external;
	const char *driver;
	struct pairs driver_opts;
	struct pairs labels;
	char hash[65];
	struct position at;
};

enum source_kind { SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_CONTENT, SOURCE_EXTERNAL };

/* A top-level secret or config. Contents are not held: file is a path, environment a variable's
 * name; only an inline config has content. */
struct file_source {
	const char *key;
	const char *name;
	enum source_kind kind;
	const char *value;           /* path, variable's name, or content */
	const char *driver;          /* NULL: none */
	const char *template_driver; /* NULL: none */
	struct position at;
};

struct model {
	const char *key;
	const char *name;     /* or NULL */
	const char *model;    /* what is run: ai/smollm2 */
	int64_t context_size; /* 0: not written */
	struct strings runtime_flags;
	struct position at;
};

struct project {
	struct arena arena;
	const char *name;
	const char *folder;             /* absolute working folder */
	struct strings files;           /* absolute, in order */
	struct strings env_files;       /* those named by --env-file */
	struct node *root;              /* the canonical tree of what is enabled */
	struct node *written;           /* no_interpolate: all, with values as they are written */
	ARRAY(struct service) services; /* enabled ones, sorted by name */
	struct strings disabled;        /* names of services that no active profile enables */
	ARRAY(struct network) networks; /* used ones, sorted by key */
	ARRAY(struct volume) volumes;
	ARRAY(struct file_source) secrets;
	ARRAY(struct file_source) configs;
	ARRAY(struct model) models;
	struct strings profiles; /* active */
	bool all_resources;      /* what no service uses stays when services are selected */
	struct map environment;  /* what interpolation sees, values are strings in the arena */
};

struct project_options {
	const char *const
		*files;     /* -f in order, "-" is stdin; NULL: COMPOSE_FILE, else discovery */
	const char *folder; /* --project-directory */
	const char *name;   /* -p */
	const char *const *profiles;    /* --profile; NULL: COMPOSE_PROFILES */
	const char *const *env_files;   /* --env-file; NULL: COMPOSE_ENV_FILES, else .env */
	const char *const *environment; /* the process environment, NULL-ended K=V */
	const char *start; /* the folder where discovery begins; NULL: the current one */
	const char *const
		*services; /* named on the command line: activates their profiles; NULL: none */
	bool no_interpolate, no_normalize, no_path_resolution, no_env_resolution, no_consistency;
	/* no_interpolate reads no env_file, and nothing is held against anything else. */
	/* What its user finds wrong is told beside the errors of loading; not called where there are
	 * none. The project may lack anything that is wrong. NULL: nothing. */
	void (*judge)(const struct project *project, struct diagnostics *diagnostics);
	bool all_resources; /* keep networks, volumes, ... that no service uses */
	bool windows;       /* host rules: environment without case, ";" separates COMPOSE_FILE */
};

/* Loads a project. Findings, warnings too, go to diagnostics; where one is an error the result is
 * ERROR_INVALID (as diagnostics_fail gives it) and *ret stays NULL. No file found: ERROR_NOT_FOUND.
 */
int project_load(const struct project_options *options, struct diagnostics *diagnostics,
		 struct project **ret, struct error **err);
void project_drop(struct project **project);

struct service *project_service(const struct project *project, const char *name); /* NULL: none */
struct network *project_network(const struct project *project, const char *key);
struct volume *project_volume(const struct project *project, const char *key);
struct file_source *project_secret(const struct project *project, const char *key);
struct file_source *project_config(const struct project *project, const char *key);

/* Only the name, for verbs that need no file: -p, COMPOSE_PROJECT_NAME, or what loading gives. */
int project_name_check(const char *name, struct error **err);

/* Leaves only the named services and, unless no_deps, what they depend on. An unknown name:
 * ERROR_NOT_FOUND with the nearest one. */
int project_select(struct project *project, const char *const *services, bool no_deps,
		   struct error **err);
/* --scale: sets a service's replicas in the structure and in the tree. */
int project_scale(struct project *project, const char *service, unsigned replicas,
		  struct error **err);

/* Sets a variable of a service's environment in the structure and in the tree; its hash follows. */
void project_set_environment(struct project *project, struct service *service, const char *key,
			     const char *value);

/* Sets the content of a service's credential spec in the structure and in the tree, where its file
 * then is raw://CONTENT; its hash follows. */
void project_set_credentials(struct project *project, struct service *service, const char *content);

/* The canonical project with its positions as one JSON document, and back. No contents of secrets
 * are in it. */
char *project_save(const struct project *project);
int project_restore(const char *json, size_t len, struct project **ret, struct error **err);
