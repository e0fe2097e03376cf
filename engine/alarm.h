/* SPDX-License-Identifier: MIT */
/* alarm -- one deadline on the clock that an engine lives by
 *
 * For a real engine that is the machine's monotonic clock and a uv_timer. The fake engine's virtual
 * clock rings the alarms of its clients too, so that years of supervising pass in seconds. Embedded;
 * zero is never opened. It rings once for each setting, in a turn of the loop of its own, also when
 * it is due at once. It is closed before its engine.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

struct engine;

struct alarm {
	struct engine *engine;
	uv_timer_t timer;
	void *pending; /* the driver's own, where it keeps the time */
	void (*rang)(struct alarm *alarm);
	void (*closed)(struct alarm *alarm);
	void *data; /* the owner's */
};

/* Monotonic ns. */
uint64_t engine_now(const struct engine *engine);

void alarm_open(struct alarm *alarm, struct engine *engine, void (*rang)(struct alarm *alarm),
		void *data);
/* Rings at that time and not at the one that was set before; CLOCK_NEVER: stops. Never early. */
void alarm_at(struct alarm *alarm, uint64_t time);
void alarm_in(struct alarm *alarm, uint64_t ns);
void alarm_stop(struct alarm *alarm);
void alarm_close(struct alarm *alarm, void (*closed)(struct alarm *alarm));
bool alarm_is_closing(const struct alarm *alarm);
