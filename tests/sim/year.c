/* SPDX-License-Identifier: MIT */
/* year -- a project of 20 services, supervised for DAYS (default 1) of virtual time, with faults of
 * every kind from a seed (SEED; printed)
 *
 * Each hour begins with ten minutes of trouble. Then the trouble ends, an up says what should be
 * once more, and after another ten minutes everything that is wanted must run and nothing more may
 * be changed until the hour is over. At all times: never two containers for one service and number,
 * never a start of ours before what it depends on was well; and where nothing but illness happens,
 * each restart comes exactly after its back-off.
 */
#include "tests/test.h"

#include <stdlib.h>

#include "tests/supervised.h"

#define SERVICES 20
#define MINUTE   (60 * CLOCK_SECOND)

struct year {
	struct supervised it;
	uint64_t random;
	unsigned replicas; /* of the last service */
	size_t checked;    /* entries of the journal whose back-off was looked at */
	unsigned faults, restarts;
};

static uint64_t pick(struct year *year, uint64_t below)
{
	year->random ^= year->random << 13;
	year->random ^= year->random >> 7;
	year->random ^= year->random << 17;
	return year->random % below;
}

/* Every fifth is a store; the four after it wait for its health, and restart with it by turns. */
static char *make_yaml(void)
{
	struct text yaml = {0};

	text_add(&yaml, "services:\n");
	for (unsigned i = 0; i < SERVICES; i++) {
		text_printf(&yaml,
			    "  s%u:\n    image: web\n    restart: %s\n"
			    "    healthcheck: {test: ['CMD', 'ping'], interval: 30s, retries: 1, "
			    "start_interval: 5s, start_period: 10s}\n",
			    i, i % 3 ? "unless-stopped" : "on-failure");
		if (i % 5)
			text_printf(&yaml,
				    "    depends_on: {s%u: {condition: service_healthy, restart: "
				    "%s}}\n",
				    i - i % 5, i % 2 ? "true" : "false");
	}
	return text_steal(&yaml);
}

static char *container(struct year *year)
{
	return memory_format("shop-s%u-1", (unsigned)pick(year, SERVICES));
}

/* --- the kinds of trouble */

static void be_ill(struct year *year)
{
	CLEANUP(memory_free) char *name = container(year);
	static const char *const checks[] = {"-+", "--+", "-----+", "-", "+-+-+-+"};

	if (fake_container(year->it.world, name))
		fake_health(year->it.world, name, checks[pick(year, ARRAY_LEN(checks))]);
}

static void be_stopped(struct year *year)
{
	CLEANUP(memory_free) char *name = container(year);

	(void)fake_client_stop(year->it.world, name);
	if (pick(year, 2))
		(void)fake_client_remove(year->it.world, name, false);
	else if (pick(year, 2))
		(void)fake_client_start(year->it.world, name);
}

static void be_removed(struct year *year)
{
	CLEANUP(memory_free) char *name = container(year);

	(void)fake_client_remove(year->it.world, name, true);
}

static void be_killed(struct year *year)
{
	CLEANUP(memory_free) char *name = container(year);

	(void)fake_client_kill(year->it.world, name, pick(year, 2) ? "SIGKILL" : "SIGTERM");
}

static void crash(struct year *year)
{
	CLEANUP(memory_free) char *name = container(year);
	const struct container *seen = fake_container(year->it.world, name);

	if (seen && seen->state == CONTAINER_RUNNING)
		fake_exit(year->it.world, name, (int)pick(year, 3));
}

static void restart_engine(struct year *year)
{
	fake_engine_restart(year->it.world, (enum fake_restart)pick(year, 3),
			    pick(year, 20 * CLOCK_SECOND));
}

static void lose_events(struct year *year)
{
	fake_drop_events(year->it.world, true);
	fake_advance(year->it.world, pick(year, 15 * CLOCK_SECOND));
}

static void break_events(struct year *year)
{
	fake_break_events(year->it.world);
}

static void hang(struct year *year)
{
	fake_hang(year->it.world, true);
	fake_advance(year->it.world, pick(year, 45 * CLOCK_SECOND));
	fake_hang(year->it.world, false);
}

static void fail_requests(struct year *year)
{
	static const enum error_code codes[] = {ERROR_SYSTEM, ERROR_UNAVAILABLE, ERROR_TIMEOUT,
						ERROR_CONFLICT};

	fake_fail(year->it.world, &(struct fake_fault){
					  .any = pick(year, 2),
					  .nth = (unsigned)pick(year, 10),
					  .count = 1 + (unsigned)pick(year, 5),
					  .code = codes[pick(year, ARRAY_LEN(codes))],
					  .late = pick(year, 4) == 0,
				  });
}

static void kill_supervisor(struct year *year)
{
	fake_kill(year->it.engine);
	supervised_close(&year->it);
	supervised_open(&year->it);
}

