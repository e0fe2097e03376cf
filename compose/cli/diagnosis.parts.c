/* SPDX-License-Identifier: MIT */
/* Of diagnosis: the networks below the engine, and the ports that a project publishes. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/own.h"
#include "compose/cli/diagnosis.h"

#define PROJECT "com.docker.compose.project"

#define ok(...)     findings_add(findings, FINDING_OK, __VA_ARGS__)
#define warn(...)   findings_add(findings, FINDING_WARNING, __VA_ARGS__)
#define wrong(...)  findings_add(findings, FINDING_WRONG, __VA_ARGS__)
#define advise(...) findings_advise(findings, __VA_ARGS__)

/* --- networks */

/* The engine's network that an endpoint is on, where that is a compose project's. HNS has Docker's
 * id of it as its name, or what the project asked for (moby, windows.go, CreateNetwork). */
static const struct engine_network *network_of(const struct diagnosis *facts,
					       const struct netns_endpoint *endpoint)
{
	if (!facts->observed || !endpoint->network_name)
		return NULL;
	ARRAY_FOR_EACH (const struct engine_network, network, &facts->observed->networks) {
		const char *project = labels_get(&network->labels, PROJECT);

		if (!project || (facts->project && !text_same(project, facts->project)))
			continue;
		if (text_same_nocase(network->id, endpoint->network_name) ||
		    text_same(network->name, endpoint->network_name))
			return network;
	}
	return NULL;
}

/* Whether a container has the endpoint, or may be about to get it. */
static bool may_have(const struct container *container, const struct engine_network *network,
		     const struct netns_endpoint *endpoint)
{
	bool is_coming =
		container->state == CONTAINER_CREATED || container->state == CONTAINER_RESTARTING;

	ARRAY_FOR_EACH (const struct container_network, on, &container->networks) {
		if (!text_same(on->id, network->id) && !text_same(on->name, network->name))
			continue;
		if (is_coming || (on->address && text_same(on->address, endpoint->address)))
			return true;
	}
	return false;
}

bool diagnosis_is_stale(const struct diagnosis *facts, const struct netns_endpoint *endpoint)
{
	const struct engine_network *network = network_of(facts, endpoint);

	if (!network || (endpoint->containers && endpoint->containers[0]))
		return false;
	ARRAY_FOR_EACH (const struct container, container, &facts->observed->containers) {
		if (may_have(container, network, endpoint))
			return false;
	}
	return true;
}

static void add_mappings(const struct netns_endpoint *endpoint, struct text *out)
{
	ARRAY_FOR_EACH (const struct netns_mapping, mapping, &endpoint->mappings) {
		text_printf(out, "%s%u -> %u/%s", out->len ? ", " : " with ", mapping->external,
			    mapping->internal, mapping->is_udp ? "udp" : "tcp");
	}
}

static void tell_networks(const struct diagnosis *facts, struct findings *findings)
{
	ARRAY_FOR_EACH (const struct netns_network, network, &facts->below->networks) {
		size_t endpoints = 0;

		ARRAY_FOR_EACH (const struct netns_endpoint, endpoint, &facts->below->endpoints)
			endpoints += endpoint->network &&
				     text_same_nocase(endpoint->network, network->id);
		ok("networks", "%s: %s%s%s, endpoints: %zu",
		   network->name ? network->name : network->id,
		   network->type ? network->type : "nat", network->subnet ? " " : "",
		   network->subnet ? network->subnet : "", endpoints);
	}
	if (!facts->below->networks.len)
		ok("networks", "none yet");
}

