/* SPDX-License-Identifier: MIT */
/* refusal -- what a Windows host's sentence at a start means, and what would work
 *
 * Pure. The engine passes on what the compute service (HCS) and the network service (HNS) answered:
 * a sentence of Windows with a number. A table says what each means; the builds, revisions and tags
 * are those of the question. Sources: docs/windows.md, "What the host answers".
 */
#pragma once

#include <stdbool.h>

#include "compose/plan/isolation.h"

struct refusal {
	char text[700];   /* one line: what it means with the builds, and what to do */
	char code[16];    /* "0xC0370101" as it was said; "" where it was told by its words */
	const char *cure; /* the isolation that can work where nothing was asked for; or NULL */
};

/* tried: the isolation that was refused, or NULL. false: the sentence is none that is known. */
bool refusal_explain(const struct isolation_question *question, const char *tried,
		     const char *sentence, struct refusal *refusal);
