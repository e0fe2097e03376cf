/* SPDX-License-Identifier: MIT */
/* model -- language models that services use, by docker's plugin docker-model
 *
 * What is not there is pulled, each is configured as the file says, and the services are told the
 * address and the name in the variables that they want (project.h, service_model).
 */
#pragma once

#include "compose/cli/cli.h"

/* Where the chosen services use models: whether the plugin is there, with the lines. */
int model_check(const struct project *project, const bool *chosen, struct error **err);
int model_prepare(struct cli *cli, struct project *project, const bool *chosen, bool quiet,
		  struct error **err);
