/* SPDX-License-Identifier: MIT */
/* The container that a verb is about, among those of a service. */
#include "base/error.h"
#include "compose/cli/cli.h"
#include "compose/plan/plan.h"

/* One that runs comes before one that does not, then the lower number. */
static bool is_before(const struct container *a, const struct container *b)
{
	bool a_runs = a->state == CONTAINER_RUNNING;
	bool b_runs = b->state == CONTAINER_RUNNING;

	return a_runs != b_runs ? a_runs : plan_number(&a->labels) < plan_number(&b->labels);
}

const struct container *cli_container(const struct observed *observed, const char *service,
				      unsigned index, struct error **err)
{
	const struct container *found = NULL;

	ARRAY_FOR_EACH (const struct container, container, &observed->containers) {
		const struct labels *labels = &container->labels;

		if (!text_same(plan_service(labels), service) ||
		    (index && plan_number(labels) != index))
			continue;
		if (!found || is_before(container, found))
			found = container;
	}
	if (found)
		return found;
	if (index)
		error_set(err, ERROR_NOT_FOUND, "service \"%s\" has no container #%u", service,
			  index);
	else
		error_set(err, ERROR_NOT_FOUND, "service \"%s\" has no container", service);
	return NULL;
}
