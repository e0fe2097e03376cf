/* SPDX-License-Identifier: MIT */
/* advice -- what to write instead: the hints below findings about a key or about a kind of value
 *
 * Each looks at what was written and at what the tables of attributes know, and sets the hint.
 */
#pragma once

struct diagnostic;
struct node;
struct node_entry;
struct row;
struct schema;
struct trail;

/* An attribute that a schema does not have: the nearest one, what it is called here, or where it
 * belongs. trail: of the key. */
void advise_key(struct diagnostic *diagnostic, const struct schema *schema,
		const struct node_entry *entry, const struct trail *trail);
/* A value that must be <wanted> and is not. */
void advise_kind(struct diagnostic *diagnostic, const struct node *in, const struct trail *trail,
		 const char *wanted);
/* A value that must be a mapping with the attributes of a schema, or of names. */
void advise_object(struct diagnostic *diagnostic, const struct schema *schema,
		   const struct node *in, const struct trail *trail);
void advise_names(struct diagnostic *diagnostic, const struct schema *schema,
		  const struct node *in);
/* A text that is no duration, no number. */
void advise_duration(struct diagnostic *diagnostic, const char *text);
void advise_number(struct diagnostic *diagnostic, const char *text);
