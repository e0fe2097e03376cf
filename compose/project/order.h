/* SPDX-License-Identifier: MIT */
/* order -- the last look at the merged tree, and its final form
 */
#pragma once

#include "compose/project/diagnostic.h"
#include "compose/project/schema.h"

/* What is null and may not be, what is missing and must be there. */
void order_check(const struct schema *schema, const struct node *node, const struct trail *trail,
		 struct diagnostics *diagnostics);

/* Puts attributes in the order of their rows and names in the order of their bytes, and leaves out
 * what says nothing (null, "", false, 0, an empty list), where its row does not keep it. In place.
 */
void order_finish(const struct schema *schema, struct node *node);

/* Puts all names in the order of their bytes, all the way down. In place. */
void order_names(struct node *node);
