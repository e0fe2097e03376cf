/* SPDX-License-Identifier: MIT */
#include "compose/supervise/facts.h"

#include <string.h>

#include <uv.h>

#include "base/file.h"

bool facts_exists(const char *path, void *payload)
{
	(void)payload;
	return file_kind(path) != FILE_ABSENT;
}

static int bind_tcp(uv_loop_t *loop, const struct sockaddr *address)
{
	uv_tcp_t tcp;
	int status = uv_tcp_init(loop, &tcp);

	if (status == 0)
		status = uv_tcp_bind(&tcp, address, 0);
	/* libuv keeps a bind's EADDRINUSE until listen. */
	if (status == 0)
		status = uv_listen((uv_stream_t *)&tcp, 1, NULL);
	uv_close((uv_handle_t *)&tcp, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	return status;
}

static int bind_udp(uv_loop_t *loop, const struct sockaddr *address)
{
	uv_udp_t udp;
	int status = uv_udp_init(loop, &udp);

	if (status == 0)
		status = uv_udp_bind(&udp, address, 0);
	uv_close((uv_handle_t *)&udp, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	return status;
}

bool facts_port_taken(const char *ip, unsigned port, const char *protocol, void *payload)
{
	struct sockaddr_storage address;
	uv_loop_t loop;

	(void)payload;
	if (!ip || !*ip)
		ip = "0.0.0.0";
	if (uv_ip4_addr(ip, (int)port, (struct sockaddr_in *)&address) != 0 &&
	    uv_ip6_addr(ip, (int)port, (struct sockaddr_in6 *)&address) != 0)
		return false;
	/* A loop of its own, so that the handle is closed when this returns. */
	if (uv_loop_init(&loop) != 0)
		return false;
	int status = strcmp(protocol, "udp") == 0
			     ? bind_udp(&loop, (const struct sockaddr *)&address)
			     : bind_tcp(&loop, (const struct sockaddr *)&address);
	uv_loop_close(&loop);
	return status == UV_EADDRINUSE;
}
