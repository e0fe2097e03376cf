/* SPDX-License-Identifier: MIT */
/* harness -- the asynchronous engine, one call at a time: what a test of a real engine waits with
 *
 * The engine is the one that WINCOMPOSE_TEST_HOST names; tests/docker/run starts a private one.
 * Every wait gives up after 30 s. Each outcome asserts for itself that it was told once.
 */
#pragma once

#include <stdbool.h>

#include <uv.h>

#include "base/text.h"
#include "engine/engine.h"

struct harness {
	uv_loop_t loop;
	struct engine *engine;
	uv_timer_t limit;
	int ticks; /* in a row in which nothing happened */
};

/* The outcome of a request. */
struct told {
	int calls;
	int code; /* the error's, or 0 */
	char *message;
	char *detail;
	char *id;
	int64_t exit_code;
};

/* A stream and all that it told. */
struct heard {
	struct harness *harness;
	struct engine_stream *stream; /* NULL after its end */
	bool lazy;                    /* does not read on by itself */
	int reads;                    /* calls of data that came */
	struct text bytes[3];         /* by channel */
	struct text lines;            /* of progress: "[ID: ]TEXT\n" */
	struct engine_stats stats;
	int samples;
	uint64_t largest_total;
	int opened, ends;
	int code;
	char *message;
	char *detail;
};

/* Each test of WITH_ENGINE has a harness of its own for its state, opened before and closed after. */
#define WITH_ENGINE(test) cmocka_unit_test_setup_teardown(test, harness_set_up, harness_tear_down)
int harness_set_up(void **state);
int harness_tear_down(void **state);
/* What main begins with: false where no engine is named, which it says. An argument is the name of
 * the one test to run (* and ? are wild). */
bool harness_begin(int argc, char **argv);
const char *harness_host(void); /* NULL: none was given */

void harness_open(struct harness *harness);
void harness_close(struct harness *harness); /* asserts that the loop is clean */
void harness_turn(
	struct harness *harness); /* one turn that waits a little for something to happen */
void harness_turns(struct harness *harness,
		   int turns); /* so many, each after 50 ms at the latest */

extern const struct engine_reader heard_reader;
void heard_begin(struct heard *heard, struct harness *harness, struct engine_stream *stream);
void heard_wait_end(struct heard *heard);
void heard_wait_text(struct heard *heard, int channel, const char *part);
void heard_write(struct heard *heard, const char *bytes, size_t len); /* waits for its completion */
void heard_shutdown(struct heard *heard);
void heard_drop(struct heard *heard);
struct heard *heard_new(void);
void heard_free(struct heard **heard); /* for CLEANUP */

/* done and payload of a request; told_wait runs the loop until it was called. */
void told_done(const struct error *err, void *payload);
void told_id(const char *id, const struct error *err, void *payload);
void told_exit(int64_t exit_code, const struct error *err, void *payload);
void told_wait(struct told *told, struct harness *harness);
void told_drop(struct told *told);

/* A running container of wincompose/tiny with that command; removed by box_remove. Yours. */
char *box_start(struct harness *harness, bool tty, const char *script);
void box_remove(struct harness *harness, char *id);
