/* SPDX-License-Identifier: MIT */
#include "netns/hns.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "tests/netns/simulator.h"
#include "tests/test.h"

#define NETWORK  "A003CD4D-F20D-4E3D-AF1A-AE7B453399A4"
#define ATTACHED "11111111-1111-4111-8111-111111111111"
#define STALE    "22222222-2222-4222-8222-222222222222"

static const char state_text[] =
	"{\"Networks\":[{\"ID\":\"" NETWORK "\",\"Name\":\"nat\",\"Type\":\"nat\","
	"\"Subnets\":[{\"AddressPrefix\":\"172.30.0.0/24\",\"GatewayAddress\":\"172.30.0.1\"}]}],"
	"\"Endpoints\":[{\"ID\":\"" ATTACHED
	"\",\"Name\":\"Ethernet\",\"VirtualNetwork\":\"" NETWORK
	"\",\"VirtualNetworkName\":\"nat\",\"IPAddress\":\"172.30.0.10\",\"State\":2,"
	"\"SharedContainers\":[\"abc\"],\"Policies\":[{\"Type\":\"L2Driver\"},"
	"{\"Type\":\"NAT\",\"Protocol\":\"tcp\",\"InternalPort\":80,\"ExternalPort\":8080},"
	"{\"Type\":\"NAT\",\"Protocol\":\"UDP\",\"InternalPort\":53,\"ExternalPort\":5353}]},"
	"{\"ID\":\"" STALE "\",\"VirtualNetwork\":\"" NETWORK
	"\",\"IPAddress\":\"172.30.0.11\",\"State\":4}]}";

struct desk {
	struct simulator *simulator;
	struct hns_api api;
	struct error *err;
	struct netns_view view;
};

static void desk_open(struct desk *desk, const char *state)
{
	*desk = (struct desk){.simulator = simulator_new(state)};
	desk->api = simulator_api(desk->simulator);
}

static void desk_close(struct desk *desk)
{
	assert_int_equal(simulator_violations(desk->simulator), 0);
	netns_drop(&desk->view);
	error_drop(&desk->err);
	simulator_drop(&desk->simulator);
}

/* What a client that makes things would send; the answer's ErrorCode, 0: well. */
static uint32_t post(struct desk *desk, const char *path, const char *request)
{
	CLEANUP(memory_free) char *response = NULL;
	assert_int_equal(desk->api.call(desk->api.service, "POST", path, request, &response), 0);
	CLEANUP(json_drop) cJSON *answer = cJSON_Parse(response);

	assert_int_equal(json_bool(answer, "Success"), !json_int(answer, "ErrorCode", 0));
	return (uint32_t)json_int(answer, "ErrorCode", 0);
}

static void networks_endpoints_and_mappings_are_told(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, state_text);
	assert_int_equal(hns_look(&desk.api, &desk.view, &desk.err), 0);
	assert_int_equal(desk.view.networks.len, 1);
	const struct netns_network *network = &desk.view.networks.items[0];
	assert_string_equal(network->id, NETWORK);
	assert_string_equal(network->type, "nat");
	assert_string_equal(network->subnet, "172.30.0.0/24");
	assert_string_equal(network->gateway, "172.30.0.1");

	assert_int_equal(desk.view.endpoints.len, 2);
	const struct netns_endpoint *endpoint = &desk.view.endpoints.items[0];
	assert_string_equal(endpoint->network, NETWORK);
	assert_string_equal(endpoint->network_name, "nat");
	assert_string_equal(endpoint->address, "172.30.0.10");
	assert_string_equal(endpoint->containers[0], "abc");
	assert_null(endpoint->containers[1]);
	assert_int_equal(endpoint->mappings.len, 2);
	assert_int_equal(endpoint->mappings.items[0].external, 8080);
	assert_int_equal(endpoint->mappings.items[0].internal, 80);
	assert_false(endpoint->mappings.items[0].is_udp);
	assert_true(endpoint->mappings.items[1].is_udp);
	assert_null(desk.view.endpoints.items[1].containers);
	assert_null(desk.view.endpoints.items[1].network_name);
	desk_close(&desk);
}

