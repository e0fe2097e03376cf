/* SPDX-License-Identifier: MIT */
/* Project files, made up from the loader's own table of attributes. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "compose/project/schema.h"
#include "tests/parity/invent.h"
#include "tests/parity/tree.h"
#include "tests/parity/values.h"

/* In a hundred: values that are wrong, values of the shape alone, what is in a list twice. */
enum { WRONG = 1, GENERIC = 4, TWICE = 3, ROWS = 5 };

static const char *const names[] = {"a", "b", "c"};
static const char *const networks[] = {"n1", "n2", "default"};
static const char *const pair_keys[] = {"A", "B", "C_D", "e.f", "SET", "UNSET"};
static const char *const limits[] = {"nofile", "nproc", "core"};
static const char *const hosts[] = {"h", "i.example"};

static size_t count(const char *const *values)
{
	size_t len = 0;

	while (values[len])
		len++;
	return len;
}

static struct tree *scalar_of(struct invention *in, const char *const *values)
{
	return tree_scalar(&in->arena, values[chance_below(&in->chance, count(values))]);
}

/* One value for an attribute, or for an item of its list. */
static struct tree *plain(struct invention *in, enum shape shape, const char *path)
{
	const char *const *values = values_of(path);

	if (!values || chance_of(&in->chance, GENERIC))
		values = values_of_shape(shape);
	return scalar_of(in, values);
}

static bool has(const struct tree *list, const char *scalar)
{
	ARRAY_FOR_EACH (struct tree *, one, &list->below)
		if ((*one)->scalar && strcmp((*one)->scalar, scalar) == 0)
			return true;
	return false;
}

static struct tree *list(struct invention *in, enum shape shape, const char *path)
{
	struct tree *out = tree_new(&in->arena, TREE_LIST);
	size_t len = chance_below(&in->chance, 4);

	for (size_t i = 0; i < len; i++) {
		struct tree *one = plain(in, shape, path);

		if (!has(out, one->scalar) || chance_of(&in->chance, TWICE))
			tree_push(out, one);
	}
	return out;
}

static struct tree *one_or_more(struct invention *in, enum shape shape, const char *path)
{
	return chance_of(&in->chance, 40) ? plain(in, shape, path) : list(in, shape, path);
}

static struct tree *mapping(struct invention *in, enum shape shape, const char *path,
			    const char *const *keys, size_t len)
{
	struct tree *out = tree_new(&in->arena, TREE_MAP);

	for (size_t i = chance_below(&in->chance, len + 1); i > 0; i--)
		tree_set(out, keys[chance_below(&in->chance, len)], plain(in, shape, path));
	return out;
}

/* A: 5, or - A=5. */
static struct tree *pairs(struct invention *in, enum shape shape, const char *path,
			  const char *const *keys, size_t len)
{
	static const char *const texts[] = {"x", "5", "a b", "", "${SET}", "$$y", "a=b", "'q'"};
	struct tree *out = NULL;

	if (chance_of(&in->chance, 60))
		return mapping(in, shape, path, keys, len);
	out = tree_new(&in->arena, TREE_LIST);
	for (size_t i = chance_below(&in->chance, len + 1); i > 0; i--) {
		const char *key = keys[chance_below(&in->chance, len)];
		bool bare = shape == SHAPE_PAIRS && chance_of(&in->chance, 20);
		const char *text = bare ? arena_format(&in->arena, "\"%s\"", key)
					: arena_format(&in->arena, "\"%s=%s\"", key,
						       chance_pick(&in->chance, texts));

		if (!has(out, text) || chance_of(&in->chance, TWICE))
			tree_push(out, tree_scalar(&in->arena, text));
	}
	return out;
}

static struct tree *host_list(struct invention *in)
{
	static const char *const items[] = {"\"h=1.1.1.1\"", "\"i:2.2.2.2\"", "\"j=::1\"",
					    "\"k=[::1]\"", "\"l=host-gateway\""};
	struct tree *out = tree_new(&in->arena, TREE_LIST);
	size_t at = chance_below(&in->chance, ARRAY_LEN(items));

	for (size_t i = 0; i < 2 && at + i < ARRAY_LEN(items); i++)
		tree_push(out, tree_scalar(&in->arena, items[at + i]));
	return out;
}

/* Targets differ, as two at one place are an error of later versions. */
static struct tree *short_mount(struct invention *in, size_t i)
{
	static const char *const forms[] = {"\"/m%zu\"",           "\"./src:/m%zu\"",
					    "\"v1:/m%zu:ro\"",     "\"v2:/m%zu\"",
					    "\"/abs:/m%zu:z\"",    "\"../up:/m%zu:rw,rslave\"",
					    "\"v1:/m%zu:nocopy\"", "\"${SRC:-./s}:/m%zu\""};
	char text[64];

