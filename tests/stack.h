/* SPDX-License-Identifier: MIT */
/* stack -- a project made of a text, for tests of plan and supervise (cmocka through tests/test.h
 * stands before it)
 *
 *	CLEANUP(project_drop) struct project *project = stack_load(stack_shop);
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/project.h"
#include "tests/folder.h"
#include "tests/test.h"

/* Six containers: store (healthy) <- migrate (completed) <- api <- web, two workers on the store.
 */
static const char stack_shop[] __attribute__((unused)) =
	"services:\n"
	"  web:\n"
	"    image: web\n"
	"    depends_on: [api]\n"
	"    networks: [front]\n"
	"  api:\n"
	"    image: api\n"
	"    depends_on:\n"
	"      store: {condition: service_healthy, restart: true}\n"
	"      migrate: {condition: service_completed_successfully}\n"
	"    networks: [front, back]\n"
	"  migrate:\n"
	"    image: migrate\n"
	"    depends_on: {store: {condition: service_healthy}}\n"
	"    networks: [back]\n"
	"  worker:\n"
	"    image: worker\n"
	"    scale: 2\n"
	"    depends_on: {store: {condition: service_healthy}}\n"
	"    networks: [back]\n"
	"  store:\n"
	"    image: store\n"
	"    volumes: ['data:/data']\n"
	"    networks: [back]\n"
	"    healthcheck: {test: ['CMD', 'ping'], interval: 1s}\n"
	"networks: {front: {}, back: {}}\n"
	"volumes: {data: {}}\n";

static inline struct project *stack_load(const char *yaml)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "compose.yaml");
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	struct error *err = NULL;
	struct project *project = NULL;
	const char *const files[] = {path, NULL};
	const char *const environment[] = {NULL};
	struct project_options options = {
		.files = files, .name = "shop", .environment = environment, .start = folder};

	assert_int_equal(file_write(path, yaml, strlen(yaml), false, &err), 0);
	if (project_load(&options, &findings, &project, &err) < 0)
		fail_msg("%s\n%s", err->message, err->detail ? err->detail : "");
	return project;
}
