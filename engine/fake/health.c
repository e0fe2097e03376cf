/* SPDX-License-Identifier: MIT */
/* health -- a container's checks, in dockerd's manner
 *
 * The first check comes an interval after the start (a start interval while in the start period,
 * from API 1.44 on); each further one an interval after the end of the one before. Failures within
 * the start period do not count until one check went well. An event is told where the state
 * changes. When the monitor of what is up ends (pause) the state becomes unhealthy without an
 * event: moby's CloseMonitorChannel, "for compatibility reasons".
 */
#include "engine/fake/world.h"

#include <stdlib.h>
#include <string.h>

static void on_check(struct timer *timer);

static bool in_start_period(const struct box *box)
{
	return box->seen.health == HEALTH_STARTING &&
	       box->world->now - box->run_began < box->health.start_period;
}

static void arm(struct box *box)
{
	struct health *health = &box->health;
	uint64_t wait = in_start_period(box) ? health->start_interval : health->interval;

	fake_timer_set(box->world, &health->timer, box->world->now + wait, on_check);
}

void fake_health_begin(struct box *box)
{
	if (!box->health.has)
		return;
	box->health.streak = 0;
	box->health.stopped = false;
	box->seen.health = HEALTH_STARTING;
	memory_free(&box->seen.health_output);
	arm(box);
}

void fake_health_stop(struct box *box)
{
	if (!box->health.has || box->health.stopped)
		return;
	fake_timer_stop(box->world, &box->health.timer);
	box->health.stopped = true;
	box->seen.health = HEALTH_UNHEALTHY;
}

void fake_health_resume(struct box *box)
{
	if (!box->health.has)
		return;
	box->health.stopped = false;
	arm(box);
}

/* What the check's own command says, where nothing is scripted. */
static bool test(struct box *box)
{
	char **words = box->test ? box->test : (char **)box->image->made.healthcheck;
	bool is_shell = words && text_same(words[0], "CMD-SHELL");
	char *shell[] = {(char *)"sh", (char *)"-c", is_shell ? words[1] : NULL, NULL};

	return !words || !words[1] || !fake_process_try(box, is_shell ? shell : words + 1);
}

static char outcome(struct box *box)
{
	const struct behaviour *behaviour = box->behaviour;
	const char *checks = behaviour ? behaviour->how.health : NULL;
	size_t *at =
		behaviour && behaviour->how.shared ? &box->behaviour->check : &box->health.check;

	if (box->health.script) {
		checks = box->health.script;
		at = &box->health.check;
	}
	if (!checks || !*checks)
		return test(box) ? '+' : '-';
	size_t len = strlen(checks);
	return checks[*at < len ? (*at)++ : len - 1];
}

static void change(struct box *box, enum container_health state)
{
	if (box->seen.health == state)
		return;
	box->seen.health = state;
	box->ever_healthy |= state == HEALTH_HEALTHY;
	box->world->actor = "health";
	fake_event_box(
		box, EVENT_HEALTH,
		state == HEALTH_HEALTHY ? "health_status: healthy" : "health_status: unhealthy", 0);
}

static void conclude(struct box *box, bool ok, const char *output)
{
	struct health *health = &box->health;
	bool counts = !in_start_period(box);

	free(box->seen.health_output);
	box->seen.health_output = memory_copy(output);
	if (ok) {
		health->streak = 0;
		change(box, HEALTH_HEALTHY);
	} else if (counts && ++health->streak >= health->retries) {
		change(box, HEALTH_UNHEALTHY);
	}
	arm(box);
}

static void on_ok(struct timer *timer)
{
	conclude(container_of(timer, struct box, health.timer), true, "ok");
}

static void on_fail(struct timer *timer)
{
	conclude(container_of(timer, struct box, health.timer), false, "check failed");
}

static void on_timeout(struct timer *timer)
{
	conclude(container_of(timer, struct box, health.timer), false,
		 "Health check exceeded timeout");
}

static void on_check(struct timer *timer)
{
	struct box *box = container_of(timer, struct box, health.timer);
	struct health *health = &box->health;
	uint64_t time = box->behaviour ? box->behaviour->how.check_time : 0;
	char result = outcome(box);

	if (result == '.' || time > health->timeout)
		fake_timer_set(box->world, timer, box->world->now + health->timeout, on_timeout);
	else if (time)
		fake_timer_set(box->world, timer, box->world->now + time,
			       result == '+' ? on_ok : on_fail);
	else
		conclude(box, result == '+', result == '+' ? "ok" : "check failed");
}
