/* SPDX-License-Identifier: MIT */
/* torture -- an operation meets every fault once (cmocka through tests/test.h stands before it)
 *
 *	static void begin(struct torture *torture)
 *	{
 *		execute_start(torture->engine, ..., done, torture);
 *	}					whose completion calls torture_done(torture, err)
 *	static const struct torture_case executing = {
 *		.prepare = prepare, .begin = begin, .close = close_it, .check = check};
 *
 *	torture_fail(&executing, NULL);		fails request 1, 2, ... until it gets through
 *	torture_close(&executing, NULL);	closes it at request 1, 2, ...
 *	torture_kill(&executing, NULL);		kill -9 before and after every mutating request,
 *						then one run of a new client
 *
 * Each round has a new world, loop and client. After each: exactly one completion, with the error
 * that was given; no mutating request was made once it had been told of the error; the loop is
 * empty; leaks are the sanitizer's to find. Each gives the number of its rounds, so that a test can
 * tell that it was not idle.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/engine.h"
#include "engine/fake/fake.h"
#include "tests/loop.h"
#include "tests/test.h"

struct torture;

struct torture_case {
	/* The world before the operation: images, containers. May be NULL. */
	void (*prepare)(struct torture *torture);
	/* Begins the operation on torture->engine. It ends with torture_done, never from inside. */
	void (*begin)(struct torture *torture);
	/* Asks for its end; torture_done comes with ERROR_CANCELLED (or what it had come to). NULL:
	 * the engine is closed under it. */
	void (*close)(struct torture *torture);
	/* Looks at the world after a run that got through (torture->err is NULL). May be NULL. */
	void (*check)(struct torture *torture);
	/* Frees what begin made, after torture_done and before the engine is closed. May be NULL.
	 */
	void (*end)(struct torture *torture);
	struct fake_options world; /* its clock is FAKE_JUMP */
	enum error_code code;      /* of the faults; 0: ERROR_SYSTEM */
	/* It may get through in spite of a fault (it tries again, or what failed was optional). */
	bool tolerant;
	bool only_mutating; /* fail those alone */
};

struct torture {
	const struct torture_case *how;
	void *payload;
	uv_loop_t loop;
	struct fake_world *world;
	struct engine *engine;
	void *operation;   /* begin's own */
	struct error *err; /* of the last run */
	unsigned done;     /* how often it was told */
	unsigned round;    /* from 1 */
	bool told;         /* the fault's completion has been delivered */
	unsigned mutations_then;
	unsigned requests_before;  /* that prepare made */
	unsigned mutations_before; /* likewise */
	unsigned kill_at;
	enum fake_moment kill_moment;
	bool hit, engine_closed;
};

/* What the operation's completion calls. */
static inline void torture_done(struct torture *torture, const struct error *err)
{
	torture->done++;
	assert_int_equal(torture->done, 1);
	torture->err = error_copy(err);
}

/* --- the parts of a round */

static inline void torture_set_up(struct torture *torture, const struct torture_case *how,
				  void *payload, unsigned round)
{
	struct fake_options options = how->world;

	*torture = (struct torture){.how = how, .payload = payload, .round = round};
	options.clock = FAKE_JUMP;
	assert_int_equal(uv_loop_init(&torture->loop), 0);
	torture->world = fake_world_new(&options);
	if (how->prepare)
		how->prepare(torture);
	torture->requests_before = fake_requests(torture->world);
	torture->mutations_before = fake_mutations(torture->world);
	torture->engine = fake_open(torture->world, &torture->loop, NULL);
}

static inline void torture_engine_closed(void *payload)
{
	struct torture *torture = payload;

	torture->engine_closed = true;
	torture->engine = NULL;
}

static inline void torture_close_engine(struct torture *torture)
{
	if (torture->engine && !torture->engine_closed) {
		torture->engine_closed = true;
		engine_close(torture->engine, torture_engine_closed, torture);
	}
	uint64_t deadline = clock_monotonic() + 30 * CLOCK_SECOND;
	while (torture->engine && clock_monotonic() < deadline)
		uv_run(&torture->loop, UV_RUN_NOWAIT);
	assert_null(torture->engine);
	torture->engine_closed = false;
}

/* Ends the operation's own and the client; whatever is left in the loop now is a leak. */
static inline void torture_end_client(struct torture *torture)
{
	if (torture->how->end)
		torture->how->end(torture);
	torture_close_engine(torture);
	for (int i = 0; i < 8; i++)
		uv_run(&torture->loop, UV_RUN_NOWAIT);
}

static inline void torture_tear_down(struct torture *torture)
{
	torture_end_client(torture);
	error_drop(&torture->err);
	fake_world_drop(&torture->world);
	loop_assert_clean(&torture->loop);
}

/* Until the operation has told its end, and some turns more for what it should not do. */
static inline void torture_run(struct torture *torture)
{
	uint64_t deadline = clock_monotonic() + 30 * CLOCK_SECOND;

	torture->how->begin(torture);
	assert_int_equal(torture->done, 0);
	while (!torture->done && clock_monotonic() < deadline)
		uv_run(&torture->loop, UV_RUN_NOWAIT);
	if (!torture->done)
		fail_msg("round %u: the operation does not end", torture->round);
	for (int i = 0; i < 8; i++)
		uv_run(&torture->loop, UV_RUN_NOWAIT);
}

