/* SPDX-License-Identifier: MIT */
#include "tests/winengine/nat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "tests/winengine/container.h"
#include "tests/winengine/feed.h"
#include "tests/winengine/forward.h"

enum { SERVER_2016 = 14393, PORT_FIRST = 49152, PORT_LAST = 65535 };

/* windows.md 1.4. "overlay" needs a swarm; bridge, host, macvlan and ipvlan are not there. */
static bool known_driver(const char *driver)
{
	static const char *const drivers[] = {"nat",      "transparent", "l2bridge", "l2tunnel",
					      "internal", "private",     "ics",      "null"};

	for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
		if (text_same(drivers[i], driver))
			return true;
	return false;
}

static bool parse_subnet(const char *subnet, unsigned *base, unsigned *prefix)
{
	unsigned a, b, c, d;

	if (sscanf(subnet, "%u.%u.%u.%u/%u", &a, &b, &c, &d, prefix) != 5 || *prefix > 30)
		return false;
	*base = (a << 24) | (b << 16) | (c << 8) | d;
	return true;
}

static void print_address(unsigned address, char out[static 16])
{
	snprintf(out, 16, "%u.%u.%u.%u", address >> 24 & 255, address >> 16 & 255,
		 address >> 8 & 255, address & 255);
}

static bool overlap(const struct network *a, unsigned base, unsigned prefix)
{
	unsigned shorter = a->prefix < prefix ? a->prefix : prefix;

	return a->prefix && (a->base >> (32 - shorter)) == (base >> (32 - shorter));
}

/* WinNAT picks a free prefix in 172.16.0.0/12: windows.md 4.3. Where who is in it shall be reached from
 * this host, 127.16.0.0/12 stands for that, and engines that run side by side begin elsewhere. */
static void pick(const struct world *world, struct network *network)
{
	unsigned space = world->reachable ? 0x7F100000 : 0xAC100000;
	unsigned first = world->reachable ? (unsigned)(world->id[0] * 16 + world->id[1]) : 28;

	network->prefix = 20;
	for (unsigned i = 0; i < 256; i++) {
		bool taken = false;

		network->base = space + ((i * 37 + first) % 256 << 12);
		LIST_FOR_EACH (struct network, other, &world->networks, link)
			taken = taken || overlap(other, network->base, network->prefix);
		if (!taken)
			return;
	}
}

static struct network *network_new(struct world *world, const char *name, const char *driver)
{
	struct network *network = memory_zero(1, sizeof(*network));

	world_id(network->id);
	network->name = memory_copy(name);
	network->driver = memory_copy(driver);
	network->created = clock_wall();
	network->next = 2;
	list_init(&network->link);
	if (text_same(driver, "nat"))
		pick(world, network);
	return network;
}

void nat_init(struct world *world)
{
	static const struct {
		const char *name, *driver;
	} there[] = {{"nat", "nat"}, {"none", "null"}};

	for (size_t i = 0; i < ARRAY_LEN(there); i++) {
		struct network *network = network_new(world, there[i].name, there[i].driver);

		network->builtin = true;
		list_append(&world->networks, &network->link);
	}
}

struct network *nat_find(const struct world *world, const char *word)
{
	/* "default" is the daemon's own word for nat: windows.md 1.3. */
	if (!word || !*word || text_same(word, "default"))
		word = "nat";
	LIST_FOR_EACH (struct network, network, &world->networks, link)
		if (world_named(word, network->id, network->name))
			return network;
	return NULL;
}

/* --- endpoints */

static bool port_taken(const struct world *world, unsigned port, const char *protocol)
{
	LIST_FOR_EACH (struct container, container, &world->containers, link)
		ARRAY_FOR_EACH (struct port, other, &container->ports)
			if (other->published == port && text_same(other->protocol, protocol))
				return true;
	return false;
}

static int hns_error(const struct network *network, const struct container *container,
		     unsigned long code, struct error **err)
{
	return error_set(err, ERROR_CONFLICT,
			 "failed to create endpoint %s on network %s: failed during "
			 "hnsCallRawResponse: hnsCall failed in Win32: %s (0x%lx)",
			 container->name, network->name, host_words(code), code);
}

/* False: the port is taken, by a container or by anything else on the host. */
static bool take_port(struct container *container, const char *address, struct port *port)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct world *world = container->world;

	if (port_taken(world, port->published, port->protocol))
		return false;
	return !text_same(port->protocol, "tcp") ||
	       forward_open(world->loop, port->published, world->reachable ? address : NULL,
			    port->target, &port->forward, &err) == 0;
}

