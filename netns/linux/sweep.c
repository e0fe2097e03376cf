/* SPDX-License-Identifier: MIT */
#include "netns/linux/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/filter.h"
#include "netns/linux/hatch.h"
#include "netns/linux/link.h"
#include "netns/linux/router.h"
#include "netns/linux/settle.h"
#include "netns/linux/space.h"
#include "netns/ruleset.h"

enum { ENDING_MS = 5000 };

struct sweep {
	const char *root, *owner;
	const char *const *keep;
	size_t count;
	struct text *told;
	struct error **err;
	int status;
	struct link_socket *host;
	ARRAY(char *) found; /* names of links */
};

static void note(struct sweep *sweep, int status, struct error **err)
{
	if (status >= 0)
		return;
	if (sweep->status == 0)
		sweep->status = error_move(sweep->err, err);
	error_drop(err);
}

/* An id of this owner's that is not to be kept; id may have more behind it. */
static bool is_left(const struct sweep *sweep, const char *id)
{
	if (strspn(id, "0123456789abcdef") != NETWORK_ID)
		return false;
	for (size_t i = 0; i < sweep->count; i++)
		if (strncmp(sweep->keep[i], id, NETWORK_ID) == 0)
			return false;
	return true;
}

/* The links of its namespace, and the namespace. */
static int empty_space(const char *folder, struct error **err)
{
	CLEANUP(memory_free) char *path = path_join(folder, "space");
	CLEANUP(space_close) int space = -1;
	CLEANUP(link_close) struct link_socket *inside = NULL;
	int status = space_open(path, &space, err);

	if (status == ERROR_NOT_FOUND || status == ERROR_INVALID) {
		error_drop(err);
		return space_unpin(path, err);
	}
	if (status == 0)
		status = link_open(space, &inside, err);
	if (status == 0)
		status = link_remove_group(inside, ROUTER_GROUP, err);
	return status < 0 ? status : space_unpin(path, err);
}

/* The network of a folder: its process ends it, or what there is goes. A process that is just ending holds its lock for
 * a moment longer than it answers. */
static int end_network(const char *folder, struct error **err)
{
	CLEANUP(memory_free) char *lock_path = path_join(folder, "lock");
	CLEANUP(memory_free) char *control = path_join(folder, "control");
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	CLEANUP(text_drop) struct text answer = {0};
	uint64_t end = clock_monotonic() + ENDING_MS * CLOCK_MS;
	const struct timespec pause = {.tv_nsec = 2000000};
	int status;

	while ((status = file_lock_take(lock_path, &lock, err)) == ERROR_CONFLICT) {
		error_drop(err);
		status = hatch_ask(control, "end", &answer, err);
		if (status != ERROR_UNAVAILABLE || clock_monotonic() > end)
			return status;
		error_drop(err);
		nanosleep(&pause, NULL);
	}
	if (status == 0)
		status = empty_space(folder, err);
	return status < 0 ? status : settle_remove(folder, err);
}

static void sweep_folder(const char *name, void *payload)
{
	struct sweep *sweep = payload;
	CLEANUP(memory_free) char *folder = path_join(sweep->root, name);
	CLEANUP(network_drop) struct network network = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	if (strlen(name) != NETWORK_ID || !is_left(sweep, name) || file_kind(folder) != FILE_FOLDER)
		return;
	/* A folder that says nothing of its own was left in the making. */
	if (settle_read(folder, &network, &err) == 0 && !text_same(network.owner, sweep->owner))
		return;
	error_drop(&err);
	int status = end_network(folder, &err);

	note(sweep, status, &err);
	if (status == 0)
		text_printf(sweep->told, "network %s\n", name);
}

static void find_link(const char *name, unsigned index, void *payload)
{
	struct sweep *sweep = payload;
	size_t own = strlen("wc") + NETWORK_OWNER;

	(void)index;
	if (strncmp(name, "wc", 2) == 0 && strncmp(name + 2, sweep->owner, NETWORK_OWNER) == 0 &&
	    strlen(name) == own + NETWORK_ID && is_left(sweep, name + own))
		array_push(&sweep->found, memory_copy(name));
}

