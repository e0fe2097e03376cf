/* SPDX-License-Identifier: MIT */
#include "engine/alarm.h"

#include "base/clock.h"
#include "base/own.h"
#include "engine/ops.h"

uint64_t engine_now(const struct engine *engine)
{
	return engine->ops->now ? engine->ops->now(engine) : clock_monotonic();
}

static void driver_rang(void *payload)
{
	struct alarm *alarm = payload;

	alarm->pending = NULL;
	alarm->rang(alarm);
}

static void timer_rang(uv_timer_t *timer)
{
	struct alarm *alarm = container_of(timer, struct alarm, timer);

	alarm->rang(alarm);
}

void alarm_open(struct alarm *alarm, struct engine *engine, void (*rang)(struct alarm *alarm),
		void *data)
{
	*alarm = (struct alarm){.engine = engine, .rang = rang, .data = data};
	uv_timer_init(engine->loop, &alarm->timer);
}

void alarm_at(struct alarm *alarm, uint64_t time)
{
	uint64_t now = engine_now(alarm->engine);

	alarm_stop(alarm);
	if (time == CLOCK_NEVER || alarm_is_closing(alarm))
		return;
	if (alarm->engine->ops->at)
		alarm->pending = alarm->engine->ops->at(alarm->engine, time > now ? time : now,
							driver_rang, alarm);
	if (alarm->pending)
		return;
	/* Rounded up: one that rings early would only be set again. */
	uint64_t ms = time > now ? (time - now + CLOCK_MS - 1) / CLOCK_MS : 0;
	uv_update_time(alarm->engine->loop);
	uv_timer_start(&alarm->timer, timer_rang, ms, 0);
}

void alarm_in(struct alarm *alarm, uint64_t ns)
{
	alarm_at(alarm, engine_now(alarm->engine) + ns);
}

void alarm_stop(struct alarm *alarm)
{
	if (alarm->pending)
		alarm->engine->ops->forget(alarm->engine, steal(&alarm->pending));
	uv_timer_stop(&alarm->timer);
}

static void timer_closed(uv_handle_t *handle)
{
	struct alarm *alarm = container_of((uv_timer_t *)handle, struct alarm, timer);

	alarm->closed(alarm);
}

void alarm_close(struct alarm *alarm, void (*closed)(struct alarm *alarm))
{
	alarm_stop(alarm);
	alarm->closed = closed;
	uv_close((uv_handle_t *)&alarm->timer, timer_closed);
}

bool alarm_is_closing(const struct alarm *alarm)
{
	return uv_is_closing((const uv_handle_t *)&alarm->timer);
}