static int publish(struct container *container, struct endpoint *endpoint, const char *key,
		   const char *wanted, struct error **err)
{
	struct port port = {.target = (unsigned)strtoul(key, NULL, 10)};
	const char *slash = strchr(key, '/');
	bool taken;

	port.protocol = memory_copy(slash ? slash + 1 : "tcp");
	port.published = wanted && *wanted ? (unsigned)strtoul(wanted, NULL, 10) : 0;
	taken = port.published && !take_port(container, endpoint->address, &port);
	/* HNS picks one: windows.md 1.3. */
	if (!port.published)
		for (port.published = PORT_FIRST; port.published < PORT_LAST; port.published++)
			if (take_port(container, endpoint->address, &port))
				break;
	if (taken) {
		free(port.protocol);
		return hns_error(endpoint->network, container, 0x20, err);
	}
	array_push(&container->ports, port);
	return 0;
}

static int publish_all(struct container *container, struct endpoint *endpoint, struct error **err)
{
	const cJSON *bindings, *binding;

	cJSON_ArrayForEach (bindings, json_get(container->host, "PortBindings"))
		cJSON_ArrayForEach (binding, bindings) {
			int code = publish(container, endpoint, bindings->string,
					   json_string(binding, "HostPort"), err);

			if (code < 0)
				return code;
		}
	return 0;
}

static void give_address(struct endpoint *endpoint)
{
	struct network *network = endpoint->network;
	const char *asked = json_string(json_get(endpoint->asked, "IPAMConfig"), "IPv4Address");
	const char *mac = json_string(endpoint->asked, "MacAddress");
	unsigned number = network->next++;

	world_id(endpoint->id);
	if (!network->prefix)
		return;
	if (asked)
		snprintf(endpoint->address, sizeof(endpoint->address), "%s", asked);
	else
		print_address(network->base + number, endpoint->address);
	snprintf(endpoint->mac, sizeof(endpoint->mac), "00:15:5d:00:%02x:%02x", number >> 8 & 255,
		 number & 255);
	if (mac && *mac)
		snprintf(endpoint->mac, sizeof(endpoint->mac), "%s", mac);
}

int nat_attach(struct container *container, struct error **err)
{
	struct endpoint *first = container->endpoints.len ? container->endpoints.items : NULL;
	/* An endpoint of before a crash has the address still: windows.md 4.3. */
	unsigned long fault = first ? world_fault(container->world, "endpoint") : 0;
	int code = 0;

	if (fault)
		return hns_error(first->network, container, fault, err);
	ARRAY_FOR_EACH (struct endpoint, endpoint, &container->endpoints)
		give_address(endpoint);
	if (first && first->network->prefix)
		code = publish_all(container, first, err);
	if (code < 0)
		nat_detach(container);
	return code;
}

void nat_detach(struct container *container)
{
	ARRAY_FOR_EACH (struct endpoint, endpoint, &container->endpoints)
		endpoint->id[0] = endpoint->address[0] = endpoint->mac[0] = '\0';
	ARRAY_FOR_EACH (struct port, port, &container->ports) {
		forward_close(port->forward);
		free(port->protocol);
	}
	array_drop(&container->ports);
}

/* --- what the API asks */

static cJSON *copy_or_object(const cJSON *json)
{
	return json ? cJSON_Duplicate(json, true) : cJSON_CreateObject();
}

static cJSON *describe_ipam(const struct network *network)
{
	cJSON *ipam = cJSON_CreateObject();
	cJSON *config = cJSON_CreateArray();
	cJSON *pool = cJSON_CreateObject();
	char address[16], gateway[16];

	/* windows.md 1.4: the driver is "windows". */
	cJSON_AddStringToObject(ipam, "Driver",
				text_same(network->driver, "null") ? "default" : "windows");
	cJSON_AddNullToObject(ipam, "Options");
	cJSON_AddItemToObject(ipam, "Config", config);
	if (network->prefix) {
		print_address(network->base, address);
		print_address(network->base + 1, gateway);
		CLEANUP(memory_free)
		char *subnet = memory_format("%s/%u", address, network->prefix);

		cJSON_AddStringToObject(pool, "Subnet", subnet);
		cJSON_AddStringToObject(pool, "Gateway", gateway);
		cJSON_AddItemToArray(config, pool);
	} else {
		cJSON_Delete(pool);
	}
	return ipam;
}