static void an_endpoint_that_nothing_has_is_removed_and_absent_is_well(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, state_text);
	assert_int_equal(hns_remove(&desk.api, STALE, &desk.err), 0);
	assert_int_equal(hns_look(&desk.api, &desk.view, &desk.err), 0);
	assert_int_equal(desk.view.endpoints.len, 1);
	assert_string_equal(desk.view.endpoints.items[0].id, ATTACHED);
	assert_int_equal(hns_remove(&desk.api, STALE, &desk.err), 0);
	/* Removed by another between our look and our word. */
	simulator_fail(desk.simulator,
		       "{\"Method\":\"DELETE\",\"Path\":\"/endpoints/\",\"Answer\":{\"Success\":"
		       "false,\"Error\":\"Element not found. \"}}");
	assert_int_equal(post(&desk, "/endpoints/" ATTACHED "/detach", "{}"), 0);
	assert_int_equal(hns_remove(&desk.api, ATTACHED, &desk.err), 0);
	desk_close(&desk);
}

static void an_endpoint_that_a_container_has_is_never_removed(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, state_text);
	assert_int_equal(hns_remove(&desk.api, ATTACHED, &desk.err), ERROR_CONFLICT);
	assert_string_equal(desk.err->message,
			    "cannot remove endpoint " ATTACHED ": a container is attached to it");
	error_drop(&desk.err);
	/* Attached since it was seen. */
	assert_int_equal(post(&desk, "/endpoints/" STALE "/attach", "{\"ContainerId\":\"new\"}"),
			 0);
	assert_int_equal(hns_remove(&desk.api, STALE, &desk.err), ERROR_CONFLICT);
	desk_close(&desk);
}

static void what_is_no_guid_never_becomes_a_path(void **state)
{
	static const char *const wrong[] = {"", "x", "../networks/" NETWORK, NETWORK "/attach",
					    "A003CD4D-F20D-4E3D-AF1A-AE7B453399A"};
	struct desk desk;

	(void)state;
	desk_open(&desk, state_text);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_int_equal(hns_remove(&desk.api, wrong[i], &desk.err), ERROR_INVALID);
		error_drop(&desk.err);
	}
	assert_int_equal(simulator_calls(desk.simulator), 0);
	desk_close(&desk);
}

