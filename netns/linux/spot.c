/* SPDX-License-Identifier: MIT */
#include "netns/linux/spot.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

void spot_of(const struct cidr *address, unsigned port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	*ret = (struct sockaddr_storage){0};
	if (address->is_v6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		memcpy(&v6->sin6_addr, address->bytes, 16);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		memcpy(&v4->sin_addr, address->bytes, 4);
	}
}

bool spot_read(const struct sockaddr *spot, struct cidr *address, unsigned *port)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)spot;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)spot;

	*address = (struct cidr){.is_v6 = spot->sa_family == AF_INET6};
	if (spot->sa_family == AF_INET6) {
		address->prefix = 128;
		memcpy(address->bytes, &v6->sin6_addr, 16);
		*port = ntohs(v6->sin6_port);
		return true;
	}
	if (spot->sa_family != AF_INET)
		return false;
	address->prefix = 32;
	memcpy(address->bytes, &v4->sin_addr, 4);
	*port = ntohs(v4->sin_port);
	return true;
}
