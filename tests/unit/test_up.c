/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include "base/clock.h"
#include "compose/cli/verb.h"
#include "compose/supervise/control.h"
#include "compose/supervise/supervisor.h"
#include "tests/desk.h"
#include "tests/folder.h"

/* One that has to be killed, or it takes a minute. */
static const char yaml[] = "services:\n"
			   "  deaf: {image: deaf, stop_grace_period: 1m}\n";

#define DEAF "shop-deaf-1"

/* A foreground up, and what happens to it: a table of what is done once the engine was asked for
 * something. */
struct scene {
	struct desk desk;
	char *folder, *path;
	const char *files[2];
	struct home_project home;
	uv_timer_t timer;
	const struct act *acts; /* the next; its call is NULL at the end */
	int exit_code;
	struct error *err;
	/* a supervisor in the background */
	struct engine *engine;
	struct supervisor *supervisor;
	struct file_lock *lock;
	bool flag, ended;
};

struct act {
	const char *call; /* it is done once this was asked of the engine */
	void (*act)(struct scene *scene);
};

/* --- what happens to it */

static void interrupt(struct scene *scene)
{
	struct cli *cli = &scene->desk.cli;

	cli->interrupts++;
	cli->interrupted(cli, cli->interrupted_payload);
}

static void answered(enum control_outcome outcome, const cJSON *reply, const struct error *err,
		     void *payload)
{
	(void)reply, (void)err;
	assert_int_equal(outcome, CONTROL_ANSWERED);
	*(bool *)payload = true;
}

static void tell_to_give_up(struct scene *scene)
{
	CLEANUP(json_drop) cJSON *message = cJSON_CreateObject();

	json_set_int(message, "version", CONTROL_VERSION + 1);
	json_set_string(message, "verb", "give-up");
	scene->flag = false;
	control_call(scene->desk.cli.loop, &scene->home, message, NULL, answered, &scene->flag);
}

static void look(uv_timer_t *timer)
{
	struct scene *scene = timer->data;

	if (!scene->acts->call || !fake_calls(scene->desk.world, scene->acts->call))
		return;
	scene->acts->act(scene);
	scene->acts++;
}

/* --- the stage */

static void scene_open(struct scene *scene)
{
	struct fake_options options = {.clock = FAKE_REAL, .id = "engine"};
	struct cli_globals *globals;
	struct error *err = NULL;

	*scene = (struct scene){.folder = folder_new()};
	assert_int_equal(uv_os_setenv("WINCOMPOSE_HOME", scene->folder), 0);
	desk_open(&scene->desk, &options);
	fake_behave(scene->desk.world,
		    &(struct fake_behaviour){.image = "deaf", .ignores_stop = true});
	fake_image_add(scene->desk.world, "deaf");
	scene->path = path_join(scene->folder, "compose.yaml");
	assert_int_equal(file_write(scene->path, yaml, strlen(yaml), false, &err), 0);
	scene->files[0] = scene->path;
	globals = &scene->desk.cli.globals;
	globals->files = (struct flag_strings){scene->files, 2, 2};
	globals->project_name = "shop";
	assert_int_equal(cli_home_project(&scene->desk.cli, "shop", &scene->home, &err), 0);
	assert_int_equal(home_make(&scene->desk.cli.home, &scene->home, &err), 0);
	uv_timer_init(scene->desk.cli.loop, &scene->timer);
	scene->timer.data = scene;
}

static void scene_close(struct scene *scene)
{
	uv_close((uv_handle_t *)&scene->timer, NULL);
	desk_close(&scene->desk);
	uv_os_unsetenv("WINCOMPOSE_HOME");
	home_project_drop(&scene->home);
	error_drop(&scene->err);
	memory_free(&scene->path);
	folder_drop(&scene->folder);
}

/* wincompose up; gives how long it took. */
static uint64_t up(struct scene *scene, const struct act *acts)
{
	const struct verb *verb = verb_find("up");
	CLEANUP(memory_free) void *values = memory_zero(1, verb->values_size + 1);
	uint64_t began = clock_monotonic();
	char *arguments[] = {NULL};

	memcpy(values, verb->defaults, verb->values_size);
	scene->acts = acts;
	uv_timer_start(&scene->timer, look, 1, 1);
	verb->run(&scene->desk.cli, values, arguments, &scene->exit_code, &scene->err);
	uv_timer_stop(&scene->timer);
	assert_null(scene->acts->call);
	return clock_monotonic() - began;
}

static void set_flag(void *payload)
{
	*(bool *)payload = true;
}

static void supervisor_ended(const struct error *err, void *payload)
{
	assert_null(err);
	*(bool *)payload = true;
}