static cJSON *describe(const struct world *world, const struct network *network)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *containers;
	char created[40];

	clock_format(network->created, created);
	cJSON_AddStringToObject(json, "Name", network->name);
	cJSON_AddStringToObject(json, "Id", network->id);
	cJSON_AddStringToObject(json, "Created", created);
	cJSON_AddStringToObject(json, "Scope", "local");
	cJSON_AddStringToObject(json, "Driver", network->driver);
	cJSON_AddBoolToObject(json, "EnableIPv4", true);
	cJSON_AddBoolToObject(json, "EnableIPv6", false);
	cJSON_AddItemToObject(json, "IPAM", describe_ipam(network));
	cJSON_AddBoolToObject(json, "Internal", false);
	cJSON_AddBoolToObject(json, "Attachable", false);
	cJSON_AddBoolToObject(json, "Ingress", false);
	containers = cJSON_AddObjectToObject(json, "Containers");
	LIST_FOR_EACH (struct container, container, &world->containers, link)
		ARRAY_FOR_EACH (struct endpoint, endpoint, &container->endpoints)
			if (endpoint->network == network && endpoint->id[0]) {
				cJSON *place = cJSON_AddObjectToObject(containers, container->id);

				cJSON_AddStringToObject(place, "Name", container->name);
				cJSON_AddStringToObject(place, "EndpointID", endpoint->id);
				cJSON_AddStringToObject(place, "MacAddress", endpoint->mac);
				cJSON_AddStringToObject(place, "IPv4Address", endpoint->address);
			}
	cJSON_AddItemToObject(json, "Options", copy_or_object(network->options));
	cJSON_AddItemToObject(json, "Labels", copy_or_object(network->labels));
	return json;
}

void nat_list(struct call *call)
{
	CLEANUP(json_drop) cJSON *filters = feed_filters(call);
	cJSON *list = cJSON_CreateArray();

	LIST_FOR_EACH (struct network, network, &call->world->networks, link)
		if (feed_labels_match(filters, network->labels) &&
		    feed_any(filters, "name", network->name) &&
		    feed_any(filters, "id", network->id) &&
		    feed_any(filters, "driver", network->driver))
			cJSON_AddItemToArray(list, describe(call->world, network));
	call_json(call, 200, list);
}

static struct network *named(struct call *call)
{
	struct network *network = nat_find(call->world, call->name);

	if (!network)
		call_error(call, 404, "network %s not found", call->name);
	return network;
}

void nat_inspect(struct call *call)
{
	struct network *network = named(call);

	if (network)
		call_json(call, 200, describe(call->world, network));
}

/* windows.md 1.4 "No": what the windows drivers and their IPAM do not have. NULL: nothing. */
static const char *refusal(struct call *call, int *status)
{
	const cJSON *ipam = json_get(call->json, "IPAM"), *pool;
	const char *driver = json_string(call->json, "Driver");

	*status = 400;
	if (json_bool(call->json, "EnableIPv6"))
		return "windowsshim driver doesn't support v6 subnets";
	if (json_bool(call->json, "Internal"))
		return "invalid option: Windows does not support internal networks";
	cJSON_ArrayForEach (pool, json_get(ipam, "Config"))
		if (json_string(pool, "IPRange") || json_get(pool, "AuxiliaryAddresses"))
			return "invalid option: Windows does not support ip-range or aux-address";
	*status = 404;
	if (driver && *driver && !known_driver(driver))
		return "could not find plugin in v1 plugin registry: plugin not found";
	return NULL;
}

/* One NAT network on Server 2016; several elsewhere, which must not overlap: windows.md 4.3. */
static unsigned long hns_create(const struct world *world, const struct network *wanted)
{
	if (!text_same(wanted->driver, "nat"))
		return 0;
	if (world->host.build <= SERVER_2016)
		return 0x57;
	LIST_FOR_EACH (struct network, network, &world->networks, link)
		if (overlap(network, wanted->base, wanted->prefix))
			return 0x57;
	return 0;
}

