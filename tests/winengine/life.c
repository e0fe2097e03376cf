/* SPDX-License-Identifier: MIT */
#include "tests/winengine/life.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/winengine/container.h"
#include "tests/winengine/delay.h"
#include "tests/winengine/exec.h"
#include "tests/winengine/mount.h"
#include "tests/winengine/process.h"
#include "tests/winengine/refuse.h"

static const int64_t DIED_OF_CONTROL = 0xC000013A; /* windows.md 1.5 */

enum {
	STOP_TIMEOUT = 30, /* s, windows.md 1.3 */
	FIRST_WAIT = 100,  /* ms before a policy's first restart; doubled each time */
	LAST_WAIT = 60000,
	LONG_RUN = 10, /* s after which the waits begin anew */
	SIGNAL_KILL = 9,
	SIGNAL_TERM = 15,
	STATUS_STARTED = 204,
	STATUS_NOTHING = 304,
};

/* Who waits for the end of a run, and for what then. */
enum purpose { TO_STOP, TO_RESTART, TO_KILL, TO_REMOVE, TO_KNOW, TO_SEE_GONE };

struct waiter {
	struct list link;
	struct call *call; /* NULL: gone */
	enum purpose purpose;
};

static int run(struct container *container, struct error **err);
static void settle(struct container *container);

static void client_gone(struct call *call)
{
	((struct waiter *)call->payload)->call = NULL;
}

static void wait_with(struct container *container, struct call *call, enum purpose purpose)
{
	struct waiter *waiter = memory_zero(1, sizeof(*waiter));

	waiter->call = call;
	waiter->purpose = purpose;
	if (call) {
		call->payload = waiter;
		call->gone = client_gone;
	}
	list_append(&container->waits, &waiter->link);
}

static struct call *waiter_end(struct waiter *waiter)
{
	struct call *call = waiter->call;

	list_unlink(&waiter->link);
	free(waiter);
	return call;
}

static void fail(struct call *call, const struct error *err)
{
	/* A program that is not there is the request's fault: moby's translation of it. */
	bool theirs = err->code == ERROR_NOT_FOUND || err->code == ERROR_INVALID;

	call_error(call, theirs ? 400 : 500, "%s", err->message);
}

/* --- the end */

static void say_code(struct call *call, int64_t exit_code)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "StatusCode", (double)exit_code);
	call_line(call, json);
	call_end(call);
}

static void destroy(struct container *container)
{
	int64_t code = container->exit_code;
	struct list waits;

	container_tell(container, "destroy", NULL, NULL);
	list_init(&waits);
	LIST_FOR_EACH (struct waiter, waiter, &container->waits, link) {
		list_unlink(&waiter->link);
		list_append(&waits, &waiter->link);
	}
	container_drop(container);
	/* All are about what is gone now. */
	LIST_FOR_EACH (struct waiter, waiter, &waits, link) {
		bool known = waiter->purpose == TO_SEE_GONE || waiter->purpose == TO_KNOW;
		struct call *call = waiter_end(waiter);

		if (call && known)
			say_code(call, code);
		else if (call)
			call_empty(call, 204);
	}
}

static bool wanted_again(const struct container *container)
{
	const cJSON *policy = json_get(container->host, "RestartPolicy");
	const char *name = json_string(policy, "Name");
	int64_t max = json_int(policy, "MaximumRetryCount", 0);

	if (container->stopped || container->removing || !name)
		return false;
	if (text_same(name, "on-failure"))
		return container->exit_code != 0 && (!max || container->restarts < max);
	return text_same(name, "always") || text_same(name, "unless-stopped");
}

static void run_again(void *payload)
{
	struct container *container = payload;
	CLEANUP(error_drop) struct error *err = NULL;

	container->restarts++;
	if (run(container, &err) < 0) {
		container->state = STATE_EXITED;
		settle(container);
	}
}

static void start_by_policy(struct container *container)
{
	bool long_run = container->finished - container->started > LONG_RUN * (int64_t)CLOCK_SECOND;

	if (long_run || !container->wait_ms)
		container->wait_ms = FIRST_WAIT;
	else if (container->wait_ms < LAST_WAIT)
		container->wait_ms *= 2;
	container->state = STATE_RESTARTING;
	delay_start(&container->patience, container->world->loop, container->wait_ms, run_again,
		    container);
}

