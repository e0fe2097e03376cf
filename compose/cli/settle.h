/* SPDX-License-Identifier: MIT */
/* settle -- config --resolve-isolation: the isolation that an up would take on this engine now
 *
 * Asks the engine for its host and for the images that are there; one that is not is decided by the
 * host alone, and said. Each service gets isolation: in structure and tree, and the reason is told
 * on stderr. ERROR_UNSUPPORTED: a service cannot run on this host.
 */
#pragma once

#include "compose/cli/cli.h"

int settle_isolation(struct cli *cli, struct project *project, struct error **err);
