/* SPDX-License-Identifier: MIT */
/* contract ROOT PROGRAM SPACE -- netns.h as an engine uses it: a network from its making to its end,
 * with a container whose namespace is at the path. Prints what is not as it shall be. */
#include "netns/netns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/endpoint.h"
#include "netns/network.h"

static struct error *err;

/* Asserts a code and what its message has in it. */
static void expect(int status, int expected, const char *part)
{
	if (status == expected && (!part || (err && strstr(err->message, part)))) {
		error_drop(&err);
		return;
	}
	printf("%d instead of %d: %s\n", status, expected, err ? err->message : "no error");
	exit(EXIT_FAILURE);
}

static void start(const char *program, const char *root, const char *id)
{
	CLEANUP(memory_free_vector) char **arguments = netns_start_arguments(program, root, id);
	pid_t child = fork();
	int status;

	if (child == 0) {
		execv(arguments[0], arguments);
		_exit(EXIT_FAILURE);
	}
	waitpid(child, &status, 0);
	if (status != 0) {
		puts("the network does not start");
		exit(EXIT_FAILURE);
	}
}

int main(int argc, char **argv)
{
	static char name[] = "web", space_less[] = "c9";
	static const char *const others[] = {"11111111", "22222222", NULL};
	struct network network = {.owner = "0a1b2", .id = "44444444"}, settled = {0};
	struct endpoint wanted = {.id = space_less, .is_outlet = true}, given = {0}, again = {0};
	const char *root = argv[1];

	if (argc != 4)
		return 2;
	wanted.space = argv[3];
	wanted.interface = name;
	array_push(&wanted.names, name);
	array_push(&wanted.ports, ((struct endpoint_port){.is_any = true, .inner = 80}));
	expect(netns_end(root, network.id, &err), 0, NULL);
	expect(netns_network(root, network.id, &settled, &err), ERROR_NOT_FOUND, NULL);
	expect(netns_create(root, &network, &err), 0, NULL);
	expect(netns_create(root, &network, &err), ERROR_CONFLICT, "44444444");
	expect(netns_attach(root, network.id, &wanted, &given, &err), ERROR_UNAVAILABLE, NULL);
	start(argv[2], root, network.id);
	start(argv[2], root, network.id);
	expect(netns_network(root, network.id, &settled, &err), 0, NULL);
	expect(netns_attach(root, network.id, &wanted, &given, &err), 0, NULL);
	if (!cidr_has(&settled.v4, &given.v4) || given.ports.items[0].first == 0)
		puts("neither an address nor a port was given");
	expect(netns_attach(root, network.id, &wanted, &again, &err), 0, NULL);
	if (!cidr_same_address(&given.v4, &again.v4))
		puts("another address the second time");
	expect(netns_also(root, network.id, "c9", others, &err), 0, NULL);
	expect(netns_also(root, network.id, "c8", others, &err), ERROR_NOT_FOUND, "c8");
	expect(netns_detach(root, network.id, "c9", false, &err), 0, NULL);
	expect(netns_detach(root, network.id, "c9", true, &err), 0, NULL);
	expect(netns_end(root, network.id, &err), 0, NULL);
	expect(netns_end(root, network.id, &err), 0, NULL);
	network_drop(&settled);
	endpoint_drop(&given);
	endpoint_drop(&again);
	array_drop(&wanted.names);
	array_drop(&wanted.ports);
	return EXIT_SUCCESS;
}
