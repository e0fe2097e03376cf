/* SPDX-License-Identifier: MIT */
#include "compose/cli/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#define DAY (24 * 3600 * (int64_t)CLOCK_SECOND)

/* The longest that is told apart from never: a hundred years. */
#define EVERY_MAX (36500 * DAY)

static const struct {
	const char *word;
	struct policy policy;
} words[] = {
	{"missing", {POLICY_MISSING, 0}},      {"if_not_present", {POLICY_MISSING, 0}},
	{"always", {POLICY_ALWAYS, 0}},        {"never", {POLICY_NEVER, 0}},
	{"build", {POLICY_BUILD, 0}},          {"daily", {POLICY_REFRESH, DAY}},
	{"weekly", {POLICY_REFRESH, 7 * DAY}},
};

static int64_t unit_of(char letter)
{
	static const struct {
		char letter;
		int64_t ns;
	} units[] = {
		{'w', 7 * DAY},
		{'d', DAY},
		{'h', 3600 * (int64_t)CLOCK_SECOND},
		{'m', 60 * (int64_t)CLOCK_SECOND},
		{'s', (int64_t)CLOCK_SECOND},
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (units[i].letter == letter)
			return units[i].ns;
	}
	return 0;
}

/* "1d12h"; 0: is none. */
static int64_t parse_every(const char *string)
{
	int64_t every = 0;

	while (*string >= '0' && *string <= '9') {
		char *end;
		unsigned long long count = strtoull(string, &end, 10);
		int64_t unit = unit_of(*end);

		if (!unit)
			return 0;
		if (count > (unsigned long long)(EVERY_MAX / unit))
			return EVERY_MAX;
		every += (int64_t)count * unit;
		if (every > EVERY_MAX)
			return EVERY_MAX;
		string = end + 1;
	}
	return *string ? 0 : every;
}

int policy_parse(const char *word, struct policy *ret, struct error **err)
{
	struct policy policy = {0};

	if (!word) {
		*ret = policy;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		*ret = words[i].policy;
		return 0;
	}
	if (text_starts(word, "every_")) {
		policy.kind = POLICY_REFRESH;
		policy.every = parse_every(word + strlen("every_"));
	}
	if (!policy.every)
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is no pull policy: always, missing, never, build, daily, "
				 "weekly or every_<duration> (every_12h)",
				 word);
	*ret = policy;
	return 0;
}

bool policy_pulls(const struct policy *policy, const struct image *image, int64_t now)
{
	switch (policy->kind) {
	case POLICY_MISSING:
		return !image;
	case POLICY_ALWAYS:
		return true;
	case POLICY_NEVER:
	case POLICY_BUILD:
		return false;
	case POLICY_REFRESH:
		return !image || now >= image->tagged + policy->every;
	}
	return false;
}
