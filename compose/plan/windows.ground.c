/* SPDX-License-Identifier: MIT */
/* The networks and volumes of a project on Windows. */
#include <ctype.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/plan/finding.h"
#include "compose/plan/release.h"
#include "compose/plan/windows.h"

#define OPTION_PREFIX "com.docker.network.windowsshim."
#define SERVER_2016   14393

/* --- networks */

static bool is_foreign_driver(const struct network *n)
{
	static const char *const drivers[] = {"bridge", "host", "macvlan", "ipvlan"};
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
		if (text_same(n->driver, drivers[i]))
			return true;
	return false;
}

static bool has_ipv6(const struct network *n)
{
	if (n->ipv6)
		return true;
	ARRAY_FOR_EACH (struct ipam_pool, pool, &n->ipam)
		if (pool->subnet && strchr(pool->subnet, ':'))
			return true;
	return false;
}

static bool has_no_ipv4(const struct network *n)
{
	return n->ipv4_off;
}

static bool is_internal(const struct network *n)
{
	return n->internal;
}

static bool has_range(const struct network *n)
{
	ARRAY_FOR_EACH (struct ipam_pool, pool, &n->ipam)
		if (pool->ip_range)
			return true;
	return false;
}

static bool has_aux(const struct network *n)
{
	ARRAY_FOR_EACH (struct ipam_pool, pool, &n->ipam)
		if (pool->aux_addresses.len)
			return true;
	return false;
}

static bool has_ipam_driver(const struct network *n)
{
	return n->ipam_driver && !text_same(n->ipam_driver, "default") &&
	       !text_same(n->ipam_driver, "windows");
}

static bool has_ipam_options(const struct network *n)
{
	return n->ipam_options.len > 0;
}

static const struct network_rule {
	bool (*holds)(const struct network *n);
	const char *attribute, *sentence, *hint;
} network_rules[] = {
	{is_foreign_driver, "driver", "Windows has no such network driver",
	 "use nat, transparent or l2bridge"},
	{has_ipv6, "enable_ipv6", "Windows container networks have no IPv6", "remove it"},
	{has_no_ipv4, "enable_ipv4", "Windows container networks are of IPv4", "remove it"},
	{is_internal, "internal", "Windows refuses internal networks",
	 "use driver: internal, where the containers alone talk to each other"},
	{has_range, "ipam.config.ip_range", "Windows refuses ip_range", "use a smaller subnet"},
	{has_aux, "ipam.config.aux_addresses", "Windows refuses aux_addresses", "remove them"},
	{has_ipam_driver, "ipam.driver", "Windows has its own address management alone",
	 "remove ipam.driver"},
	{has_ipam_options, "ipam.options", "Windows refuses options of address management",
	 "remove them"},
};

/* Options that the Windows driver reads; numeric ones must be numbers. */
static const struct option {
	const char *name;
	bool is_number;
} options[] = {
	{"networkname", false},
	{"hnsid", false},
	{"hnsowned", false},
	{"routingdomain", false},
	{"interface", false},
	{"vlanid", true},
	{"vsid", true},
	{"dnssuffix", false},
	{"dnsservers", false},
	{"macpool", false},
	{"sourcemac", false},
	{"disableicc", false},
	{"disable_dns", false},
	{"disable_gatewaydns", false},
	{"enable_outboundnat", false},
	{"outboundnat_exceptions", false},
};

static const struct option *option_named(const char *key)
{
	if (!text_starts(key, OPTION_PREFIX))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (text_same(key + strlen(OPTION_PREFIX), options[i].name))
			return &options[i];
	return NULL;
}

static void check_options(const struct windows_check *c, const struct network *n)
{
	for (size_t i = 0; i < n->driver_opts.len; i++) {
		const struct pair *pair = &n->driver_opts.items[i];
		const struct option *option = option_named(pair->key);
		const char *value = pair->value ? pair->value : "";
		if (!option)
			finding_network(c->diagnostics, SEVERITY_WARNING, n, "driver_opts",
					"Windows ignores the network option %s", pair->key);
		else if (option->is_number &&
			 (!*value || strspn(value, "0123456789") != strlen(value)))
			finding_network(c->diagnostics, SEVERITY_ERROR, n, "driver_opts",
					"%s is a number, not \"%s\"", pair->key, value);
	}
}

/* Windows Server 2016 has one NAT network, which the engine has made already. */
static void check_only_nat(const struct windows_check *c, const struct network *n)
{
	const struct release_version host = release_parse(c->host->os_version);
	if (host.part[RELEASE_BUILD] != SERVER_2016 || (n->driver && !text_same(n->driver, "nat")))
		return;
	diagnostic_hint(
		finding_network(c->diagnostics, SEVERITY_ERROR, n, "",
				"Windows Server 2016 has one NAT network, the engine's own"),
		"use it: {name: nat, external: true}");
}

static void check_network(const struct windows_check *c, const struct network *n)
{
	for (size_t i = 0; i < ARRAY_LEN(network_rules); i++) {
		const struct network_rule *rule = &network_rules[i];
		if (rule->holds(n))
			diagnostic_hint(finding_network(c->diagnostics, SEVERITY_ERROR, n,
							rule->attribute, "%s", rule->sentence),
					"%s", rule->hint);
	}
	check_options(c, n);
	check_only_nat(c, n);
}

/* --- volumes */

/* Names that Windows keeps for devices. */
static bool is_reserved(const char *name)
{
	static const char *const devices[] = {"con", "prn", "nul", "aux"};
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		if (text_same_nocase(name, devices[i]))
			return true;
	char word[4] = {0};
	for (size_t i = 0; i < 3 && name[i]; i++)
		word[i] = (char)tolower((unsigned char)name[i]);
	return (text_same(word, "com") || text_same(word, "lpt")) && name[3] >= '1' &&
	       name[3] <= '9' && !name[4];
}

static void check_volume(const struct windows_check *c, const struct volume *v)
{
	if (is_reserved(v->name))
		diagnostic_hint(finding_volume(c->diagnostics, SEVERITY_ERROR, v, "name",
					       "Windows keeps the name %s for a device", v->name),
				"choose another name");
	if (!v->external && v->driver_opts.len && (!v->driver || text_same(v->driver, "local")))
		diagnostic_hint(finding_volume(c->diagnostics, SEVERITY_ERROR, v, "driver_opts",
					       "the driver local takes no options on Windows"),
				"remove them; a folder of the host is a bind");
}

void windows_check_ground(const struct windows_check *c)
{
	ARRAY_FOR_EACH (struct network, n, &c->project->networks)
		if (!n->external)
			check_network(c, n);
	ARRAY_FOR_EACH (struct volume, v, &c->project->volumes)
		check_volume(c, v);
}
