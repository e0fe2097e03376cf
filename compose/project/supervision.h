/* SPDX-License-Identifier: MIT */
/* supervision -- x-wincompose of a service becomes what the loop does for it, defaults included
 *
 * Part of bind.
 */
#pragma once

#include "compose/project/project.h"

/* node: x-wincompose, or NULL. The service's restart policy is bound already: it has a say. */
void supervision_bind(struct service *service, const struct node *node);