void nat_create(struct call *call)
{
	const char *name = json_string(call->json, "Name");
	const char *driver = json_string(call->json, "Driver");
	const cJSON *pool = cJSON_GetArrayItem(json_path(call->json, "IPAM.Config"), 0);
	int status;
	const char *refused = refusal(call, &status);
	struct network *network;

	if (refused) {
		call_error(call, status, "%s", refused);
		return;
	}
	LIST_FOR_EACH (struct network, other, &call->world->networks, link)
		if (text_same(other->name, name)) {
			call_error(call, 409, "network with name %s already exists", name);
			return;
		}
	network = network_new(call->world, name ? name : "", driver && *driver ? driver : "nat");
	if (json_string(pool, "Subnet") &&
	    !parse_subnet(json_string(pool, "Subnet"), &network->base, &network->prefix)) {
		world_broken(call->world, "subnet %s", json_string(pool, "Subnet"));
	}
	unsigned long code = hns_create(call->world, network);

	if (code) {
		free(network->name);
		free(network->driver);
		free(network);
		call_error(call, 500, "HNS failed with error : %s ", host_words(code));
		return;
	}
	network->options = copy_or_object(json_get(call->json, "Options"));
	if (!json_string(network->options, "com.docker.network.windowsshim.hnsid"))
		cJSON_AddStringToObject(network->options, "com.docker.network.windowsshim.hnsid",
					network->id);
	network->labels = copy_or_object(json_get(call->json, "Labels"));
	list_append(&call->world->networks, &network->link);
	feed_tell(call->world, &(struct feed_event){.type = "network",
						    .action = "create",
						    .id = network->id,
						    .name = network->name,
						    .key = "type",
						    .value = network->driver});
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "Id", network->id);
	cJSON_AddStringToObject(json, "Warning", "");
	call_json(call, 201, json);
}

static bool in_use(const struct world *world, const struct network *network)
{
	LIST_FOR_EACH (struct container, container, &world->containers, link)
		ARRAY_FOR_EACH (struct endpoint, endpoint, &container->endpoints)
			if (endpoint->network == network && endpoint->id[0])
				return true;
	return false;
}

/* Containers that do not run lose their place in it. */
static void forget(struct world *world, struct network *network)
{
	LIST_FOR_EACH (struct container, container, &world->containers, link)
		for (size_t i = container->endpoints.len; i-- > 0;)
			if (container->endpoints.items[i].network == network)
				container_leave(container, i);
	list_unlink(&network->link);
	cJSON_Delete(network->options);
	cJSON_Delete(network->labels);
	free(network->name);
	free(network->driver);
	free(network);
}

void nat_remove(struct call *call)
{
	struct network *network = named(call);

	if (!network)
		return;
	if (network->builtin) {
		call_error(call, 403, "%s is a pre-defined network and cannot be removed",
			   network->name);
	} else if (in_use(call->world, network)) {
		call_error(call, 403,
			   "error while removing network: network %s id %s has active endpoints",
			   network->name, network->id);
	} else {
		feed_tell(call->world, &(struct feed_event){.type = "network",
							    .action = "destroy",
							    .id = network->id,
							    .name = network->name,
							    .key = "type",
							    .value = network->driver});
		forget(call->world, network);
		call_empty(call, 204);
	}
}

static struct container *member(struct call *call)
{
	const char *name = json_string(call->json, "Container");
	struct container *container = name ? container_find(call->world, name) : NULL;

	if (!container)
		call_error(call, 404, "No such container: %s", name ? name : "");
	return container;
}

void nat_connect(struct call *call)
{
	struct network *network = named(call);
	struct container *container = network ? member(call) : NULL;

	if (!container)
		return;
	ARRAY_FOR_EACH (struct endpoint, endpoint, &container->endpoints)
		if (endpoint->network == network) {
			call_error(call, 403, "endpoint with name %s already exists in network %s",
				   container->name, network->name);
			return;
		}
	container_join(container, network, json_get(call->json, "EndpointConfig"));
	if (container->state == STATE_RUNNING)
		give_address(&container->endpoints.items[container->endpoints.len - 1]);
	call_empty(call, 200);
}

void nat_disconnect(struct call *call)
{
	struct network *network = named(call);
	struct container *container = network ? member(call) : NULL;

	if (!container)
		return;
	for (size_t i = 0; i < container->endpoints.len; i++)
		if (container->endpoints.items[i].network == network) {
			container_leave(container, i);
			call_empty(call, 200);
			return;
		}
	call_error(call, 404, "container %s is not connected to network %s", container->id,
		   network->name);
}
