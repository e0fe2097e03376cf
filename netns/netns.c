/* SPDX-License-Identifier: MIT */
#include "netns/netns.h"

#include <stdlib.h>

#include "base/memory.h"

void netns_drop(struct netns_view *view)
{
	ARRAY_FOR_EACH (struct netns_network, network, &view->networks) {
		free(network->id);
		free(network->name);
		free(network->type);
		free(network->subnet);
		free(network->gateway);
	}
	array_drop(&view->networks);
	ARRAY_FOR_EACH (struct netns_endpoint, endpoint, &view->endpoints) {
		free(endpoint->id);
		free(endpoint->name);
		free(endpoint->network);
		free(endpoint->network_name);
		free(endpoint->address);
		memory_free_vector(&endpoint->containers);
		array_drop(&endpoint->mappings);
	}
	array_drop(&view->endpoints);
}
