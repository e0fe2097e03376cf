/* SPDX-License-Identifier: MIT */
/* desk -- a command line whose engine is a world in memory (cmocka through tests/test.h stands
 * before it)
 *
 *	struct desk desk;
 *	desk_open(&desk, NULL);	time jumps to what is due next, unless the options say FAKE_REAL
 *	... desk.cli, desk.world ...
 *	desk_close(&desk);	asserts that nothing is left in the loop
 */
#pragma once

#include <string.h>

#include "base/error.h"
#include "compose/cli/cli.h"
#include "engine/fake/fake.h"
#include "tests/test.h"

struct desk {
	struct cli cli;
	struct fake_world *world;
	bool asked;
};

static inline void desk_host(const struct engine_host *host, const struct error *err, void *payload)
{
	(void)host;
	assert_null(err);
	*(bool *)payload = true;
}

static inline void desk_open(struct desk *desk, const struct fake_options *given)
{
	struct fake_options options = given ? *given : (struct fake_options){0};
	struct error *err = NULL;

	*desk = (struct desk){.cli = {.mode = CLI_QUIET}};
	if (options.clock == FAKE_VIRTUAL)
		options.clock = FAKE_JUMP;
	desk->world = fake_world_new(&options);
	cli_open(&desk->cli);
	assert_int_equal(cli_loop(&desk->cli, &err), 0);
	desk->cli.engine = fake_open(desk->world, desk->cli.loop, NULL);
	engine_host(desk->cli.engine, desk_host, &desk->asked);
	cli_run(&desk->cli, &desk->asked);
}

static inline void desk_close(struct desk *desk)
{
	cli_close(&desk->cli);
	fake_world_drop(&desk->world);
}
