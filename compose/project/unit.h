/* SPDX-License-Identifier: MIT */
/* unit -- durations and amounts of memory as a project file writes them
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* 1h30m, 1.5s, 500ms, 10us, 0; units ns us µs ms s m h d w. Nanoseconds. False: not a duration. */
bool unit_duration(const char *text, int64_t *ret);
/* 1m30s, 500ms, 0s: what unit_duration reads back. */
void unit_add_duration(struct text *out, int64_t nanoseconds);

/* 50m, 1.5g, 1 kb, 1024: units k m g t p, with i, b or ib behind them or alone; powers of 1024. -1 is
 * allowed. */
bool unit_bytes(const char *text, int64_t *ret);
