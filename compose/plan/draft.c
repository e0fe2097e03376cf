/* SPDX-License-Identifier: MIT */
#include "compose/plan/draft.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

struct plan *draft_new(void)
{
	return memory_zero(1, sizeof(struct plan));
}

size_t draft_add(struct plan *plan, enum step_kind kind, const char *subject, const char *target,
		 const char *cause)
{
	size_t index = plan->steps.len;
	struct step *step = array_add(&plan->steps);
	step->index = index;
	step->kind = kind;
	step->subject = arena_copy(&plan->arena, subject);
	step->target = subject == target ? step->subject : arena_copy(&plan->arena, target);
	step->cause = arena_copy(&plan->arena, cause);
	step->timeout = -1;
	return index;
}

struct step *draft_step(struct plan *plan, size_t step)
{
	return &plan->steps.items[step];
}

void draft_after(struct plan *plan, size_t step, size_t first)
{
	if (step == NO_STEP || first == NO_STEP || step == first)
		return;
	array_push(&plan->steps.items[step].after, first);
}

void draft_warn(struct plan *plan, const char *format, ...)
{
	CLEANUP(text_drop) struct text text = {0};
	va_list args;
	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	array_push(&plan->warnings, arena_copy(&plan->arena, text_string(&text)));
}

/* --- sorting: depth first in the order of adding */

struct sorting {
	struct plan *plan;
	size_t *place; /* old index -> 1 + new index; 0: not placed yet */
	size_t *next;  /* how many of its prerequisites were looked at */
	bool *open;    /* on the stack */
	size_t *stack;
	size_t depth;
	size_t placed;
};

static int place(struct sorting *s, size_t root, struct error **err)
{
	s->stack[s->depth++] = root;
	s->open[root] = true;
	while (s->depth) {
		size_t step = s->stack[s->depth - 1];
		const struct step *it = &s->plan->steps.items[step];
		if (s->next[step] < it->after.len) {
			size_t first = it->after.items[s->next[step]++];
			if (s->place[first])
				continue;
			if (s->open[first])
				return error_set(
					err, ERROR_SYSTEM,
					"the plan waits for itself at %s: this is a defect",
					it->subject);
			s->open[first] = true;
			s->stack[s->depth++] = first;
			continue;
		}
		s->place[step] = ++s->placed;
		s->open[step] = false;
		s->depth--;
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return (x > y) - (x < y);
}

/* Old indices become new ones, sorted and each once. */
static void renumber(const struct sorting *s, struct step *step)
{
	size_t len = 0;
	for (size_t i = 0; i < step->after.len; i++)
		step->after.items[i] = s->place[step->after.items[i]] - 1;
	if (step->after.len)
		qsort(step->after.items, step->after.len, sizeof(size_t), by_number);
	for (size_t i = 0; i < step->after.len; i++)
		if (!len || step->after.items[len - 1] != step->after.items[i])
			step->after.items[len++] = step->after.items[i];
	step->after.len = len;
}

int draft_sort(struct plan *plan, struct error **err)
{
	size_t len = plan->steps.len;
	CLEANUP(memory_free) size_t *places = memory_zero(len + 1, sizeof(size_t));
	CLEANUP(memory_free) size_t *next = memory_zero(len + 1, sizeof(size_t));
	CLEANUP(memory_free) bool *open = memory_zero(len + 1, sizeof(bool));
	CLEANUP(memory_free) size_t *stack = memory_zero(len + 1, sizeof(size_t));
	struct sorting s = {plan, places, next, open, stack, 0, 0};

	for (size_t i = 0; i < len; i++)
		if (!places[i] && place(&s, i, err))
			return (*err)->code;
	struct step *sorted = memory_zero(len + 1, sizeof(*sorted));
	for (size_t i = 0; i < len; i++) {
		struct step *step = &sorted[places[i] - 1];
		*step = plan->steps.items[i];
		step->index = places[i] - 1;
		renumber(&s, step);
	}
	array_drop(&plan->steps);
	plan->steps.items = sorted;
	plan->steps.len = len;
	plan->steps.cap = len + 1;
	return 0;
}
