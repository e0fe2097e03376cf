/* SPDX-License-Identifier: MIT */
/* filter -- the host's packet filter (nftables): a text of rules is one transaction */
#pragma once

#include <stdbool.h>

struct error;
struct text;
struct filter;

/* Of the namespace that the process is in. */
int filter_open(struct filter **ret, struct error **err);
void filter_close(struct filter **filter);
/* All of it, or nothing and the first line of what the kernel or the parser said. */
int filter_run(struct filter *filter, const char *rules, struct error **err);
/* What a "list" prints. False: there is nothing of that name. */
bool filter_list(struct filter *filter, const char *command, struct text *out);
/* A descriptor that is readable when anybody changed the rules; filter_drain takes that back. */
int filter_watch(int *ret, struct error **err);
void filter_drain(int watch);