/* The run is over, and no policy goes on with it: answers who waited. */
static void settle(struct container *container)
{
	CLEANUP(error_drop) struct error *err = NULL;
	bool restart = false;

	LIST_FOR_EACH (struct waiter, waiter, &container->waits, link)
		restart = restart || waiter->purpose == TO_RESTART;
	/* One that is to be started again is started once, for all who asked. */
	if (restart && !container->removing)
		run(container, &err);
	if (restart && !err)
		container_tell(container, "restart", NULL, NULL);
	if (container->removing || json_bool(container->host, "AutoRemove")) {
		destroy(container);
		return;
	}
	int64_t code = container->exit_code;
	struct list waits;

	/* An answered call may bring the client's next one at once. */
	list_init(&waits);
	LIST_FOR_EACH (struct waiter, waiter, &container->waits, link)
		if (waiter->purpose != TO_SEE_GONE) {
			list_unlink(&waiter->link);
			list_append(&waits, &waiter->link);
		}
	LIST_FOR_EACH (struct waiter, waiter, &waits, link) {
		enum purpose purpose = waiter->purpose;
		struct call *call = waiter_end(waiter);

		if (!call)
			continue;
		if (purpose == TO_KNOW)
			say_code(call, code);
		else if (purpose == TO_RESTART && err)
			fail(call, err);
		else
			call_empty(call, 204);
	}
}

static void ended(int64_t code, void *payload)
{
	struct container *container = payload;
	CLEANUP(memory_free) char *number = NULL;
	bool asked = false;

	container->process = NULL;
	container->state = STATE_EXITED;
	container->exit_code = container->cut ? DIED_OF_CONTROL : code;
	container->cut = false;
	number = memory_format("%lld", (long long)container->exit_code);
	container->finished = clock_wall();
	delay_cancel(&container->patience);
	health_stop(&container->health);
	exec_end_all(container);
	nat_detach(container);
	scroll_end(&container->scroll);
	container_tell(container, "die", "exitCode", number);
	LIST_FOR_EACH (struct waiter, waiter, &container->waits, link)
		asked = asked || waiter->purpose == TO_STOP || waiter->purpose == TO_RESTART;
	if (asked)
		container_tell(container, "stop", NULL, NULL);
	/* moby answers who waits only when no policy goes on. */
	if (wanted_again(container))
		start_by_policy(container);
	else
		settle(container);
}

/* --- the start */

static int hcs_error(struct container *container, const char *during, unsigned long code,
		     struct error **err)
{
	return error_set(err, code == 0x2 ? ERROR_NOT_FOUND : ERROR_SYSTEM,
			 "container %s encountered an error during %s: failure in a Windows system "
			 "call: %s (0x%lx)",
			 container->id, during, host_words(code), code);
}

static void output(int channel, const char *bytes, size_t len, void *payload)
{
	struct container *container = payload;

	scroll_add(&container->scroll, channel, bytes, len);
}

/* Entrypoint, then Cmd, in its WorkingDir. */
static int start_process(struct container *container, struct error **err)
{
	const char *keys[] = {"Entrypoint", "Cmd"}, *work;
	CLEANUP(json_drop) cJSON *list = cJSON_CreateArray();
	CLEANUP(memory_free_vector) char **env = container_env(container);
	CLEANUP(memory_free) char *folder = NULL;
	const cJSON *item;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		cJSON_ArrayForEach (item, json_get(container->config, keys[i]))
			cJSON_AddItemToArray(list, cJSON_Duplicate(item, true));
	CLEANUP(memory_free_vector) char **arguments = json_vector(list);

	work = json_string(container->config, "WorkingDir");
	folder = container_path(container, work ? work : "");
	if (file_make_folder(folder, err) < 0)
		return (*err)->code;
	struct process_options options = {
		.world = container->world,
		.arguments = (const char *const *)arguments,
		.folder = folder,
		.env = (const char *const *)env,
		.input = json_bool(container->config, "OpenStdin"),
		.output = output,
		.exited = ended,
		.payload = container,
	};

	if (process_start(&options, &container->process, err) == 0)
		return 0;
	error_drop(err);
	return hcs_error(container, "hcsshim::System::CreateProcess", 0x2, err);
}

