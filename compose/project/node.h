/* SPDX-License-Identifier: MIT */
/* node -- a document as a tree in which everything knows where it was written
 *
 * Nodes live in the project's arena and are never freed alone. An alias shares the node of its
 * anchor: what changes a tree copies the path that it changes first (node_copy). Scalars are
 * resolved by YAML 1.2's core schema as docker compose reads it: yes/no/on/off are strings, 0o17 is
 * octal, there are no base-60 numbers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

#include <cjson/cJSON.h>

/* Where something was written: the file as the user named it, lines and columns from 1. line 0:
 * nowhere (a default, a flag, the environment). */
struct position {
	const char *file;
	unsigned line;
	unsigned column;
};

enum node_kind {
	NODE_NULL,
	NODE_BOOL,
	NODE_INT,
	NODE_FLOAT,
	NODE_STRING,
	NODE_SEQUENCE,
	NODE_MAPPING
};

enum node_tag { NODE_PLAIN, NODE_RESET, NODE_OVERRIDE }; /* !reset, !override */

enum { NODE_FAR = 255 };

struct node;

struct node_entry {
	const char *key;
	struct position at; /* of the key */
	struct node *value;
};

/* There are as many as a file has words: they are kept small. */
struct node {
	enum node_kind kind : 8;
	enum node_tag tag : 8;
	bool date : 1;  /* a string that was written plain and that YAML 1.1 takes for a date */
	bool lost : 1;  /* its variables could not be put in, of which enough was said */
	uint8_t lead;   /* columns from at to the first character of the text, or of the comment,
			 where it stands in one line; else NODE_FAR */
	uint32_t index; /* of a mapping that is an item: its place in the list that was written */
	struct position at;
	const char *text; /* of every scalar: as written after quoting; never NULL for a scalar */
	union {
		bool boolean;
		int64_t integer;
		double real;
		const char *comment; /* null: what follows and may have been meant; mostly NULL */
		struct {
			struct node **items;
			uint32_t len;
			uint32_t cap;
		} sequence;
		struct {
			struct node_entry *entries; /* in the order written */
			uint32_t len;
			uint32_t cap;
		} mapping;
	};
};

struct node *node_new(struct arena *arena, enum node_kind kind, struct position at);
struct node *node_string(struct arena *arena, const char *text, struct position at);
struct node *node_int(struct arena *arena, int64_t value, struct position at);
struct node *node_bool(struct arena *arena, bool value, struct position at);
struct node *node_real(struct arena *arena, double value, struct position at);
struct node *node_copy(struct arena *arena, const struct node *node); /* deep */

struct node *node_get(const struct node *mapping,
		      const char *key); /* NULL: absent or not a mapping */
struct node_entry *node_entry(const struct node *mapping, const char *key);
void node_set(struct arena *arena, struct node *mapping, const char *key, struct node *value,
	      struct position at); /* replaces in place or appends */
/* Appends; the caller knows that the key is new. */
void node_add(struct arena *arena, struct node *mapping, const char *key, struct node *value,
	      struct position at);
void node_remove(struct node *mapping, const char *key);
/* Room for so many in a mapping or sequence that is still empty: what grows leaves its former arrays
 * in the arena. */
void node_room(struct arena *arena, struct node *node, size_t count);
/* A collection whose array is borrowed gets its own, of its size. */
void node_settle(struct arena *arena, struct node *node);
void node_append(struct arena *arena, struct node *sequence, struct node *item);
const char *node_text(const struct node *node); /* a scalar's text, NULL for others and for null */
bool node_is_true(const struct node *node);     /* false for NULL and for all but true */

bool node_same(const struct node *a,
	       const struct node *b); /* by value; the order of keys does not count */

/* JSON with the keys in byte order (docker compose's order), and YAML that reads back to the same
 * tree. */
cJSON *node_to_json(const struct node *node);
void node_to_yaml(const struct node *node, struct text *out);
/* The same as a project file: a $ in a value is doubled, so that it begins no variable. Keys are
 * read as they are. */
void node_to_file(const struct node *node, struct text *out);
