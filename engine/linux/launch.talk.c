/* SPDX-License-Identifier: MIT */
#include "engine/linux/launch.inside.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"

union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

bool launch_say_(int socket, enum launch_word word, int file)
{
	struct iovec bytes = {&word, sizeof(word)};
	union control control = {0};
	struct msghdr head = {.msg_iov = &bytes, .msg_iovlen = 1};

	if (file >= 0) {
		head.msg_control = control.space;
		head.msg_controllen = sizeof(control.space);
		control.head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.head), &file, sizeof(file));
	}
	return sendmsg(socket, &head, MSG_NOSIGNAL) == (ssize_t)sizeof(word);
}

enum launch_word launch_hear_(int socket, int *file)
{
	enum launch_word word = 0;
	struct iovec bytes = {&word, sizeof(word)};
	union control control = {0};
	struct msghdr head = {.msg_iov = &bytes,
			      .msg_iovlen = 1,
			      .msg_control = control.space,
			      .msg_controllen = sizeof(control.space)};
	ssize_t n;

	*file = -1;
	do
		n = recvmsg(socket, &head, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(word))
		return 0;
	if (head.msg_controllen >= CMSG_LEN(sizeof(int)) && control.head.cmsg_type == SCM_RIGHTS)
		memcpy(file, CMSG_DATA(&control.head), sizeof(*file));
	return word;
}

static const struct {
	const char *type;
	uint64_t flag;
} namespaces[] = {
	{"user", CLONE_NEWUSER},     {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID},
	{"network", CLONE_NEWNET},   {"ipc", CLONE_NEWIPC},  {"uts", CLONE_NEWUTS},
	{"cgroup", CLONE_NEWCGROUP},
};

uint64_t launch_flags_(const struct oci *oci, bool own)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < ARRAY_LEN(namespaces); i++) {
		const struct oci_namespace *it = oci_namespace(oci, namespaces[i].type);

		if (it && !(own && it->path && *it->path))
			flags |= namespaces[i].flag;
	}
	return flags;
}
