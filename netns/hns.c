/* SPDX-License-Identifier: MIT */
#include "netns/hns.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

#define ANSWER_MAX  ((size_t)16 * 1024 * 1024)
#define PORT_MAX    65535
#define INVALID_ARG UINT32_C(0x80070057)

/* --- errors
 *
 * The codes are HCN's and Win32's as Microsoft's HCNHResult.md lists them; the texts are what
 * version 1 says where it gives no code (seen in reports: moby#23086, docker/for-win#1745). */

struct meaning {
	uint32_t hr;
	const char *text; /* a part of the service's own sentence, or NULL */
	enum error_code code;
	const char *words;
};

static const struct meaning meanings[] = {
	{0x803B0001, NULL, ERROR_NOT_FOUND, "there is no such network"},
	{0x803B0002, NULL, ERROR_NOT_FOUND, "there is no such endpoint"},
	{0x80070490, "Element not found", ERROR_NOT_FOUND, "it is not there"},
	{0, "object identifier does not represent a valid object", ERROR_NOT_FOUND,
	 "it is not there"},
	{0x80070020, "being used by another process", ERROR_CONFLICT, "the port is in use"},
	{0x803B0013, "object already exists", ERROR_CONFLICT, "the port is in use"},
	{0x803B0010, NULL, ERROR_CONFLICT, "a network of that name is there"},
	{0x803B002F, "address is either invalid or not part", ERROR_CONFLICT,
	 "the address is taken: an endpoint may be left over from a crash (wincompose doctor)"},
	{0x803B002C, NULL, ERROR_CONFLICT, "it is still in use"},
	{0x803B0014, NULL, ERROR_CONFLICT, "it is attached"},
	{0x80070005, "Access is denied", ERROR_SYSTEM,
	 "access is denied: run this as Administrator (elevated)"},
	{0x80070422, NULL, ERROR_UNAVAILABLE, "the service \"hns\" is disabled"},
	{0x80070426, NULL, ERROR_UNAVAILABLE, "the service \"hns\" does not run: net start hns"},
	{0x800706BA, NULL, ERROR_UNAVAILABLE, "the service \"hns\" does not run: net start hns"},
	{0x800706BE, NULL, ERROR_UNAVAILABLE, "the service \"hns\" ended during the call"},
	{0x803B0020, NULL, ERROR_UNAVAILABLE, "the service \"hns\" is stopping"},
	{0x800705B4, NULL, ERROR_TIMEOUT, "the service \"hns\" did not answer in its time"},
	{0x803B0015, NULL, ERROR_UNSUPPORTED, "this Windows cannot do it"},
	{0x80070032, NULL, ERROR_UNSUPPORTED, "this Windows cannot do it"},
	{0x803B001B, NULL, ERROR_INVALID, "the document is refused"},
	{0x803B0019, NULL, ERROR_INVALID, "that is no GUID"},
	{INVALID_ARG, "parameter is incorrect", ERROR_INVALID, "the parameter is incorrect"},
};

static const struct meaning *meaning_of(uint32_t hr, const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		if (hr && meanings[i].hr == hr)
			return &meanings[i];
	}
	for (size_t i = 0; text && i < ARRAY_LEN(meanings); i++) {
		if (meanings[i].text && strstr(text, meanings[i].text))
			return &meanings[i];
	}
	return NULL;
}

int hns_error(struct error **err, int32_t hr, const char *text, const char *what)
{
	const struct meaning *meaning = meaning_of((uint32_t)hr, text);
	CLEANUP(text_drop) struct text words = {0};

	text_printf(&words, "cannot %s", what);
	if (meaning)
		text_printf(&words, ": %s", meaning->words);
	if (text && *text && !(meaning && strstr(meaning->words, text)))
		text_printf(&words, ": HNS says \"%.*s\"",
			    (int)(strlen(text) - strspn(text + strlen(text) - 1, " ")), text);
	if (hr)
		text_printf(&words, " (0x%08" PRIX32 ")", (uint32_t)hr);
	return error_set(err, meaning ? meaning->code : ERROR_SYSTEM, "%s", text_string(&words));
}

/* --- answers */

/* The service's own clients read its names whatever their case. */
static const cJSON *field(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_IsObject(object) ? cJSON_GetObjectItem(object, name) : NULL;

	return cJSON_IsNull(item) ? NULL : item;
}

static const char *words(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(field(object, name));
}

static char *copy_of(const cJSON *object, const char *name)
{
	const char *value = words(object, name);

	return value && *value ? memory_copy(value) : NULL;
}

/* 0: absent, or no port. Written as a number, or as a string by older releases. */
static unsigned port_of(const cJSON *object, const char *name)
{
	const cJSON *item = field(object, name);
	double value = cJSON_IsString(item)   ? strtod(item->valuestring, NULL)
		       : cJSON_IsNumber(item) ? item->valuedouble
					      : 0;

	return value >= 1 && value <= PORT_MAX ? (unsigned)value : 0;
}

