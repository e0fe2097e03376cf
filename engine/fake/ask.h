/* SPDX-License-Identifier: MIT */
/* ask -- the driver's functions, for its table in fake.c: what was passed in is copied and set on
 * its way */
#pragma once

#include "engine/fake/world.h"

struct engine_request *fake_ask_host(struct engine *engine, engine_host_done *done, void *payload);
struct engine_request *fake_ask_ping(struct engine *engine, engine_done *done, void *payload);
struct engine_request *fake_ask_list(struct engine *engine, const struct engine_filter *filter,
				     engine_observed_done *done, void *payload);
struct engine_request *fake_ask_inspect(struct engine *engine, const char *container,
					engine_container_done *done, void *payload);
struct engine_request *fake_ask_create(struct engine *engine, const struct container_spec *spec,
				       engine_id_done *done, void *payload);
struct engine_request *fake_ask_start(struct engine *engine, const char *container,
				      engine_done *done, void *payload);
struct engine_request *fake_ask_stop(struct engine *engine, const char *container, int timeout,
				     engine_done *done, void *payload);
struct engine_request *fake_ask_restart(struct engine *engine, const char *container, int timeout,
					engine_done *done, void *payload);
struct engine_request *fake_ask_kill(struct engine *engine, const char *container,
				     const char *signal, engine_done *done, void *payload);
struct engine_request *fake_ask_pause(struct engine *engine, const char *container, bool pause,
				      engine_done *done, void *payload);
struct engine_request *fake_ask_remove(struct engine *engine, const char *container, bool force,
				       bool volumes, engine_done *done, void *payload);
struct engine_request *fake_ask_rename(struct engine *engine, const char *container,
				       const char *name, engine_done *done, void *payload);
struct engine_request *fake_ask_wait(struct engine *engine, const char *container,
				     engine_exit_done *done, void *payload);
struct engine_request *fake_ask_resize(struct engine *engine, const char *subject, bool is_exec,
				       unsigned width, unsigned height, engine_done *done,
				       void *payload);
struct engine_request *fake_ask_copy_in(struct engine *engine, const char *container,
					const char *path, const char *tar, size_t len,
					engine_done *done, void *payload);
struct engine_request *fake_ask_exec_exit(struct engine *engine, const char *exec,
					  engine_exit_done *done, void *payload);
struct engine_request *fake_ask_image(struct engine *engine, const char *reference,
				      engine_image_done *done, void *payload);
struct engine_request *fake_ask_image_remove(struct engine *engine, const char *reference,
					     bool force, engine_done *done, void *payload);
struct engine_request *fake_ask_network_create(struct engine *engine,
					       const struct network_spec *spec,
					       engine_id_done *done, void *payload);
struct engine_request *fake_ask_network_remove(struct engine *engine, const char *network,
					       engine_done *done, void *payload);
struct engine_request *fake_ask_network_connect(struct engine *engine, const char *network,
						const char *container,
						const struct spec_endpoint *endpoint,
						engine_done *done, void *payload);
struct engine_request *fake_ask_network_disconnect(struct engine *engine, const char *network,
						   const char *container, bool force,
						   engine_done *done, void *payload);
struct engine_request *fake_ask_volume_create(struct engine *engine, const struct volume_spec *spec,
					      engine_id_done *done, void *payload);
struct engine_request *fake_ask_volume_remove(struct engine *engine, const char *volume,
					      engine_done *done, void *payload);
struct engine_stream *fake_ask_logs(struct engine *engine, const char *container,
				    const struct logs_options *options,
				    const struct engine_reader *reader, void *payload);
struct engine_stream *fake_ask_events(struct engine *engine, const struct events_options *options,
				      const struct engine_reader *reader, void *payload);
struct engine_stream *fake_ask_attach(struct engine *engine, const char *container,
				      const struct attach_options *options,
				      const struct engine_reader *reader, void *payload);
struct engine_stream *fake_ask_exec(struct engine *engine, const char *container,
				    const struct exec_options *options,
				    const struct engine_reader *reader, void *payload);
struct engine_stream *fake_ask_copy_out(struct engine *engine, const char *container,
					const char *path, const struct engine_reader *reader,
					void *payload);
struct engine_stream *fake_ask_stats(struct engine *engine, const char *container, bool once,
				     const struct engine_reader *reader, void *payload);
struct engine_stream *fake_ask_pull(struct engine *engine, const char *reference,
				    const struct pull_options *options,
				    const struct engine_reader *reader, void *payload);
struct engine_stream *fake_ask_push(struct engine *engine, const char *reference,
				    const struct engine_reader *reader, void *payload);
struct engine_stream *fake_ask_build(struct engine *engine, const struct build_options *options,
				     const struct engine_reader *reader, void *payload);
