/* SPDX-License-Identifier: MIT */
#include "engine/image/layer.h"

#include "base/error.h"

int layer_unpack(const struct layer_order *order, struct layer_result *ret, struct error **err)
{
	(void)ret;
	return error_set(err, ERROR_UNSUPPORTED, "%s: layers cannot be unpacked on Windows yet",
			 order->blob);
}