/* One that up -d left behind, with nothing to do yet. */
static void supervise(struct scene *scene)
{
	struct supervisor_options options = {
		.home = &scene->home,
		.project = "shop",
		.foreground = true,
		.ended = supervisor_ended,
		.payload = &scene->ended,
	};
	struct error *err = NULL;

	scene->engine = fake_open(scene->desk.world, scene->desk.cli.loop, NULL);
	options.engine = scene->engine;
	assert_int_equal(file_lock_take(scene->home.lock, &scene->lock, &err), 0);
	assert_int_equal(supervisor_open(scene->desk.cli.loop, &options, &scene->supervisor, &err),
			 0);
}

static void unsupervise(struct scene *scene)
{
	scene->flag = false;
	supervisor_close(scene->supervisor, set_flag, &scene->flag);
	cli_run(&scene->desk.cli, &scene->flag);
	scene->flag = false;
	engine_close(scene->engine, set_flag, &scene->flag);
	cli_run(&scene->desk.cli, &scene->flag);
	file_lock_drop(&scene->lock);
}

static void assert_killed(const struct scene *scene)
{
	const struct container *container = fake_container(scene->desk.world, DEAF);

	assert_null(scene->err);
	assert_int_equal(scene->exit_code, 130);
	assert_int_equal(container->state, CONTAINER_EXITED);
	assert_int_equal(container->exit_code, 137);
}

static bool runs(const struct scene *scene)
{
	const struct container *container = fake_container(scene->desk.world, DEAF);

	return container && container->state == CONTAINER_RUNNING;
}

/* --- */

static const struct act two_interrupts[] = {{"logs", interrupt}, {"stop", interrupt}, {0}};

static void a_second_interrupt_kills_what_does_not_stop(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_true(up(&scene, two_interrupts) < 20 * CLOCK_SECOND);
	assert_killed(&scene);
	scene_close(&scene);
}

static void it_kills_as_well_what_another_process_supervises(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	supervise(&scene);
	assert_true(up(&scene, two_interrupts) < 20 * CLOCK_SECOND);
	assert_killed(&scene);
	assert_true(supervisor_is_idle(scene.supervisor));
	unsupervise(&scene);
	scene_close(&scene);
}

static void interrupt_twice(struct scene *scene)
{
	interrupt(scene);
	interrupt(scene);
}

static void two_interrupts_at_once_are_not_one(void **state)
{
	static const struct act acts[] = {{"logs", interrupt_twice}, {0}};
	struct scene scene;

	(void)state;
	scene_open(&scene);
	supervise(&scene);
	assert_true(up(&scene, acts) < 20 * CLOCK_SECOND);
	assert_killed(&scene);
	assert_int_equal(fake_calls(scene.desk.world, "stop"), 0);
	unsupervise(&scene);
	scene_close(&scene);
}

static void a_second_interrupt_while_things_start_kills_what_has_started(void **state)
{
	static const struct act acts[] = {{"start", interrupt}, {"stop", interrupt}, {0}};
	struct scene scene;

	(void)state;
	scene_open(&scene);
	supervise(&scene);
	fake_latency(scene.desk.world, "start", 100 * CLOCK_MS);
	assert_true(up(&scene, acts) < 20 * CLOCK_SECOND);
	assert_killed(&scene);
	unsupervise(&scene);
	scene_close(&scene);
}

/* The lock is free, and what runs was not touched. */
static void assert_given_up(struct scene *scene)
{
	struct error *err = NULL;

	assert_true(runs(scene));
	assert_int_equal(fake_calls(scene->desk.world, "stop"), 0);
	assert_int_equal(file_lock_take(scene->home.lock, &scene->lock, &err), 0);
	file_lock_drop(&scene->lock);
}

static void told_to_give_up_it_lets_go_of_the_lock_and_ends_well(void **state)
{
	static const struct act acts[] = {{"logs", tell_to_give_up}, {0}};
	struct scene scene;

	(void)state;
	scene_open(&scene);
	up(&scene, acts);
	assert_null(scene.err);
	assert_int_equal(scene.exit_code, 0);
	assert_true(scene.flag);
	assert_given_up(&scene);
	scene_close(&scene);
}

static void told_to_give_up_before_everything_runs_it_says_so(void **state)
{
	static const struct act acts[] = {{"start", tell_to_give_up}, {0}};
	struct scene scene;

	(void)state;
	scene_open(&scene);
	fake_latency(scene.desk.world, "start", 500 * CLOCK_MS);
	up(&scene, acts);
	assert_non_null(scene.err);
	assert_int_equal(scene.err->code, ERROR_CONFLICT);
	assert_given_up(&scene);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_interrupt_kills_what_does_not_stop),
		cmocka_unit_test(it_kills_as_well_what_another_process_supervises),
		cmocka_unit_test(two_interrupts_at_once_are_not_one),
		cmocka_unit_test(a_second_interrupt_while_things_start_kills_what_has_started),
		cmocka_unit_test(told_to_give_up_it_lets_go_of_the_lock_and_ends_well),
		cmocka_unit_test(told_to_give_up_before_everything_runs_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