static void every_failure_is_told_once_and_in_our_words(void **state)
{
	static const struct {
		const char *fault; /* of the list of endpoints */
		int code;
		const char *says;
	} cases[] = {
		{"\"HResult\":2147943462", ERROR_UNAVAILABLE, "net start hns"}, /* 0x80070426 */
		{"\"HResult\":2147943458", ERROR_UNAVAILABLE, "is disabled"},
		{"\"HResult\":2147944122", ERROR_UNAVAILABLE, "net start hns"}, /* 0x800706BA */
		{"\"HResult\":2147944126", ERROR_UNAVAILABLE, "ended during the call"},
		{"\"HResult\":2147943860", ERROR_TIMEOUT, "did not answer"},
		{"\"HResult\":2147942405", ERROR_SYSTEM, "run this as Administrator"},
		{"\"HResult\":2147549183", ERROR_SYSTEM, "cannot list the endpoints (0x8000FFFF)"},
		{"\"Text\":\"\"", ERROR_INVALID, "cannot list the endpoints"},
		{"\"Text\":\"{\"", ERROR_INVALID, "cannot list the endpoints"},
		{"\"Text\":\"[]\"", ERROR_SYSTEM, "cannot list the endpoints"},
		{"\"HResult\":0", ERROR_SYSTEM, "HNS gave no answer"},
		{"\"Answer\":{\"Success\":false,\"Error\":\"The sky is falling. \"}", ERROR_SYSTEM,
		 "HNS says \"The sky is falling.\""},
		{"\"Answer\":{\"Success\":false,\"Error\":\"Invalid JSON document string. \","
		 "\"ErrorCode\":2151350299}",
		 ERROR_INVALID, "(0x803B001B)"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desk desk;
		CLEANUP(memory_free)
		char *fault = memory_format("{\"Method\":\"GET\",\"Path\":\"/endpoints/\",%s}",
					    cases[i].fault);

		desk_open(&desk, state_text);
		simulator_fail(desk.simulator, fault);
		assert_int_equal(hns_look(&desk.api, &desk.view, &desk.err), cases[i].code);
		if (!strstr(desk.err->message, cases[i].says))
			fail_msg("%s: \"%s\" is not in \"%s\"", fault, cases[i].says,
				 desk.err->message);
		assert_int_equal(desk.view.networks.len, 0);
		desk_close(&desk);
	}
}

static void texts_without_a_code_are_known_too(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(hns_error(&err, 0,
				   "HNS failed with error : The process cannot access the file "
				   "because it is being used by another process. ",
				   "map port 8080"),
			 ERROR_CONFLICT);
	assert_true(text_starts(err->message, "cannot map port 8080: the port is in use: HNS"));
	error_drop(&err);
	assert_int_equal(hns_error(&err, (int32_t)0x803B002F, NULL, "make an endpoint"),
			 ERROR_CONFLICT);
	assert_non_null(strstr(err->message, "left over from a crash (wincompose doctor)"));
	error_drop(&err);
	assert_int_equal(hns_error(&err, 0,
				   "The object identifier does not represent a valid object. ",
				   "look"),
			 ERROR_NOT_FOUND);
}

static void versions_are_numbers(void **state)
{
	struct desk desk;
	unsigned major = 0, minor = 0;

	(void)state;
	desk_open(&desk, "{\"Build\":17134}");
	assert_int_equal(hns_version(&desk.api, &major, &minor, &desk.err), 0);
	assert_int_equal(major, 7);
	assert_int_equal(minor, 2);
	desk_close(&desk);
}

/* --- the simulator itself refuses as HNS does */

static void the_simulator_gives_addresses_and_ports_and_refuses_taken_ones(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, state_text);
#define POST_ENDPOINT(rest)                                                                        \
	post(&desk, "/endpoints/", "{\"VirtualNetwork\":\"" NETWORK "\"" rest "}")
#define NAT(rest) ",\"Policies\":[{\"Type\":\"NAT\",\"Protocol\":\"tcp\"" rest "}]"
	assert_int_equal(POST_ENDPOINT(",\"IPAddress\":\"172.30.0.11\""), 0x803B002F);
	assert_int_equal(POST_ENDPOINT(",\"IPAddress\":\"10.0.0.1\""), 0x803B002F);
	assert_int_equal(POST_ENDPOINT(NAT(",\"InternalPort\":80,\"ExternalPort\":8080")),
			 0x80070020);
	assert_int_equal(POST_ENDPOINT(NAT(",\"InternalPort\":0")), 0x803B000D);
	assert_int_equal(POST_ENDPOINT(NAT(",\"InternalPort\":80,\"HostIP\":\"127.0.0.1\"")),
			 0x803B001B);
	assert_int_equal(POST_ENDPOINT(",\"Colour\":1"), 0x803B001B);
	assert_int_equal(post(&desk, "/endpoints/", "{"), 0x803B001B);
	assert_int_equal(post(&desk, "/endpoints/", "{\"VirtualNetwork\":\"x\"}"), 0x803B0001);
	assert_int_equal(POST_ENDPOINT(NAT(",\"InternalPort\":80")), 0);
	assert_int_equal(hns_look(&desk.api, &desk.view, &desk.err), 0);
	const struct netns_endpoint *made = &desk.view.endpoints.items[2];
	assert_string_equal(made->address, "172.30.0.2");
	assert_int_equal(made->mappings.items[0].external, 49152);
	desk_close(&desk);
}

static void the_simulator_keeps_networks_apart(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, "{\"Build\":20348}");
#define POST_NETWORK(name, prefix)                                                                 \
	post(&desk, "/networks/",                                                                  \
	     "{\"Name\":\"" name "\",\"Type\":\"nat\",\"Subnets\":[{\"AddressPrefix\":\"" prefix   \
	     "\"}]}")
	assert_int_equal(POST_NETWORK("a", "172.30.0.0/24"), 0);
	assert_int_equal(POST_NETWORK("a", "172.31.0.0/24"), 0x803B0010);
	assert_int_equal(POST_NETWORK("b", "172.30.0.128/25"), 0x803B0032);
	assert_int_equal(POST_NETWORK("b", "172.31.0.0/24"), 0);
	desk_close(&desk);

	desk_open(&desk, "{\"Build\":14393}");
	assert_int_equal(POST_NETWORK("a", "172.30.0.0/24"), 0);
	assert_int_equal(POST_NETWORK("b", "172.31.0.0/24"), 0x80070057);
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_endpoints_and_mappings_are_told),
		cmocka_unit_test(an_endpoint_that_nothing_has_is_removed_and_absent_is_well),
		cmocka_unit_test(an_endpoint_that_a_container_has_is_never_removed),
		cmocka_unit_test(what_is_no_guid_never_becomes_a_path),
		cmocka_unit_test(every_failure_is_told_once_and_in_our_words),
		cmocka_unit_test(texts_without_a_code_are_known_too),
		cmocka_unit_test(versions_are_numbers),
		cmocka_unit_test(the_simulator_gives_addresses_and_ports_and_refuses_taken_ones),
		cmocka_unit_test(the_simulator_keeps_networks_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