/* Asks, and gives the answer's Output: yours to drop with *json. */
static int ask(const struct hns_api *api, const char *method, const char *path, const char *what,
	       cJSON **json, const cJSON **output, struct error **err)
{
	CLEANUP(memory_free) char *response = NULL;
	CLEANUP(json_drop) cJSON *answer = NULL;
	int32_t hr = api->call(api->service, method, path, "", &response);

	if (hr < 0)
		return hns_error(err, hr, NULL, what);
	if (!response || strlen(response) > ANSWER_MAX)
		return error_set(err, ERROR_SYSTEM, "cannot %s: HNS gave %s", what,
				 response ? "more than 16 MiB" : "no answer");
	if (json_parse(response, strlen(response), "HNS's answer", &answer, err) < 0)
		return error_wrap(err, "cannot %s", what);
	if (!cJSON_IsTrue(field(answer, "Success"))) {
		const cJSON *code = field(answer, "ErrorCode");
		return hns_error(err,
				 cJSON_IsNumber(code) ? (int32_t)(uint32_t)code->valuedouble : 0,
				 words(answer, "Error"), what);
	}
	*output = field(answer, "Output");
	*json = steal(&answer);
	return 0;
}

/* --- reading */

static void read_network(const cJSON *json, struct netns_network *network)
{
	const cJSON *subnet = cJSON_GetArrayItem(field(json, "Subnets"), 0);

	network->id = copy_of(json, "ID");
	network->name = copy_of(json, "Name");
	network->type = copy_of(json, "Type");
	network->subnet = copy_of(subnet, "AddressPrefix");
	network->gateway = copy_of(subnet, "GatewayAddress");
}

static void read_endpoint(const cJSON *json, struct netns_endpoint *endpoint)
{
	const cJSON *policy;

	endpoint->id = copy_of(json, "ID");
	endpoint->name = copy_of(json, "Name");
	endpoint->network = copy_of(json, "VirtualNetwork");
	endpoint->network_name = copy_of(json, "VirtualNetworkName");
	endpoint->address = copy_of(json, "IPAddress");
	endpoint->containers = json_vector(field(json, "SharedContainers"));
	cJSON_ArrayForEach (policy, field(json, "Policies")) {
		const char *type = words(policy, "Type");
		const char *protocol = words(policy, "Protocol");

		if (!type || !text_same_nocase(type, "NAT") || !port_of(policy, "ExternalPort"))
			continue;
		struct netns_mapping *mapping = array_add(&endpoint->mappings);
		/* Older releases write the number. */
		mapping->is_udp = protocol &&
				  (text_same_nocase(protocol, "udp") || text_same(protocol, "17"));
		mapping->external = port_of(policy, "ExternalPort");
		mapping->internal = port_of(policy, "InternalPort");
	}
}

int hns_look(const struct hns_api *api, struct netns_view *ret, struct error **err)
{
	CLEANUP(json_drop) cJSON *networks = NULL;
	CLEANUP(json_drop) cJSON *endpoints = NULL;
	const cJSON *list, *others, *item;

	if (ask(api, "GET", "/networks/", "list the networks", &networks, &list, err) < 0 ||
	    ask(api, "GET", "/endpoints/", "list the endpoints", &endpoints, &others, err) < 0)
		return (*err)->code;
	cJSON_ArrayForEach (item, list) {
		if (words(item, "ID"))
			read_network(item, array_add(&ret->networks));
	}
	cJSON_ArrayForEach (item, others) {
		if (words(item, "ID"))
			read_endpoint(item, array_add(&ret->endpoints));
	}
	return 0;
}

/* It becomes a part of a path. */
static bool is_guid(const char *id)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(form); i++) {
		if (form[i] == 'x' ? !id[i] || !strchr("0123456789abcdefABCDEF", id[i])
				   : id[i] != form[i])
			return false;
	}
	return true;
}

static bool is_attached(const cJSON *endpoint)
{
	return cJSON_GetArraySize(field(endpoint, "SharedContainers")) > 0;
}

int hns_remove(const struct hns_api *api, const char *endpoint, struct error **err)
{
	CLEANUP(memory_free) char *path = memory_format("/endpoints/%s", endpoint);
	CLEANUP(memory_free) char *what = memory_format("remove endpoint %s", endpoint);
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(json_drop) cJSON *removed = NULL;
	const cJSON *output;

	if (!is_guid(endpoint))
		return error_set(err, ERROR_INVALID, "\"%s\" is no GUID of an endpoint", endpoint);
	int status = ask(api, "GET", path, what, &json, &output, err);
	if (status == 0 && is_attached(output))
		return error_set(err, ERROR_CONFLICT, "cannot %s: a container is attached to it",
				 what);
	if (status == 0)
		status = ask(api, "DELETE", path, what, &removed, &output, err);
	if (status == ERROR_NOT_FOUND) {
		error_drop(err);
		return 0;
	}
	return status;
}

int hns_version(const struct hns_api *api, unsigned *major, unsigned *minor, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;
	const cJSON *output;

	if (ask(api, "GET", "/globals/version", "ask HNS for its version", &json, &output, err) < 0)
		return (*err)->code;
	*major = port_of(output, "Major");
	*minor = port_of(output, "Minor");
	return 0;
}
