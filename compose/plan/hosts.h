/* SPDX-License-Identifier: MIT */
/* hosts -- extra_hosts on Windows, where no engine writes a container's hosts file
 *
 * A command in the container writes it, as ContainerAdministrator, after each start by us; what is
 * there already is not written twice. Where that fails (an image without cmd, a file that is not to
 * be written) the start has failed, and the cause names the line. What the command's shell would take for its own is refused by
 * hosts_check.
 */
#pragma once

#include "compose/plan/draft.h"
#include "compose/project/project.h"

/* Adds the steps behind start and gives the last one; start itself where there is nothing to write.
 */
size_t hosts_after_start(struct plan *plan, const struct service *service, size_t start);
/* NULL: it can be written; else why not, a static sentence. line: name:address. */
const char *hosts_check(const char *line);