static int refused_by_host(struct container *container, struct error **err)
{
	struct world *world = container->world;
	const char *during = "CreateContainer";
	unsigned long code = world_fault(world, "start");

	if (!code)
		code = host_runs(&world->host, container->image->os_version,
				 container_is_hyperv(container), &during);
	return code ? hcs_error(container, during, code, err) : 0;
}

/* What is typed before the start reaches the process. */
static void give_input(struct container *container)
{
	process_write(container->process, container->early.data, container->early.len);
	text_clear(&container->early);
	if (container->early_end)
		process_end_input(container->process);
	container->early_end = false;
}

static int run(struct container *container, struct error **err)
{
	int code = refuse_start(container, err);

	if (code == 0)
		code = refused_by_host(container, err);
	if (code == 0)
		code = nat_attach(container, err);
	if (code == 0 && (code = start_process(container, err)) < 0)
		nat_detach(container);
	free(steal(&container->error));
	if (code < 0) {
		/* moby's: 127 for a program that is not there, else 128. */
		container->exit_code = code == ERROR_NOT_FOUND ? 127 : 128;
		container->error = memory_copy((*err)->message);
		return code;
	}
	container->state = STATE_RUNNING;
	container->stopped = false;
	container->exit_code = 0;
	container->started = clock_wall();
	health_start(container);
	container_tell(container, "start", NULL, NULL);
	if (json_bool(container->config, "OpenStdin"))
		give_input(container);
	return 0;
}

void life_start(struct call *call)
{
	struct container *container = container_named(call);
	CLEANUP(error_drop) struct error *err = NULL;

	if (!container)
		return;
	if (container->process) {
		call_empty(call, STATUS_NOTHING);
		return;
	}
	delay_cancel(&container->patience);
	container->restarts = 0;
	container->wait_ms = 0;
	if (run(container, &err) < 0)
		fail(call, err);
	else
		call_empty(call, STATUS_STARTED);
}

/* --- stops */

static void impatient(void *payload)
{
	struct container *container = payload;

	process_terminate(container->process);
}

/* windows.md 1.5: whatever -t says. */
static void cut_short(void *payload)
{
	struct container *container = payload;

	container->cut = true;
	process_terminate(container->process);
}

static int64_t signal_number(const char *name, int64_t fallback)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = {{"HUP", 1},   {"INT", 2},   {"QUIT", 3},          {"KILL", SIGNAL_KILL},
		       {"USR1", 10}, {"USR2", 12}, {"TERM", SIGNAL_TERM}};

	if (!name || !*name)
		return fallback;
	if (isdigit((unsigned char)*name))
		return strtoll(name, NULL, 10);
	if (text_starts(name, "SIG"))
		name += 3;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (text_same_nocase(name, signals[i].name))
			return signals[i].number;
	return -1;
}

/* Every signal but KILL is a shutdown: windows.md 1.5. */
static void send_signal(struct container *container, int64_t signal)
{
	CLEANUP(memory_free) char *number = memory_format("%lld", (long long)signal);

	container->stopped = true;
	container->state = STATE_RUNNING; /* where it was paused */
	container_tell(container, "kill", "signal", number);
	if (signal == SIGNAL_KILL)
		process_terminate(container->process);
	else
		process_shut(container->process);
}

static int64_t stop_signal(const struct container *container)
{
	return signal_number(json_string(container->config, "StopSignal"), SIGNAL_TERM);
}

/* In the guest, WaitToKillServiceTimeout cuts short what -t allows: windows.md 1.5. */
static void begin_stop(struct container *container, const struct call *call)
{
	int64_t timeout = json_int(container->config, "StopTimeout", STOP_TIMEOUT);
	int64_t patience = call_number(call, "t", timeout) * 1000;
	int64_t cut = container->image->wait_to_kill;

	send_signal(container, signal_number(call_query(call, "signal"), stop_signal(container)));
	bool own = patience >= 0 && patience < cut;

	delay_start(&container->patience, container->world->loop, (uint64_t)(own ? patience : cut),
		    own ? impatient : cut_short, container);
}

