/* SPDX-License-Identifier: MIT */
#include "tests/netns/simulator.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

#define FIRST_DYNAMIC 49152

enum {
	PORT_BUSY = 0x80070020,
	NOT_FOUND = 0x80070490,
	NETWORK_NOT_FOUND = 0x803B0001,
	ENDPOINT_NOT_FOUND = 0x803B0002,
	INVALID_POLICY = 0x803B000D,
	NETWORK_EXISTS = 0x803B0010,
	ATTACHED = 0x803B0014,
	UNSUPPORTED = 0x803B0015,
	INVALID_JSON = 0x803B001B,
	INVALID_IP = 0x803B001E,
	REFERENCED = 0x803B002C,
	ADDRESS_TAKEN = 0x803B002F,
	INVALID_SUBNET = 0x803B0032,
	NOT_ATTACHED = 0x803B0034,
	BAD_PARAMETER = 0x80070057,
};

static const struct {
	uint32_t hr;
	const char *text;
} texts[] = {
	{PORT_BUSY, "The process cannot access the file because it is being used by another "
		    "process. "},
	{NOT_FOUND, "Element not found. "},
	{NETWORK_NOT_FOUND, "The network was not found. "},
	{ENDPOINT_NOT_FOUND, "The endpoint was not found. "},
	{INVALID_POLICY, "Invalid policy. "},
	{NETWORK_EXISTS, "A network with this name already exists. "},
	{ATTACHED, "The endpoint is already attached. "},
	{UNSUPPORTED, "The request is not supported. "},
	{INVALID_JSON, "Invalid JSON document string. "},
	{INVALID_IP, "The IP address is invalid. "},
	{REFERENCED, "The entity has references. "},
	{ADDRESS_TAKEN, "The address is either invalid or not part of any configured subnet(s). "},
	{INVALID_SUBNET, "The specified subnet is invalid. "},
	{NOT_ATTACHED, "The endpoint is not attached. "},
	{BAD_PARAMETER, "The parameter is incorrect. "},
};

struct simulator {
	cJSON *state;
	unsigned violations, calls;
	unsigned made; /* GUIDs so far */
};

static cJSON *list_of(const struct simulator *simulator, const char *name)
{
	cJSON *list = cJSON_GetObjectItem(simulator->state, name);

	return list ? list : cJSON_AddArrayToObject(simulator->state, name);
}

struct simulator *simulator_new(const char *state)
{
	struct simulator *simulator = memory_zero(1, sizeof(*simulator));

	simulator->state = cJSON_Parse(state ? state : "{}");
	if (!simulator->state) {
		fprintf(stderr, "simulator: that is no JSON: %s\n", state);
		abort();
	}
	return simulator;
}

void simulator_drop(struct simulator **simulator)
{
	if (*simulator)
		cJSON_Delete((*simulator)->state);
	free(*simulator);
	*simulator = NULL;
}

struct hns_api simulator_api(struct simulator *simulator)
{
	return (struct hns_api){.call = simulator_call, .service = simulator};
}

char *simulator_state(const struct simulator *simulator)
{
	return json_print(simulator->state);
}

unsigned simulator_violations(const struct simulator *simulator)
{
	return simulator->violations;
}

unsigned simulator_calls(const struct simulator *simulator)
{
	return simulator->calls;
}

void simulator_fail(struct simulator *simulator, const char *fault)
{
	cJSON *json = cJSON_Parse(fault);

	if (!json)
		abort();
	cJSON_AddItemToArray(list_of(simulator, "Faults"), json);
}

/* --- answers */

static char *well(cJSON *output)
{
	CLEANUP(json_drop) cJSON *answer = cJSON_CreateObject();

	cJSON_AddBoolToObject(answer, "Success", true);
	if (output)
		cJSON_AddItemToObject(answer, "Output", output);
	return json_print(answer);
}

