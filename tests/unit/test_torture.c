/* SPDX-License-Identifier: MIT */
/* The torture is tried on an operation that is as it should be: make a network, create, start and
 * look at a container. */
#include <stdlib.h>
#include <string.h>

#include "tests/torture.h"

struct chain {
	struct torture *torture;
	unsigned at;
	bool stopping;
};

static void next(struct chain *chain);

static void step_done(const struct error *err, void *payload)
{
	struct chain *chain = payload;

	chain->at++;
	/* There from a run before is as good as made now. */
	if (err && err->code != ERROR_CONFLICT)
		torture_done(chain->torture, err);
	else
		next(chain);
}

static void id_done(const char *id, const struct error *err, void *payload)
{
	(void)id;
	step_done(err, payload);
}

static void seen(const struct container *container, const struct error *err, void *payload)
{
	assert_true(err || container->state == CONTAINER_RUNNING);
	step_done(err, payload);
}

static void next(struct chain *chain)
{
	struct engine *engine = chain->torture->engine;
	struct spec_endpoint endpoint = {.network = "net"};
	CLEANUP(error_drop) struct error *err = NULL;

	if (chain->stopping && chain->at < 4) {
		error_set(&err, ERROR_CANCELLED, "closed");
		torture_done(chain->torture, err);
		return;
	}
	switch (chain->at) {
	case 0:
		engine_network_create(engine, &(struct network_spec){.name = "net"}, id_done,
				      chain);
		break;
	case 1:
		engine_create(engine,
			      &(struct container_spec){.name = "web",
						       .image = "web",
						       .endpoints = &endpoint,
						       .endpoint_count = 1},
			      id_done, chain);
		break;
	case 2:
		engine_start(engine, "web", step_done, chain);
		break;
	case 3:
		engine_inspect(engine, "web", seen, chain);
		break;
	default:
		torture_done(chain->torture, NULL);
		break;
	}
}

static void prepare(struct torture *torture)
{
	fake_image_add(torture->world, "web");
}

static void begin(struct torture *torture)
{
	struct chain *chain = memory_zero(1, sizeof(*chain));

	chain->torture = torture;
	torture->operation = chain;
	next(chain);
}

static void stop(struct torture *torture)
{
	((struct chain *)torture->operation)->stopping = true;
}

static void check(struct torture *torture)
{
	assert_int_equal(fake_containers(torture->world), 1);
	assert_int_equal(fake_running(torture->world), 1);
	assert_true(fake_has_network(torture->world, "net"));
}

static void end(struct torture *torture)
{
	free(torture->operation);
	torture->operation = NULL;
}

static const struct torture_case chain_case = {
	.prepare = prepare, .begin = begin, .close = stop, .check = check, .end = end};

static void every_request_of_an_operation_is_failed_once(void **state)
{
	(void)state;
	assert_int_equal(torture_fail(&chain_case, NULL), 4);
}

static void every_mutating_request_alone_can_be_failed(void **state)
{
	struct torture_case mutating = chain_case;

	(void)state;
	mutating.only_mutating = true;
	mutating.code = ERROR_UNAVAILABLE;
	assert_int_equal(torture_fail(&mutating, NULL), 3);
}

static void an_operation_is_closed_at_every_request(void **state)
{
	struct torture_case engine_goes = chain_case;

	(void)state;
	assert_int_equal(torture_close(&chain_case, NULL), 4);
	engine_goes.close = NULL;
	assert_int_equal(torture_close(&engine_goes, NULL), 4);
}

static void a_client_is_killed_before_and_after_every_mutation(void **state)
{
	(void)state;
	assert_int_equal(torture_kill(&chain_case, NULL), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_of_an_operation_is_failed_once),
		cmocka_unit_test(every_mutating_request_alone_can_be_failed),
		cmocka_unit_test(an_operation_is_closed_at_every_request),
		cmocka_unit_test(a_client_is_killed_before_and_after_every_mutation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
