/* SPDX-License-Identifier: MIT */
/* ready -- what must be there before the plan of an up is made: programs, images, models, and the
 * services that programs stand in for
 *
 * What is told by models and providers is in the project's services afterwards. A dry run asks for
 * nothing, and says so.
 */
#pragma once

#include "compose/cli/images.h"

int ready_prepare(struct cli *cli, struct project *project, const struct images_options *options,
		  struct error **err);
