/* SPDX-License-Identifier: MIT */
/* Within router. */
#pragma once

#include "base/map.h"
#include "base/text.h"
#include "netns/endpoint.h"
#include "netns/lease.h"
#include "netns/linux/filter.h"
#include "netns/linux/gate.h"
#include "netns/linux/kin.h"
#include "netns/linux/link.h"
#include "netns/linux/resolver.h"
#include "netns/linux/router.h"
#include "netns/linux/upstream.h"
#include "netns/names.h"
#include "netns/ruleset.h"

enum { ROUTER_IDLE_MS = 90000, ROUTER_MTU = 1500 };

#define ROUTER_BRIDGE "br0"
#define ROUTER_UPLINK "up0"

/* A container in the network. */
struct place {
	struct router *router;
	struct endpoint endpoint;
	struct gate **gates; /* one for each port; NULL: the port could not be had */
	bool is_published;   /* its ports are elements of the host's rules */
	bool is_leased;
};

struct router {
	struct router_options options;
	char *folder, *root;
	struct network network;
	struct file_lock *lock;
	int space;
	struct link_socket *host, *inside, *watch;
	struct filter *filter; /* NULL: the network has no rules on the host */
	unsigned bridge;
	int journal;
	struct lease v4, v6;
	struct map places; /* by id */
	struct names names;
	struct kin *kin;
	struct upstream *upstream;
	struct resolver *resolver;
	char *buffer;
	uint64_t next_link;
	struct text pending; /* rules that the next turn of the loop sets: router_rule_ */
	uv_timer_t turn;
	unsigned open; /* handles */
	uv_poll_t watching;
	bool is_watching;
	int changes; /* of the host's rules; -1: not watched */
	uv_poll_t changed;
	uv_timer_t pass;
	bool is_watching_rules;
};

/* --- router.rules.c: ports' rules, all of a turn of the loop in one transaction. A port is bound
 * and carried without them, so one that cannot be set is said in the log and no more. */
void router_rule_(struct router *router, const char *rules);
void router_flush_(struct router *router);
void router_on_turn_(uv_timer_t *timer);
/* Docker, started later, makes a chain that drops: then the pass through it is set (ruleset.h). */
int router_watch_rules_(struct router *router, struct error **err);
void router_unwatch_rules_(struct router *router, void (*closed)(uv_handle_t *handle));

/* --- router.c */
unsigned router_mtu_(const struct router *router);
/* --- router.base.c: the namespace, the bridge, the way to the host. */
int router_build_(struct router *router, struct error **err);
int router_raze_(struct router *router, struct error **err);
/* --- router.place.c: containers. */
int router_restore_(struct router *router, struct error **err);
/* Its link went by itself, or all are looked after (NULL). */
void router_link_gone_(struct router *router, const char *name);
void router_forget_(struct place *place);
void router_write_link_(const struct endpoint *endpoint, char out[static 16]);
/* --- router.zone.c: what its DNS knows. */
int router_serve_(struct router *router, struct error **err);
