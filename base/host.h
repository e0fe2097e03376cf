/* SPDX-License-Identifier: MIT */
/* host -- which machine and which system this is
 *
 * What cannot be found out is NULL, false or the enum's first value: none of it is an error.
 */
#pragma once

#include <stdbool.h>

/* A Windows service. */
enum host_service { HOST_ABSENT, HOST_STOPPED, HOST_RUNNING };

/* The zero value is valid to drop. */
struct host {
	bool is_windows;
	char *name;    /* "Windows Server 2022 Datacenter 21H2", "Debian GNU/Linux 12 (bookworm)" */
	char *version; /* Windows: 10.0.20348.2582; Linux: the kernel's release */
	char *architecture; /* amd64, arm64, or the system's own word */
	bool is_elevated;   /* root; on Windows an Administrator with all rights */

	/* Windows */
	unsigned build; /* 20348; from the kernel, which no manifest makes lie */
	char *edition;  /* ServerStandard, Professional, Core (which is Home), ... */
	bool is_server;
	bool has_hypervisor; /* a hypervisor runs below this system: Hyper-V's, or a virtual
				machine's that may not pass it on */
	enum host_service hns, vmcompute, vmms; /* networks, containers, virtual machines */

	/* Linux */
	char *cgroups;     /* v2, v1, hybrid (both, controllers in v1) */
	char *controllers; /* "cpu io memory pids" */
};

void host_find(struct host *ret);
void host_drop(struct host *host);
/* Windows Home: no Hyper-V, so no Hyper-V isolation. */
bool host_is_home(const struct host *host);