static void scale(struct year *year)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct operation operation = supervised_operation(year->it.project, PLAN_UP);

	year->replicas = 1 + (unsigned)pick(year, 4);
	assert_int_equal(project_scale(year->it.project, "s19", year->replicas, &err), 0);
	(void)supervised_do(&year->it, &operation);
}

static void (*const troubles[])(struct year *year) = {
	be_ill,        be_ill,          be_stopped,  be_removed,   be_killed,
	crash,         restart_engine,  lose_events, break_events, hang,
	fail_requests, kill_supervisor, scale,
};

/* --- what must be */

static bool is_backoff(uint64_t wait)
{
	if (wait == 0 || wait == 60 * CLOCK_SECOND)
		return true;
	for (uint64_t allowed = CLOCK_SECOND; allowed < 60 * CLOCK_SECOND; allowed *= 2) {
		if (wait == allowed)
			return true;
	}
	return false;
}

/* In an hour of illness alone each restart by us is exactly a back-off after the check that failed.
 */
static void check_backoffs(struct year *year)
{
	const struct fake_entry *entries;
	size_t count = fake_journal(year->it.world, &entries);

	for (size_t i = year->checked; i < count; i++) {
		if (!text_same(entries[i].what, "restart"))
			continue;
		year->restarts++;
		for (size_t j = i; j-- > 0;) {
			if (!text_same(entries[j].name, entries[i].name) ||
			    !text_same(entries[j].what, "health_status: unhealthy"))
				continue;
			if (!is_backoff(entries[i].time - entries[j].time))
				supervised_fail(&year->it, "a restart is not after its back-off");
			break;
		}
	}
}

static void check_quiet(struct year *year)
{
	struct supervised *it = &year->it;
	unsigned before = fake_mutations(it->world);
	size_t wanted = SERVICES - 1 + year->replicas;

	if (fake_containers(it->world) != wanted || fake_running(it->world) != wanted) {
		fprintf(stderr, "%zu of %zu run, %zu are there\n", fake_running(it->world), wanted,
			fake_containers(it->world));
		supervised_fail(it, "not everything that is wanted runs");
	}
	fake_advance(it->world, 40 * MINUTE);
	if (fake_mutations(it->world) != before)
		supervised_fail(it, "it does not come to rest");
	if (*fake_violations(it->world))
		supervised_fail(it, fake_violations(it->world));
}

static void make_well(struct year *year)
{
	struct operation operation = supervised_operation(year->it.project, PLAN_UP);
	struct fake_world *world = year->it.world;

	fake_heal(world);
	fake_drop_events(world, false);
	fake_behave(world, &(struct fake_behaviour){.image = "web", .health = "+"});
	fake_advance(world, MINUTE);
	for (unsigned i = 0; i < SERVICES; i++) {
		CLEANUP(memory_free) char *name = memory_format("shop-s%u-1", i);
		if (fake_container(world, name))
			fake_health(world, name, "+");
	}
	fake_advance(world, MINUTE);
	if (supervised_do(&year->it, &operation) != 0)
		supervised_fail(&year->it, "the up after the trouble");
	fake_advance(world, 10 * MINUTE);
}

static void pass_an_hour(struct year *year, bool illness_alone)
{
	const struct fake_entry *entries;

	year->checked = fake_journal(year->it.world, &entries);
	for (unsigned i = 0; i < 10; i++) {
		unsigned kind = illness_alone ? 0 : (unsigned)pick(year, ARRAY_LEN(troubles));
		troubles[kind](year);
		year->faults++;
		fake_advance(year->it.world, pick(year, 2 * MINUTE));
	}
	if (illness_alone)
		check_backoffs(year);
	make_well(year);
	check_quiet(year);
	text_clear(&year->it.said);
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
	const char *value = getenv(variable);

	return value && *value ? strtoull(value, NULL, 10) : otherwise;
}

static void a_year_of_trouble_ends_well_each_hour(void **state)
{
	CLEANUP(memory_free) char *yaml = make_yaml();
	uint64_t seed = number_of("SEED", (uint64_t)clock_wall());
	uint64_t hours = 24 * number_of("DAYS", 1);
	struct year year = {.random = 2 * seed + 1, .replicas = 1};
	uint64_t from = clock_monotonic();

	(void)state;
	printf("SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	supervised_begin(&year.it, yaml);
	supervised_up(&year.it);
	for (uint64_t hour = 0; hour < hours; hour++)
		pass_an_hour(&year, hour % 4 == 0);
	printf("%llu hours, %u faults, %u restarts in hours of illness alone, in %.1f s\n",
	       (unsigned long long)hours, year.faults, year.restarts,
	       (double)(clock_monotonic() - from) / CLOCK_SECOND);
	supervised_end(&year.it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_year_of_trouble_ends_well_each_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
