/* SPDX-License-Identifier: MIT */
#include "engine/fake/world.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

/* 2026-01-01T00:00:00Z: a virtual world begins there, so that its texts are the same each time. */
#define FIRST_WALL INT64_C(1767225600000000000)
#define FIRST_NOW  (1000 * CLOCK_SECOND)

struct fake_world *fake_world_new(const struct fake_options *options)
{
	struct fake_world *world = memory_zero(1, sizeof(*world));

	if (options)
		world->options = *options;
	world->id = options && options->id ? memory_copy(options->id) : NULL;
	world->os_type = memory_copy(options && options->os_type ? options->os_type : "linux");
	world->os_version = options ? memory_copy(options->os_version) : NULL;
	world->isolation = options ? memory_copy(options->isolation) : NULL;
	if (!world->options.capabilities)
		world->options.capabilities =
			ENGINE_LINUX | ENGINE_PAUSE | ENGINE_BUILD | ENGINE_MULTI_NETWORK |
			ENGINE_START_INTERVAL | ENGINE_HOST_IP | ENGINE_PORT_RANGE |
			ENGINE_FILE_BIND | ENGINE_HEALTHCHECK | ENGINE_LOCAL | ENGINE_ROUTABLE;
	if (!world->options.event_limit)
		world->options.event_limit = 256;
	if (!world->options.chop || world->options.chop > 65536)
		world->options.chop = 65536;
	bool is_real = world->options.clock == FAKE_REAL;
	world->now = is_real ? clock_monotonic() : FIRST_NOW;
	world->wall_offset = (is_real ? clock_wall() : FIRST_WALL) - (int64_t)world->now;
	struct list *lists[] = {&world->timers,     &world->handles, &world->boxes,
				&world->networks,   &world->volumes, &world->images,
				&world->behaviours, &world->faults,  &world->alarms,
				&world->execs,      &world->orphans, &world->boot.link};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		list_init(lists[i]);
	for (size_t i = 0; i < CALL_COUNT; i++)
		world->latency[i] = CLOCK_NEVER;
	world->port = 32767;
	world->actor = "engine";
	if (!world->id)
		world->id = fake_new_id(world);
	fake_store_open(world);
	return world;
}

static void behaviour_drop(struct behaviour *behaviour)
{
	list_unlink(&behaviour->link);
	free((char *)behaviour->how.image);
	free((char *)behaviour->how.service);
	free((char *)behaviour->how.name);
	free((char *)behaviour->how.isolation);
	free((struct fake_run *)behaviour->how.runs);
	free((char *)behaviour->how.health);
	free((char *)behaviour->how.output);
	free((char *)behaviour->how.start_error);
	free(behaviour);
}

static void fault_drop(struct fault *fault)
{
	list_unlink(&fault->link);
	free((char *)fault->fault.call);
	free((char *)fault->fault.subject);
	free((char *)fault->fault.message);
	free(fault);
}

static void journal_drop(struct fake_world *world)
{
	ARRAY_FOR_EACH (struct fake_entry, entry, &world->journal) {
		free((char *)entry->what);
		free((char *)entry->name);
		free((char *)entry->service);
		free((char *)entry->actor);
	}
	array_drop(&world->journal);
}

void fake_world_drop(struct fake_world **at)
{
	struct fake_world *world = steal(at);

	if (!world)
		return;
	assert(list_empty(&world->handles));
	/* Nobody is left to hear of it. */
	LIST_FOR_EACH (struct request, request, &world->orphans, link)
		fake_request_finish(request, &(struct error *){NULL});
	LIST_FOR_EACH (struct box, box, &world->boxes, link)
		fake_box_free(box);
	assert(list_empty(&world->execs));
	LIST_FOR_EACH (struct network_entry, network, &world->networks, link)
		fake_network_drop(network);
	LIST_FOR_EACH (struct volume_entry, volume, &world->volumes, link)
		fake_volume_drop(volume);
	LIST_FOR_EACH (struct image_entry, image, &world->images, link)
		fake_image_drop(image);
	LIST_FOR_EACH (struct behaviour, behaviour, &world->behaviours, link)
		behaviour_drop(behaviour);
	fake_heal(world);
	LIST_FOR_EACH (struct fake_alarm, alarm, &world->alarms, link)
		fake_forget(&(struct fake_alarm *){alarm});
	fake_timer_stop(world, &world->boot);
	assert(list_empty(&world->timers));
	fake_event_forget(world);
	array_drop(&world->replay);
	journal_drop(world);
	text_drop(&world->violations);
	free(world->id);
	free(world->os_type);
	free(world->os_version);
	free(world->isolation);
	free(world);
}

