/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include "base/json.h"

struct engine_request *docker_network_create(struct engine *engine, const struct network_spec *spec,
					     engine_id_done *done, void *payload)
{
	CLEANUP(json_drop) cJSON *json = docker_network_json(spec);

	return operation_id(engine,
			    &(struct ask_options){
				    .method = "POST",
				    .path = "/networks/create",
				    .json = json,
				    .fresh = true,
			    },
			    "Id", done, payload);
}

struct engine_request *docker_network_remove(struct engine *engine, const char *network,
					     engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};

	docker_path(&path, "/networks/", network, "");
	return operation_simple(
		engine, &(struct ask_options){.method = "DELETE", .path = text_string(&path)},
		operation_gone, done, payload);
}

struct engine_request *docker_network_connect(struct engine *engine, const char *network,
					      const char *container,
					      const struct spec_endpoint *endpoint,
					      engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	json_set_string(json, "Container", container);
	if (endpoint)
		cJSON_AddItemToObject(json, "EndpointConfig",
				      docker_endpoint_json(endpoint, DOCKER_API_MAX));
	docker_path(&path, "/networks/", network, "/connect");
	return operation_simple(engine,
				&(struct ask_options){
					.method = "POST",
					.path = text_string(&path),
					.json = json,
				},
				operation_answered, done, payload);
}

struct engine_request *docker_network_disconnect(struct engine *engine, const char *network,
						 const char *container, bool force,
						 engine_done *done, void *payload)
{
	CLEANUP(text_drop) struct text path = {0};
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	json_set_string(json, "Container", container);
	json_set_bool(json, "Force", force);
	docker_path(&path, "/networks/", network, "/disconnect");
	return operation_simple(engine,
				&(struct ask_options){
					.method = "POST",
					.path = text_string(&path),
					.json = json,
				},
				operation_answered, done, payload);
}
