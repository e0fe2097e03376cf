/* SPDX-License-Identifier: MIT */
/* windows -- what a Windows engine refuses or ignores beyond the attributes of rule.c: values, and
 * what does not go together
 *
 * Part of preflight. Sources: what moby's daemon refuses at create, start and network create
 * (daemon/daemon_windows.go, volume/mounts/windows_parser.go, libnetwork/drivers/windows), and
 * docs/windows.md.
 */
#pragma once

#include "compose/plan/preflight.h"

struct windows_check {
	const struct project *project;
	const struct engine_host *host;
	struct diagnostics *diagnostics;
};

/* isolation: what was decided for the service, or NULL. */
void windows_check_service(const struct windows_check *check, const struct service *service,
			   const char *isolation);
void windows_check_mounts(const struct windows_check *check, const struct service *service);
/* Networks and volumes of the project. */
void windows_check_ground(const struct windows_check *check);
