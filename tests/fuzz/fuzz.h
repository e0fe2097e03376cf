/* SPDX-License-Identifier: MIT */
/* fuzz -- the entry that libFuzzer calls, or replay.c for each file of a corpus */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