static void sweep_links(struct sweep *sweep)
{
	CLEANUP(error_drop) struct error *err = NULL;

	note(sweep, link_each(sweep->host, find_link, sweep, &err), &err);
	ARRAY_FOR_EACH (char *, name, &sweep->found) {
		unsigned index = 0;
		int status = link_find(sweep->host, *name, &index, &err);

		if (status == 0 && index)
			status = link_remove(sweep->host, index, &err);
		note(sweep, status, &err);
		if (status == 0)
			text_printf(sweep->told, "link %s\n", *name);
		free(*name);
	}
	array_drop(&sweep->found);
}

/* Calls each for the names of our tables behind every occurrence of before in the listing. */
static void each_table(struct sweep *sweep, const char *listing, const char *before,
		       void (*each)(struct sweep *sweep, const char *table, struct text *rules),
		       struct text *rules)
{
	CLEANUP(memory_free) char *start = memory_format("%swincompose_%s", before, sweep->owner);

	for (const char *at = listing; (at = strstr(at, start));) {
		const char *name = at + strlen(before);
		const char *id = at + strlen(start);

		at = id;
		if (!is_left(sweep, id))
			continue;
		CLEANUP(memory_free)
		char *table = memory_copy_n(name, (size_t)(id + NETWORK_ID - name));

		each(sweep, table, rules);
	}
}

static void remove_table(struct sweep *sweep, const char *table, struct text *rules)
{
	text_printf(rules, "delete table inet %s\n", table);
	text_printf(sweep->told, "rules %s\n", table);
}

static void sweep_rules(struct sweep *sweep)
{
	CLEANUP(filter_close) struct filter *filter = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text tables = {0};
	CLEANUP(text_drop) struct text rules = {0};
	int status = filter_open(&filter, &err);

	if (status == 0 && filter_list(filter, "list tables inet", &tables))
		each_table(sweep, text_string(&tables), "table inet ", remove_table, &rules);
	if (status == 0 && rules.len)
		status = filter_run(filter, text_string(&rules), &err);
	note(sweep, status, &err);
}

static void remove_pass(struct sweep *sweep, const char *table, struct text *rules)
{
	(void)sweep;
	/* Two rules have this name; the handles are found once. */
	if (!strstr(text_string(rules), table))
		text_printf(rules, "%s\n", table);
}

/* Rules in the chain of another: first whose they are, then their handles. */
static void sweep_passes(struct sweep *sweep)
{
	CLEANUP(filter_close) struct filter *filter = NULL;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text listing = {0};
	CLEANUP(text_drop) struct text names = {0};
	CLEANUP(text_drop) struct text rules = {0};
	int status = filter_open(&filter, &err);

	if (status == 0 && filter_list(filter, "list chain ip filter FORWARD", &listing))
		each_table(sweep, text_string(&listing), "comment \"", remove_pass, &names);
	for (char *name = names.data, *end; name && (end = strchr(name, '\n')); name = end + 1) {
		*end = '\0';
		ruleset_unpass(&rules, text_string(&listing), name);
		text_printf(sweep->told, "pass %s\n", name);
	}
	if (status == 0 && rules.len)
		status = filter_run(filter, text_string(&rules), &err);
	note(sweep, status, &err);
}

int sweep(const char *root, const char *owner, const char *const *keep, size_t count,
	  struct text *told, struct error **err)
{
	struct sweep sweep = {.root = root,
			      .owner = owner,
			      .keep = keep,
			      .count = count,
			      .told = told,
			      .err = err};
	CLEANUP(error_drop) struct error *one = NULL;

	if (strlen(owner) != NETWORK_OWNER || strspn(owner, "0123456789abcdef") != NETWORK_OWNER)
		return error_set(err, ERROR_INVALID, "\"%s\" is no owner of networks", owner);
	if (file_kind(root) == FILE_FOLDER)
		note(&sweep, file_list(root, sweep_folder, &sweep, &one), &one);
	note(&sweep, link_open(-1, &sweep.host, &one), &one);
	if (sweep.host)
		sweep_links(&sweep);
	link_close(&sweep.host);
	sweep_rules(&sweep);
	sweep_passes(&sweep);
	return sweep.status;
}
