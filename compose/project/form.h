/* SPDX-License-Identifier: MIT */
/* form -- the shapes of scalars, of lists of them and of pairs (the others are shape.c's)
 *
 * Each function gives the canonical node, or NULL after a finding. in is never null and never a
 * !reset.
 */
#pragma once

#include "compose/project/shape.h"

typedef struct node *form_function(struct shaper *shaper, const struct row *row, struct node *in,
				   const struct trail *trail);

form_function form_string;
form_function form_text;
form_function form_int;
form_function form_number;
form_function form_bool;
form_function form_bytes;
form_function form_duration;
form_function form_mode;
form_function form_strings; /* and SHAPE_TEXTS, SHAPE_ONE_OR_MORE, by the row's shape */
form_function form_pairs;   /* and SHAPE_LABELS */
form_function form_options;
form_function form_hosts;
form_function form_command;
form_function form_test;
form_function form_ulimits;
form_function form_switch;
form_function form_count;
form_function form_lists;
form_function form_ssh;

/* A scalar as a string node at its own place. */
struct node *form_as_string(struct shaper *shaper, struct node *in, const struct trail *trail);
