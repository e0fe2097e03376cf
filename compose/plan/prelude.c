/* SPDX-License-Identifier: MIT */
#include "compose/plan/prelude.h"

#include "base/memory.h"
#include "base/own.h"
#include "compose/plan/hook.h"
#include "compose/plan/spec.h"

/* What an earlier one left because it failed, or was killed. */
static size_t draft_leftover(struct slots *s, const struct service *service, const char *name)
{
	ARRAY_FOR_EACH (struct found, found, &s->census->found) {
		const struct container *c = found->container;
		if (!text_same(c->name, name) || !text_same(found->service, service->name) ||
		    !labels_get(&c->labels, LABEL_HOOK))
			continue;
		size_t step = draft_add(s->plan, STEP_REMOVE, c->name, c->id,
					"left by an earlier pre_start");
		draft_step(s->plan, step)->force = true;
		draft_step(s->plan, step)->volumes = true;
		draft_step(s->plan, step)->service = service->name;
		return step;
	}
	return NO_STEP;
}

/* --- its container */

/* docker compose's lists go by the hash: they leave it out, as they do its own. */
static void set_labels(struct arena *arena, struct labels *labels)
{
	struct label *items = arena_alloc(arena, (labels->len + 1) * sizeof(*items));
	struct labels kept = {.items = items, .cap = labels->len + 1};

	for (size_t i = 0; i < labels->len; i++) {
		const struct label *label = &labels->items[i];

		if (!text_same(label->key, LABEL_HASH) &&
		    !text_same(label->key, LABEL_FOREIGN_HASH))
			kept.items[kept.len++] = *label;
	}
	labels_set(&kept, LABEL_HOOK, "pre_start");
	*labels = kept;
}

/* The service's, with the hook's over it. */
static const char *const *environment(struct arena *arena, const struct service *service,
				      const struct hook *hook)
{
	const struct pairs *sets[] = {&service->environment, &hook->environment};
	const char **env = arena_alloc(arena, (sets[0]->len + sets[1]->len + 1) * sizeof(*env));
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		ARRAY_FOR_EACH (struct pair, pair, sets[i]) {
			bool over = false;
			ARRAY_FOR_EACH (struct pair, other, sets[1])
				over |= i == 0 && text_same(pair->key, other->key);
			if (!over)
				env[len++] = pair->value ? arena_format(arena, "%s=%s", pair->key,
									pair->value)
							 : pair->key;
		}
	}
	return env;
}

static const struct container_spec *make_spec(struct slots *s, const struct service *service,
					      const struct hook *hook, const char *name,
					      const char *volumes_from)
{
	struct arena *arena = &s->plan->arena;
	const struct spec_options options = {.number = 1, .name = name, .one_off = true};
	struct container_spec *spec = arena_alloc(arena, sizeof(*spec));
	const char **from = arena_alloc(arena, 2 * sizeof(*from));
	bool other = hook->image && !text_same(hook->image, service->image);

	*spec = *spec_container(arena, s->project, service, s->host, &options);
	from[0] = volumes_from;
	spec->volumes_from = from;
	spec->mount_count = 0;
	set_labels(arena, &spec->labels);
	spec->env = environment(arena, service, hook);
	spec->command = (const char *const *)hook->command;
	spec->entrypoint = NULL;
	spec->image = other ? hook->image : service->image;
	spec->user = hook->user || other ? hook->user : service->user;
	spec->working_dir = hook->working_dir || other ? hook->working_dir : service->working_dir;
	spec->privileged = hook->privileged || service->privileged;
	spec->healthcheck = (struct spec_healthcheck){.disabled = true};
	spec->tty = spec->open_stdin = false;
	return spec;
}

/* --- its steps */

/* One hook, from its container's making to its removal; after: the end of the one before. */
static size_t draft_hook(struct slots *s, const struct service *service, const struct slot *first,
			 size_t i, size_t after)
{
	struct arena *arena = &s->plan->arena;
	CLEANUP(text_drop) struct text cause = {0};
	const char *name =
		arena_format(arena, "%s-%s-pre_start-%zu", s->project->name, service->name, i + 1);
	hook_cause(&cause, "pre_start", i, &service->pre_start.items[i]);

	size_t create = draft_add(s->plan, STEP_CREATE, name, name, text_string(&cause));
	draft_step(s->plan, create)->container =
		make_spec(s, service, &service->pre_start.items[i], name, first->name);
	draft_after(s->plan, create, draft_leftover(s, service, name));
	draft_after(s->plan, create, after);
	draft_after(s->plan, create, first->create);
	draft_after(s->plan, create, first->rename);
	size_t start = draft_add(s->plan, STEP_START, name, name, text_string(&cause));
	draft_after(s->plan, start, create);
	size_t wait = draft_add(s->plan, STEP_WAIT_COMPLETED, name, name, text_string(&cause));
	draft_after(s->plan, wait, start);
	size_t remove = draft_add(s->plan, STEP_REMOVE, name, name, "its work is done");
	draft_step(s->plan, remove)->volumes = true;
	draft_after(s->plan, remove, wait);
	const size_t steps[] = {create, start, wait, remove};
	for (size_t j = 0; j < ARRAY_LEN(steps); j++)
		draft_step(s->plan, steps[j])->service = service->name;
	if (i == 0)
		s->lanes[service->index].prelude = start;
	return remove;
}

static bool runs_on(const struct slot *slot)
{
	return slot->keep && census_is_up(slot->keep) && slot->stop == NO_STEP;
}

void prelude_draft(struct slots *s, const struct service *service)
{
	const struct lane *lane = &s->lanes[service->index];
	const struct slot *first = NULL;
	size_t last = NO_STEP;

	for (size_t i = 0; i < lane->len; i++) {
		const struct slot *slot = slot_at(s, lane, i);

		if (runs_on(slot))
			return;
		if (!first && slot->start != NO_STEP)
			first = slot;
	}
	for (size_t i = 0; first && i < service->pre_start.len; i++)
		last = draft_hook(s, service, first, i, last);
	if (last == NO_STEP)
		return;
	for (size_t i = 0; i < lane->len; i++) {
		draft_after(s->plan, lane->prelude, slot_at(s, lane, i)->stop);
		draft_after(s->plan, slot_at(s, lane, i)->start, last);
	}
}
