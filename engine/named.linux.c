/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "engine/conduit.h"

int named_check(const char *name, struct error **err)
{
	return error_set(err, ERROR_UNSUPPORTED,
			 "named pipes (%s) are Windows' own: here, name the engine with --host "
			 "unix:///path or tcp://host:port",
			 name);
}

/* Nothing has passed the check. */
struct conduit *named_open(struct http_request *request, const struct conduit_events *events,
			   void *payload)
{
	return plain_open(request, events, payload);
}