static inline void torture_assert_sound(struct torture *torture)
{
	if (torture->err && torture->err->code != ERROR_CANCELLED)
		assert_true(torture->err->message && torture->err->message[0]);
	if (*fake_violations(torture->world))
		fail_msg("round %u: %s", torture->round, fake_violations(torture->world));
}

/* --- failing */

/* Comes behind the completion of the request that failed. */
static inline void torture_told(void *payload)
{
	struct torture *torture = payload;

	torture->told = true;
	torture->mutations_then = fake_mutations(torture->world);
}

static inline void torture_watch_fault(const struct fake_request *request, enum fake_moment moment,
				       void *payload)
{
	struct torture *torture = payload;

	(void)request;
	if (moment == FAKE_BEFORE || torture->hit || !fake_failed(torture->world))
		return;
	torture->hit = true;
	fake_at(torture->world, fake_now(torture->world), torture_told, torture);
}

static inline unsigned torture_fail(const struct torture_case *how, void *payload)
{
	enum error_code code = how->code ? how->code : ERROR_SYSTEM;
	bool got_through = false;
	unsigned round = 0;

	while (!got_through) {
		struct torture torture;
		torture_set_up(&torture, how, payload, ++round);
		fake_fail(torture.world,
			  &(struct fake_fault){.nth = round,
					       .any = !how->only_mutating,
					       .code = code,
					       .message = "the fault of this round"});
		fake_on_request(torture.world, torture_watch_fault, &torture);
		torture_run(&torture);
		got_through = !fake_failed(torture.world);
		if (got_through && torture.err)
			fail_msg("it fails with no fault: %s", torture.err->message);
		if (!got_through && !how->tolerant) {
			assert_non_null(torture.err);
			assert_int_equal(torture.err->code, code);
			assert_non_null(strstr(torture.err->message, "the fault of this round"));
		}
		if (!how->tolerant && torture.told &&
		    fake_mutations(torture.world) != torture.mutations_then)
			fail_msg("round %u: more was started after the error was told", round);
		torture_assert_sound(&torture);
		if (!torture.err && how->check)
			how->check(&torture);
		torture_tear_down(&torture);
	}
	return round - 1;
}

/* --- closing */

static inline void torture_close_now(void *payload)
{
	struct torture *torture = payload;

	if (torture->done)
		return;
	if (torture->how->close) {
		torture->how->close(torture);
	} else {
		torture->engine_closed = true;
		engine_close(torture->engine, torture_engine_closed, torture);
	}
}

static inline void torture_watch_close(const struct fake_request *request, enum fake_moment moment,
				       void *payload)
{
	struct torture *torture = payload;

	if (moment == FAKE_AFTER || torture->hit ||
	    request->number - torture->requests_before != torture->round)
		return;
	torture->hit = true;
	fake_at(torture->world, fake_now(torture->world), torture_close_now, torture);
}

static inline unsigned torture_close(const struct torture_case *how, void *payload)
{
	bool got_through = false;
	unsigned round = 0;

	while (!got_through) {
		struct torture torture;
		torture_set_up(&torture, how, payload, ++round);
		fake_on_request(torture.world, torture_watch_close, &torture);
		torture_run(&torture);
		got_through = !torture.hit;
		if (got_through && torture.err)
			fail_msg("it fails with no fault: %s", torture.err->message);
		/* What was closed within its last request may have come to its end. */
		if (torture.err)
			assert_int_equal(torture.err->code, ERROR_CANCELLED);
		torture_assert_sound(&torture);
		torture_tear_down(&torture);
	}
	return round - 1;
}

/* --- killing */

static inline void torture_watch_kill(const struct fake_request *request, enum fake_moment moment,
				      void *payload)
{
	struct torture *torture = payload;

	if (torture->hit || request->mutation != torture->mutations_before + torture->kill_at ||
	    moment != torture->kill_moment)
		return;
	torture->hit = true;
	fake_kill(request->engine);
}

/* After the kill a new client runs the operation once; it must get through, and check must find
 * what a run without a kill leaves. */
static inline unsigned torture_kill(const struct torture_case *how, void *payload)
{
	bool got_through = false;
	unsigned round = 0;

	for (unsigned at = 0; !got_through; at++) {
		struct torture torture;
		torture_set_up(&torture, how, payload, ++round);
		torture.kill_at = at / 2 + 1;
		torture.kill_moment = at % 2 ? FAKE_AFTER : FAKE_BEFORE;
		fake_on_request(torture.world, torture_watch_kill, &torture);
		torture_run(&torture);
		got_through = !torture.hit;
		if (got_through && torture.err)
			fail_msg("it fails with no fault: %s", torture.err->message);
		if (torture.hit) {
			torture_end_client(&torture);
			error_drop(&torture.err);
			torture.done = 0;
			torture.engine = fake_open(torture.world, &torture.loop, NULL);
			torture_run(&torture);
			if (torture.err)
				fail_msg("killed %s mutation %u: %s", at % 2 ? "after" : "before",
					 torture.kill_at, torture.err->message);
		}
		torture_assert_sound(&torture);
		if (how->check)
			how->check(&torture);
		torture_tear_down(&torture);
	}
	return round - 1;
}
