/* SPDX-License-Identifier: MIT */
/* account -- credential_spec: what the caller has of it becomes part of the project
 *
 * A file that is here (below the project's folder, or an absolute path) and a config that is a file
 * are sent as they are, so that the engine needs no copy of them; a name that is no file here is
 * left to the engine, which looks into its own CredentialSpecs folder. A credential spec holds no
 * secret: it names a group managed service account.
 */
#pragma once

#include "compose/project/project.h"

struct error;

/* ERROR_INVALID: no JSON, or one that is no credential spec; ERROR_NOT_FOUND: an absolute path, or
 * a config's file, that is not there. */
int account_read(struct project *project, struct error **err);
