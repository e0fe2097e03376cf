/* SPDX-License-Identifier: MIT */
#include "compose/cli/below.h"

#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"

#define TIME_MS    10000
#define OUTPUT_MAX (16 * 1024 * 1024)
#define LOOK       "look"

/* --- the document */

static cJSON *network_json(const struct netns_network *network)
{
	cJSON *json = cJSON_CreateObject();

	json_set_string(json, "id", network->id);
	json_set_string(json, "name", network->name);
	json_set_string(json, "type", network->type);
	json_set_string(json, "subnet", network->subnet);
	json_set_string(json, "gateway", network->gateway);
	return json;
}

static cJSON *endpoint_json(const struct netns_endpoint *endpoint)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *mappings = cJSON_AddArrayToObject(json, "mappings");

	json_set_string(json, "id", endpoint->id);
	json_set_string(json, "name", endpoint->name);
	json_set_string(json, "network", endpoint->network);
	json_set_string(json, "networkName", endpoint->network_name);
	json_set_string(json, "address", endpoint->address);
	if (endpoint->containers)
		cJSON_AddItemToObject(json, "containers",
				      json_strings((const char *const *)endpoint->containers));
	ARRAY_FOR_EACH (const struct netns_mapping, mapping, &endpoint->mappings) {
		cJSON *item = cJSON_CreateObject();

		json_set_bool(item, "udp", mapping->is_udp);
		json_set_int(item, "external", mapping->external);
		json_set_int(item, "internal", mapping->internal);
		cJSON_AddItemToArray(mappings, item);
	}
	return json;
}

void below_write(const struct netns_view *view, const struct error *failed, struct text *out)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();
	cJSON *networks = cJSON_AddArrayToObject(json, "networks");
	cJSON *endpoints = cJSON_AddArrayToObject(json, "endpoints");

	if (failed) {
		json_set_string(json, "code", error_code_name(failed->code));
		json_set_string(json, "error", failed->message);
	}
	ARRAY_FOR_EACH (const struct netns_network, network, &view->networks)
		cJSON_AddItemToArray(networks, network_json(network));
	ARRAY_FOR_EACH (const struct netns_endpoint, endpoint, &view->endpoints)
		cJSON_AddItemToArray(endpoints, endpoint_json(endpoint));
	CLEANUP(memory_free) char *printed = json_print(json);
	text_printf(out, "%s\n", printed);
}

static char *copy_of(const cJSON *json, const char *key)
{
	return memory_copy(json_string(json, key));
}

static void read_network(const cJSON *json, struct netns_network *network)
{
	network->id = copy_of(json, "id");
	network->name = copy_of(json, "name");
	network->type = copy_of(json, "type");
	network->subnet = copy_of(json, "subnet");
	network->gateway = copy_of(json, "gateway");
}

static void read_endpoint(const cJSON *json, struct netns_endpoint *endpoint)
{
	const cJSON *item;

	endpoint->id = copy_of(json, "id");
	endpoint->name = copy_of(json, "name");
	endpoint->network = copy_of(json, "network");
	endpoint->network_name = copy_of(json, "networkName");
	endpoint->address = copy_of(json, "address");
	endpoint->containers = json_vector(json_get(json, "containers"));
	cJSON_ArrayForEach (item, json_get(json, "mappings")) {
		struct netns_mapping *mapping = array_add(&endpoint->mappings);

		mapping->is_udp = json_bool(item, "udp");
		mapping->external = (unsigned)json_int(item, "external", 0);
		mapping->internal = (unsigned)json_int(item, "internal", 0);
	}
}

int below_read(const char *bytes, size_t len, struct netns_view *ret, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	const cJSON *item;

	if (json_parse(bytes, len, "what our own child said", &json, err) < 0)
		return (*err)->code;
	const char *failed = json_string(json, "error");
	if (failed) {
		int code = error_code_named(json_string(json, "code"));
		return error_set(err, code ? (enum error_code)code : ERROR_SYSTEM, "%s", failed);
	}
	cJSON_ArrayForEach (item, json_get(json, "networks"))
		read_network(item, array_add(&ret->networks));
	cJSON_ArrayForEach (item, json_get(json, "endpoints"))
		read_endpoint(item, array_add(&ret->endpoints));
	return 0;
}

/* --- the child's part */

int below_serve(struct cli *cli, const char *what, struct error **err)
{
	CLEANUP(netns_drop) struct netns_view view = {0};
	CLEANUP(error_drop) struct error *failed = NULL;
	CLEANUP(text_drop) struct text out = {0};

	if (strcmp(what, LOOK) == 0)
		netns_look(&view, &failed);
	else
		netns_remove(what, &failed);
	below_write(&view, failed, &out);
	return cli_print(cli, out.data, out.len, err);
}

/* --- ours */

struct call {
	uv_timer_t timer;
	struct child *child; /* NULL: over */
	bool is_late, is_done;
	struct netns_view *view;
	struct error *err;
};

static void on_closed(uv_handle_t *timer)
{
	struct call *call = timer->data;

	call->is_done = true;
}

static void on_end(const struct child_result *result, const struct error *err, void *payload)
{
	struct call *call = payload;

	call->child = NULL;
	if (call->is_late)
		error_set(&call->err, ERROR_TIMEOUT,
			  "the Host Network Service has not answered for %d s: as Administrator, "
			  "net stop hns and net start hns (running containers lose their network)",
			  TIME_MS / 1000);
	else if (err)
		call->err = error_copy(err);
	else if (result->exit_code != 0 && !result->output_len)
		error_set(&call->err, ERROR_SYSTEM, "our own child ended with %d: %s",
			  result->exit_code, result->errors);
	else
		below_read(result->output, result->output_len, call->view, &call->err);
	uv_close((uv_handle_t *)&call->timer, on_closed);
}

static void on_late(uv_timer_t *timer)
{
	struct call *call = timer->data;

	call->is_late = true;
	child_cancel(call->child);
}

static int run_child(struct cli *cli, const char *what, struct netns_view *view, struct error **err)
{
	struct call call = {.view = view};
	char self[4096];
	size_t size = sizeof(self);
	int status = uv_exepath(self, &size);

	if (status < 0)
		return error_uv(err, status, "the program does not know its own path");
	if (cli_loop(cli, err) < 0)
		return (*err)->code;
	const struct child_options options = {
		.arguments = (const char *const[]){self, "doctor", "--network-service", what, NULL},
		.output_max = OUTPUT_MAX,
	};
	uv_timer_init(cli->loop, &call.timer);
	call.timer.data = &call;
	uv_timer_start(&call.timer, on_late, TIME_MS, 0);
	call.child = child_start(cli->loop, &options, on_end, &call);
	cli_run(cli, &call.is_done);
	return call.err ? error_move(err, &call.err) : 0;
}

int below_look(struct cli *cli, struct netns_view *ret, struct error **err)
{
	return run_child(cli, LOOK, ret, err);
}

int below_remove(struct cli *cli, const char *endpoint, struct error **err)
{
	CLEANUP(netns_drop) struct netns_view none = {0};

	return run_child(cli, endpoint, &none, err);
}
