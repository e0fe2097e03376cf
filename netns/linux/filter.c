/* SPDX-License-Identifier: MIT */
#include "netns/linux/filter.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <nftables/libnftables.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

struct filter {
	struct nft_ctx *context;
};

int filter_open(struct filter **ret, struct error **err)
{
	struct nft_ctx *context = nft_ctx_new(NFT_CTX_DEFAULT);

	if (!context)
		return error_set(err, ERROR_SYSTEM, "libnftables cannot be used");
	nft_ctx_buffer_output(context);
	nft_ctx_buffer_error(context);
	nft_ctx_output_set_flags(context, NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_NUMERIC_PROTO);
	*ret = memory_zero(1, sizeof(**ret));
	(*ret)->context = context;
	return 0;
}

void filter_close(struct filter **filter)
{
	if (!*filter)
		return;
	nft_ctx_free((*filter)->context);
	memory_free(filter);
}

int filter_run(struct filter *filter, const char *rules, struct error **err)
{
	if (nft_run_cmd_from_buffer(filter->context, rules) == 0) {
		nft_ctx_get_output_buffer(filter->context);
		return 0;
	}
	const char *said = nft_ctx_get_error_buffer(filter->context);

	return error_set(err, ERROR_SYSTEM, "the packet filter refused a rule: %.*s",
			 (int)strcspn(said, "\n"), said);
}

bool filter_list(struct filter *filter, const char *command, struct text *out)
{
	int status = nft_run_cmd_from_buffer(filter->context, command);

	if (status != 0) {
		nft_ctx_get_error_buffer(filter->context);
		return false;
	}
	text_add(out, nft_ctx_get_output_buffer(filter->context));
	return true;
}

int filter_watch(int *ret, struct error **err)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK,
					    .nl_groups = 1u << (NFNLGRP_NFTABLES - 1)};
	int watch = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

	if (watch < 0 || bind(watch, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int number = errno;

		if (watch >= 0)
			close(watch);
		return error_errno(err, number, "cannot watch the packet filter");
	}
	*ret = watch;
	return 0;
}

void filter_drain(int watch)
{
	char bytes[8192];

	/* ENOBUFS says that some were lost: what counts is that there were any. */
	while (recv(watch, bytes, sizeof(bytes), 0) >= 0 || errno == ENOBUFS || errno == EINTR)
		;
}