/* --- the clock */

void fake_timer_set(struct fake_world *world, struct timer *timer, uint64_t due,
		    void (*fire)(struct timer *timer))
{
	if (timer->link.next)
		list_unlink(&timer->link);
	else
		list_init(&timer->link);
	timer->due = due < world->now ? world->now : due;
	timer->fire = fire;
	/* Behind all that are due at the same time; most are armed later than what is there. */
	struct list *before = world->timers.prev;
	while (before != &world->timers &&
	       container_of(before, struct timer, link)->due > timer->due)
		before = before->prev;
	list_append(before->next, &timer->link);
	fake_arm(world);
}

void fake_timer_stop(struct fake_world *world, struct timer *timer)
{
	if (!timer->link.next || list_empty(&timer->link))
		return;
	list_unlink(&timer->link);
	fake_arm(world);
}

bool fake_fire(struct fake_world *world, uint64_t horizon)
{
	struct timer *timer = list_first(&world->timers, struct timer, link);

	if (!timer || timer->due > horizon)
		return false;
	if (timer->due > world->now)
		world->now = timer->due;
	world->fired++;
	list_unlink(&timer->link);
	timer->fire(timer);
	fake_arm(world);
	return true;
}

void fake_arm(struct fake_world *world)
{
	LIST_FOR_EACH (struct handle, handle, &world->handles, link)
		fake_handle_arm(handle);
}

uint64_t fake_now(const struct fake_world *world)
{
	return world->now;
}

int64_t fake_wall(const struct fake_world *world)
{
	return world->wall_offset + (int64_t)world->now;
}

uint64_t fake_next(const struct fake_world *world)
{
	struct timer *timer = list_first(&world->timers, struct timer, link);

	return timer ? timer->due : CLOCK_NEVER;
}

/* One turn of each loop that a handle is on. A turn may open and close handles, so the loops are
 * found first. */
static void turn(struct fake_world *world)
{
	ARRAY(uv_loop_t *) loops = {0};

	LIST_FOR_EACH (struct handle, handle, &world->handles, link) {
		bool is_new = true;
		ARRAY_FOR_EACH (uv_loop_t *, loop, &loops) {
			if (*loop == handle->engine.loop)
				is_new = false;
		}
		if (is_new)
			array_push(&loops, handle->engine.loop);
	}
	ARRAY_FOR_EACH (uv_loop_t *, loop, &loops)
		uv_run(*loop, UV_RUN_NOWAIT);
	array_drop(&loops);
}

/* Everything that is due now, and what clients make of it in turns of their own. A loop that nobody
 * holds does not turn (no client waits for anything): then it is done here. */
static void settle(struct fake_world *world)
{
	for (int quiet = 0; quiet < 3; quiet++) {
		uint64_t before = world->fired;
		turn(world);
		if (world->fired == before && !fake_fire(world, world->now))
			continue;
		quiet = -1;
	}
}

void fake_advance(struct fake_world *world, uint64_t ns)
{
	uint64_t target = world->now + ns;

	assert(world->options.clock != FAKE_REAL);
	for (;;) {
		settle(world);
		uint64_t next = fake_next(world);
		if (next > target)
			break;
		world->now = next;
		fake_arm(world);
	}
	world->now = target;
}

static void ring(struct timer *timer)
{
	struct fake_alarm *alarm = container_of(timer, struct fake_alarm, timer);
	void (*call)(void *) = alarm->call;
	void *payload = alarm->payload;

	if (alarm->handle)
		alarm->handle->alarms--;
	list_unlink(&alarm->link);
	free(alarm);
	call(payload);
}

struct fake_alarm *fake_at(struct fake_world *world, uint64_t time, void (*call)(void *payload),
			   void *payload)
{
	struct fake_alarm *alarm = memory_zero(1, sizeof(*alarm));

	alarm->world = world;
	alarm->call = call;
	alarm->payload = payload;
	list_append(&world->alarms, &alarm->link);
	fake_timer_set(world, &alarm->timer, time, ring);
	return alarm;
}

