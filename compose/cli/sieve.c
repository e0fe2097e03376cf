/* SPDX-License-Identifier: MIT */
#include "compose/cli/sieve.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "engine/ignore.h"

enum { IGNORE_MAX = 1 << 20 };

struct sieve {
	struct ignore *context; /* the build context's, or NULL */
	char *inside;           /* the watched path in the context: "" or "src/", or NULL */
	struct ignore *own;     /* the rule's and the usual ones */
	struct ignore *include; /* or NULL: everything counts */
};

/* vim, emacs, and what file managers write on their own. */
static const char usual[] = ".git\n**/*~\n**/.*.sw?\n**/.#*\n**/#*#\n**/4913\n**/.DS_Store\n";

static int parse(const char *first, const struct strings *patterns, const struct watch_rule *rule,
		 struct ignore **ret, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(memory_free)
	char *name = memory_format("%s:%d: patterns", rule->at.file ? rule->at.file : "develop",
				   rule->at.line);

	text_add(&text, first);
	ARRAY_FOR_EACH (const char *, pattern, patterns)
		text_printf(&text, "%s\n", *pattern);
	return ignore_parse(text_string(&text), text.len, name, path_is_windows(rule->path), ret,
			    err);
}

/* Where the watched path lies in the context, with slashes; NULL: outside. */
static char *place_in(const char *context, const char *path)
{
	size_t len = strlen(context);

	while (len > 1 && strchr("/\\", context[len - 1]))
		len--;
	if (strncmp(path, context, len) != 0 || (path[len] && !strchr("/\\", path[len])))
		return NULL;
	while (path[len] && strchr("/\\", path[len]))
		len++;
	char *inside = path[len] ? memory_format("%s/", path + len) : memory_copy("");

	for (char *c = inside; *c; c++)
		*c = *c == '\\' ? '/' : *c;
	return inside;
}

static int read_context(struct sieve *sieve, const struct service *service,
			const struct watch_rule *rule, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};
	const char *context = service->build ? service->build->context : NULL;

	if (!context || !path_is_absolute(context))
		return 0;
	CLEANUP(memory_free) char *path = path_join(context, ".dockerignore");

	sieve->inside = place_in(context, rule->path);
	if (!sieve->inside || file_kind(path) != FILE_REGULAR)
		return 0;
	if (file_read(path, IGNORE_MAX, &text, err) < 0)
		return (*err)->code;
	return ignore_parse(text_string(&text), text.len, path, path_is_windows(context),
			    &sieve->context, err);
}

int sieve_new(const struct service *service, const struct watch_rule *rule, struct sieve **ret,
	      struct error **err)
{
	CLEANUP(sieve_drop) struct sieve *sieve = memory_zero(1, sizeof(*sieve));

	if (parse(usual, &rule->ignore, rule, &sieve->own, err) < 0 ||
	    (rule->include.len && parse("", &rule->include, rule, &sieve->include, err) < 0) ||
	    read_context(sieve, service, rule, err) < 0)
		return (*err)->code;
	*ret = steal(&sieve);
	return 0;
}

void sieve_drop(struct sieve **sieve)
{
	if (!*sieve)
		return;
	ignore_drop(&(*sieve)->context);
	ignore_drop(&(*sieve)->own);
	ignore_drop(&(*sieve)->include);
	free((*sieve)->inside);
	free(*sieve);
	*sieve = NULL;
}

bool sieve_holds(const struct sieve *sieve, const char *path, bool is_folder)
{
	if (*path && ignore_matches(sieve->own, path))
		return false;
	if (sieve->context) {
		CLEANUP(memory_free) char *full = memory_format("%s%s", sieve->inside, path);
		size_t len = strlen(full);

		if (len && full[len - 1] == '/')
			full[len - 1] = '\0';
		/* A folder that is left out may hold what "!" takes back in. */
		if (*full && ignore_matches(sieve->context, full) &&
		    !(is_folder && ignore_descends(sieve->context, full)))
			return false;
	}
	return is_folder || !*path || !sieve->include || ignore_matches(sieve->include, path);
}
