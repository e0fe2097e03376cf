/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include "base/json.h"

struct engine_request *docker_volume_create(struct engine *engine, const struct volume_spec *spec,
					    engine_id_done *done, void *payload)
{
	CLEANUP(json_drop) cJSON *json = docker_volume_json(spec);

	return operation_id(engine,
			    &(struct ask_options){
				    .method = "POST",
				    .path = "/volumes/create",
				    .json = json,
			    },
			    "Name", done, payload);
}

struct engine_request *docker_volume_remove(struct engine *engine, const char *volume,
					    engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};

	docker_path(&path, "/volumes/", volume, "");
	return operation_simple(
		engine, &(struct ask_options){.method = "DELETE", .path = text_string(&path)},
		operation_gone, done, payload);
}