void fake_forget(struct fake_alarm **at)
{
	struct fake_alarm *alarm = steal(at);

	if (!alarm)
		return;
	fake_timer_stop(alarm->world, &alarm->timer);
	if (alarm->handle)
		alarm->handle->alarms--;
	list_unlink(&alarm->link);
	free(alarm);
}

/* --- identities and the journal */

char *fake_new_id(struct fake_world *world)
{
	char seed[32];
	char hex[DIGEST_HEX];

	snprintf(seed, sizeof(seed), "%" PRIu64, ++world->ids);
	digest_hex(seed, strlen(seed), hex);
	return memory_copy(hex);
}

void fake_note(struct fake_world *world, const char *what, const char *name, const char *service)
{
	struct fake_entry *entry = array_add(&world->journal);

	entry->time = world->now;
	entry->what = memory_copy(what);
	entry->name = memory_copy(name);
	entry->service = memory_copy(service);
	entry->actor = memory_copy(world->actor);
}

size_t fake_journal(const struct fake_world *world, const struct fake_entry **entries)
{
	*entries = world->journal.items;
	return world->journal.len;
}

static bool is_entry(const struct fake_entry *entry, const char *what, const char *name)
{
	return (!what || text_same(entry->what, what)) && (!name || text_same(entry->name, name));
}

size_t fake_happened(const struct fake_world *world, const char *what, const char *name)
{
	size_t count = 0;

	ARRAY_FOR_EACH (struct fake_entry, entry, &world->journal)
		count += is_entry(entry, what, name);
	return count;
}

size_t fake_when(const struct fake_world *world, const char *what, const char *name)
{
	ARRAY_FOR_EACH (struct fake_entry, entry, &world->journal) {
		if (is_entry(entry, what, name))
			return (size_t)(entry - world->journal.items);
	}
	return SIZE_MAX;
}

const char *fake_violations(const struct fake_world *world)
{
	return text_string(&world->violations);
}

static const char *label(const struct box *box, const char *name)
{
	const char *value = labels_get(&box->seen.labels, name);

	return value ? value : "";
}

/* Nothing waits for what the user stopped. */
static bool user_stopped(const struct box *box)
{
	const struct fake_world *world = box->world;

	if (fake_box_runs(box))
		return false;
	for (size_t i = world->journal.len; i > 0; i--) {
		const struct fake_entry *entry = &world->journal.items[i - 1];

		if (is_entry(entry, "kill", box->seen.name))
			return text_same(entry->actor, "user");
	}
	return false;
}

static bool has_waited(const struct box *box, const char *service, const char *condition)
{
	bool done = false;

	LIST_FOR_EACH (struct box, other, &box->world->boxes, link) {
		if (!text_same(label(other, "com.docker.compose.project"),
			       label(box, "com.docker.compose.project")) ||
		    !text_same(label(other, "com.docker.compose.service"), service))
			continue;
		if (text_same(condition, "service_healthy"))
			done |= other->ever_healthy;
		else if (text_same(condition, "service_completed_successfully"))
			done |= other->ever_completed;
		else
			done |= other->ever_started;
		done = done || user_stopped(other);
	}
	return done;
}

/* The label is service:condition:required, separated by commas. */
static void check_dependencies(struct box *box)
{
	char *list = memory_copy(label(box, "com.docker.compose.depends_on"));

	for (char *item = list, *rest; item && *item; item = rest) {
		rest = strchr(item, ',');
		if (rest)
			*rest++ = '\0';
		char *condition = strchr(item, ':');
		if (!condition)
			continue;
		*condition++ = '\0';
		char *more = strchr(condition, ':');
		if (more)
			*more = '\0';
		if (!has_waited(box, item, condition))
			text_printf(&box->world->violations,
				    "%s started %s before its dependency %s was %s\n",
				    box->world->actor, box->seen.name, item, condition);
	}
	free(list);
}

