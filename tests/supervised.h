/* SPDX-License-Identifier: MIT */
/* supervised -- a supervisor on the fake engine with a virtual clock, for tests (cmocka through
 * tests/test.h stands before it)
 *
 *	struct supervised it;
 *	supervised_begin(&it, yaml);		a world, a home, and a supervisor in the foreground
 *	supervised_up(&it);			an up, until it is done
 *	fake_advance(it.world, CLOCK_SECOND);
 *	supervised_end(&it);
 */
#pragma once

#include "base/clock.h"
#include "compose/supervise/control.h"
#include "compose/supervise/operate.h"
#include "compose/supervise/record.h"
#include "compose/supervise/supervisor.h"
#include "engine/fake/fake.h"
#include "tests/loop.h"
#include "tests/stack.h"

/* Checks are each second, and one that fails is enough. */
#define SUPERVISED_CHECK "    healthcheck: {test: ['CMD', 'ping'], interval: 1s, retries: 1}\n"

/* A project of five containers. */
#define SUPERVISED_SHOP                                                                            \
	"services:\n"                                                                              \
	"  web:\n"                                                                                 \
	"    image: web\n"                                                                         \
	"    depends_on: [api]\n" SUPERVISED_CHECK "  api:\n"                                      \
	"    image: api\n"                                                                         \
	"    depends_on:\n"                                                                        \
	"      store: {condition: service_healthy, restart: true}\n"                               \
	"  worker:\n"                                                                              \
	"    image: worker\n"                                                                      \
	"    scale: 2\n"                                                                           \
	"  store:\n"                                                                               \
	"    image: store\n" SUPERVISED_CHECK

struct supervised {
	char *folder;
	struct home home;
	struct home_project paths;
	struct file_lock *lock;
	uv_loop_t loop;
	struct fake_world *world;
	struct engine *engine;
	struct supervisor *supervisor;
	struct project *project;
	struct progress_sink sink;
	struct text said; /* by the loop, a line each */
	bool ended;
	bool background; /* of the next supervisor */
};

/* What something that completes once came to. */
struct outcome {
	bool done;
	int code; /* of the error, or 0 */
	char message[512];
};

static inline void supervised_finished(const struct error *err, void *payload)
{
	struct outcome *outcome = payload;

	assert_false(outcome->done);
	outcome->done = true;
	outcome->code = err ? (int)err->code : 0;
	snprintf(outcome->message, sizeof(outcome->message), "%s", err ? err->message : "");
}

/* With the last of what happened and of what was said. */
static inline void supervised_fail(const struct supervised *it, const char *why)
{
	const char *said = it->said.data ? it->said.data : "";
	const struct fake_entry *entries;
	size_t count = fake_journal(it->world, &entries);

	for (size_t i = count > 30 ? count - 30 : 0; i < count; i++)
		fprintf(stderr, "%.3f %s %s by %s\n", (double)entries[i].time / CLOCK_SECOND,
			entries[i].what, entries[i].name, entries[i].actor);
	fprintf(stderr, "%s\n", strlen(said) > 800 ? said + strlen(said) - 800 : said);
	fail_msg("%s", why);
}

static inline void supervised_closed(void *payload)
{
	*(bool *)payload = true;
}

static inline void supervised_ended(const struct error *err, void *payload)
{
	struct supervised *it = payload;

	(void)err;
	it->ended = true;
}

static inline void supervised_tell(const struct progress *progress, void *payload)
{
	struct supervised *it = payload;

	text_printf(&it->said, "%s %s %s\n", progress->id, progress->text,
		    progress->details ? progress->details : "");
}

static inline void supervised_warn(const char *sentence, void *payload)
{
	struct supervised *it = payload;

	text_printf(&it->said, "%s\n", sentence);
}

static inline bool supervised_has_said(const struct supervised *it, const char *text)
{
	return it->said.data && strstr(it->said.data, text);
}

/* Until it is so, in small steps of virtual time. */
static inline void supervised_until(struct supervised *it, const bool *flag)
{
	uint64_t until = clock_monotonic() + 60 * CLOCK_SECOND;

	while (!*flag) {
		uv_run(&it->loop, UV_RUN_NOWAIT);
		fake_advance(it->world, 10 * CLOCK_MS);
		if (clock_monotonic() > until)
			supervised_fail(it, "it does not end");
	}
}

