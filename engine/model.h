/* SPDX-License-Identifier: MIT */
/* model -- what an engine holds and is asked to hold, as plain values
 *
 * No functions that talk to an engine and no libuv: plan/ includes this. Observed values own their
 * strings and are dropped by observed_drop; specs borrow theirs from whoever made them (a project's
 * arena, the plan's arena).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"

/* What an engine can do beyond the contract's core. The plan refuses what needs a missing one, at
 * its line. */
enum engine_capability {
	ENGINE_ISOLATION_PROCESS = 1 << 0, /* Windows containers: process isolation */
	ENGINE_ISOLATION_HYPERV = 1 << 1,
	ENGINE_LINUX = 1 << 2, /* runs Linux containers: privileged, capabilities, tmpfs, ulimits,
				  sysctls, ... */
	ENGINE_PAUSE = 1 << 3,
	ENGINE_BUILD = 1 << 4, /* the classic build API */
	ENGINE_MULTI_NETWORK =
		1 << 5, /* several networks in one create (API >= 1.44); else connect one by one */
	ENGINE_START_INTERVAL = 1 << 6, /* healthcheck.start_interval (API >= 1.44) */
	ENGINE_HOST_IP = 1 << 7,        /* a host address in published ports */
	ENGINE_PORT_RANGE = 1 << 8,     /* a published range for one container port */
	ENGINE_FILE_BIND = 1 << 9,      /* a single file as a bind mount */
	ENGINE_HEALTHCHECK = 1 << 10,
	ENGINE_LOCAL =
		1 << 11, /* on this host: bind sources and ports can be looked at from here */
	ENGINE_ROUTABLE = 1 << 12, /* container addresses can be dialled from here */
};

/* What the engine says of itself and its host. */
struct engine_host {
	char *driver;      /* "docker", "fake", ... */
	char *id;          /* its own identity: with the project name it names the project */
	char *address;     /* unix:///var/run/docker.sock */
	char *version;     /* 20.10.24 */
	char *api_version; /* in use, 1.41 */
	char *os_type;     /* linux, windows */
	char *os_version;  /* windows: 10.0.20348.2582 as far as known */
	char *operating_system;
	char *architecture; /* amd64 */
	char *isolation;    /* windows: the engine's default */
	bool is_server;     /* windows: a Server SKU */
	int cpus;
	int64_t memory;        /* bytes */
	uint64_t capabilities; /* enum engine_capability */
};

struct label {
	const char *key;
	const char *value;
};

struct labels {
	struct label *items; /* sorted by key */
	size_t len;
	size_t cap;
};

enum container_state {
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_RESTARTING,
	CONTAINER_REMOVING,
	CONTAINER_EXITED,
	CONTAINER_DEAD,
};

enum container_health { HEALTH_NONE, HEALTH_STARTING, HEALTH_HEALTHY, HEALTH_UNHEALTHY };

struct container_port {
	char *ip;           /* of the host; NULL: not published */
	unsigned published; /* 0: not published */
	unsigned target;
	char *protocol;
};

struct container_network {
	char *name;
	char *id;
	char *address; /* IPv4, or NULL */
	char *address6;
	char **aliases; /* NULL-ended or NULL; known after an inspect */
};

struct container_mount {
	char *type; /* bind, volume, tmpfs, npipe */
	char *name; /* volume */
	char *source;
	char *target;
	bool read_only;
};

/* A container as list gives it; those marked I are known after an inspect only. */
struct container {
	char *id;             /* 64 hex digits */
	char *name;           /* without the slash */
	char *image;          /* as it was named at create */
	char *image_id;       /* sha256:... */
	char *command;        /* one line, for tables */
	struct labels labels; /* owned strings */
	enum container_state state;
	enum container_health health;
	int64_t exit_code; /* where exited; of 32 bits on Windows */
	char *status;      /* the engine's own words: Up 3 minutes (healthy) */
	int64_t created;   /* wall ns */
	int64_t started;   /* I, wall ns; 0: never */
	int64_t finished;  /* I */
	int restart_count; /* I; not monotone (an engine restart may lower it): never decide by it
			    */
	bool oom_killed;   /* I */
	char *error;       /* I, why it did not start */
	bool has_healthcheck;       /* I */
	bool tty;                   /* I: its log is one raw stream */
	char *health_output;        /* I, what the last check printed, or NULL */
	struct labels image_labels; /* I: labels that its image brings, to tell own labels from
				       borrowed ones */
	ARRAY(struct container_port) ports;
	ARRAY(struct container_network) networks;
	ARRAY(struct container_mount) mounts;
};

