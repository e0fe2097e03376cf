/* SPDX-License-Identifier: MIT */
/* completion -- the scripts that let a shell complete our command lines
 *
 * They hold nothing of ours: they ask "wincompose completion words +WORD -- WORD...", which answers
 * from the tables, a candidate a line, and ":files" where a path may stand. The word that is typed
 * has a plus before it, as Windows PowerShell drops empty arguments.
 */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/candidates.h"
#include "compose/cli/cli.h"
#include "compose/cli/verb.h"

static const char bash[] = "# wincompose completion bash: put this into ~/.bashrc:\n"
			   "#   source <(wincompose completion bash)\n"
			   "_wincompose() {\n"
			   "\tlocal line file cur=${COMP_WORDS[COMP_CWORD]}\n"
			   "\tCOMPREPLY=()\n"
			   "\twhile IFS= read -r line; do\n"
			   "\t\tif [ \"$line\" = :files ]; then\n"
			   "\t\t\tcompopt -o filenames 2>/dev/null\n"
			   "\t\t\twhile IFS= read -r file; do COMPREPLY+=(\"$file\"); done < "
			   "<(compgen -f -- \"$cur\")\n"
			   "\t\telse\n"
			   "\t\t\tCOMPREPLY+=(\"${line%%$'\\t'*}\")\n"
			   "\t\tfi\n"
			   "\tdone < <(\"$1\" completion words \"+$cur\" -- "
			   "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\" 2>/dev/null)\n"
			   "}\n"
			   "complete -F _wincompose wincompose\n";

static const char zsh[] =
	"#compdef wincompose\n"
	"# wincompose completion zsh: write this to a file _wincompose in a folder of $fpath, or:\n"
	"#   source <(wincompose completion zsh)\n"
	"_wincompose() {\n"
	"\tlocal line\n"
	"\tlocal -a found\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tif [[ $line == :files ]]; then\n"
	"\t\t\t_files\n"
	"\t\telse\n"
	"\t\t\tfound+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
	"\t\tfi\n"
	"\tdone < <(\"${words[1]}\" completion words \"+${words[CURRENT]}\" -- "
	"\"${(@)words[2,CURRENT-1]}\" 2>/dev/null)\n"
	"\t(( ! $#found )) || _describe wincompose found\n"
	"}\n"
	"if [ \"$funcstack[1]\" = _wincompose ]; then _wincompose; else compdef _wincompose "
	"wincompose; fi\n";

static const char fish[] =
	"# wincompose completion fish >~/.config/fish/completions/wincompose.fish\n"
	"function __wincompose\n"
	"\tset -l before (commandline -opc)\n"
	"\tfor line in ($before[1] completion words +(commandline -ct) -- $before[2..-1] "
	"2>/dev/null)\n"
	"\t\tif test $line = :files\n"
	"\t\t\t__fish_complete_path (commandline -ct)\n"
	"\t\telse\n"
	"\t\t\techo $line\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"complete -c wincompose -f -a '(__wincompose)'\n";

/* Where nothing is found, PowerShell offers files itself. */
static const char powershell[] =
	"# wincompose completion powershell | Out-String | Invoke-Expression\n"
	"# (in the file that $PROFILE names)\n"
	"Register-ArgumentCompleter -Native -CommandName wincompose, wincompose.exe -ScriptBlock "
	"{\n"
	"\tparam($word, $ast, $position)\n"
	"\t$elements = @($ast.CommandElements)\n"
	"\t$before = @($elements | Where-Object { $_.Extent.EndOffset -lt $position } |\n"
	"\t\tSelect-Object -Skip 1 | ForEach-Object { $_.ToString() })\n"
	"\t& $elements[0].ToString() completion words \"+$word\" '--' @before 2>$null | "
	"ForEach-Object {\n"
	"\t\t$name, $help = $_ -split \"`t\", 2\n"
	"\t\tif ($name -ne ':files') {\n"
	"\t\t\tif (-not $help) { $help = $name }\n"
	"\t\t\t[System.Management.Automation.CompletionResult]::new($name, $name, "
	"'ParameterValue', $help)\n"
	"\t\t}\n"
	"\t}\n"
	"}\n";

static const struct {
	const char *shell, *script;
} scripts[] = {
	{"bash", bash},
	{"zsh", zsh},
	{"fish", fish},
	{"powershell", powershell},
};

/* The project's services as the flags before the verb choose it. That there is none is no matter
 * here: a shell shows what can be completed. */
static void add_services(struct cli *cli, char **words, size_t globals, const char *word,
			 struct text *out)
{
	CLEANUP(error_drop) struct error *ignored = NULL;
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(memory_free) char **copy = memory_zero(globals + 1, sizeof(*copy));
	char **rest;

	memcpy(copy, words, globals * sizeof(*copy));
	if (flag_parse(cli_global_flags, &cli->globals, (int)globals, copy, true, &rest, &ignored) <
	    0)
		return;
	const struct project_options options = cli_project_options(cli, NULL);
	if (project_load(&options, &findings, &project, &ignored) < 0)
		return;
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (text_starts(service->name, word))
			text_printf(out, "%s\tservice\n", service->name);
	}
	for (size_t i = 0; i < project->disabled.len; i++) {
		if (text_starts(project->disabled.items[i], word))
			text_printf(out, "%s\tservice of a profile\n", project->disabled.items[i]);
	}
}

static int print_words(struct cli *cli, char **arguments, struct error **err)
{
	CLEANUP(candidates_drop) struct candidates found = {0};
	const char *word = arguments[0];

	if (!word || *word != '+' || !arguments[1] || strcmp(arguments[1], "--") != 0)
		return error_set(err, ERROR_INVALID, "completion words takes +WORD -- WORD...");
	word++;
	candidates_find((const char *const *)arguments + 2, word, &found);
	if (found.services)
		add_services(cli, arguments + 2, found.globals, word, &found.lines);
	if (found.files)
		text_add(&found.lines, ":files\n");
	return cli_print(cli, text_string(&found.lines), found.lines.len, err);
}

static int run(struct cli *cli, const void *values, char **arguments, int *exit_code,
	       struct error **err)
{
	(void)values;
	if (arguments[0] && strcmp(arguments[0], "words") == 0)
		return print_words(cli, arguments + 1, err);
	for (size_t i = 0; arguments[0] && !arguments[1] && i < ARRAY_LEN(scripts); i++) {
		if (strcmp(scripts[i].shell, arguments[0]) == 0)
			return cli_print(cli, scripts[i].script, strlen(scripts[i].script), err);
	}
	*exit_code = 2;
	return error_set(err, ERROR_INVALID, "completion takes one of bash, zsh, fish, powershell");
}

const struct verb verb_completion = {
	.name = "completion",
	.arguments = "bash|zsh|fish|powershell",
	.summary = "Print the script that completes command lines",
	.help = "  source <(wincompose completion bash)                         in ~/.bashrc\n"
		"  wincompose completion powershell | Out-String | iex          in $PROFILE\n",
	.in_order = true,
	.run = run,
};
