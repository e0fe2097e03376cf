/* SPDX-License-Identifier: MIT */
/* pipe -- the world of the tests of base/pipe.h: one who listens, and the sides of its connections;
 * only in tests for Windows
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/pipe.h"
#include "base/text.h"
#include "tests/loop.h"
#include "tests/test.h"

enum { BIG = 1 << 20, MANY = 50, TRIES = 200 };

/* One side of a connection, and what came there. */
struct side {
	struct pipe *pipe;
	struct text in;
	unsigned written, ended;
	bool failed;
	bool closed;
	bool echoes;      /* sends back what comes, and ends with the other side */
	bool closes;      /* itself in the first callback */
	struct text echo; /* what is to be sent back */
	bool sending;
};

struct world {
	uv_loop_t loop;
	uv_timer_t watch; /* so that a test that waits in vain fails */
	char name[64];
	struct pipe_server *server;
	struct side sides[MANY]; /* of the server, as they come */
	unsigned accepted;
	bool echoes;
	bool messages;
	bool server_closed;
	HANDLE raw; /* an accepted handle, where wanted */
	bool keeps_raw;
};

/* --- sides */

static inline void side_closed(void *payload)
{
	((struct side *)payload)->closed = true;
}

static inline void side_close(struct side *side)
{
	if (side->pipe)
		pipe_close(steal(&side->pipe), side_closed, side);
}

static inline void side_send_back(struct side *side)
{
	if (side->sending || !side->pipe)
		return;
	if (side->echo.len) {
		side->sending = true;
		pipe_write(side->pipe, side->echo.data, side->echo.len);
		text_clear(&side->echo);
	} else if (side->ended) {
		side->sending = true;
		pipe_shutdown(side->pipe);
	}
}

static inline void received(const char *bytes, size_t len, void *payload)
{
	struct side *side = payload;

	assert_true(len > 0 && len <= 64 << 10);
	assert_int_equal(side->ended, 0);
	text_add_n(&side->in, bytes, len);
	if (side->closes)
		side_close(side);
	if (!side->echoes)
		return;
	text_add_n(&side->echo, bytes, len);
	side_send_back(side);
}

static inline void written(void *payload)
{
	struct side *side = payload;

	side->written++;
	side->sending = false;
	if (side->closes)
		side_close(side);
	else if (side->echoes && (side->echo.len || side->ended < 2))
		side_send_back(side);
	if (side->echoes && side->ended && side->sending)
		side->ended = 2;
}

static inline void ended(const struct error *err, void *payload)
{
	struct side *side = payload;

	side->ended++;
	side->failed = err != NULL;
	if (side->echoes)
		side_send_back(side);
}

static const struct pipe_events events = {
	.received = received,
	.written = written,
	.ended = ended,
};

static inline void side_open(struct world *world, struct side *side, HANDLE handle)
{
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(pipe_open(&world->loop, handle, &events, side, &side->pipe, &err), 0);
	pipe_read(side->pipe, true);
}

/* --- the world */

static inline void accepted(HANDLE handle, void *payload)
{
	struct world *world = payload;

	assert_true(world->accepted < MANY);
	struct side *side = &world->sides[world->accepted++];

	if (world->keeps_raw) {
		world->raw = handle;
		return;
	}
	side->echoes = world->echoes;
	side_open(world, side, handle);
}

static inline int try_listen(struct world *world, const char *descriptor, struct pipe_server **ret,
			     struct error **err)
{
	struct pipe_listen_options options = {
		.name = world->name,
		.descriptor = descriptor,
		.messages = world->messages,
		.accepted = accepted,
		.payload = world,
	};

	return pipe_listen(&world->loop, &options, ret, err);
}

static inline void listen_here(struct world *world, const char *descriptor)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (try_listen(world, descriptor, &world->server, &err) < 0)
		fail_msg("%s", err->message);
}

static inline void nothing(uv_timer_t *timer)
{
	(void)timer;
}

static inline int set_up(void **state)
{
	static unsigned count;
	struct world *world = memory_zero(1, sizeof(*world));

	uv_loop_init(&world->loop);
	uv_timer_init(&world->loop, &world->watch);
	uv_timer_start(&world->watch, nothing, 1000, 1000);
	uv_unref((uv_handle_t *)&world->watch);
	world->messages = true;
	snprintf(world->name, sizeof(world->name), "\\\\.\\pipe\\wincompose-test-%lu-%u",
		 GetCurrentProcessId(), count++);
	*state = world;
	return 0;
}

static inline void server_closed(void *payload)
{
	((struct world *)payload)->server_closed = true;
}

static inline void side_drop(struct side *side)
{
	text_drop(&side->in);
	text_drop(&side->echo);
}

static inline int tear_down(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < world->accepted; i++)
		side_close(&world->sides[i]);
	if (world->server)
		pipe_server_close(steal(&world->server), server_closed, world);
	uv_close((uv_handle_t *)&world->watch, NULL);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	loop_assert_clean(&world->loop);
	for (unsigned i = 0; i < world->accepted; i++)
		side_drop(&world->sides[i]);
	free(world);
	return 0;
}

static inline int dial(struct world *world, enum pipe_trust trust, HANDLE *ret)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *owner = NULL;
	int outcome = pipe_dial(world->name, trust, ret, &owner, &err);

	if (outcome < 0)
		fail_msg("%s", err->message);
	assert_true(!!owner == (outcome == PIPE_FOREIGN));
	return outcome;
}

/* As who dials does: again while it is busy, the loop running on. */
static inline HANDLE connect_here(struct world *world)
{
	HANDLE handle = NULL;
	uv_timer_t timer;
	int outcome;

	uv_timer_init(&world->loop, &timer);
	while ((outcome = dial(world, PIPE_TRUST_SYSTEM, &handle)) == PIPE_BUSY) {
		uv_timer_start(&timer, nothing, PIPE_RETRY_MS, 0);
		uv_run(&world->loop, UV_RUN_ONCE);
	}
	assert_int_equal(outcome, PIPE_CONNECTED);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&world->loop, UV_RUN_NOWAIT);
	return handle;
}

static inline void side_end(struct world *world, struct side *side)
{
	side_close(side);
	UNTIL(world, side->closed);
	side_drop(side);
}
