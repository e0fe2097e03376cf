/* SPDX-License-Identifier: MIT */
/* journal -- which endpoints a network has: lines "+<endpoint>" and "-<id>" in a file
 *
 * A line is written before what it says is done, so that who starts after a kill knows of it. The
 * file needs to outlive the process, not the machine: after that its namespaces are gone too. A
 * line without its end is not there. Neighbours read it to know this network's names.
 */
#pragma once

#include "netns/endpoint.h"

struct error;

struct endpoints {
	ARRAY(struct endpoint) list;
};

/* Absent: none. Lines that cannot be read are passed over. */
int journal_load(const char *path, struct endpoints *ret, struct error **err);
void endpoints_drop(struct endpoints *endpoints);
/* The descriptor of the file, made anew with what is in force: "wincompose-net" opens it once. */
int journal_open(const char *path, const struct endpoints *endpoints, int *ret, struct error **err);
int journal_add(int journal, const struct endpoint *endpoint, struct error **err);
int journal_remove(int journal, const char *id, struct error **err);
