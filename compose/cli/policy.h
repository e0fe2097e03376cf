/* SPDX-License-Identifier: MIT */
/* policy -- when an image is pulled: pull_policy and --pull
 *
 * Pure. always, never, missing (if_not_present), build, daily, weekly, every_<duration> with the
 * units w d h m s.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/model.h"

struct error;

enum policy_kind { POLICY_MISSING, POLICY_ALWAYS, POLICY_NEVER, POLICY_BUILD, POLICY_REFRESH };

struct policy {
	enum policy_kind kind;
	int64_t every; /* ns; POLICY_REFRESH */
};

/* NULL is missing. Another word: ERROR_INVALID. */
int policy_parse(const char *word, struct policy *ret, struct error **err);
/* Whether it has to be pulled before something is created. image: as observed, or NULL where it is
 * not there; now: wall ns. */
bool policy_pulls(const struct policy *policy, const struct image *image, int64_t now);