struct engine_network {
	char *id;
	char *name;
	char *driver;
	struct labels labels;
	bool internal;
	ARRAY(char *) subnets;
	int64_t created;
};

struct engine_volume {
	char *name;
	char *driver;
	char *mountpoint;
	struct labels labels;
};

struct image {
	char *id;       /* sha256:... */
	char **tags;    /* NULL-ended */
	char **digests; /* repository@sha256:... NULL-ended */
	char *os;
	char *os_version; /* windows */
	char *architecture;
	int64_t size;
	int64_t created; /* wall ns */
	int64_t tagged;  /* wall ns, when it was last tagged here; 0: not known */
	char **command;
	char **entrypoint;
	char **volumes; /* anonymous volumes that it declares: targets */
	bool has_healthcheck;
	struct labels labels;
};

/* All that was observed of one project (or of all projects), at one time. */
struct observed {
	ARRAY(struct container) containers;    /* by name */
	ARRAY(struct engine_network) networks; /* labelled ones, and those asked for by name */
	ARRAY(struct engine_volume) volumes;
	ARRAY(struct image) images; /* those asked for by name */
};

/* --- what is asked for */

struct spec_port {
	const char *host_ip;   /* NULL: all */
	const char *published; /* "8080", "8000-8010", NULL or "0": the engine chooses */
	unsigned target;
	const char *protocol;
};

struct spec_mount {
	const char *type;   /* bind, volume, tmpfs, npipe, image */
	const char *source; /* bind: path; volume: name on the engine, NULL: anonymous; image */
	const char *target;
	bool read_only;
	bool create_host_path;
	bool nocopy;
	const char *propagation;
	const char *selinux;   /* "z", "Z" */
	const char *subpath;   /* of a volume or an image */
	const char *recursive; /* bind: enabled, disabled, writable, readonly; NULL: the default */
	const char *consistency;
	struct labels labels; /* of the volume, where it is made for this mount */
	int64_t tmpfs_size;
	uint32_t tmpfs_mode;
};

struct spec_endpoint {
	const char *network;        /* name on the engine */
	const char *const *aliases; /* NULL-ended */
	const char *ipv4_address;
	const char *ipv6_address;
	const char *const *link_local_ips;
	const char *mac_address;
	struct labels driver_opts;
	const char *const *links; /* container:alias, NULL-ended or NULL */
	const char *interface_name;
	int gw_priority;
};

struct spec_healthcheck {
	bool disabled;
	const char *const *test; /* NULL: the image's */
	uint64_t interval;       /* ns; 0: not set */
	uint64_t timeout;
	uint64_t start_period;
	uint64_t start_interval;
	int retries;
};

/* A file that is put into the container between create and start. */
struct spec_file {
	const char *target; /* absolute path in the container */
	const char *source; /* file on this host, or NULL */
	const char *bytes;  /* content where source is NULL */
	size_t len;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
};

struct spec_ulimit {
	const char *name;
	int64_t soft;
	int64_t hard;
};

/* Devices that one of the engine's drivers gives. */
struct spec_device_request {
	const char *driver; /* or NULL */
	int64_t count;      /* -1: all */
	const char *const *device_ids, *const *capabilities;
	struct labels options;
};

struct spec_throttle {
	const char *path; /* of a block device */
	int64_t rate;     /* weight, bytes or operations in a second */
};

struct spec_throttles {
	struct spec_throttle *items;
	size_t len;
};

