/* SPDX-License-Identifier: MIT */
/* The flags that stand before the verb. */
#include <stddef.h>

#include "compose/cli/cli.h"

#define GLOBAL(member) offsetof(struct cli_globals, member)

const struct flag cli_global_flags[] = {
	{'f', "file", FLAG_STRINGS, GLOBAL(files), "FILE",
	 "Project file; may be given again, \"-\" is stdin"},
	{'p', "project-name", FLAG_STRING, GLOBAL(project_name), "NAME", "Name of the project"},
	{0, "profile", FLAG_STRINGS, GLOBAL(profiles), "NAME", "Activate a profile"},
	{0, "env-file", FLAG_STRINGS, GLOBAL(env_files), "FILE", "Use this file instead of .env"},
	{0, "project-directory", FLAG_STRING, GLOBAL(folder), "PATH",
	 "Folder that relative paths begin at"},
	{0, "parallel", FLAG_NUMBER, GLOBAL(parallel), "N",
	 "Engine requests at once (-1: no bound, default 8)"},
	{0, "progress", FLAG_STRING, GLOBAL(progress), "KIND",
	 "How progress is shown: auto, tty, plain, json, quiet"},
	{0, "ansi", FLAG_STRING, GLOBAL(ansi), "WHEN", "Colours: auto, always, never"},
	{0, "no-ansi", FLAG_SET, GLOBAL(no_ansi), NULL, NULL},
	{0, "all-resources", FLAG_SET, GLOBAL(all_resources), NULL,
	 "Keep networks, volumes, ... that no service uses"},
	{0, "compatibility", FLAG_SET, GLOBAL(compatibility), NULL, NULL},
	{0, "dry-run", FLAG_SET, GLOBAL(dry_run), NULL, "Show what would be done, do nothing"},
	{0, "engine", FLAG_STRING, GLOBAL(engine), "NAME", "Engine to use: docker"},
	{'H', "host", FLAG_STRING, GLOBAL(host), "ADDRESS",
	 "Docker Engine to use: unix://PATH, tcp://HOST:PORT, npipe:////./pipe/NAME"},
	{'c', "context", FLAG_STRING, GLOBAL(context), "NAME", "Docker context to use"},
	{0, "trust-pipe", FLAG_SET, GLOBAL(trust_pipe), NULL,
	 "Speak to a pipe of Windows whoever listens at it"},
	{0, "tls", FLAG_SET, GLOBAL(tls), NULL, "Use TLS"},
	{0, "tlsverify", FLAG_SET, GLOBAL(tls_verify), NULL, "Use TLS and verify the engine"},
	{0, "tlscacert", FLAG_STRING, GLOBAL(tls_ca), "FILE", "Trust only this authority"},
	{0, "tlscert", FLAG_STRING, GLOBAL(tls_cert), "FILE", "Client certificate"},
	{0, "tlskey", FLAG_STRING, GLOBAL(tls_key), "FILE", "Client key"},
	{0, "engine-timeout", FLAG_STRING, GLOBAL(engine_timeout), "TIME",
	 "Give up an engine that is silent so long (default 30s)"},
	{0, "verbose", FLAG_SET, GLOBAL(debug), NULL, NULL},
	{0, "workdir", FLAG_STRING, GLOBAL(folder), "PATH", NULL},
	{'D', "debug", FLAG_SET, GLOBAL(debug), NULL, "Tell what happens inside"},
	{'h', "help", FLAG_SET, GLOBAL(help), NULL, "Show this help"},
	{'v', "version", FLAG_SET, GLOBAL(version), NULL, "Show the version"},
	{0},
};
