/* SPDX-License-Identifier: MIT */
/* version -- which wincompose this is; asks no engine */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/cli.h"
#include "compose/cli/verb.h"

struct values {
	bool is_short;
	const char *format;
};

static const struct flag flags[] = {
	{'f', "format", FLAG_STRING, offsetof(struct values, format), "pretty|json",
	 "Format of the output (default pretty)"},
	{0, "short", FLAG_SET, offsetof(struct values, is_short), NULL, "Only the number"},
	{0},
};

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(text_drop) struct text out = {0};

	(void)arguments;
	(void)exit_code;
	if (values->is_short)
		text_add(&out, WINCOMPOSE_VERSION "\n");
	else if (!values->format || strcmp(values->format, "pretty") == 0)
		text_add(&out, "wincompose version " WINCOMPOSE_VERSION "\n");
	else if (strcmp(values->format, "json") == 0)
		text_add(&out, "{\"version\":\"" WINCOMPOSE_VERSION "\"}\n");
	else
		return error_set(err, ERROR_INVALID, "--format: \"%s\" is neither pretty nor json",
				 values->format);
	return cli_print(cli, out.data, out.len, err);
}

const struct verb verb_version = {
	.name = "version",
	.arguments = "",
	.summary = "Show the version",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
