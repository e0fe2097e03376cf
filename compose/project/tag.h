/* SPDX-License-Identifier: MIT */
/* tag -- what a scalar is by its tag, and by its text where it has none
 *
 * Tags of YAML's own (!!str, !!int, !!binary, ...; yaml.org/spec/1.2.2, chapter 10). Of Compose's,
 * !reset and !override, the document knows.
 */
#pragma once

#include <stdbool.h>

#include "compose/project/node.h"

/* Sets kind and value, and for !!binary the text. tag: as the parser gives it, or NULL; plain: not
 * in quotes. False: the text does not fit the tag. */
bool tag_apply(struct arena *arena, struct node *node, const char *tag, bool plain);
