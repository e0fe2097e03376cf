/* SPDX-License-Identifier: MIT */
#include "compose/cli/candidates.h"

#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/verb.h"

static void add(struct candidates *to, const char *word, const char *name, const char *what)
{
	if (text_starts(name, word))
		text_printf(&to->lines, "%s\t%s\n", name, what ? what : "");
}

static void add_verbs(struct candidates *to, const char *word)
{
	for (size_t i = 0; verbs[i]; i++) {
		if (!verbs[i]->hidden)
			add(to, word, verbs[i]->name, verbs[i]->summary);
	}
}

static void add_flags(struct candidates *to, const char *word, const struct flag *flags)
{
	for (const struct flag *flag = flags; flag && flag->name; flag++) {
		CLEANUP(memory_free) char *name = memory_format("--%s", flag->name);

		if (flag->help)
			add(to, word, name, flag->help);
	}
}

/* What help calls a value says what may stand there: "bash|zsh" is a choice of words, FILE a path,
 * SERVICE one of the project's. */
static void add_values(struct candidates *to, const char *word, const char *argument)
{
	static const char *const paths[] = {"FILE", "PATH", "FOLDER"};

	if (!argument)
		return;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		to->files |= strstr(argument, paths[i]) != NULL;
	to->services |= strstr(argument, "SERVICE") != NULL;
	if (!strchr(argument, '|'))
		return;
	for (const char *at = argument; *at;) {
		size_t len = strcspn(at, "|");
		CLEANUP(memory_free) char *choice = memory_copy_n(at, len);

		if (*choice >= 'a' && *choice <= 'z')
			add(to, word, choice, NULL);
		at += len + (at[len] == '|');
	}
}

/* Passes over flags; stops at the first word that is none. *open: the flag whose value comes next,
 * where the words end with it. */
static size_t skip_flags(const char *const *words, const struct flag *flags,
			 const struct flag **open)
{
	size_t i = 0;

	*open = NULL;
	while (words[i] && words[i][0] == '-' && strcmp(words[i], "--") != 0) {
		const struct flag *flag = flag_find(flags, words[i++]);

		if (!flag || !flag_takes_value(flag))
			continue;
		if (!words[i]) {
			*open = flag;
			return i;
		}
		i++;
	}
	return i;
}

/* words: those behind the verb. */
static void add_of_verb(struct candidates *to, const struct verb *verb, const char *const *words,
			const char *word)
{
	const struct flag *open;
	size_t arguments = 0;
	size_t i = skip_flags(words, verb->flags, &open);
	bool flags_end = false;

	while (words[i]) {
		flags_end |= verb->in_order || strcmp(words[i], "--") == 0;
		arguments += strcmp(words[i], "--") != 0;
		i++;
		if (!flags_end)
			i += skip_flags(words + i, verb->flags, &open);
	}
	if (open) {
		add_values(to, word, open->argument);
	} else if (word[0] == '-' && !flags_end) {
		add_flags(to, word, verb->flags);
		add(to, word, "--help", "Show what it does");
	} else if (!verb->in_order || !arguments) {
		add_values(to, word, verb->arguments);
	}
}

void candidates_find(const char *const *before, const char *word, struct candidates *ret)
{
	const struct flag *open;
	size_t count = skip_flags(before, cli_global_flags, &open);

	ret->globals = count;
	if (open) {
		ret->globals = count - 1;
		add_values(ret, word, open->argument);
		return;
	}
	const char *name = before[count];
	if (name && strcmp(name, "help") == 0 && !before[count + 1])
		name = NULL;
	if (!name) {
		if (word[0] == '-')
			add_flags(ret, word, cli_global_flags);
		else
			add_verbs(ret, word);
		return;
	}
	const struct verb *verb = verb_find(name);
	if (verb)
		add_of_verb(ret, verb, before + count + 1, word);
}

void candidates_drop(struct candidates *candidates)
{
	text_drop(&candidates->lines);
}
