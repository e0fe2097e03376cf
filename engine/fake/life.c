/* SPDX-License-Identifier: MIT */
/* life -- a container from start to end: signals, stops, policies */
#include "engine/fake/world.h"

#include <stdlib.h>
#include <string.h>

#define BACKOFF_FIRST (100 * CLOCK_MS)
#define BACKOFF_MAX   (60 * CLOCK_SECOND)
#define BACKOFF_RESET (10 * CLOCK_SECOND)
#define SIGNAL_KILL   9
#define SIGNAL_TERM   15

static const struct signal_row {
	const char *name;
	int number;
	bool ends; /* a program that does nothing about it ends by it */
} signals[] = {
	{"HUP", 1, false},   {"INT", 2, true},     {"QUIT", 3, true},  {"KILL", 9, true},
	{"USR1", 10, false}, {"USR2", 12, false},  {"TERM", 15, true}, {"CONT", 18, false},
	{"STOP", 19, false}, {"WINCH", 28, false}, {"ABRT", 6, true},
};

static const struct signal_row *signal_row(const char *name)
{
	char *end;
	unsigned long number = strtoul(name, &end, 10);

	if (text_starts(name, "SIG"))
		name += 3;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		if (text_same_nocase(name, signals[i].name) ||
		    (!*end && number == (unsigned long)signals[i].number))
			return &signals[i];
	}
	return NULL;
}

static const struct fake_behaviour *how(const struct box *box)
{
	static const struct fake_behaviour none;

	return box->behaviour ? &box->behaviour->how : &none;
}

/* --- start */

static void on_exit_timer(struct timer *timer)
{
	struct box *box = container_of(timer, struct box, exit);

	box->world->actor = "self";
	fake_box_exit(box, box->exit_code);
}

static void on_print(struct process *process, enum stream_channel channel, const char *bytes,
		     size_t len)
{
	fake_box_print(process->box, channel, bytes, len);
}

static void on_process_exit(struct process *process, int code)
{
	process->world->actor = "self";
	fake_box_exit(process->box, code);
}

static const struct process_owner owner = {on_print, on_process_exit};

static void print_output(struct box *box)
{
	const char *line = how(box)->output;

	while (line && *line) {
		const char *end = strchr(line, '\n');
		size_t len = end ? (size_t)(end - line) : strlen(line);
		bool is_error = *line == '!';
		char *whole = memory_format("%.*s\n", (int)len - is_error, line + is_error);
		fake_box_print(box, is_error ? STREAM_ERRORS : STREAM_OUTPUT, whole, strlen(whole));
		free(whole);
		line = end ? end + 1 : NULL;
	}
}

static void run(struct box *box)
{
	const struct fake_behaviour *behaviour = how(box);
	size_t *number = behaviour->shared ? &box->behaviour->run : &box->run;

	print_output(box);
	fake_process_drop(&box->process);
	box->process.world = box->world;
	box->process.box = box;
	box->process.owner = &owner;
	box->process.has_input = box->open_stdin;
	if (!behaviour->run_count) {
		fake_process_load(&box->process, box->command);
		if (box->process.known)
			fake_process_run(&box->process);
		return;
	}
	size_t at = (*number)++;
	const struct fake_run *one =
		&behaviour->runs[at < behaviour->run_count ? at : behaviour->run_count - 1];
	if (one->after == CLOCK_NEVER)
		return;
	box->exit_code = one->code;
	fake_timer_set(box->world, &box->exit, box->world->now + one->after, on_exit_timer);
}

static int refuse_start(struct box *box, struct error **err)
{
	int status = 0;

	ARRAY_FOR_EACH (struct endpoint, endpoint, &box->endpoints) {
		const char *named = endpoint->id ? endpoint->id : endpoint->network;
		struct network_entry *network = fake_network_find(box->world, named);
		if (!network && !status)
			status = error_set(err, ERROR_NOT_FOUND, "network %s not found", named);
		else if (!endpoint->id && network)
			endpoint->id = memory_copy(network->network.id);
	}
	if (box->network_mode && text_starts(box->network_mode, "container:")) {
		struct box *other = fake_box_find(box->world, strchr(box->network_mode, ':') + 1);
		if (!status && (!other || !fake_box_runs(other)))
			status = error_set(err, ERROR_CONFLICT,
					   "cannot join network of a non running container: %s",
					   strchr(box->network_mode, ':') + 1);
	}
	if (!status && how(box)->start_error) {
		box->seen.exit_code = 127;
		status = error_set(err, ERROR_SYSTEM, "%s", how(box)->start_error);
	}
	if (!status)
		status = fake_box_bind(box, err);
	if (status) {
		free(box->seen.error);
		box->seen.error = memory_copy((*err)->message);
	}
	return status;
}