	snprintf(text, sizeof(text), chance_pick(&in->chance, forms), i);
	return tree_scalar(&in->arena, arena_copy(&in->arena, text));
}

static struct tree *object(struct invention *in, const struct schema *schema, const char *path,
			   size_t rows);

static struct tree *item(struct invention *in, const struct row *row, const char *path, size_t i)
{
	const char *const *values = values_of(path);
	bool mounts = strcmp(path, "services.volumes") == 0;
	struct tree *out = NULL;

	if (mounts && chance_of(&in->chance, 60))
		return short_mount(in, i);
	if (values && chance_of(&in->chance, 60))
		return scalar_of(in, values);
	out = object(in, row->of, path, 3);
	if (mounts)
		tree_set(out, "target",
			 tree_scalar(&in->arena, arena_format(&in->arena, "/m%zu", i)));
	return out;
}

static struct tree *items(struct invention *in, const struct row *row, const char *path)
{
	struct tree *out = tree_new(&in->arena, TREE_LIST);
	size_t len = chance_below(&in->chance, 4);

	for (size_t i = 0; i < len; i++)
		tree_push(out, item(in, row, path, i));
	return out;
}

static struct tree *map(struct invention *in, const struct row *row, const char *path)
{
	bool listed = row->flags & ROW_NAMES && chance_of(&in->chance, 40);
	struct tree *out = tree_new(&in->arena, listed ? TREE_LIST : TREE_MAP);

	for (size_t i = 0; i < ARRAY_LEN(networks); i++) {
		if (!chance_of(&in->chance, 40))
			continue;
		if (listed)
			tree_push(out, tree_scalar(&in->arena, networks[i]));
		else if (chance_of(&in->chance, 40))
			tree_set(out, networks[i], tree_scalar(&in->arena, "null"));
		else
			tree_set(out, networks[i], object(in, row->of, path, 2));
	}
	return out;
}

static struct tree *words(struct invention *in, const struct row *row)
{
	return tree_scalar(&in->arena, row->words[chance_below(&in->chance, count(row->words))]);
}

static struct tree *value(struct invention *in, const struct row *row, const char *path)
{
	if (chance_of(&in->chance, WRONG))
		return scalar_of(in, values_any);
	if (row->words && !chance_of(&in->chance, GENERIC))
		return words(in, row);
	switch (row->shape) {
	case SHAPE_STRINGS:
	case SHAPE_TEXTS:
		return list(in, SHAPE_STRING, path);
	case SHAPE_ONE_OR_MORE:
		return one_or_more(in, SHAPE_STRING, path);
	case SHAPE_SSH:
		return list(in, SHAPE_SSH, path);
	case SHAPE_PAIRS:
	case SHAPE_LABELS:
		return pairs(in, row->shape, path, pair_keys, ARRAY_LEN(pair_keys));
	case SHAPE_OPTIONS:
	case SHAPE_ADDRESSES:
		return mapping(in, row->shape, path, pair_keys, ARRAY_LEN(pair_keys));
	case SHAPE_HOSTS:
		return chance_of(&in->chance, 50)
			       ? host_list(in)
			       : mapping(in, row->shape, path, hosts, ARRAY_LEN(hosts));
	case SHAPE_ULIMITS:
		return mapping(in, row->shape, path, limits, ARRAY_LEN(limits));
	case SHAPE_OBJECT:
		if (row->of->brief &&
		    values_of(arena_format(&in->arena, "%s.%s", path, row->of->brief)) &&
		    chance_of(&in->chance, 30))
			return plain(in, SHAPE_STRING,
				     arena_format(&in->arena, "%s.%s", path, row->of->brief));
		return object(in, row->of, path, 3);
	case SHAPE_MAP:
		return map(in, row, path);
	case SHAPE_ITEMS:
		return items(in, row, path);
	default:
		return plain(in, row->shape, path);
	}
}

/* Some attributes, and those that must be there. */
static struct tree *object(struct invention *in, const struct schema *schema, const char *path,
			   size_t rows)
{
	struct tree *out = tree_new(&in->arena, TREE_MAP);

	for (size_t i = 0; i < schema->len; i++) {
		const struct row *row = &schema->rows[i];
		const char *own = arena_format(&in->arena, "%s.%s", path, row->name);

		if (row->flags & ROW_REQUIRED ? chance_of(&in->chance, 98)
					      : chance_below(&in->chance, schema->len) < rows &&
							!values_leave_out(own))
			tree_set(out, row->name, value(in, row, own));
	}
	if (!schema->closed && chance_of(&in->chance, 3))
		tree_set(out, "x-own", scalar_of(in, values_any));
	return out;
}

/* --- the project */

