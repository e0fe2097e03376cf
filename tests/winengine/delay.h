/* SPDX-License-Identifier: MIT */
/* delay -- something that is done later, once */
#pragma once

#include <stdint.h>

#include <uv.h>

struct delay;

/* *slot is set now, and NULL again before due is called. One that is set already is cancelled. */
void delay_start(struct delay **slot, uv_loop_t *loop, uint64_t ms, void (*due)(void *payload),
		 void *payload);
void delay_cancel(struct delay **slot); /* NULL inside is well */