int fake_box_start(struct box *box, bool by_client, struct error **err)
{
	struct container *seen = &box->seen;

	if (seen->state == CONTAINER_RUNNING || (seen->state == CONTAINER_RESTARTING && by_client))
		return 0;
	if (seen->state == CONTAINER_PAUSED)
		return error_set(err, ERROR_CONFLICT,
				 "cannot start a paused container, try unpause instead");
	int status = refuse_start(box, err);
	if (status)
		return status;
	fake_check_start(box);
	if (by_client) {
		box->backoff = 0;
		seen->restart_count = 0;
		box->ever_healthy = box->ever_completed = false;
	}
	box->stopped_by_hand = box->last_run = false;
	box->ever_started = true;
	seen->state = CONTAINER_RUNNING;
	seen->started = fake_wall(box->world);
	seen->exit_code = 0;
	seen->oom_killed = false;
	memory_free(&seen->error);
	box->run_began = box->world->now;
	fake_box_publish(box);
	fake_event_box(box, EVENT_START, "start", 0);
	run(box);
	fake_health_begin(box);
	return 0;
}

/* --- the end of a run */

static bool policy_restarts(const struct box *box)
{
	const char *policy = box->policy;

	if (text_same(policy, "always"))
		return true;
	if (text_same(policy, "unless-stopped"))
		return !box->stopped_by_hand;
	return text_same(policy, "on-failure") && box->seen.exit_code != 0 &&
	       (!box->policy_max || box->seen.restart_count < box->policy_max);
}

static void on_again(struct timer *timer)
{
	struct box *box = container_of(timer, struct box, again);
	CLEANUP(error_drop) struct error *err = NULL;

	box->world->actor = "policy";
	if (fake_box_start(box, false, &err))
		box->seen.state = CONTAINER_EXITED;
}

static void restart_by_policy(struct box *box)
{
	uint64_t ran = box->world->now - box->run_began;

	if (!box->backoff || ran >= BACKOFF_RESET)
		box->backoff = BACKOFF_FIRST;
	else
		box->backoff = box->backoff * 2 < BACKOFF_MAX ? box->backoff * 2 : BACKOFF_MAX;
	box->seen.state = CONTAINER_RESTARTING;
	box->seen.restart_count++;
	fake_timer_set(box->world, &box->again, box->world->now + box->backoff, on_again);
}

/* A stop or restart has what it waited for. The box may be gone afterwards. */
static void finish_stop(struct box *box)
{
	CLEANUP(error_drop) struct error *err = NULL;
	bool then_start = box->then_start;

	box->stopping = box->then_start = false;
	if (then_start && !fake_box_start(box, true, &err))
		fake_event_box(box, EVENT_RESTART, "restart", 0);
	fake_request_wake(box, WAITS_STOP, 0, err);
	if (box->auto_remove && !then_start)
		fake_box_destroy(box, true);
}

/* Everything that ends with the process, up to its event. */
static void run_ended(struct box *box, int code)
{
	struct container *seen = &box->seen;

	fake_timer_stop(box->world, &box->exit);
	fake_timer_stop(box->world, &box->grace);
	fake_process_stop(&box->process);
	fake_health_stop(box);
	seen->health = HEALTH_NONE;
	fake_box_unbind(box);
	seen->state = CONTAINER_EXITED;
	seen->exit_code = code;
	seen->finished = fake_wall(box->world);
	box->ever_completed |= code == 0;
	ARRAY_FOR_EACH (struct endpoint, endpoint, &box->endpoints)
		memory_free(&endpoint->address);
	fake_box_publish(box);
	fake_event_box(box, EVENT_DIE, "die", code);
	fake_feed_exited(box);
}

void fake_box_exit(struct box *box, int code)
{
	bool by_hand = box->last_run;

	run_ended(box, code);
	if (!box->stopping && !by_hand && policy_restarts(box))
		restart_by_policy(box);
	fake_request_wake(box, WAITS_EXIT, code, NULL);
	if (box->stopping) {
		fake_event_box(box, EVENT_STOP, "stop", 0);
		finish_stop(box);
	} else if (box->auto_remove) {
		fake_box_destroy(box, true);
	}
}

/* --- signals */

static void send_signal(struct box *box, const struct signal_row *row)
{
	const struct process *process = &box->process;
	const struct signal_row *stop = signal_row(box->stop_signal ? box->stop_signal : "TERM");
	const struct fake_behaviour *behaviour = how(box);
	bool runs_program = process->runs && !behaviour->run_count;

	/* Even so not from inside: who sent it is to wait for the end first. */
	if (row->number == SIGNAL_KILL) {
		box->exit_code = 128 + SIGNAL_KILL;
		fake_timer_set(box->world, &box->exit, box->world->now, on_exit_timer);
		return;
	}
	if (!row->ends && row != stop)
		return;
	if (behaviour->ignores_stop || process->ignores ||
	    (runs_program && !process->traps && !box->init))
		return;
	box->exit_code = behaviour->stop_code;
	if (runs_program)
		box->exit_code = process->traps ? process->trap_code : 128 + row->number;
	fake_timer_set(box->world, &box->exit, box->world->now + behaviour->stop_time,
		       on_exit_timer);
}

