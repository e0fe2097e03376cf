/* SPDX-License-Identifier: MIT */
#include "base/host.h"

#include <stdlib.h>

#include "base/text.h"

void host_drop(struct host *host)
{
	free(host->name);
	free(host->version);
	free(host->architecture);
	free(host->edition);
	free(host->cgroups);
	free(host->controllers);
	*host = (struct host){0};
}

bool host_is_home(const struct host *host)
{
	/* Core, CoreN, CoreSingleLanguage, CoreCountrySpecific; not ServerDatacenterCor. */
	return host->edition && text_starts(host->edition, "Core");
}
