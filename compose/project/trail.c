/* SPDX-License-Identifier: MIT */
#include "compose/project/trail.h"

#include "base/text.h"

void trail_add(const struct trail *trail, struct text *out)
{
	if (!trail)
		return;
	trail_add(trail->up, out);
	if (!trail->key)
		text_printf(out, "[%zu]", trail->index);
	else
		text_printf(out, "%s%s", out->len > 0 ? "." : "", trail->key);
}

char *trail_string(const struct trail *trail)
{
	struct text text = {0};

	trail_add(trail, &text);
	return text_steal(&text);
}
