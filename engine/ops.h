/* SPDX-License-Identifier: MIT */
/* ops -- what a driver fills in
 *
 * A driver embeds struct engine first in its own structure, sets ops, and completes requests as
 * engine.h promises. Each function has the contract of the function of engine.h of the same name;
 * NULL means unsupported. Drivers never call a completion from inside.
 */
#pragma once

#include "base/list.h"
#include "engine/engine.h"

struct engine {
	const struct engine_ops *ops;
	uv_loop_t *loop;
	char *address;
	struct engine_host host; /* valid when host_known */
	bool host_known;
	struct engine_options options; /* timeout and slow; its strings are not kept */
	struct list refusals; /* engine.c's own: requests that the driver has no function for */
};

/* Requests and streams begin with these, so that cancel, read, write, close find their driver. */
struct engine_request {
	struct engine *engine;
};

struct engine_stream {
	struct engine *engine;
	struct engine_reader reader;
	void *payload;
};

struct engine_ops {
	const char *name;
	int (*open)(uv_loop_t *loop, const struct engine_options *options, struct engine **ret,
		    struct error **err);
	void (*close)(struct engine *engine, void (*closed)(void *payload), void *payload);
	void (*cancel)(struct engine_request *request);
	/* A driver with a clock of its own has all three (alarm.h); at may give NULL: then the
	 * machine's clock counts. */
	uint64_t (*now)(const struct engine *engine);
	void *(*at)(struct engine *engine, uint64_t time, void (*call)(void *payload),
		    void *payload);
	void (*forget)(struct engine *engine, void *pending);
	struct engine_request *(*host)(struct engine *, engine_host_done *, void *);
	struct engine_request *(*ping)(struct engine *, engine_done *, void *);
	struct engine_request *(*list)(struct engine *, const struct engine_filter *,
				       engine_observed_done *, void *);
	struct engine_request *(*inspect)(struct engine *, const char *, engine_container_done *,
					  void *);
	struct engine_request *(*create)(struct engine *, const struct container_spec *,
					 engine_id_done *, void *);
	struct engine_request *(*start)(struct engine *, const char *, engine_done *, void *);
	struct engine_request *(*stop)(struct engine *, const char *, int, engine_done *, void *);
	struct engine_request *(*restart)(struct engine *, const char *, int, engine_done *,
					  void *);
	struct engine_request *(*kill)(struct engine *, const char *, const char *, engine_done *,
				       void *);
	struct engine_request *(*pause)(struct engine *, const char *, bool, engine_done *, void *);
	struct engine_request *(*remove)(struct engine *, const char *, bool, bool, engine_done *,
					 void *);
	struct engine_request *(*rename)(struct engine *, const char *, const char *, engine_done *,
					 void *);
	struct engine_request *(*wait)(struct engine *, const char *, engine_exit_done *, void *);
	struct engine_request *(*resize)(struct engine *, const char *, bool, unsigned, unsigned,
					 engine_done *, void *);
	struct engine_request *(*copy_in)(struct engine *, const char *, const char *, const char *,
					  size_t, engine_done *, void *);
	struct engine_stream *(*logs)(struct engine *, const char *, const struct logs_options *,
				      const struct engine_reader *, void *);
	struct engine_stream *(*events)(struct engine *, const struct events_options *,
					const struct engine_reader *, void *);
	struct engine_stream *(*attach)(struct engine *, const char *,
					const struct attach_options *, const struct engine_reader *,
					void *);
	struct engine_stream *(*exec)(struct engine *, const char *, const struct exec_options *,
				      const struct engine_reader *, void *);
	struct engine_stream *(*copy_out)(struct engine *, const char *, const char *,
					  const struct engine_reader *, void *);
	struct engine_stream *(*container_stats)(struct engine *, const char *, bool,
						 const struct engine_reader *, void *);
	struct engine_stream *(*pull)(struct engine *, const char *, const struct pull_options *,
				      const struct engine_reader *, void *);
	struct engine_stream *(*push)(struct engine *, const char *, const struct engine_reader *,
				      void *);
	struct engine_stream *(*build)(struct engine *, const struct build_options *,
				       const struct engine_reader *, void *);
	void (*stream_read)(struct engine_stream *);
	void (*stream_write)(struct engine_stream *, const char *, size_t, engine_done *, void *);
	void (*stream_shutdown)(struct engine_stream *, engine_done *, void *);
	void (*stream_close)(struct engine_stream *);
	const char *(*stream_id)(const struct engine_stream *);
	struct engine_request *(*exec_exit)(struct engine *, const char *, engine_exit_done *,
					    void *);
	struct engine_request *(*image)(struct engine *, const char *, engine_image_done *, void *);
	struct engine_request *(*image_digest)(struct engine *, const char *, engine_id_done *,
					       void *);
	struct engine_request *(*image_remove)(struct engine *, const char *, bool, engine_done *,
					       void *);
	struct engine_request *(*network_create)(struct engine *, const struct network_spec *,
						 engine_id_done *, void *);
	struct engine_request *(*network_remove)(struct engine *, const char *, engine_done *,
						 void *);
	struct engine_request *(*network_connect)(struct engine *, const char *, const char *,
						  const struct spec_endpoint *, engine_done *,
						  void *);
	struct engine_request *(*network_disconnect)(struct engine *, const char *, const char *,
						     bool, engine_done *, void *);
	struct engine_request *(*volume_create)(struct engine *, const struct volume_spec *,
						engine_id_done *, void *);
	struct engine_request *(*volume_remove)(struct engine *, const char *, engine_done *,
						void *);
};

/* The drivers that this program has, NULL-ended (drivers.c is the only file of engine/ that names
 * them). */
extern const struct engine_ops *const engine_drivers[];
