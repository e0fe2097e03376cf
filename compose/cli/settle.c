/* SPDX-License-Identifier: MIT */
#include "compose/cli/settle.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/images.h"
#include "compose/plan/isolation.h"

static void set(struct project *project, struct service *service, const char *isolation)
{
	struct node *node = (struct node *)service->node;

	service->isolation = isolation;
	node_set(&project->arena, node, "isolation",
		 node_string(&project->arena, isolation, service->at), service->at);
}

static int settle(struct cli *cli, struct project *project, struct service *service,
		  const struct image *image, struct error **err)
{
	const struct engine_host *host = engine_host_known(cli->engine);
	const struct isolation_question question = isolation_ask(service, host, image);
	struct isolation_answer answer;

	if (isolation_decide(&question, &answer, err) < 0)
		return error_wrap(err, "services.%s.isolation", service->name);
	cli_note(cli, "service %s: isolation %s: %s%s", service->name, answer.isolation,
		 answer.reason, image ? "" : " (its image is not here yet and may change this)");
	set(project, service, answer.isolation);
	return 0;
}

int settle_isolation(struct cli *cli, struct project *project, struct error **err)
{
	CLEANUP(images_stock_drop) struct images_stock stock = {0};
	CLEANUP(memory_free) bool *chosen = images_choose(project, NULL, false);

	if (cli_engine(cli, project->name, err) < 0)
		return (*err)->code;
	if (engine_host_known(cli->engine)->capabilities & ENGINE_LINUX) {
		cli_note(cli, "this engine runs Linux containers, which have no isolation");
		return 0;
	}
	if (images_observe(cli, project, chosen, &stock, err) < 0)
		return (*err)->code;
	ARRAY_FOR_EACH (struct service, service, &project->services) {
		if (service->provider)
			continue;
		if (settle(cli, project, service, images_find(&stock, service->image), err) < 0)
			return (*err)->code;
	}
	return 0;
}