static char *refused(uint32_t hr)
{
	CLEANUP(json_drop) cJSON *answer = cJSON_CreateObject();

	cJSON_AddBoolToObject(answer, "Success", false);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i].hr == hr)
			cJSON_AddStringToObject(answer, "Error", texts[i].text);
	}
	cJSON_AddNumberToObject(answer, "ErrorCode", hr);
	return json_print(answer);
}

/* --- documents: every field is known, and of its type */

struct field {
	const char *name;
	int type; /* cJSON's */
};

static const struct field network_fields[] = {
	{"Name", cJSON_String},
	{"Type", cJSON_String},
	{"Subnets", cJSON_Array},
	{"NetworkAdapterName", cJSON_String},
	{"SourceMac", cJSON_String},
	{"DNSSuffix", cJSON_String},
	{"MacPools", cJSON_Array},
	{"DNSServerList", cJSON_String},
	{"AutomaticDNS", cJSON_True},
	{"Policies", cJSON_Array},
	{0},
};
static const struct field subnet_fields[] = {
	{"AddressPrefix", cJSON_String},
	{"GatewayAddress", cJSON_String},
	{"Policies", cJSON_Array},
	{0},
};
static const struct field endpoint_fields[] = {
	{"Name", cJSON_String},      {"VirtualNetwork", cJSON_String},
	{"IPAddress", cJSON_String}, {"MacAddress", cJSON_String},
	{"DNSSuffix", cJSON_String}, {"DNSServerList", cJSON_String},
	{"Policies", cJSON_Array},   {"EnableInternalDNS", cJSON_True},
	{"DisableICC", cJSON_True},  {0},
};
static const struct field nat_fields[] = {
	{"Type", cJSON_String},
	{"Protocol", cJSON_String},
	{"InternalPort", cJSON_Number},
	{"ExternalPort", cJSON_Number},
	{"ExternalPortReserved", cJSON_True},
	{0},
};
static const struct field attach_fields[] = {
	{"ContainerId", cJSON_String},
	{"SystemType", cJSON_String},
	{"CompartmentId", cJSON_Number},
	{"VirtualNicName", cJSON_String},
	{0},
};

static bool fits(const cJSON *json, const struct field *fields)
{
	const cJSON *item;

	if (!cJSON_IsObject(json))
		return false;
	cJSON_ArrayForEach (item, json) {
		const struct field *field = fields;

		while (field->name && strcmp(field->name, item->string) != 0)
			field++;
		if (!field->name ||
		    (field->type == cJSON_True ? !cJSON_IsBool(item)
					       : (item->type & 0xFF) != field->type))
			return false;
	}
	return true;
}

/* --- addresses */

static bool take_prefix(const char *text, uint32_t *address, unsigned *bits)
{
	CLEANUP(memory_free) char *copy = memory_copy(text ? text : "");
	char *slash = strchr(copy, '/');
	unsigned char bytes[4];

	*bits = 32;
	if (slash) {
		*slash = '\0';
		*bits = (unsigned)strtoul(slash + 1, NULL, 10);
	}
	if (uv_inet_pton(AF_INET, copy, bytes) != 0 || *bits < 1 || *bits > 32)
		return false;
	*address = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
		   bytes[3];
	return true;
}

static uint32_t mask(unsigned bits)
{
	return UINT32_MAX << (32 - bits);
}

static bool overlap(const char *a, const char *b)
{
	uint32_t left, right;
	unsigned left_bits, right_bits;

	if (!take_prefix(a, &left, &left_bits) || !take_prefix(b, &right, &right_bits))
		return false;
	uint32_t both = mask(left_bits < right_bits ? left_bits : right_bits);
	return (left & both) == (right & both);
}

static const char *prefix_of(const cJSON *network)
{
	return json_string(cJSON_GetArrayItem(json_get(network, "Subnets"), 0), "AddressPrefix");
}

static bool is_address_taken(const struct simulator *simulator, const char *network,
			     const char *address)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list_of(simulator, "Endpoints")) {
		if (text_same_nocase(json_string(item, "VirtualNetwork"), network) &&
		    text_same(json_string(item, "IPAddress"), address))
			return true;
	}
	return false;
}

