/* SPDX-License-Identifier: MIT */
/* schema -- every attribute of the Compose Specification: its shape, how two files' values merge,
 * and whether we have it
 *
 * The tables are the only place that knows. Their rows stand in the order in which the canonical
 * form is printed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "compose/project/node.h"
#include "compose/project/trail.h"

struct shaper;

/* What may be written, and what it becomes. */
enum shape {
	SHAPE_ANY,         /* kept as it is */
	SHAPE_STRING,      /* a string */
	SHAPE_TEXT,        /* a string or a number: a string */
	SHAPE_INT,         /* a whole number or its text: a number */
	SHAPE_NUMBER,      /* a number or its text: a number */
	SHAPE_BOOL,        /* a boolean or its text: a boolean */
	SHAPE_BYTES,       /* 1024, 10m: decimal bytes in a string */
	SHAPE_DURATION,    /* 90s: 1m30s */
	SHAPE_MODE,        /* 0440 or "0440": a number */
	SHAPE_STRINGS,     /* a list of strings */
	SHAPE_TEXTS,       /* a list of strings and numbers: of strings */
	SHAPE_ONE_OR_MORE, /* a string or a list of strings: a list */
	SHAPE_PAIRS,       /* a mapping or a list of k=v: a mapping of strings and nulls */
	SHAPE_LABELS,      /* the same, null becomes empty */
	SHAPE_OPTIONS,     /* a mapping of strings and numbers: of strings */
	SHAPE_ADDRESSES,   /* a mapping of strings */
	SHAPE_HOSTS,       /* a mapping or a list of host=ip or host:ip: a list of host=ip */
	SHAPE_COMMAND,     /* null, a command line or a list: null or a list */
	SHAPE_TEST,        /* a shell command or a list: a list */
	SHAPE_ULIMITS,     /* a mapping of numbers or {soft, hard} */
	SHAPE_SWITCH,      /* a boolean or a string: a string */
	SHAPE_COUNT,       /* a whole number or "all": a number, all is -1 */
	SHAPE_LISTS,       /* a mapping of scalars and lists of them: of lists of strings */
	SHAPE_SSH,         /* a mapping or a list of id=path: a list of id=path, default alone */
	SHAPE_EXTERNAL,    /* a boolean or {name} */
	SHAPE_OBJECT,      /* a mapping with the attributes of a schema */
	SHAPE_MAP,         /* a mapping of names to such mappings */
	SHAPE_ITEMS,       /* a list of such mappings or of their short forms */
};

/* How a later file's value meets an earlier one's, where its shape does not say all. */
enum merge {
	MERGE_SHAPE,   /* mappings by key, lists appended, scalars replaced */
	MERGE_REPLACE, /* replaced whole */
	MERGE_ITEMS, /* a list's items meet the earlier ones of the same identity, as mappings do */
	MERGE_LOGGING, /* by key with the same driver, else replaced */
};

enum {
	ROW_IGNORED = 2,    /* accepted; has no effect outside a swarm: a warning */
	ROW_KEEP = 4,       /* printed though false, 0 or empty */
	ROW_NULL = 8,       /* may be null */
	ROW_REQUIRED = 16,  /* must be there after merging */
	ROW_NAMES = 32,     /* MAP: a list of names will do */
	ROW_NULL_ITEM = 64, /* MAP, OPTIONS: what a name stands for may be null */
	ROW_SINGLE = 128,   /* ITEMS: a single short form will do */
	ROW_OBSOLETE = 256, /* dropped with a warning */
	ROW_SORTED = 512,   /* a list in the order of its bytes */
	/* What is there twice stays, but: */
	ROW_UNIQUE = 1024,   /* a list in which the later of two with one text before "=" counts, in
				the place of the earlier */
	ROW_DISTINCT = 2048, /* a list in which that is an error */
	ROW_FILLED = 4096,   /* empty texts are left out of the list; one empty text says nothing */
	ROW_STRICT = 8192,   /* INT: only as a number; BYTES: only as a text */
	ROW_UNSIGNED = 16384, /* INT: not negative */
	ROW_FORMED = 32768,   /* in its form, too, where values stay as they are written */
};

struct row {
	const char *name;
	enum shape shape;
	unsigned flags;
	const struct schema *of;
	enum merge merge;
	const char *const *words; /* the values that are allowed, NULL-ended */
};

struct schema {
	const char *what; /* "a service", for messages */
	const struct row *rows;
	size_t len;
	bool closed;  /* x- attributes are not allowed */
	bool numbers; /* a short form may be a whole number */
	bool parted;  /* a short form is taken apart though it has variables that are left alone */
	/* The attribute that a string stands for, or a function that adds one or more items for it.
	 */
	const char *brief;
	bool (*expand)(struct shaper *shaper, const struct node *brief, const struct trail *trail,
		       struct node *items);
	/* What makes two items of a list the same one: the later takes the place of the earlier, also
	 * when files are merged; NULL: nothing does. */
	char *(*identity)(struct arena *arena, const struct node *item);
};

extern const struct schema schema_project;
extern const struct schema schema_service;
extern const struct schema schema_deploy;
extern const struct schema schema_gpu;
extern const struct schema schema_blkio;
extern const struct schema schema_hook;
extern const struct schema schema_first_hook; /* of pre_start */
extern const struct schema schema_develop;
extern const struct schema schema_provider;
extern const struct schema schema_model_use;
extern const struct schema schema_model;

/* The row of an attribute, or NULL. */
const struct row *schema_row(const struct schema *schema, const char *name);
/* The nearest attribute's name, for "did you mean", or NULL. */
const char *schema_nearest(const struct schema *schema, const char *name);
