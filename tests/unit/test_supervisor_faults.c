/* SPDX-License-Identifier: MIT */
/* Every error path of the supervisor: one fault at each request of a life, and a close at each. */
#include "tests/test.h"

#include "tests/supervised.h"

/* A life in which everything happens once. */
static void live(struct supervised *it)
{
	struct operation operation = supervised_operation(it->project, PLAN_UP);
	struct outcome outcome = {0};

	supervisor_operate(it->supervisor, &operation, &it->sink, supervised_finished, &outcome);
	supervised_until(it, &outcome.done);
	if (outcome.code) {
		fake_heal(it->world);
		if (supervised_do(it, &operation) != 0)
			supervised_fail(it, "the second up");
	}
	if (fake_container(it->world, "shop-store-1"))
		fake_health(it->world, "shop-store-1", "-+");
	fake_advance(it->world, 5 * CLOCK_SECOND);
	if (fake_container(it->world, "shop-worker-1"))
		(void)fake_client_remove(it->world, "shop-worker-1", true);
	fake_advance(it->world, 5 * CLOCK_SECOND);
}

static void after_any_one_fault_everything_runs(void **state)
{
	static const enum error_code codes[] = {ERROR_SYSTEM, ERROR_UNAVAILABLE, ERROR_TIMEOUT};
	unsigned rounds = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		bool failed = true;
		for (unsigned nth = 1; failed; nth++, rounds++) {
			struct supervised it = {0};
			supervised_begin(&it, SUPERVISED_SHOP);
			fake_fail(it.world,
				  &(struct fake_fault){.any = true, .nth = nth, .code = codes[i]});
			live(&it);
			fake_advance(it.world, 120 * CLOCK_SECOND);
			failed = fake_failed(it.world) > 0;
			if (!supervised_shop_runs(&it)) {
				fprintf(stderr, "fault %u (%d)\n", nth, (int)codes[i]);
				supervised_fail(&it, "not all run");
			}
			unsigned before = fake_mutations(it.world);
			fake_advance(it.world, 600 * CLOCK_SECOND);
			assert_int_equal(fake_mutations(it.world), before);
			supervised_end(&it);
		}
	}
	assert_true(rounds > 60);
}

struct killer {
	struct supervised *it;
	unsigned at;
	bool hit, closed;
};

static void close_now(void *payload)
{
	struct killer *killer = payload;

	supervisor_close(killer->it->supervisor, supervised_closed, &killer->closed);
}

static void on_request(const struct fake_request *request, enum fake_moment moment, void *payload)
{
	struct killer *killer = payload;

	if (moment == FAKE_AFTER || killer->hit || request->number < killer->at)
		return;
	killer->hit = true;
	fake_at(killer->it->world, fake_now(killer->it->world), close_now, killer);
}

static void closing_at_any_request_ends_it_and_the_next_makes_it_good(void **state)
{
	bool hit = true;
	unsigned rounds = 0;

	(void)state;
	for (unsigned at = 1; hit; at++, rounds++) {
		struct supervised it = {0};
		struct outcome outcome = {0};
		supervised_begin(&it, SUPERVISED_SHOP);
		struct killer killer = {.it = &it, .at = at + fake_requests(it.world)};
		struct operation operation = supervised_operation(it.project, PLAN_UP);
		fake_on_request(it.world, on_request, &killer);
		supervisor_operate(it.supervisor, &operation, &it.sink, supervised_finished,
				   &outcome);
		fake_advance(it.world, 5 * CLOCK_SECOND);
		if (!killer.hit && fake_container(it.world, "shop-store-1"))
			fake_health(it.world, "shop-store-1", "-+");
		fake_advance(it.world, 5 * CLOCK_SECOND);
		if (!killer.hit && fake_container(it.world, "shop-worker-1"))
			(void)fake_client_remove(it.world, "shop-worker-1", true);
		fake_advance(it.world, 5 * CLOCK_SECOND);
		hit = killer.hit;
		assert_true(outcome.done);
		fake_on_request(it.world, NULL, NULL);
		if (hit) {
			supervised_until(&it, &killer.closed);
			supervised_close_engine(&it, it.engine);
			supervised_open(&it);
			supervised_up(&it);
		}
		fake_advance(it.world, 60 * CLOCK_SECOND);
		assert_true(supervised_shop_runs(&it));
		supervised_end(&it);
	}
	assert_true(rounds > 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_any_one_fault_everything_runs),
		cmocka_unit_test(closing_at_any_request_ends_it_and_the_next_makes_it_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
