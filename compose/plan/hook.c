/* SPDX-License-Identifier: MIT */
#include "compose/plan/hook.h"

#include <string.h>

#include "base/own.h"
#include "compose/plan/hosts.h"

#define COMMAND_MAX 60

/* As much of it as one line can show. */
static void add_command(struct text *out, char *const *command)
{
	size_t before = out->len;

	for (char *const *word = command; word && *word; word++)
		text_printf(out, "%s%s", word == command ? ": " : " ", *word);
	size_t len = strcspn(text_string(out) + before, "\r\n");
	if (len > COMMAND_MAX)
		len = COMMAND_MAX;
	if (before + len < out->len) {
		out->len = before + len;
		text_add(out, "...");
	}
}

void hook_cause(struct text *out, const char *when, size_t i, const struct hook *hook)
{
	text_printf(out, "%s[%zu]", when, i);
	add_command(out, hook->command);
}

/* One hook in the container that the step base is about. */
static size_t add(struct plan *plan, const struct service *service, const struct hooks *hooks,
		  size_t i, const char *when, size_t base)
{
	const struct step about = *draft_step(plan, base);
	CLEANUP(text_drop) struct text cause = {0};
	hook_cause(&cause, when, i, &hooks->items[i]);
	size_t index = draft_add(plan, STEP_HOOK, about.subject, about.target, cause.data);
	struct step *step = draft_step(plan, index);

	step->service = service->name;
	step->number = about.number;
	step->hook = &hooks->items[i];
	return index;
}

size_t hook_after_start(struct plan *plan, const struct service *service,
			const struct engine_host *host, size_t start)
{
	bool windows = host && text_same(host->os_type, "windows");
	size_t last = windows ? hosts_after_start(plan, service, start) : start;

	for (size_t i = 0; start != NO_STEP && i < service->post_start.len; i++) {
		size_t step = add(plan, service, &service->post_start, i, "post_start", start);
		draft_after(plan, step, last);
		last = step;
	}
	return last;
}

size_t hook_before_stop(struct plan *plan, const struct service *service,
			const struct container *container, size_t stop)
{
	size_t first = NO_STEP, last = NO_STEP;

	if (stop == NO_STEP || !service || container->state != CONTAINER_RUNNING)
		return stop;
	for (size_t i = 0; i < service->pre_stop.len; i++) {
		size_t step = add(plan, service, &service->pre_stop, i, "pre_stop", stop);
		draft_step(plan, step)->optional = true;
		draft_after(plan, step, last);
		first = first == NO_STEP ? step : first;
		last = step;
	}
	draft_after(plan, stop, last);
	return first == NO_STEP ? stop : first;
}
