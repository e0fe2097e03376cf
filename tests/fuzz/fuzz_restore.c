/* SPDX-License-Identifier: MIT */
/* Any bytes as a saved project. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/own.h"
#include "compose/project/project.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(project_drop) struct project *project = NULL;

	int status = project_restore((const char *)data, size, &project, &err);
	if ((status == 0) != (project != NULL) || (status < 0) != (err != NULL))
		abort();
	return 0;
}