static void stop_or_restart(struct call *call, enum purpose purpose)
{
	struct container *container = container_named(call);
	CLEANUP(error_drop) struct error *err = NULL;

	if (!container)
		return;
	if (container->process) {
		wait_with(container, call, purpose);
		begin_stop(container, call);
		return;
	}
	delay_cancel(&container->patience);
	if (container->state == STATE_RESTARTING)
		container->state = STATE_EXITED;
	else if (purpose == TO_STOP) {
		call_empty(call, STATUS_NOTHING);
		return;
	}
	container->stopped = true;
	if (purpose == TO_RESTART && run(container, &err) < 0) {
		fail(call, err);
		return;
	}
	container_tell(container, purpose == TO_RESTART ? "restart" : "stop", NULL, NULL);
	call_empty(call, 204);
}

void life_stop(struct call *call)
{
	stop_or_restart(call, TO_STOP);
}

void life_restart(struct call *call)
{
	stop_or_restart(call, TO_RESTART);
}

static bool is_running(struct container *container, struct call *call)
{
	if (container->process)
		return true;
	call_error(call, 409, "container %s is not running", container->id);
	return false;
}

void life_kill(struct call *call)
{
	struct container *container = container_named(call);
	int64_t signal = signal_number(call_query(call, "signal"), SIGNAL_KILL);

	if (!container || !is_running(container, call))
		return;
	if (signal < 0) {
		call_error(call, 400, "invalid signal: %s", call_query(call, "signal"));
		return;
	}
	/* KILL is answered when it is dead; another when it is sent. */
	if (signal == SIGNAL_KILL) {
		wait_with(container, call, TO_KILL);
		send_signal(container, signal);
	} else {
		send_signal(container, signal);
		call_empty(call, 204);
	}
}

/* windows.md 1.5: Hyper-V alone can. Here it is a word only: the process runs on. */
static void set_paused(struct call *call, bool paused)
{
	struct container *container = container_named(call);

	if (!container || !is_running(container, call))
		return;
	if (!container_is_hyperv(container)) {
		call_error(call, 500, "not implemented for containers using process isolation");
		return;
	}
	if ((container->state == STATE_PAUSED) == paused) {
		call_error(call, 409, "Container %s is %s paused", container->id,
			   paused ? "already" : "not");
		return;
	}
	container->state = paused ? STATE_PAUSED : STATE_RUNNING;
	container_tell(container, paused ? "pause" : "unpause", NULL, NULL);
	call_empty(call, 204);
}

void life_pause(struct call *call)
{
	set_paused(call, true);
}

void life_unpause(struct call *call)
{
	set_paused(call, false);
}

/* --- waiting and removing */

void life_wait(struct call *call)
{
	struct container *container = container_named(call);
	const char *condition = call_query(call, "condition");

	if (!container)
		return;
	call_begin(call, "application/json");
	if (text_same(condition, "removed"))
		wait_with(container, call, TO_SEE_GONE);
	else if (container->process || text_same(condition, "next-exit"))
		wait_with(container, call, TO_KNOW);
	else
		say_code(call, container->exit_code);
}

void life_remove(struct call *call)
{
	struct container *container = container_named(call);

	if (!container)
		return;
	if (container->removing) {
		call_error(call, 409, "removal of container %s is already in progress",
			   container->id);
		return;
	}
	if (container->process && !call_flag(call, "force")) {
		call_error(call, 409,
			   "cannot remove container \"/%s\": container is running: stop the "
			   "container before removing or force remove",
			   container->name);
		return;
	}
	container->removing = true;
	container->drop_volumes = call_flag(call, "v");
	if (container->process) {
		wait_with(container, call, TO_REMOVE);
		send_signal(container, SIGNAL_KILL);
	} else {
		destroy(container);
		call_empty(call, 204);
	}
}

void life_end_all(struct world *world)
{
	LIST_FOR_EACH (struct container, container, &world->containers, link) {
		container->stopped = true;
		delay_cancel(&container->patience);
		health_stop(&container->health);
		exec_end_all(container);
		if (container->process)
			process_terminate(container->process);
	}
}
