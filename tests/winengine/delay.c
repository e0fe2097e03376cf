/* SPDX-License-Identifier: MIT */
#include "tests/winengine/delay.h"

#include <stdlib.h>

#include "base/memory.h"

struct delay {
	uv_timer_t timer; /* first */
	struct delay **slot;
	void (*due)(void *payload);
	void *payload;
};

static void closed(uv_handle_t *handle)
{
	free(handle);
}

static void rang(uv_timer_t *timer)
{
	struct delay *delay = (struct delay *)timer;
	void (*due)(void *payload) = delay->due;
	void *payload = delay->payload;

	delay_cancel(delay->slot);
	due(payload);
}

void delay_start(struct delay **slot, uv_loop_t *loop, uint64_t ms, void (*due)(void *payload),
		 void *payload)
{
	delay_cancel(slot);
	struct delay *delay = memory_zero(1, sizeof(*delay));

	*slot = delay;
	delay->slot = slot;
	delay->due = due;
	delay->payload = payload;
	uv_timer_init(loop, &delay->timer);
	uv_timer_start(&delay->timer, rang, ms, 0);
}

void delay_cancel(struct delay **slot)
{
	if (*slot)
		uv_close((uv_handle_t *)&steal(slot)->timer, closed);
}
