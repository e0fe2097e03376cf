/* SPDX-License-Identifier: MIT */
/* top -- what stands at the top of a file beside the services: networks, volumes, secrets and configs
 * become structures
 *
 * Part of bind.
 */
#pragma once

struct project;

void top_bind(struct project *project);