void fake_check_start(struct box *box)
{
	const char *project = label(box, "com.docker.compose.project");
	const char *service = label(box, "com.docker.compose.service");

	if (!*service)
		return;
	LIST_FOR_EACH (struct box, other, &box->world->boxes, link) {
		if (other == box || !fake_box_runs(other) ||
		    text_same(label(other, "com.docker.compose.oneoff"), "True") ||
		    text_same(label(box, "com.docker.compose.oneoff"), "True"))
			continue;
		if (text_same(label(other, "com.docker.compose.project"), project) &&
		    text_same(label(other, "com.docker.compose.service"), service) &&
		    text_same(label(other, "com.docker.compose.container-number"),
			      label(box, "com.docker.compose.container-number")))
			text_printf(&box->world->violations,
				    "%s and %s run at once: both are number %s of %s\n",
				    other->seen.name, box->seen.name,
				    label(box, "com.docker.compose.container-number"), service);
	}
	if (text_starts(box->world->actor, "client"))
		check_dependencies(box);
}

/* --- behaviour */

void fake_behave(struct fake_world *world, const struct fake_behaviour *how)
{
	struct behaviour *behaviour = memory_zero(1, sizeof(*behaviour));

	behaviour->how = *how;
	behaviour->how.image = how->image ? fake_reference(how->image) : NULL;
	behaviour->how.service = memory_copy(how->service);
	behaviour->how.name = memory_copy(how->name);
	behaviour->how.isolation = memory_copy(how->isolation);
	behaviour->how.health = memory_copy(how->health);
	behaviour->how.output = memory_copy(how->output);
	behaviour->how.start_error = memory_copy(how->start_error);
	behaviour->how.runs = NULL;
	if (how->run_count) {
		struct fake_run *runs = memory_zero(how->run_count, sizeof(*runs));
		memcpy(runs, how->runs, how->run_count * sizeof(*runs));
		behaviour->how.runs = runs;
	}
	list_append(&world->behaviours, &behaviour->link);
}

static struct box *there(struct fake_world *world, const char *container)
{
	struct box *box = fake_box_find(world, container);

	assert(box);
	return box;
}

void fake_exit(struct fake_world *world, const char *container, int code)
{
	struct box *box = there(world, container);

	assert(fake_box_runs(box));
	world->actor = "self";
	fake_box_exit(box, code);
}

void fake_health(struct fake_world *world, const char *container, const char *checks)
{
	struct box *box = there(world, container);

	free(box->health.script);
	box->health.script = memory_copy(checks);
	box->health.check = 0;
}

void fake_print(struct fake_world *world, const char *container, enum stream_channel channel,
		const char *line)
{
	char *whole = memory_format("%s\n", line);

	fake_box_print(there(world, container), channel, whole, strlen(whole));
	free(whole);
}

/* --- faults */

void fake_fail(struct fake_world *world, const struct fake_fault *made)
{
	struct fault *fault = memory_zero(1, sizeof(*fault));

	fault->fault = *made;
	fault->fault.call = memory_copy(made->call);
	fault->fault.subject = memory_copy(made->subject);
	fault->fault.message = memory_copy(made->message);
	if (!fault->fault.nth)
		fault->fault.nth = 1;
	if (!fault->fault.count)
		fault->fault.count = 1;
	list_append(&world->faults, &fault->link);
}

void fake_heal(struct fake_world *world)
{
	LIST_FOR_EACH (struct fault, fault, &world->faults, link)
		fault_drop(fault);
}

unsigned fake_failed(const struct fake_world *world)
{
	return world->failed;
}

unsigned fake_requests(const struct fake_world *world)
{
	return world->requests;
}

unsigned fake_mutations(const struct fake_world *world)
{
	return world->mutations;
}

unsigned fake_calls(const struct fake_world *world, const char *call)
{
	int number = fake_call_named(call);

	assert(number >= 0);
	return world->calls[number];
}

void fake_latency(struct fake_world *world, const char *call, uint64_t ns)
{
	int number = fake_call_named(call);

	assert(number >= 0);
	world->latency[number] = ns;
}

void fake_on_request(struct fake_world *world,
		     void (*hook)(const struct fake_request *request, enum fake_moment moment,
				  void *payload),
		     void *payload)
{
	world->hook = hook;
	world->hook_payload = payload;
}

void fake_drop_events(struct fake_world *world, bool drop)
{
	world->dropping = drop;
}