void diagnose_networks_(const struct diagnosis *facts, struct findings *findings)
{
	size_t stale = 0;

	if (!facts->looks_below)
		return;
	if (!facts->below) {
		/* An engine that needs none of it is well without. */
		if (facts->engine && !text_same(facts->engine->os_type, "windows"))
			ok("networks", "%s", facts->below_err->message);
		else if (facts->host->is_elevated || facts->below_err->code != ERROR_SYSTEM)
			wrong("networks", "%s", facts->below_err->message);
		else
			warn("networks", "they can be looked at by an elevated Administrator only");
		return;
	}
	tell_networks(facts, findings);
	ARRAY_FOR_EACH (const struct netns_endpoint, endpoint, &facts->below->endpoints) {
		CLEANUP(text_drop) struct text mappings = {0};

		if (!diagnosis_is_stale(facts, endpoint))
			continue;
		add_mappings(endpoint, &mappings);
		warn("networks",
		     "endpoint %s (%s%s) of %s was left over: its address and ports stay "
		     "taken",
		     endpoint->id, endpoint->address ? endpoint->address : "no address",
		     text_string(&mappings), network_of(facts, endpoint)->name);
		stale++;
	}
	if (stale)
		advise("wincompose doctor --fix removes %s", stale == 1 ? "it" : "them");
}

/* --- ports */

static const char *word_of(enum ports_protocol protocol)
{
	return protocol == PORTS_UDP ? "udp" : "tcp";
}

/* An engine's proxy holds the port for a container: that one is meant. */
static const struct container *publisher(const struct diagnosis *facts,
					 const struct diagnosis_claim *claim)
{
	if (!facts->observed)
		return NULL;
	ARRAY_FOR_EACH (const struct container, container, &facts->observed->containers) {
		ARRAY_FOR_EACH (const struct container_port, port, &container->ports) {
			if (port->published == claim->port &&
			    text_same(port->protocol, word_of(claim->protocol)))
				return container;
		}
	}
	return NULL;
}

static void tell_taken(const struct diagnosis *facts, const struct diagnosis_claim *claim,
		       struct findings *findings)
{
	const struct container *container = publisher(facts, claim);
	const char *project = container ? labels_get(&container->labels, PROJECT) : NULL;

	if (container) {
		wrong("ports", "%s: port %u/%s of service %s is taken by container %s%s%s",
		      claim->where, claim->port, word_of(claim->protocol), claim->service,
		      container->name, project ? " of project " : "", project ? project : "");
		advise("stop that one, or publish at another port");
		return;
	}
	wrong("ports", "%s: port %u/%s of service %s is taken%s%s", claim->where, claim->port,
	      word_of(claim->protocol), claim->service, claim->holder ? " by " : "",
	      claim->holder ? claim->holder : "");
	if (facts->host->is_windows && claim->holder && text_starts(claim->holder, "System "))
		advise("that is HTTP.sys, which serves others: netsh http show servicestate tells "
		       "them (often IIS: net stop w3svc)");
	else
		advise("%s, or publish at another port",
		       claim->holder ? "end that process"
				     : "end what listens there (as root more is "
				       "told of it)");
}

static void tell_range(const struct diagnosis_claim *claim, const struct ports_range *range,
		       struct findings *findings)
{
	wrong("ports", "%s: port %u/%s of service %s is in the range %u-%u that Windows keeps back",
	      claim->where, claim->port, word_of(claim->protocol), claim->service, range->first,
	      range->last);
	advise("publish at another port; or as Administrator: net stop winnat, netsh int ipv4 add "
	       "excludedportrange protocol=%s startport=%u numberofports=1 store=persistent, net "
	       "start winnat",
	       word_of(claim->protocol), claim->port);
}

void diagnose_ports_(const struct diagnosis *facts, struct findings *findings)
{
	size_t free = 0;

	if (facts->ranges_err)
		warn("ports", "the ranges that Windows keeps back are not known: %s",
		     facts->ranges_err->message);
	ARRAY_FOR_EACH (const struct diagnosis_claim, claim, &facts->claims) {
		const struct ports_range *range =
			facts->ranges ? ports_in_range(facts->ranges, claim->port) : NULL;

		if (claim->is_taken)
			tell_taken(facts, claim, findings);
		else if (range && !range->administered)
			tell_range(claim, range, findings);
		else
			free++;
	}
	if (free)
		ok("ports", "free, or this project's own: %zu of %zu published ports", free,
		   facts->claims.len);
}
