/* SPDX-License-Identifier: MIT */
/* hns -- Windows' Host Network Service over a table of its functions
 *
 * The table is filled from vmcompute.dll, or by a simulator. Its strings are UTF-8 and its results
 * HRESULTs, so that all but the filling is the same everywhere. Version 1 of the service's calls
 * does everything that is needed here, on every release since Windows Server 2016; what was made by
 * version 2 (containerd) shows in it too.
 */
#pragma once

#include <stdint.h>

#include "netns/netns.h"

struct hns_api {
	/* HNSCall: method is GET, POST or DELETE, path "/endpoints/{id}", request a document or "".
	 * Returns an HRESULT; the response is the caller's to free, NULL where there is none. */
	int32_t (*call)(void *service, const char *method, const char *path, const char *request,
			char **response);
	void *service;
};

/* Windows: from System32's vmcompute.dll and from nowhere else. ERROR_UNAVAILABLE: this Windows has
 * none, as neither containers nor Hyper-V are switched on. */
int hns_load(struct hns_api *ret, struct error **err);

int hns_look(const struct hns_api *api, struct netns_view *ret, struct error **err);
int hns_remove(const struct hns_api *api, const char *endpoint, struct error **err);
/* The service's own version: 9.2 is Windows Server 2019's. */
int hns_version(const struct hns_api *api, unsigned *major, unsigned *minor, struct error **err);

/* One error of the service in our words: hr of the call, or of the answer's ErrorCode, or 0; text
 * is the answer's Error or NULL. what: "list the networks". */
int hns_error(struct error **err, int32_t hr, const char *text, const char *what);
