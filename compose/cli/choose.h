/* SPDX-License-Identifier: MIT */
/* choose -- which engine a command is for, before any is asked
 *
 * --engine, --host, --context, WINCOMPOSE_ENGINE, DOCKER_HOST and DOCKER_CONTEXT are the user's
 * word. Else the engine that our record of the project names, else docker's currentContext, else
 * the default sockets or pipes, in their order.
 */
#pragma once

#include <stdbool.h>

#include "compose/cli/cli.h"

/* An engine that may be asked. */
struct choice {
	char *driver;
	char *address;
	char *tls_folder;
	bool tls_skip_verify;
	char *source; /* who named it: "DOCKER_HOST", "the default", ... */
};

struct choices {
	ARRAY(struct choice) list; /* to be tried in this order */
	bool is_default;           /* nothing named one */
	bool diverted;             /* a record leads elsewhere than docker's own settings */
};

/* The home is known (cli_home) where project is not NULL. ERROR_INVALID and ERROR_NOT_FOUND as
 * context_find has them. */
int choose(const struct cli *cli, const char *project, struct choices *ret, struct error **err);
/* Opens it as cli->engine and asks its host; closed again where it does not answer. is_default:
 * nobody named it, so it has a second. (reach.c) */
int cli_try(struct cli *cli, const struct choice *choice, bool is_default, struct error **err);
void choices_drop(struct choices *choices);