struct spec_blkio {
	int64_t weight; /* 0: not set */
	struct spec_throttles weight_device, read_bps, read_iops, write_bps, write_iops;
};

struct container_spec {
	const char *name;
	const char *image;
	const char *platform;       /* or NULL */
	const char *const *command; /* NULL: the image's; empty: none */
	const char *const *entrypoint;
	const char *const *env; /* K=V, or K alone: unset; NULL-ended or NULL */
	struct labels labels;
	struct spec_port *ports;
	size_t port_count;
	const char *const *expose; /* "80/tcp" */
	struct spec_mount *mounts;
	size_t mount_count;
	const char *const *volumes_from; /* container names */
	struct spec_endpoint *endpoints; /* the first is the network of the create call */
	size_t endpoint_count;
	const char *network_mode; /* none, host, container:ID, or NULL: the first endpoint */
	struct spec_healthcheck healthcheck;
	struct spec_file *files;
	size_t file_count;
	const char
		*restart; /* no, always, on-failure, unless-stopped; NULL: the engine's default */
	int restart_max;
	const char *user, *working_dir, *hostname, *domainname, *mac_address;
	const char *isolation; /* NULL: the engine's default */
	const char *stop_signal;
	int stop_timeout; /* seconds; -1: not set */
	bool tty, open_stdin, stdin_once, attach_stdin, privileged, read_only, auto_remove,
		publish_all;
	bool init, init_set;
	const char *runtime, *pid, *ipc, *uts, *userns, *cgroupns, *cgroup_parent;
	int64_t shm_size;
	int64_t nano_cpus, memory, memory_reservation, memory_swap, pids_limit, cpu_shares,
		cpu_count;
	int64_t cpu_period, cpu_quota, cpu_rt_period, cpu_rt_runtime; /* microseconds */
	int64_t swappiness, oom_score_adj;                            /* 0: not set */
	bool oom_kill_disable;
	double cpu_percent;
	const char *cpuset;
	struct spec_blkio blkio;
	const char *const *cap_add, *const *cap_drop, *const *security_opt, *const *group_add;
	const char *const *dns, *const *dns_search, *const *dns_opt, *const *extra_hosts;
	const char *const *tmpfs;   /* path[:options] */
	const char *const *devices; /* source:target:permissions */
	const char *const *device_cgroup_rules;
	struct spec_device_request *device_requests;
	size_t device_request_count;
	const char *const *links; /* container:alias, on the default bridge; NULL-ended or NULL */
	struct labels sysctls, annotations, storage_opt;
	struct spec_ulimit *ulimits;
	size_t ulimit_count;
	const char *log_driver;
	struct labels log_options;
	unsigned console_width, console_height; /* 0: not set */
};

struct network_spec {
	const char *name;
	const char *driver; /* NULL: the engine's default */
	struct labels driver_opts;
	struct labels labels;
	bool internal, attachable, ipv6;
	bool ipv4_off; /* an engine's default is on */
	const char *ipam_driver;
	struct labels ipam_options;
	struct spec_pool {
		const char *subnet, *ip_range, *gateway;
		struct labels aux_addresses;
	} * pools;
	size_t pool_count;
};

struct volume_spec {
	const char *name;
	const char *driver;
	struct labels driver_opts;
	struct labels labels;
};

const char *labels_get(const struct labels *labels, const char *key); /* NULL: absent */
void labels_set(struct labels *labels, const char *key,
		const char *value); /* borrowed strings; keeps the order */
const char *container_state_name(enum container_state state); /* created, running, ... */
const char *
container_health_name(enum container_health health); /* "", starting, healthy, unhealthy */

void container_drop(struct container *container); /* the contents; leaves the zero value */
void engine_network_drop(struct engine_network *network);
void engine_volume_drop(struct engine_volume *volume);
void image_drop(struct image *image);
void observed_drop(struct observed *observed);
void engine_host_drop(struct engine_host *host);
void container_copy(struct container *to, const struct container *from);
