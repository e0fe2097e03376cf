/* SPDX-License-Identifier: MIT */
#include "compose/cli/ready.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/account.h"
#include "compose/cli/model.h"
#include "compose/cli/provider.h"

static void note_dry(struct cli *cli, const struct project *project, const bool *chosen)
{
	ARRAY_FOR_EACH (const struct service, service, &project->services) {
		if (!chosen[service->index])
			continue;
		if (service->provider)
			cli_note(cli,
				 "service %s: the program %s is not run in a dry run; what it "
				 "tells may change more",
				 service->name, service->provider->type);
		if (service->models.len)
			cli_note(cli, "service %s: its models are not asked for in a dry run",
				 service->name);
	}
}

int ready_prepare(struct cli *cli, struct project *project, const struct images_options *options,
		  struct error **err)
{
	CLEANUP(memory_free)
	bool *chosen = images_choose(project, options->services, options->no_deps);

	if (account_read(project, err) < 0)
		return (*err)->code;
	if (cli->globals.dry_run) {
		note_dry(cli, project, chosen);
		return 0;
	}
	/* A program that is missing is known before anything is pulled. */
	if (provider_check(project, chosen, err) < 0 || model_check(project, chosen, err) < 0 ||
	    images_prepare(cli, project, options, err) < 0 ||
	    model_prepare(cli, project, chosen, options->quiet_pull, err) < 0)
		return (*err)->code;
	return provider_up(cli, project, chosen, err);
}