/* The next free one behind the gateway's, as HNS gives where none is asked for. */
static char *free_address(const struct simulator *simulator, const cJSON *network)
{
	uint32_t base;
	unsigned bits;

	if (!take_prefix(prefix_of(network), &base, &bits))
		return NULL;
	for (uint32_t host = 2; host < ~mask(bits); host++) {
		uint32_t at = (base & mask(bits)) + host;
		char *address = memory_format("%u.%u.%u.%u", at >> 24, at >> 16 & 255,
					      at >> 8 & 255, at & 255);
		if (!is_address_taken(simulator, json_string(network, "ID"), address))
			return address;
		free(address);
	}
	return NULL;
}

static bool is_port_taken(const struct simulator *simulator, const char *protocol, int64_t port)
{
	const cJSON *item, *policy;

	cJSON_ArrayForEach (item, list_of(simulator, "BusyPorts")) {
		if (item->valuedouble == (double)port)
			return true;
	}
	cJSON_ArrayForEach (item, list_of(simulator, "Endpoints")) {
		cJSON_ArrayForEach (policy, json_get(item, "Policies")) {
			if (json_int(policy, "ExternalPort", 0) == port &&
			    text_same(json_string(policy, "Protocol"), protocol))
				return true;
		}
	}
	return false;
}

/* --- requests */

static cJSON *find(const struct simulator *simulator, const char *list, const char *key,
		   const char *value)
{
	cJSON *item;

	cJSON_ArrayForEach (item, list_of(simulator, list)) {
		if (text_same_nocase(json_string(item, key), value))
			return item;
	}
	return NULL;
}

static void name_it(struct simulator *simulator, cJSON *json)
{
	CLEANUP(memory_free)
	char *id = memory_format("%08X-0000-4000-8000-000000000000", ++simulator->made);

	cJSON_DeleteItemFromObject(json, "ID");
	json_set_string(json, "ID", id);
}

static uint32_t judge_network(const struct simulator *simulator, const cJSON *json)
{
	const char *type = json_string(json, "Type");
	const cJSON *subnet, *other;

	if (!fits(json, network_fields) || !type || !json_string(json, "Name"))
		return INVALID_JSON;
	if (find(simulator, "Networks", "Name", json_string(json, "Name")))
		return NETWORK_EXISTS;
	/* Windows Server 2016 has one NAT network and no more (moby#30280). */
	if (text_same_nocase(type, "nat") && json_int(simulator->state, "Build", 20348) < 16299 &&
	    find(simulator, "Networks", "Type", "nat"))
		return BAD_PARAMETER;
	cJSON_ArrayForEach (subnet, json_get(json, "Subnets")) {
		uint32_t address;
		unsigned bits;

		if (!fits(subnet, subnet_fields))
			return INVALID_JSON;
		if (!take_prefix(json_string(subnet, "AddressPrefix"), &address, &bits))
			return INVALID_SUBNET;
		cJSON_ArrayForEach (other, list_of(simulator, "Networks")) {
			if (overlap(prefix_of(other), json_string(subnet, "AddressPrefix")))
				return INVALID_SUBNET;
		}
	}
	return 0;
}

static uint32_t judge_endpoint(const struct simulator *simulator, const cJSON *json)
{
	const char *network_id = json_string(json, "VirtualNetwork");
	const char *address = json_string(json, "IPAddress");
	const cJSON *policy;

	if (!fits(json, endpoint_fields) || !network_id)
		return INVALID_JSON;
	const cJSON *network = find(simulator, "Networks", "ID", network_id);
	if (!network)
		return NETWORK_NOT_FOUND;
	if (address && (!overlap(address, prefix_of(network)) ||
			is_address_taken(simulator, network_id, address)))
		return ADDRESS_TAKEN;
	cJSON_ArrayForEach (policy, json_get(json, "Policies")) {
		const char *protocol = json_string(policy, "Protocol");
		int64_t external = json_int(policy, "ExternalPort", 0);

		if (!text_same(json_string(policy, "Type"), "NAT"))
			continue;
		if (!fits(policy, nat_fields))
			return INVALID_JSON;
		if ((!text_same(protocol, "tcp") && !text_same(protocol, "udp")) ||
		    json_int(policy, "InternalPort", 0) < 1 || external < 0 || external > 65535)
			return INVALID_POLICY;
		if (external && is_port_taken(simulator, protocol, external))
			return PORT_BUSY;
	}
	return 0;
}

