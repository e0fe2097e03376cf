/* SPDX-License-Identifier: MIT */
/* scalar -- what a plain scalar means, and how a value is written
 *
 * YAML 1.2's core schema (yaml.org/spec/1.2.2, chapter 10.3) with what docker compose reads beyond
 * it: 010 is octal, 0b11 binary, digits may be parted by _. yes, no, on, off and 1:30 are strings; so are
 * dates, which are marked.
 */
#pragma once

#include <stdbool.h>

#include "compose/project/node.h"

/* Sets kind and value of a scalar node from its text, as if it had been written plain. */
void scalar_resolve(struct node *node);

/* Would the text, written plain, be read as something else than a string by any YAML reader, old
 * ones included? */
bool scalar_is_ambiguous(const char *text);

/* The text that a scalar becomes where a string is wanted: 1.10 is 1.1, 0x10 is 16, True is true,
 * null is empty. In the arena, or the node's own text. */
const char *scalar_string(struct arena *arena, const struct node *node);

/* Decimal digits that make more than a signed integer holds and not more than an unsigned one: they stay
 * as they are. */
bool scalar_is_large(const char *text);

/* A number in the fewest digits that give it back, with an exponent below 1e-4 and from 1e6 on, as
 * docker compose writes it. */
void scalar_add_real(struct text *out, double value);

/* Whole texts only. Decimal, 0x, 0o, 0b, leading 0 as octal, _ between digits. */
bool scalar_int(const char *text, int64_t *ret);
bool scalar_real(const char *text, double *ret);
/* true and false; the words of YAML 1.1 (yes, on, y, ...) are *old. */
bool scalar_bool(const char *text, bool *ret, bool *old);
