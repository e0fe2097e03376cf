/* SPDX-License-Identifier: MIT */
/* Any line as an endpoint and as a network: refused with one error, or what is written of it reads
 * as the same again. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/endpoint.h"
#include "netns/network.h"

static void check_endpoint(const char *line)
{
	CLEANUP(endpoint_drop) struct endpoint first = {0}, second = {0};
	CLEANUP(text_drop) struct text once = {0}, twice = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	if (endpoint_parse(line, &first, &err) < 0)
		return;
	endpoint_write(&first, &once);
	if (endpoint_parse(text_string(&once), &second, &err) < 0)
		abort();
	endpoint_write(&second, &twice);
	if (strcmp(text_string(&once), text_string(&twice)) != 0)
		abort();
}

static void check_network(const char *line)
{
	CLEANUP(network_drop) struct network first = {0}, second = {0};
	CLEANUP(text_drop) struct text once = {0}, twice = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	if (network_parse(line, &first, &err) < 0)
		return;
	network_write(&first, &once);
	if (network_parse(text_string(&once), &second, &err) < 0)
		abort();
	network_write(&second, &twice);
	if (strcmp(text_string(&once), text_string(&twice)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(memory_free) char *line = memory_copy_n((const char *)data, size);

	check_endpoint(line);
	check_network(line);
	return 0;
}
