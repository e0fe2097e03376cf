/* SPDX-License-Identifier: MIT */
/* pin -- images named by what their registries have now: nginx becomes
 * docker.io/library/nginx:latest@sha256:... */
#pragma once

#include "compose/cli/cli.h"

/* Changes the images of the project's tree; an engine is opened. Images that are only built, and
 * those that have a digest, stay. */
int pin_images(struct cli *cli, struct project *project, struct error **err);
/* Leaves nothing of the project's tree but the images of its services. */
void pin_only(struct project *project);