static void on_grace(struct timer *timer)
{
	struct box *box = container_of(timer, struct box, grace);

	fake_event_box(box, EVENT_KILL, "kill", SIGNAL_KILL);
	fake_box_exit(box, 128 + SIGNAL_KILL);
}

/* What waits for the policy's back-off and is told to stop stays as it is. */
static bool leave_backoff(struct box *box)
{
	if (box->seen.state != CONTAINER_RESTARTING)
		return false;
	fake_timer_stop(box->world, &box->again);
	box->seen.state = CONTAINER_EXITED;
	box->stopped_by_hand = true;
	return true;
}

int fake_box_stop(struct box *box, int timeout, bool then_start)
{
	if (!fake_box_runs(box)) {
		if (leave_backoff(box))
			fake_event_box(box, EVENT_STOP, "stop", 0);
		return 0;
	}
	if (timeout < 0)
		timeout = box->stop_timeout >= 0 ? box->stop_timeout : 10;
	const struct signal_row *row = signal_row(box->stop_signal ? box->stop_signal : "TERM");
	box->stopping = true;
	box->then_start = then_start;
	box->stopped_by_hand = box->last_run = true;
	fake_event_box(box, EVENT_KILL, "kill", row ? row->number : SIGNAL_TERM);
	if (box->seen.state == CONTAINER_PAUSED)
		fake_box_pause(box, false, &(struct error *){NULL});
	fake_timer_set(box->world, &box->grace, box->world->now + (uint64_t)timeout * CLOCK_SECOND,
		       on_grace);
	if (timeout > 0 && row)
		send_signal(box, row);
	return 1;
}

int fake_box_kill(struct box *box, const char *signal, struct error **err)
{
	const struct signal_row *row = signal_row(signal && *signal ? signal : "KILL");

	if (!row)
		return error_set(err, ERROR_INVALID, "Invalid signal: %s", signal);
	if (leave_backoff(box))
		return 0;
	if (!fake_box_runs(box))
		return error_set(err, ERROR_CONFLICT,
				 "Cannot kill container: %s: Container %s is not running",
				 box->seen.name, box->seen.id);
	const struct signal_row *stop = box->stop_signal ? signal_row(box->stop_signal) : NULL;
	box->stopped_by_hand = true;
	/* With no stop signal of its own any signal ends the policy's care: dockerd's
	 * killWithSignal. */
	if (row->number == SIGNAL_KILL || !stop || stop == row)
		box->last_run = true;
	fake_event_box(box, EVENT_KILL, "kill", row->number);
	send_signal(box, row);
	return 0;
}

static uint64_t left(struct box *box, struct timer *timer)
{
	bool is_armed = timer->link.next && !list_empty(&timer->link);
	uint64_t ns = is_armed ? timer->due - box->world->now : CLOCK_NEVER;

	fake_timer_stop(box->world, timer);
	return ns;
}

int fake_box_pause(struct box *box, bool pause, struct error **err)
{
	struct fake_world *world = box->world;

	if (box->seen.state == CONTAINER_RESTARTING)
		return error_set(err, ERROR_CONFLICT,
				 "Container %s is restarting, wait until the container is running",
				 box->seen.id);
	if (pause && box->seen.state != CONTAINER_RUNNING)
		return error_set(err, ERROR_CONFLICT, "Container %s is %s", box->seen.id,
				 box->seen.state == CONTAINER_PAUSED ? "already paused"
								     : "not running");
	if (!pause && box->seen.state != CONTAINER_PAUSED)
		return error_set(err, ERROR_CONFLICT, "Container %s is not paused", box->seen.id);
	if (pause) {
		box->exit_left = left(box, &box->exit);
		box->process_left = left(box, &box->process.timer);
		box->seen.state = CONTAINER_PAUSED;
		fake_health_stop(box);
	} else {
		if (box->exit_left != CLOCK_NEVER)
			fake_timer_set(world, &box->exit, world->now + box->exit_left,
				       on_exit_timer);
		if (box->process_left != CLOCK_NEVER)
			fake_timer_set(world, &box->process.timer, world->now + box->process_left,
				       box->process.timer.fire);
		box->seen.state = CONTAINER_RUNNING;
		fake_health_resume(box);
	}
	fake_event_box(box, pause ? EVENT_PAUSE : EVENT_UNPAUSE, pause ? "pause" : "unpause", 0);
	return 0;
}

/* --- the end of a container */

