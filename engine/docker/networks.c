/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

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

static cJSON *disconnection(const char *container, bool force)
{
	cJSON *json = cJSON_CreateObject();

	json_set_string(json, "Container", container);
	json_set_bool(json, "Force", force);
	return json;
}

/* --- removal
 *
 * Requests that crossed each other can leave an endpoint in a network whose container is gone: no
 * removal of a container takes it away, and dockerd refuses to remove the network as long as it is
 * there. So after a refusal each endpoint that has no sandbox (its key begins with ep-), and whose
 * container the engine does not know, is taken out; then the network is removed again, once. */

struct removal {
	struct operation operation; /* first */
	char *network;
	cJSON *endpoints; /* what the refused network has: key -> {"Name": container, ...} */
	cJSON *next;
	struct error *refusal; /* the first */
};

static void removal_drop(struct operation *operation)
{
	struct removal *of = container_of(operation, struct removal, operation);

	free(of->network);
	json_drop(&of->endpoints);
	error_drop(&of->refusal);
}

static void remove_network(struct removal *of, docker_answered *answered)
{
	CLEANUP(text_drop) struct text path = {0};

	docker_path(&path, "/networks/", of->network, "");
	operation_ask(&of->operation,
		      &(struct ask_options){.method = "DELETE", .path = text_string(&path)},
		      answered);
}

static void take_out_next(struct removal *of);

static void taken_out(const struct answer *answer, void *payload)
{
	struct removal *of = payload;

	(void)answer; /* what stays makes the second removal fail */
	of->next = of->next->next;
	take_out_next(of);
}

static void container_looked_up(const struct answer *answer, void *payload)
{
	struct removal *of = payload;
	CLEANUP(text_drop) struct text path = {0};
	CLEANUP(json_drop) cJSON *json = NULL;

	if (answer->status != 404) {
		operation_end(&of->operation, of->refusal);
		return;
	}
	json = disconnection(json_string(of->next, "Name"), true);
	docker_path(&path, "/networks/", of->network, "/disconnect");
	operation_ask(
		&of->operation,
		&(struct ask_options){.method = "POST", .path = text_string(&path), .json = json},
		taken_out);
}

static void take_out_next(struct removal *of)
{
	CLEANUP(text_drop) struct text path = {0};
	const char *name = json_string(of->next, "Name");

	if (!of->next) {
		remove_network(of, operation_gone);
		return;
	}
	if (strncmp(of->next->string, "ep-", 3) != 0 || !name) {
		operation_end(&of->operation, of->refusal);
		return;
	}
	docker_path(&path, "/containers/", name, "/json");
	operation_ask(&of->operation, &(struct ask_options){.path = text_string(&path)},
		      container_looked_up);
}

static void network_looked_up(const struct answer *answer, void *payload)
{
	struct removal *of = payload;
	const cJSON *endpoints = json_get(answer->json, "Containers");

	if (!cJSON_IsObject(endpoints) || !endpoints->child) {
		operation_end(&of->operation, of->refusal);
		return;
	}
	of->endpoints = cJSON_Duplicate(endpoints, true);
	of->next = of->endpoints->child;
	take_out_next(of);
}

static void removal_answered(const struct answer *answer, void *payload)
{
	struct removal *of = payload;
	CLEANUP(text_drop) struct text path = {0};

	if (!answer->err || answer->err->code != ERROR_CONFLICT) {
		operation_gone(answer, &of->operation);
		return;
	}
	of->refusal = error_copy(answer->err);
	docker_path(&path, "/networks/", of->network, "");
	operation_ask(&of->operation, &(struct ask_options){.path = text_string(&path)},
		      network_looked_up);
}

struct engine_request *docker_network_remove(struct engine *engine, const char *network,
					     engine_done *done, void *payload)
{
	struct removal *of =
		operation_new(engine, sizeof(*of), operation_finish, (void *)done, payload);

	of->operation.drop = removal_drop;
	of->network = memory_copy(network);
	remove_network(of, removal_answered);
	return &of->operation.request;
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
	CLEANUP(json_drop) cJSON *json = disconnection(container, force);

	docker_path(&path, "/networks/", network, "/disconnect");
	return operation_simple(engine,
				&(struct ask_options){
					.method = "POST",
					.path = text_string(&path),
					.json = json,
				},
				operation_answered, done, payload);
}
