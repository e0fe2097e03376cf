/* SPDX-License-Identifier: MIT */
/* upload -- a build's context, sent as an archive while its folder is read
 *
 * What .dockerignore names is left out; never more than 64 KiB of it is in memory. A Dockerfile
 * that is given as text, or lies outside the context, travels in the context under a name that
 * .dockerignore hides from COPY, as the docker command does it.
 */
#pragma once

#include "engine/docker/docker.h"

struct upload;

/* Looks for the folder, the Dockerfile and .dockerignore (<Dockerfile>.dockerignore goes before
 * it). ERROR_NOT_FOUND names the one that is missing; ERROR_INVALID: a wrong .dockerignore. */
int upload_open(const struct build_options *options, struct upload **ret, struct error **err);
void upload_drop(struct upload **upload); /* after the flow's request is gone */

const char *upload_folder(const struct upload *upload);     /* absolute */
const char *upload_dockerfile(const struct upload *upload); /* its path in the context */

/* Begins to write the body of the flow's request, and goes on: for flow_kind.begun and .written.
 * What goes wrong ends the flow. */
void upload_begin(struct upload *upload, struct flow *flow);
void upload_written(struct upload *upload, const struct error *err);