void fake_box_destroy(struct box *box, bool volumes)
{
	struct fake_world *world = box->world;
	ARRAY(char *) anonymous = {0};

	fake_event_box(box, EVENT_DESTROY, "destroy", 0);
	fake_request_wake(box, WAITS_STOP, 0, NULL);
	fake_request_wake(box, WAITS_EXIT, box->seen.exit_code, NULL);
	fake_feed_exited(box);
	LIST_FOR_EACH (struct stream, stream, &box->streams, in_box)
		fake_stream_end(stream, &(struct error *){NULL});
	ARRAY_FOR_EACH (char *, name, &box->anonymous)
		array_push(&anonymous, memory_copy(*name));
	fake_box_free(box);
	ARRAY_FOR_EACH (char *, name, &anonymous) {
		CLEANUP(error_drop) struct error *err = NULL;
		/* One that another container has by volumes_from stays. */
		if (volumes)
			(void)fake_volume_gone(world, *name, &err);
		free(*name);
	}
	array_drop(&anonymous);
}

int fake_box_remove(struct box *box, bool force, bool volumes, struct error **err)
{
	bool is_up = fake_box_runs(box) || box->seen.state == CONTAINER_RESTARTING;

	if (is_up && !force)
		return error_set(err, ERROR_CONFLICT,
				 "You cannot remove a running container %s. Stop the container "
				 "before attempting removal or force remove",
				 box->seen.id);
	if (fake_box_runs(box)) {
		fake_event_box(box, EVENT_KILL, "kill", SIGNAL_KILL);
		run_ended(box, 128 + SIGNAL_KILL);
		fake_request_wake(box, WAITS_EXIT, box->seen.exit_code, NULL);
	}
	leave_backoff(box);
	fake_box_destroy(box, volumes);
	return 0;
}

int fake_box_rename(struct box *box, const char *name, struct error **err)
{
	if (text_same(box->seen.name, name))
		return error_set(err, ERROR_INVALID,
				 "Renaming a container with the same name as its current name");
	int status = fake_box_name_free(box->world, name, box, err);
	if (status)
		return status;
	free(box->seen.name);
	box->seen.name = memory_copy(name);
	fake_event_box(box, EVENT_RENAME, "rename", 0);
	return 0;
}

/* --- what it prints */

void fake_box_print(struct box *box, enum stream_channel channel, const char *bytes, size_t len)
{
	struct line *line = array_add(&box->log);

	line->time = fake_wall(box->world);
	line->channel = box->seen.tty ? STREAM_OUTPUT : channel;
	line->text = memory_copy_n(bytes, len);
	line->len = len;
	if (box->seen.tty && len && bytes[len - 1] == '\n') {
		free(line->text);
		line->text = memory_format("%.*s\r\n", (int)len - 1, bytes);
		line->len = len + 1;
	}
	fake_feed_line(box, line);
}

/* --- the engine itself ends and comes back */

static void boot(struct timer *timer)
{
	struct fake_world *world = container_of(timer, struct fake_world, boot);

	world->down = false;
	world->actor = "engine";
	LIST_FOR_EACH (struct box, box, &world->boxes, link) {
		CLEANUP(error_drop) struct error *err = NULL;
		bool was_up = box->ever_started && box->seen.state == CONTAINER_EXITED;
		if (world->restart != FAKE_RESTART_LIVE && was_up && policy_restarts(box))
			(void)fake_box_start(box, false, &err);
	}
}

static void end_with_engine(struct box *box, bool graceful)
{
	const struct fake_behaviour *behaviour = how(box);

	leave_backoff(box);
	if (!fake_box_runs(box))
		return;
	box->stopping = box->then_start = false;
	bool dies_by_signal = !graceful || behaviour->ignores_stop || box->process.runs;
	if (graceful)
		fake_event_box(box, EVENT_KILL, "kill", SIGNAL_TERM);
	run_ended(box, dies_by_signal ? 128 + SIGNAL_KILL : behaviour->stop_code);
	if (graceful)
		fake_event_box(box, EVENT_STOP, "stop", 0);
}

void fake_engine_restart(struct fake_world *world, enum fake_restart kind, uint64_t downtime)
{
	world->actor = "engine";
	world->restart = kind;
	world->quiet = kind == FAKE_RESTART_CRASH;
	if (kind != FAKE_RESTART_LIVE) {
		LIST_FOR_EACH (struct box, box, &world->boxes, link) {
			bool by_hand = box->stopped_by_hand;
			end_with_engine(box, kind == FAKE_RESTART_GRACEFUL);
			box->stopped_by_hand = by_hand;
		}
	}
	world->quiet = false;
	world->down = true;
	fake_engine_lost(world, "the engine went away");
	fake_event_forget(world);
	fake_timer_set(world, &world->boot, world->now + downtime, boot);
}
