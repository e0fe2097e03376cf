/* SPDX-License-Identifier: MIT */
#include "netns/linux/settle.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/link.h"

enum { WAIT_MS = 10000 };

struct gathering {
	const char *root;
	struct cidrs *to;
};

static void gather(const char *name, void *payload)
{
	struct gathering *gathering = payload;
	CLEANUP(memory_free) char *folder = path_join(gathering->root, name);
	CLEANUP(network_drop) struct network network = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	if (settle_read(folder, &network, &err) < 0)
		return;
	array_push(&gathering->to->list, network.v4);
	if (network.v6.prefix)
		array_push(&gathering->to->list, network.v6);
}

/* The lock of all networks, held for as long as one chooses. */
static int wait_for_lock(const char *path, struct file_lock **ret, struct error **err)
{
	uint64_t end = clock_monotonic() + WAIT_MS * CLOCK_MS;
	const struct timespec pause = {.tv_nsec = 1000000};

	for (;;) {
		int status = file_lock_take(path, ret, err);

		if (status != ERROR_CONFLICT || clock_monotonic() > end)
			return status;
		error_drop(err);
		nanosleep(&pause, NULL);
	}
}

static int gather_all(const char *root, const char *own, struct cidrs *taken, struct error **err)
{
	CLEANUP(link_close) struct link_socket *host = NULL;
	struct gathering gathering = {root, taken};
	int status = link_open(-1, &host, err);

	/* Our own link, where a start was killed before it had settled. */
	if (status == 0)
		status = link_subnets(host, own, taken, err);
	return status < 0 ? status : file_list(root, gather, &gathering, err);
}

static int choose(const char *folder, const char *root, struct network *network, struct error **err)
{
	CLEANUP(memory_free) char *path = path_join(folder, "settled");
	CLEANUP(text_drop) struct text line = {0};
	struct cidrs taken = {0};
	char own[NETWORK_NAME];

	network_link(network, own);
	int status = gather_all(root, own, &taken, err);

	if (status == 0)
		status = network_choose(network, &taken, err);
	cidrs_drop(&taken);
	if (status < 0)
		return status;
	network_write(network, &line);
	text_add_char(&line, '\n');
	return file_write(path, text_string(&line), line.len, true, err);
}

int settle(const char *folder, struct network *ret, struct error **err)
{
	CLEANUP(memory_free) char *root = path_folder(folder);
	CLEANUP(memory_free) char *lock_path = path_join(root, "lock");
	CLEANUP(file_lock_drop) struct file_lock *lock = NULL;
	CLEANUP(network_drop) struct network network = {0};
	int status = settle_read(folder, ret, err);

	if (status != ERROR_NOT_FOUND)
		return status;
	error_drop(err);
	status = settle_read_file_(folder, "network", &network, err);
	if (status == 0 && !text_same(network.id, path_name(folder)))
		status = error_set(err, ERROR_INVALID, "the folder %s is of the network %s", folder,
				   network.id);
	if (status == 0)
		status = wait_for_lock(lock_path, &lock, err);
	if (status == 0)
		status = choose(folder, root, &network, err);
	if (status < 0)
		return status;
	*ret = network;
	network = (struct network){0};
	return 0;
}
