/* SPDX-License-Identifier: MIT */
#include "compose/project/variables.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "compose/project/document.h"
#include "compose/project/dotenv.h"

void variables_drop(struct variables *variables)
{
	map_drop(&variables->map);
	map_drop(&variables->folded);
	map_drop(&variables->settings);
}

static char *fold(const char *name)
{
	char *folded = memory_copy(name);

	for (char *c = folded; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return folded;
}

const char *variables_get(const struct variables *variables, const char *name)
{
	const char *value = map_get(&variables->map, name);

	if (value || !variables->windows)
		return value;
	CLEANUP(memory_free) char *folded = fold(name);
	return map_get(&variables->folded, folded);
}

void variables_set(struct variables *variables, const char *name, const char *value)
{
	char *copy = arena_copy(variables->arena, value);

	map_set(&variables->map, name, copy);
	if (!variables->windows)
		return;
	CLEANUP(memory_free) char *folded = fold(name);
	map_set(&variables->folded, folded, copy);
}

void variables_copy(struct variables *variables, const struct variables *from)
{
	variables->partial |= from->partial;
	MAP_FOR_EACH (entry, &from->map) {
		void *setting = map_get(&from->settings, entry->key);

		if (variables_get(variables, entry->key))
			continue;
		variables_set(variables, entry->key, entry->value);
		if (setting)
			map_set(&variables->settings, entry->key, setting);
	}
}

const struct setting *variables_setting(const struct variables *variables, const char *name)
{
	const struct setting *setting = map_get(&variables->settings, name);

	/* What was set again later by something else is not of that file. */
	return setting && text_same(setting->value, variables_get(variables, name)) ? setting
										    : NULL;
}

void variables_add(struct variables *variables, const char *const *environment)
{
	for (size_t i = 0; environment && environment[i]; i++) {
		/* Windows keeps the current folder of each drive in variables named =C: . */
		const char *equals = strchr(environment[i] + (*environment[i] == '='), '=');

		if (!equals || equals == environment[i])
			continue;
		CLEANUP(memory_free)
		char *name = memory_copy_n(environment[i], (size_t)(equals - environment[i]));
		variables_set(variables, name, equals + 1);
	}
}

/* Several .env files being read: what they set, seen after what is set already. */
enum { BUDGET = 64 * 1024 * 1024 };

struct reading {
	const struct variables *outer;
	struct variables inner;
	size_t budget;
};

static const char *look(const char *name, void *payload)
{
	const struct reading *reading = payload;
	const char *value = variables_get(reading->outer, name);

	return value ? value : variables_get(&reading->inner, name);
}

static void set(const char *name, const char *value, struct position at, void *payload)
{
	struct reading *reading = payload;

	if (!value)
		return;
	variables_set(&reading->inner, name, value);
	struct arena *arena = reading->inner.arena;
	struct setting *setting = arena_alloc(arena, sizeof(*setting));
	*setting = (struct setting){arena_copy(arena, name),
				    variables_get(&reading->inner, name),
				    {arena_copy(arena, at.file), at.line, at.column}};
	map_set(&reading->inner.settings, name, setting);
}

static bool read_one(struct reading *reading, const char *file, struct diagnostics *diagnostics,
		     struct map *texts)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct text *text = memory_zero(1, sizeof(*text));
	const struct dotenv how = {.file = file,
				   .lookup = look,
				   .set = set,
				   .payload = reading,
				   .budget = &reading->budget};

	struct text *old = map_set(texts, file, text);
	if (old)
		text_drop(old);
	free(old);
	if (file_read(file, DOCUMENT_MAX, text, &err) < 0) {
		diagnostics_add(diagnostics, SEVERITY_ERROR, (struct position){0}, NULL, "%s",
				err->message);
		return false;
	}
	return dotenv_read(&how, text_string(text), text->len, diagnostics);
}

bool variables_boolean(const char *value, bool *ret)
{
	static const char spaces[] = " \t\r\n\v\f";
	static const char *const words[] = {"0", "f", "false", "1", "t", "true"};
	const char *begin = value + strspn(value, spaces);
	size_t len = strcspn(begin, spaces);

	if (begin[len + strspn(begin + len, spaces)])
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strlen(words[i]) == len && strncasecmp(words[i], begin, len) == 0) {
			*ret = i >= ARRAY_LEN(words) / 2;
			return true;
		}
	}
	return false;
}

bool variables_read(struct variables *variables, const char *const *files,
		    struct diagnostics *diagnostics, struct map *texts)
{
	struct reading reading = {
		.outer = variables,
		.budget = BUDGET,
		.inner = {.arena = variables->arena, .windows = variables->windows},
	};
	bool well = true;

	for (size_t i = 0; files && files[i]; i++)
		well &= read_one(&reading, files[i], diagnostics, texts);
	variables_copy(variables, &reading.inner);
	variables_drop(&reading.inner);
	variables->partial |= !well;
	return well;
}
