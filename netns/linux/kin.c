/* SPDX-License-Identifier: MIT */
#include "netns/linux/kin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "netns/linux/journal.h"
#include "netns/linux/settle.h"
#include "netns/network.h"

struct relative {
	struct network network;
	struct names names;
	struct stat seen;
	bool is_there;
};

struct kin {
	char *root;
	struct map relatives;
};

struct kin *kin_new(const char *root)
{
	struct kin *kin = memory_zero(1, sizeof(*kin));

	kin->root = memory_copy(root);
	return kin;
}

static void clear(struct relative *relative)
{
	network_drop(&relative->network);
	names_drop(&relative->names);
	relative->names = (struct names){0};
	relative->is_there = false;
}

static void drop_relative(void *value)
{
	clear(value);
	free(value);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void read_names(struct relative *relative, const char *folder, const char *journal)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct endpoints endpoints = {0};

	clear(relative);
	if (settle_read(folder, &relative->network, &err) < 0)
		return;
	relative->is_there = true;
	network_announce(&relative->network, &relative->names);
	if (journal_load(journal, &endpoints, &err) == 0)
		ARRAY_FOR_EACH (struct endpoint, it, &endpoints.list)
			endpoint_announce(it, relative->network.name, &relative->names);
	endpoints_drop(&endpoints);
}

static struct relative *look(struct kin *kin, const char *id)
{
	CLEANUP(memory_free) char *folder = path_join(kin->root, id);
	CLEANUP(memory_free) char *journal = path_join(folder, "journal");
	struct relative *relative = map_get(&kin->relatives, id);
	struct stat now = {0};

	if (!relative) {
		relative = memory_zero(1, sizeof(*relative));
		map_set(&kin->relatives, id, relative);
	}
	if (stat(journal, &now) < 0) {
		clear(relative);
		relative->seen = (struct stat){0};
	} else if (!is_same(&now, &relative->seen)) {
		read_names(relative, folder, journal);
		relative->seen = now;
	}
	return relative;
}

enum names_result kin_find(struct kin *kin, const char *id, const char *name, bool is_v6,
			   struct cidrs *ret)
{
	return names_find(&look(kin, id)->names, name, is_v6, ret);
}

enum names_result kin_reverse(struct kin *kin, const char *id, const struct cidr *address,
			      const char **name)
{
	const struct relative *relative = look(kin, id);

	*name = names_reverse(&relative->names, address);
	if (*name)
		return NAMES_FOUND;
	return relative->is_there && network_has(&relative->network, address) ? NAMES_NOBODY
									      : NAMES_FOREIGN;
}

bool kin_is_internal(struct kin *kin, const char *id)
{
	const struct relative *relative = look(kin, id);

	return !relative->is_there || relative->network.is_internal;
}

void kin_drop(struct kin **kin)
{
	if (!*kin)
		return;
	map_drop_with(&(*kin)->relatives, drop_relative);
	free((*kin)->root);
	memory_free(kin);
}