static char *create_network(struct simulator *simulator, const cJSON *request)
{
	uint32_t hr = judge_network(simulator, request);

	if (hr)
		return refused(hr);
	cJSON *network = cJSON_Duplicate(request, true);
	name_it(simulator, network);
	cJSON_AddItemToArray(list_of(simulator, "Networks"), network);
	return well(cJSON_Duplicate(network, true));
}

static char *create_endpoint(struct simulator *simulator, const cJSON *request)
{
	uint32_t hr = judge_endpoint(simulator, request);
	cJSON *policy;

	if (hr)
		return refused(hr);
	cJSON *endpoint = cJSON_Duplicate(request, true);
	const cJSON *network =
		find(simulator, "Networks", "ID", json_string(endpoint, "VirtualNetwork"));
	CLEANUP(memory_free) char *address = NULL;
	if (!json_string(endpoint, "IPAddress")) {
		address = free_address(simulator, network);
		json_set_string(endpoint, "IPAddress", address);
	}
	cJSON_ArrayForEach (policy, json_get(endpoint, "Policies")) {
		int64_t port = FIRST_DYNAMIC;
		if (json_int(policy, "ExternalPort", 0))
			continue;
		while (is_port_taken(simulator, json_string(policy, "Protocol"), port))
			port++;
		cJSON_DeleteItemFromObject(policy, "ExternalPort");
		json_set_int(policy, "ExternalPort", port);
	}
	json_set_string(endpoint, "VirtualNetworkName", json_string(network, "Name"));
	json_set_int(endpoint, "State", 1);
	name_it(simulator, endpoint);
	cJSON_AddItemToArray(list_of(simulator, "Endpoints"), endpoint);
	return well(cJSON_Duplicate(endpoint, true));
}

static void set_state(cJSON *endpoint, int state)
{
	cJSON_DeleteItemFromObject(endpoint, "State");
	json_set_int(endpoint, "State", state);
}

static char *attach(cJSON *endpoint, const cJSON *request)
{
	const char *container = json_string(request, "ContainerId");
	cJSON *shared = cJSON_GetObjectItem(endpoint, "SharedContainers");

	if (!fits(request, attach_fields) || !container)
		return refused(INVALID_JSON);
	if (cJSON_GetArraySize(shared))
		return refused(ATTACHED);
	cJSON_DeleteItemFromObject(endpoint, "SharedContainers");
	shared = cJSON_AddArrayToObject(endpoint, "SharedContainers");
	cJSON_AddItemToArray(shared, cJSON_CreateString(container));
	set_state(endpoint, 2);
	return well(NULL);
}

static char *detach(cJSON *endpoint, const cJSON *request)
{
	if (!fits(request, attach_fields))
		return refused(INVALID_JSON);
	if (!cJSON_GetArraySize(json_get(endpoint, "SharedContainers")))
		return refused(NOT_ATTACHED);
	cJSON_DeleteItemFromObject(endpoint, "SharedContainers");
	set_state(endpoint, 4);
	return well(NULL);
}

static char *remove_item(struct simulator *simulator, const char *list, cJSON *item)
{
	if (strcmp(list, "Networks") == 0 &&
	    find(simulator, "Endpoints", "VirtualNetwork", json_string(item, "ID")))
		return refused(REFERENCED);
	cJSON_Delete(cJSON_DetachItemViaPointer(list_of(simulator, list), item));
	return well(NULL);
}

