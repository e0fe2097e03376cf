/* SPDX-License-Identifier: MIT */
/* wincompose: the command line. Global flags, then a verb from the table, then the verb's own
 * flags. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/verb.h"

static void help_all(struct text *out)
{
	text_add(out,
		 "Usage: wincompose [FLAGS] COMMAND\n\n"
		 "Runs the services of a compose.yaml as containers and keeps them healthy.\n\n"
		 "Try: wincompose up        start everything, show its logs, keep it running\n"
		 "     wincompose up -d     the same in the background\n"
		 "     wincompose ps        what runs\n"
		 "     wincompose down      stop and remove it\n\nCommands:\n");
	for (size_t i = 0; verbs[i]; i++) {
		if (!verbs[i]->hidden)
			text_printf(out, "  %-11s %s\n", verbs[i]->name, verbs[i]->summary);
	}
	text_add(out, "\nFlags, before the command:\n");
	flag_help(cli_global_flags, out);
	text_add(out, "\nwincompose COMMAND --help tells more of one.\n");
}

static void help_verb(const struct verb *verb, struct text *out)
{
	text_printf(out, "Usage: wincompose %s [FLAGS]%s%s\n\n%s.\n", verb->name,
		    *verb->arguments ? " " : "", verb->arguments, verb->summary);
	if (verb->help)
		text_printf(out, "\n%s", verb->help);
	if (verb->flags) {
		text_add(out, "\nFlags:\n");
		flag_help(verb->flags, out);
	}
}

static int unknown_verb(const char *name, struct error **err)
{
	const char *names[64];
	size_t count = 0;

	for (size_t i = 0; verbs[i] && count < ARRAY_LEN(names); i++) {
		if (!verbs[i]->hidden)
			names[count++] = verbs[i]->name;
	}
	const char *meant = text_nearest(name, names, count);
	if (meant)
		return error_set(err, ERROR_INVALID, "unknown command: %s (did you mean %s?)", name,
				 meant);
	return error_set(err, ERROR_INVALID, "unknown command: %s (wincompose --help lists them)",
			 name);
}

/* -h and --help belong to every verb, before its own parsing can stumble over anything else. */
static bool asks_help(const struct verb *verb, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0 || (verb->in_order && argv[i][0] != '-'))
			return false;
		if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
			return true;
	}
	return false;
}

/* --dry-run may stand behind the verb too. Takes it out; gives what is left of argc. */
static int take_dry_run(struct cli *cli, const struct verb *verb, int argc, char **argv)
{
	int kept = 0;
	bool ours = true;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0 || (verb->in_order && argv[i][0] != '-'))
			ours = false;
		if (ours && strcmp(argv[i], "--dry-run") == 0)
			cli->globals.dry_run = true;
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	return kept;
}

/* A flag of ours that stands behind the verb is not the verb's: says where it belongs. */
static void tell_place(const struct verb *verb, int argc, char **argv, struct error **err)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!flag_known(cli_global_flags, argv[i]) || flag_known(verb->flags, argv[i]))
			continue;
		error_detail(err, "%s belongs before the command: wincompose %s ... %s", argv[i],
			     argv[i], verb->name);
		return;
	}
}

static int run_verb(struct cli *cli, const struct verb *verb, int argc, char **argv, int *exit_code,
		    struct error **err)
{
	CLEANUP(memory_free) void *values = memory_zero(1, verb->values_size + 1);
	CLEANUP(text_drop) struct text help = {0};
	char **arguments;

	if (asks_help(verb, argc, argv)) {
		help_verb(verb, &help);
		return cli_print(cli, help.data, help.len, err);
	}
	argc = take_dry_run(cli, verb, argc, argv);
	if (verb->defaults)
		memcpy(values, verb->defaults, verb->values_size);
	if (flag_parse(verb->flags, values, argc, argv, verb->in_order, &arguments, err) < 0) {
		*exit_code = 2;
		tell_place(verb, argc, argv, err);
		return error_wrap(err, "%s", verb->name);
	}
	int status = verb->run(cli, values, arguments, exit_code, err);
	flag_drop(verb->flags, values);
	return status;
}

static int run(struct cli *cli, int argc, char **argv, int *exit_code, struct error **err)
{
	CLEANUP(text_drop) struct text help = {0};
	char **rest;

	/* What is wrong with the command line itself ends with 2. */
	*exit_code = 2;
	if (flag_parse(cli_global_flags, &cli->globals, argc - 1, argv + 1, true, &rest, err) < 0 ||
	    cli_modes(cli, err) < 0)
		return (*err)->code;
	if (cli->globals.debug)
		log_level_set(LOG_LEVEL_DEBUG);
	int count = 0;
	while (rest[count])
		count++;
	const char *name = cli->globals.version ? "version" : rest[0];
	bool wants_help = cli->globals.help || !name || strcmp(name, "help") == 0;
	if (wants_help && name && strcmp(name, "help") == 0)
		name = rest[1];
	const struct verb *verb = name ? verb_find(name) : NULL;
	if (name && !verb)
		return unknown_verb(name, err);
	*exit_code = 0;
	if (wants_help) {
		if (verb)
			help_verb(verb, &help);
		else
			help_all(&help);
		return cli_print(cli, help.data, help.len, err);
	}
	return run_verb(cli, verb, count > 1 ? count - 1 : 0, rest + (count > 0), exit_code, err);
}

int main(int argc, char **argv)
{
	struct cli cli = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	int exit_code = 0;

	memory_install();
	argv = uv_setup_args(argc, argv);
	cli_open(&cli);
	if (run(&cli, argc, argv, &exit_code, &err) < 0) {
		cli_error(&cli, err);
		if (!exit_code)
			exit_code = cli_exit_code(err);
	}
	cli_close(&cli);
	flag_drop(cli_global_flags, &cli.globals);
	return exit_code;
}
