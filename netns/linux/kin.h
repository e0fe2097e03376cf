/* SPDX-License-Identifier: MIT */
/* kin -- the names of the other networks of this host, for containers that are in several
 *
 * They are read from the folders of these networks (settle.h, journal.h), again where they have
 * changed: a look at two files a question.
 */
#pragma once

#include "netns/names.h"

struct kin;

struct kin *kin_new(const char *root); /* the folder of all networks' folders */
/* Of one network, by its id. A network that is not there: NAMES_FOREIGN. */
enum names_result kin_find(struct kin *kin, const char *id, const char *name, bool is_v6,
			   struct cidrs *ret);
enum names_result kin_reverse(struct kin *kin, const char *id, const struct cidr *address,
			      const char **name);
bool kin_is_internal(struct kin *kin, const char *id);
void kin_drop(struct kin **kin);
