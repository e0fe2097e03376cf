/* SPDX-License-Identifier: MIT */
#include "compose/project/origin.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/project/diagnostic.h"

enum {
	PLACES_MAX = 3, /* aliases that are told of one finding */
	SHOWN = 80,     /* bytes of a value */
};

void origins_drop(struct origins *origins)
{
	array_drop(&origins->expansions);
	array_drop(&origins->aliases);
}

static bool is_before(unsigned line, unsigned column, struct position at)
{
	return line < at.line || (line == at.line && column < at.column);
}

static bool is_at(const struct diagnostic *it, struct position at)
{
	return it->line == at.line && it->column == at.column && text_same(it->file, at.file);
}

static bool is_within(struct position at, const struct alias *alias)
{
	return at.line > 0 && !is_before(at.line, at.column, alias->first) &&
	       is_before(at.line, at.column, alias->last) && text_same(at.file, alias->at.file);
}

/* A value as it is shown in a sentence. */
static const char *shown(const char *text, char out[static SHOWN + 4])
{
	size_t len = strlen(text);
	bool cut = len > SHOWN;

	if (cut)
		for (len = SHOWN; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	memcpy(out, text, len);
	memcpy(out + len, cut ? "..." : "", cut ? 4 : 1);
	return out;
}

/* "${PORT}:80" is "80x:80" here; .env:3:1: PORT is "80x". Where the one variable is all of it, the second says
 * only where. */
static void tell_expansion(const struct expansion *expansion, struct diagnostic *it)
{
	char before[SHOWN + 4], after[SHOWN + 4];

	diagnostic_note(it, (struct position){0}, "%s is \"%s\" here",
			shown(expansion->before, before), shown(expansion->after, after));
	for (size_t i = 0; i < ARRAY_LEN(expansion->settings) && expansion->settings[i]; i++) {
		const struct setting *setting = expansion->settings[i];

		if (strcmp(setting->value, expansion->after) == 0)
			diagnostic_note(it, setting->at, "%s is set here", setting->name);
		else
			diagnostic_note(it, setting->at, "%s is \"%s\"", setting->name,
					shown(setting->value, after));
	}
}

/* Those that bring the place, and those that bring these. */
static void tell_aliases(const struct origins *origins, struct diagnostic *it)
{
	struct position places[1 + PLACES_MAX] = {{it->file, it->line, it->column}};
	size_t told = 0, more = 0;

	for (size_t i = 0; i <= told; i++)
		ARRAY_FOR_EACH (const struct alias, alias, &origins->aliases) {
			if (!is_within(places[i], alias))
				continue;
			more += told == PLACES_MAX && i == 0;
			if (told == PLACES_MAX)
				continue;
			places[++told] = alias->at;
			diagnostic_note(it, alias->at, "used here as *%s", alias->name);
		}
	if (more > 0)
		diagnostic_note(it, (struct position){0}, "and in %zu further place%s", more,
				more == 1 ? "" : "s");
}

void origins_tell(const struct origins *origins, struct diagnostics *diagnostics)
{
	ARRAY_FOR_EACH (struct diagnostic, it, &diagnostics->list) {
		const struct expansion *found = NULL;

		/* A warning at such a place is of the variable itself. */
		ARRAY_FOR_EACH (const struct expansion, expansion, &origins->expansions)
			if (!found && it->severity == SEVERITY_ERROR && is_at(it, expansion->at))
				found = expansion;
		if (found)
			tell_expansion(found, it);
		tell_aliases(origins, it);
	}
}