/* rest: what stands behind "/networks/" or "/endpoints/". */
static char *serve(struct simulator *simulator, const char *list, const char *method,
		   const char *rest, const cJSON *request)
{
	bool is_endpoint = strcmp(list, "Endpoints") == 0;
	CLEANUP(memory_free) char *id = memory_copy_n(rest, strcspn(rest, "/"));
	const char *action = rest + strlen(id);
	bool is_post = strcmp(method, "POST") == 0;

	if (!*id && is_post)
		return is_endpoint ? create_endpoint(simulator, request)
				   : create_network(simulator, request);
	if (!*id)
		return strcmp(method, "GET") == 0
			       ? well(cJSON_Duplicate(list_of(simulator, list), true))
			       : refused(BAD_PARAMETER);
	cJSON *item = find(simulator, list, "ID", id);
	if (!item)
		return refused(is_endpoint ? ENDPOINT_NOT_FOUND : NETWORK_NOT_FOUND);
	if (is_endpoint && is_post && strcmp(action, "/attach") == 0)
		return attach(item, request);
	if (is_endpoint && is_post && strcmp(action, "/detach") == 0)
		return detach(item, request);
	if (*action || is_post)
		return refused(UNSUPPORTED);
	if (strcmp(method, "GET") == 0)
		return well(cJSON_Duplicate(item, true));
	return remove_item(simulator, list, item);
}

static char *version(const struct simulator *simulator)
{
	cJSON *output = cJSON_CreateObject();

	json_set_int(output, "Major", json_int(simulator->state, "Build", 20348) < 17763 ? 7 : 9);
	json_set_int(output, "Minor", 2);
	return well(output);
}

/* --- the call */

/* Takes the fault that fits out of the list; yours. */
static cJSON *take_fault(struct simulator *simulator, const char *method, const char *path)
{
	cJSON *fault;

	cJSON_ArrayForEach (fault, list_of(simulator, "Faults")) {
		int64_t skip = json_int(fault, "Skip", 0);

		if (!text_same(json_string(fault, "Method"), method) ||
		    !text_starts(path, json_string(fault, "Path")))
			continue;
		if (skip > 0) {
			cJSON_DeleteItemFromObject(fault, "Skip");
			json_set_int(fault, "Skip", skip - 1);
			continue;
		}
		return cJSON_DetachItemViaPointer(list_of(simulator, "Faults"), fault);
	}
	return NULL;
}

static int32_t fail(const cJSON *fault, char **response)
{
	const cJSON *answer = json_get(fault, "Answer");
	const char *text = json_string(fault, "Text");

	while (json_bool(fault, "Hang"))
		uv_sleep(1000);
	if (answer)
		*response = json_print(answer);
	else if (text)
		*response = memory_copy(text);
	return (int32_t)(uint32_t)json_int(fault, "HResult", 0);
}

int32_t simulator_call(void *service, const char *method, const char *path, const char *request,
		       char **response)
{
	struct simulator *simulator = service;
	CLEANUP(json_drop) cJSON *json = NULL;
	bool is_post = strcmp(method, "POST") == 0;
	static const char networks[] = "/networks/", endpoints[] = "/endpoints/";

	*response = NULL;
	simulator->calls++;
	CLEANUP(json_drop) cJSON *fault = take_fault(simulator, method, path);
	if (fault)
		return fail(fault, response);
	if ((!is_post && strcmp(method, "GET") != 0 && strcmp(method, "DELETE") != 0) ||
	    (!is_post && *request)) {
		simulator->violations++;
		*response = refused(UNSUPPORTED);
		return 0;
	}
	if (is_post && !(json = cJSON_ParseWithOpts(request, NULL, true)))
		*response = refused(INVALID_JSON);
	else if (text_starts(path, networks))
		*response = serve(simulator, "Networks", method, path + strlen(networks), json);
	else if (text_starts(path, endpoints))
		*response = serve(simulator, "Endpoints", method, path + strlen(endpoints), json);
	else if (strcmp(path, "/globals/version") == 0 && !is_post)
		*response = version(simulator);
	else
		*response = refused(UNSUPPORTED);
	return 0;
}