static inline void supervised_open(struct supervised *it)
{
	CLEANUP(error_drop) struct error *err = NULL;

	it->engine = fake_open(it->world, &it->loop, NULL);
	it->sink = (struct progress_sink){supervised_tell, supervised_warn, it};
	struct supervisor_options options = {
		.engine = it->engine,
		.home = &it->paths,
		.project = "shop",
		.progress = &it->sink,
		.foreground = !it->background,
		.ended = supervised_ended,
		.payload = it,
	};
	it->ended = false;
	if (supervisor_open(&it->loop, &options, &it->supervisor, &err) < 0)
		fail_msg("%s", err->message);
	fake_advance(it->world, CLOCK_MS);
}

static inline void supervised_close_engine(struct supervised *it, struct engine *engine)
{
	bool closed = false;

	engine_close(engine, supervised_closed, &closed);
	supervised_until(it, &closed);
}

static inline void supervised_close(struct supervised *it)
{
	bool closed = false;

	supervisor_close(it->supervisor, supervised_closed, &closed);
	supervised_until(it, &closed);
	supervised_close_engine(it, it->engine);
}

static inline void supervised_begin(struct supervised *it, const char *yaml)
{
	static const char *const images[] = {"web", "api", "worker", "store", "migrate"};
	CLEANUP(error_drop) struct error *err = NULL;
	bool background = it->background;

	*it = (struct supervised){.background = background};
	it->folder = folder_new();
	it->home.data = path_join(it->folder, "data");
	it->home.runtime = path_join(it->folder, "run");
	assert_int_equal(home_project(&it->home, "engine", "shop", &it->paths, &err), 0);
	assert_int_equal(home_make(&it->home, &it->paths, &err), 0);
	assert_int_equal(file_lock_take(it->paths.lock, &it->lock, &err), 0);
	assert_int_equal(uv_loop_init(&it->loop), 0);
	it->world = fake_world_new(&(struct fake_options){.clock = FAKE_VIRTUAL});
	for (size_t i = 0; i < ARRAY_LEN(images); i++)
		fake_image_add(it->world, images[i]);
	it->project = stack_load(yaml);
	supervised_open(it);
}

static inline void supervised_end(struct supervised *it)
{
	supervised_close(it);
	for (int i = 0; i < 8; i++)
		uv_run(&it->loop, UV_RUN_NOWAIT);
	if (*fake_violations(it->world))
		supervised_fail(it, fake_violations(it->world));
	fake_world_drop(&it->world);
	loop_assert_clean(&it->loop);
	project_drop(&it->project);
	file_lock_drop(&it->lock);
	home_project_drop(&it->paths);
	home_drop(&it->home);
	text_drop(&it->said);
	folder_drop(&it->folder);
}

static inline struct operation supervised_operation(struct project *project, enum plan_goal goal)
{
	return (struct operation){
		.project = project,
		.plan = {.goal = goal, .timeout = -1, .supervised = true},
		.keep = goal == PLAN_UP,
	};
}

static inline int supervised_do(struct supervised *it, const struct operation *operation)
{
	struct outcome outcome = {0};

	supervisor_operate(it->supervisor, operation, &it->sink, supervised_finished, &outcome);
	supervised_until(it, &outcome.done);
	return outcome.code;
}

static inline void supervised_up(struct supervised *it)
{
	struct operation operation = supervised_operation(it->project, PLAN_UP);

	if (supervised_do(it, &operation) != 0)
		supervised_fail(it, "up");
	fake_advance(it->world, CLOCK_SECOND);
}

static inline bool supervised_runs(const struct supervised *it, const char *name)
{
	const struct container *container = fake_container(it->world, name);

	return container && container->state == CONTAINER_RUNNING;
}

/* All of SUPERVISED_SHOP, and nothing else. */
static inline bool supervised_shop_runs(const struct supervised *it)
{
	return supervised_runs(it, "shop-web-1") && supervised_runs(it, "shop-api-1") &&
	       supervised_runs(it, "shop-store-1") && supervised_runs(it, "shop-worker-1") &&
	       supervised_runs(it, "shop-worker-2") && fake_containers(it->world) == 5;
}

/* When it happened for the nth time (from 1), by the world's clock; fails where it did not. */
static inline uint64_t supervised_when(const struct supervised *it, const char *what,
				       const char *name, unsigned nth)
{
	const struct fake_entry *entries;
	size_t count = fake_journal(it->world, &entries);

	for (size_t i = 0; i < count; i++) {
		if (text_same(entries[i].what, what) && text_same(entries[i].name, name) &&
		    --nth == 0)
			return entries[i].time;
	}
	fail_msg("%s of %s did not happen so often; said:\n%s", what, name, text_string(&it->said));
	return 0;
}