static void add_needs(struct invention *in, struct tree *service, size_t i)
{
	static const char *const conditions[] = {"service_started", "service_healthy"};
	struct tree *needs =
		tree_new(&in->arena, chance_of(&in->chance, 50) ? TREE_LIST : TREE_MAP);

	for (size_t j = i + 1; j < ARRAY_LEN(names); j++) {
		if (!chance_of(&in->chance, 60))
			continue;
		if (needs->kind == TREE_LIST) {
			tree_push(needs, tree_scalar(&in->arena, names[j]));
			continue;
		}
		struct tree *need = tree_new(&in->arena, TREE_MAP);
		tree_set(need, "condition",
			 tree_scalar(&in->arena, chance_pick(&in->chance, conditions)));
		if (chance_of(&in->chance, 30))
			tree_set(need, "restart", tree_scalar(&in->arena, "true"));
		if (chance_of(&in->chance, 30))
			tree_set(need, "required", tree_scalar(&in->arena, "false"));
		tree_set(needs, names[j], need);
	}
	tree_set(service, "depends_on", needs);
}

static struct tree *service(struct invention *in, size_t i, bool whole)
{
	struct tree *out = object(in, &schema_service, "services", ROWS);

	if (whole && chance_of(&in->chance, 97))
		tree_set(out, "image", plain(in, SHAPE_STRING, "services.image"));
	if (chance_of(&in->chance, 20))
		add_needs(in, out, i);
	return out;
}

static const struct row *section_row(const char *section)
{
	return schema_row(&schema_project, section);
}

static void add_section(struct invention *in, struct tree *root, const char *section,
			const char *letter, bool whole)
{
	struct tree *out = tree_new(&in->arena, TREE_MAP);

	for (int i = 1; i < 3; i++) {
		struct tree *one = object(in, section_row(section)->of, section, 2);

		if (!whole && !chance_of(&in->chance, 30))
			continue;
		if (whole && (*letter == 's' || *letter == 'c') && chance_of(&in->chance, 98))
			tree_set(one, "file",
				 plain(in, SHAPE_STRING,
				       *letter == 's' ? "secrets.file" : "configs.file"));
		tree_set(out, arena_format(&in->arena, "%s%d", letter, i), one);
	}
	if (whole || out->below.len > 0)
		tree_set(root, section, out);
}

static void write(struct invention *in, const char *file, struct tree *root)
{
	CLEANUP(text_drop) struct text out = {0};

	tree_write(root, &in->chance, &out);
	invent_file(in, file, text_string(&out), out.len);
	tree_drop(root);
}

/* whole: the project itself; else what is put over it, or what it extends. */
static struct tree *project(struct invention *in, bool whole, bool bases)
{
	struct tree *root = tree_new(&in->arena, TREE_MAP);
	struct tree *services = tree_new(&in->arena, TREE_MAP);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!whole && !chance_of(&in->chance, 60))
			continue;
		struct tree *one = service(in, i, whole);
		if (bases && chance_of(&in->chance, 50)) {
			struct tree *extends = tree_new(&in->arena, TREE_MAP);

			tree_set(extends, "file", tree_scalar(&in->arena, "base.yaml"));
			tree_set(extends, "service", tree_scalar(&in->arena, "a"));
			tree_set(one, "extends", extends);
		}
		tree_set(services, names[i], one);
	}
	tree_set(root, "services", services);
	add_section(in, root, "networks", "n", whole);
	add_section(in, root, "volumes", "v", whole);
	add_section(in, root, "secrets", "s", whole);
	add_section(in, root, "configs", "c", whole);
	return root;
}

void invent_files(struct invention *in)
{
	static const char variables[] = "SET=set\nPORT=9100\n";
	static const char one[] = "A=1\nSHARED=a\n", two[] = "B=\"two\"\nSHARED=${SET}\n",
			  three[] = "SHARED\n";
	bool over = chance_of(&in->chance, 50), bases = chance_of(&in->chance, 30);

	write(in, "compose.yaml", project(in, true, bases));
	if (over)
		write(in, "over.yaml", project(in, false, false));
	if (bases) {
		struct tree *root = tree_new(&in->arena, TREE_MAP);
		struct tree *services = tree_new(&in->arena, TREE_MAP);

		tree_set(services, "a", service(in, ARRAY_LEN(names), true));
		tree_set(root, "services", services);
		write(in, "base.yaml", root);
	}
	invent_file(in, ".env", variables, strlen(variables));
	invent_file(in, "a.env", one, strlen(one));
	invent_file(in, "b.env", two, strlen(two));
	invent_file(in, "c.env", three, strlen(three));
	CLEANUP(text_drop) struct text args = {0};
	if (over)
		text_add(&args, "-f compose.yaml -f over.yaml ");
	text_add(&args, chance_of(&in->chance, 70) ? "--profile *" : "--profile p");
	text_add_char(&args, '\n');
	invent_file(in, "args", text_string(&args), args.len);
}
